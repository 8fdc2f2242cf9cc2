"""What the other services need to know of IAM and STS: roles with their policies, and whose key is whose.

Only this module and `principals` read moto's models; `tests/boundary/test_moto.py` pins the attributes used here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.identity import ACCOUNT, ADMINISTRATOR, DEFAULT_CALLER, Caller
from carto_at_installer.sandbox.moto_services.principals import (
    Document,
    Principal,
    Source,
    iam_models,
    policies_of,
    principal,
    role_principal,
    user_principal,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

_ADMINISTRATOR_ACCESS: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


class Directory:
    """Looks into moto; `held` gives a block within which moto holds the state of one home, and nobody else uses it."""

    def __init__(self, held: Callable[[], AbstractContextManager[None]]) -> None:
        self._held = held

    def role(self, arn: str) -> Principal | None:
        """The role with that ARN, or None."""
        with self._held():
            for role in iam_models(arn).roles.values():
                if role.arn == arn:
                    return role_principal(role)
        return None

    def user(self, arn: str) -> Principal | None:
        """The user with that ARN, or None."""
        with self._held():
            for user in iam_models(arn).users.values():
                if user.arn == arn:
                    return user_principal(user)
        if arn == DEFAULT_CALLER.arn:
            return Principal(
                arn,
                ADMINISTRATOR,
                DEFAULT_CALLER.user_id,
                (_ADMINISTRATOR_ACCESS,),
                sources=(Source("AdministratorAccess", "aws-managed"),),
            )
        return None

    def group(self, arn: str) -> Principal | None:
        """The group with that ARN, or None."""
        with self._held():
            for group in iam_models(arn).groups.values():
                if group.arn == arn:
                    policies = policies_of(group, "group")
                    return principal(group, policies)
        return None

    def role_named(self, name: str) -> Principal | None:
        """The role with that name, or None."""
        with self._held():
            role = next((item for item in iam_models("").roles.values() if item.name == name), None)
            return None if role is None else role_principal(role)

    def user_named(self, name: str) -> Principal | None:
        """The user with that name, or None."""
        with self._held():
            user = next((item for item in iam_models("").users.values() if item.name == name), None)
            return None if user is None else user_principal(user)

    def principal_of(self, access_key: str) -> Principal | None:
        """The user whose key that is, or the role with the session; None for a key that was not made here."""
        with self._held():
            session = _session(access_key)
            if session is not None:
                role = self.role(session.role_arn)
                policy = json.loads(session.policy) if session.policy else None
                expires = session.expiration.replace(tzinfo=UTC).timestamp()
                return (
                    None if role is None else replace(role, session_policy=policy, expires=expires)
                )
            user = _owner(access_key)
            return None if user is None else user_principal(user)

    def caller(self, access_key: str) -> Caller:
        """Whose access key that is; keys that nobody owns are the administrator's."""
        with self._held():
            session = _session(access_key)
            if session is not None:
                return Caller(session.arn, session.user_id)
            user = _owner(access_key)
            return DEFAULT_CALLER if user is None else Caller(user.arn, user.id)

    def assumed_role_arn(self, caller: Caller) -> str | None:
        """The ARN of the role behind an assumed-role identity, or None for another identity."""
        if ":assumed-role/" not in caller.arn:
            return None
        name = caller.arn.split("/")[1]
        with self._held():
            for role in iam_models(caller.arn).roles.values():
                if role.name == name:
                    return str(role.arn)
        return None

    def secret(self, arn: str, region: str) -> str | None:
        """The text of a secret by ARN or name, or None."""
        from moto.secretsmanager.models import secretsmanager_backends  # noqa: PLC0415  (at first use)

        with self._held():
            for secret in secretsmanager_backends[ACCOUNT][region].secrets.values():
                if arn in {secret.arn, secret.name}:
                    version = secret.versions.get(secret.default_version_id or "", {})
                    text = version.get("secret_string")
                    return None if text is None else str(text)
        return None

    def secret_arn(self, name: str, region: str) -> str | None:
        """The ARN of a secret by ARN or name, or None."""
        from moto.secretsmanager.models import secretsmanager_backends  # noqa: PLC0415  (at first use)

        with self._held():
            for secret in secretsmanager_backends[ACCOUNT][region].secrets.values():
                if name in {secret.arn, secret.name}:
                    return str(secret.arn)
        return None

    def add_aws_policy(self, arn: str) -> None:
        """Make one of AWS's own managed policies known; moto would load all of them (a second) or none."""
        from moto.iam.models import AWSManagedPolicy  # noqa: PLC0415  (at first use)

        with self._held():
            backend = iam_models(arn)
            if arn in backend.managed_policies:
                return
            name = arn.rpartition("/")[2]
            data = _aws_policies().get(name)
            if data is None:
                return
            policy = AWSManagedPolicy.from_data(name, ACCOUNT, "aws", data)
            if policy.arn == arn:
                backend.managed_policies[arn] = policy


def _aws_policies() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415  (at first use)

    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


def _session(access_key: str) -> Any:
    """Moto's assumed role with that key, or None."""
    from moto.sts.models import sts_backends  # noqa: PLC0415  (at first use)

    for backend in sts_backends[ACCOUNT].values():
        session = backend.get_assumed_role_from_access_key(access_key)
        if session is not None:
            return session
    return None


def _owner(access_key: str) -> Any:
    """Moto's user with that key, which must be active, or None."""
    for user in iam_models("").users.values():
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                return user
    return None
