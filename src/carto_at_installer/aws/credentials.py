"""Where AWS credentials could come from, and where they do come from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.aws.failures import translated

if TYPE_CHECKING:
    import boto3

_WORDS = {
    "env": "the environment (AWS_ACCESS_KEY_ID)",
    "shared-credentials-file": "the shared credentials file",
    "config-file": "the AWS config file",
    "sso": "an SSO session",
    "assume-role": "an assumed role of the profile",
    "assume-role-with-web-identity": "a web identity token",
    "custom-process": "the credential process of the profile",
    "container-role": "the role of the container",
    "iam-role": "the role of the machine",
    "login": "an AWS login session",
}


@dataclass(frozen=True, slots=True)
class CredentialSources:
    """`provider` says in words which source is used, empty when there is none.

    `profile` is the profile that was named and `named_by` how (`--profile`, `AWS_PROFILE`), both empty when none was.
    `environment_key` and `profile_key` are the ids (not the secrets) of the access keys that each of the two has.
    """

    provider: str
    profile: str = ""
    named_by: str = ""
    environment_key: str = ""
    profile_key: str = ""


def credential_sources(session: boto3.Session, asked: str | None) -> CredentialSources:
    """Look at the sources of a session that was opened with the profile `asked`. Raises TargetError as reading does."""
    with translated("read the AWS credentials"):
        found = session.get_credentials()
        if found is not None:
            found.get_frozen_credentials()  # an expired SSO session shows only here
        # boto3 keeps the botocore session, which alone knows what a profile says, to itself.
        scoped = session._session.get_scoped_config()  # noqa: SLF001
        method = found.method if found is not None else ""
    profile = asked or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or ""
    return CredentialSources(
        provider=_WORDS.get(method, method),
        profile=profile,
        named_by="" if not profile else "--profile" if asked else "AWS_PROFILE",
        environment_key=os.environ.get("AWS_ACCESS_KEY_ID", ""),
        profile_key=str(scoped.get("aws_access_key_id", "")) if profile else "",
    )
