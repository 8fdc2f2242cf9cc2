"""Who is calling: the AWS identity behind the access key of a request.

Signatures are not verified: the sandbox accepts every key. Keys that were created here (users' access keys, assumed
roles) act as their owner, all others as the administrator user `sandbox`.
"""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNT = "123456789012"
ADMINISTRATOR = "sandbox"


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity as `sts:GetCallerIdentity` reports it."""

    arn: str
    user_id: str
    account: str = ACCOUNT


DEFAULT_CALLER = Caller(f"arn:aws:iam::{ACCOUNT}:user/{ADMINISTRATOR}", "AIDASANDBOXADMINUSER1")
