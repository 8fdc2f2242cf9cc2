"""What the other services need to know of IAM and STS: roles with their policies, and whose key is whose.

The only place that reads moto's models; `tests/boundary/test_moto.py` pins the attributes used here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.identity import ACCOUNT, ADMINISTRATOR, DEFAULT_CALLER, Caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

Document = dict[str, Any]
_ADMINISTRATOR_ACCESS: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a policy comes from, as `SimulatePrincipalPolicy` names it: `user`, `group`, `role`, `user-managed`..."""

    id: str
    type: str


@dataclass(frozen=True, slots=True)
class Principal:
    """A role, user or group: its identity policies with their `sources`, and its permissions boundary where it has one.

    `trust` is the trust policy of a role, None for a user; `created` when it was, in seconds since 1970. A session of
    an assumed role also has `session_policy`, where one was given, and `expires`.
    """

    arn: str
    name: str
    id: str
    policies: tuple[Document, ...]
    boundary: Document | None = None
    trust: Document | None = None
    created: float = 0.0
    boundary_arn: str | None = None
    session_policy: Document | None = None
    expires: float | None = None
    sources: tuple[Source, ...] = ()


class Directory:
    """Looks into moto; `held` gives a block within which moto holds the state of one home, and nobody else uses it."""

    def __init__(self, held: Callable[[], AbstractContextManager[None]]) -> None:
        self._held = held

    def role(self, arn: str) -> Principal | None:
        """The role with that ARN, or None."""
        with self._held():
            for role in _iam(arn).roles.values():
                if role.arn == arn:
                    return _role(role)
        return None

    def user(self, arn: str) -> Principal | None:
        """The user with that ARN, or None."""
        with self._held():
            for user in _iam(arn).users.values():
                if user.arn == arn:
                    return _user(user)
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
            for group in _iam(arn).groups.values():
                if group.arn == arn:
                    policies = _policies(group, "group")
                    return _principal(group, policies)
        return None

    def role_named(self, name: str) -> Principal | None:
        """The role with that name, or None."""
        with self._held():
            role = next((item for item in _iam("").roles.values() if item.name == name), None)
            return None if role is None else _role(role)

    def user_named(self, name: str) -> Principal | None:
        """The user with that name, or None."""
        with self._held():
            user = next((item for item in _iam("").users.values() if item.name == name), None)
            return None if user is None else _user(user)

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
            return None if user is None else _user(user)

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
            for role in _iam(caller.arn).roles.values():
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
            backend = _iam(arn)
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


def _iam(arn: str) -> Any:
    from moto.iam.models import iam_backends  # noqa: PLC0415  (at first use)

    parts = arn.split(":")
    return iam_backends[ACCOUNT][parts[1] if len(parts) > 1 else "aws"]


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
    for user in _iam("").users.values():
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                return user
    return None


_Policies = list[tuple[Source, Document]]


def _user(user: Any) -> Principal:
    policies = _policies(user, "user")
    for group in _iam(user.arn).get_groups_for_user(user.name):
        policies += _policies(group, "group")
    return _principal(user, policies)


def _principal(entity: Any, policies: _Policies) -> Principal:
    return Principal(
        entity.arn,
        entity.name,
        entity.id,
        tuple(document for _, document in policies),
        sources=tuple(source for source, _ in policies),
    )


def _policies(entity: Any, kind: str) -> _Policies:
    """The inline and managed policies of a user, group or role of moto."""
    inline = [
        (Source(f"{kind}_{entity.name}_{name}", kind), document)
        for name, document in zip(
            entity.policies, _documents(entity.policies.values()), strict=True
        )
    ]
    managed = [
        (
            Source(policy.name, "aws-managed" if ":aws:policy/" in policy.arn else "user-managed"),
            document,
        )
        for policy in entity.managed_policies.values()
        for document in _managed([policy])
    ]
    return inline + managed


def _role(role: Any) -> Principal:
    policies = _policies(role, "role")
    boundary, boundary_arn = None, role.permissions_boundary_arn or None
    if boundary_arn:
        policy = _iam(role.arn).managed_policies.get(boundary_arn)
        boundary = _managed([policy])[0] if policy is not None else {"Statement": []}
    return Principal(
        role.arn,
        role.name,
        role.id,
        tuple(document for _, document in policies),
        boundary,
        json.loads(role.assume_role_policy_document),
        role.create_date.replace(tzinfo=UTC).timestamp(),
        boundary_arn,
        sources=tuple(source for source, _ in policies),
    )


def _documents(texts: Any) -> tuple[Document, ...]:
    return tuple(text if isinstance(text, dict) else json.loads(text) for text in texts)


def _managed(policies: Any) -> tuple[Document, ...]:
    return tuple(
        json.loads(version.document)
        for policy in policies
        for version in policy.versions
        if version.version_id == policy.default_version_id
    )
