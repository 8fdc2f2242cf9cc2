"""Users, groups and roles with their policies, made of moto's models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from carto_at_installer.sandbox.identity import ACCOUNT

Document = dict[str, Any]


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


def iam_models(arn: str) -> Any:
    """Moto's IAM of the partition of an ARN."""
    from moto.iam.models import iam_backends  # noqa: PLC0415  (at first use)

    parts = arn.split(":")
    return iam_backends[ACCOUNT][parts[1] if len(parts) > 1 else "aws"]


Policies = list[tuple[Source, Document]]


def user_principal(user: Any) -> Principal:
    """A user of moto, with the policies of its groups."""
    policies = policies_of(user, "user")
    for group in iam_models(user.arn).get_groups_for_user(user.name):
        policies += policies_of(group, "group")
    return principal(user, policies)


def principal(entity: Any, policies: Policies) -> Principal:
    """A user or group of moto with these policies."""
    return Principal(
        entity.arn,
        entity.name,
        entity.id,
        tuple(document for _, document in policies),
        sources=tuple(source for source, _ in policies),
    )


def policies_of(entity: Any, kind: str) -> Policies:
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


def role_principal(role: Any) -> Principal:
    """A role of moto."""
    policies = policies_of(role, "role")
    boundary, boundary_arn = None, role.permissions_boundary_arn or None
    if boundary_arn:
        policy = iam_models(role.arn).managed_policies.get(boundary_arn)
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
