"""IAM roles: the one that Lambda functions run as and the one that Redshift invokes them with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import botocore.exceptions as bc

from carto_at_installer.aws.failures import error_code, translated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carto_at_installer.aws.session import AwsSession

POLICY_NAME = "carto-at"


@dataclass(frozen=True, slots=True)
class Role:
    """A role as IAM describes it, with its inline policy of ours (None when it has none)."""

    name: str
    arn: str
    trust: Mapping[str, Any]
    tags: Mapping[str, str]
    policy: Mapping[str, Any] | None
    boundary: str = ""


def find_role(session: AwsSession, name: str, *, with_policy: bool = True) -> Role | None:
    """The role of that name with its tags and our inline policy, or None.

    Not `with_policy`, the policy is not asked for, which takes a permission of its own.
    """
    client = session.client("iam")
    with translated(f"look at the role {name}"):
        try:
            role = client.get_role(RoleName=name)["Role"]
        except bc.ClientError as error:
            if error_code(error) == "NoSuchEntity":
                return None
            raise
        tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
        policy = _inline_policy(client, name) if with_policy else None
    return Role(
        name,
        role["Arn"],
        _document(role["AssumeRolePolicyDocument"]),
        tags,
        policy,
        role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
    )


def _inline_policy(client: Any, name: str) -> Mapping[str, Any] | None:
    try:
        answer = client.get_role_policy(RoleName=name, PolicyName=POLICY_NAME)
    except bc.ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise
    return _document(answer["PolicyDocument"])


def _document(value: Any) -> Mapping[str, Any]:
    """A policy document, which botocore gives as a dict and some endpoints as URL-encoded text."""
    document: Mapping[str, Any] = json.loads(unquote(value)) if isinstance(value, str) else value
    return document


@dataclass(frozen=True, slots=True)
class NewRole:
    """A role to be created. `path` begins and ends with a slash; `boundary` is a policy's ARN, or empty."""

    name: str
    trust: Mapping[str, Any]
    tags: Mapping[str, str]
    description: str
    path: str = "/"
    boundary: str = ""


def create_role(session: AwsSession, role: NewRole) -> str:
    """Create a role and return its ARN; one that another run has just created is fine."""
    client, name = session.client("iam"), role.name
    bounded = {"PermissionsBoundary": role.boundary} if role.boundary else {}
    with translated(f"create the role {name}"):
        try:
            answer = client.create_role(
                RoleName=name,
                Path=role.path,
                AssumeRolePolicyDocument=json.dumps(role.trust),
                Description=role.description,
                Tags=[{"Key": key, "Value": value} for key, value in role.tags.items()],
                **bounded,
            )
        except bc.ClientError as error:
            if error_code(error) != "EntityAlreadyExists":
                raise
            answer = client.get_role(RoleName=name)
    return str(answer["Role"]["Arn"])


def set_trust(session: AwsSession, name: str, trust: Mapping[str, Any]) -> None:
    """Replace the document that says who may assume the role."""
    with translated(f"change the trust policy of the role {name}"):
        session.client("iam").update_assume_role_policy(
            RoleName=name, PolicyDocument=json.dumps(trust)
        )


def set_policy(session: AwsSession, name: str, policy: Mapping[str, Any]) -> None:
    """Write our inline policy of the role."""
    with translated(f"write the policy of the role {name}"):
        session.client("iam").put_role_policy(
            RoleName=name, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(policy)
        )


def set_boundary(session: AwsSession, name: str, boundary: str) -> None:
    """Set the role's permissions boundary to the policy of an ARN, or remove it when that is empty."""
    client = session.client("iam")
    with translated(f"change the permissions boundary of the role {name}"):
        if boundary:
            client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        else:
            client.delete_role_permissions_boundary(RoleName=name)


def tag_role(session: AwsSession, name: str, tags: Mapping[str, str]) -> None:
    """Add tags to a role; tags it has stay."""
    with translated(f"tag the role {name}"):
        session.client("iam").tag_role(
            RoleName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )


def untag_role(session: AwsSession, name: str, keys: Sequence[str]) -> None:
    """Remove tags from a role."""
    with translated(f"untag the role {name}"):
        session.client("iam").untag_role(RoleName=name, TagKeys=list(keys))


def delete_role(session: AwsSession, name: str) -> None:
    """Delete a role with our inline policy; one that is already gone is fine.

    A role to which somebody has added more than we made is not deleted: IAM refuses, and so do we.
    """
    client = session.client("iam")
    with translated(f"delete the role {name}"):
        try:
            client.delete_role_policy(RoleName=name, PolicyName=POLICY_NAME)
        except bc.ClientError as error:
            if error_code(error) != "NoSuchEntity":
                raise
        try:
            client.delete_role(RoleName=name)
        except bc.ClientError as error:
            if error_code(error) != "NoSuchEntity":
                raise
