"""What calls to IAM, STS, Secrets Manager, S3 and CloudWatch Logs need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.iam_policy import statements

if TYPE_CHECKING:
    from carto_at_installer.sandbox.iam_policy import Question
    from carto_at_installer.sandbox.permissions.asking import Asking

_LISTED = {
    "ListRoles": "role",
    "ListUsers": "user",
    "ListGroups": "group",
    "ListPolicies": "policy",
    "ListInstanceProfiles": "instance-profile",
}
_CREATED = {"CreateRole": "RoleName", "CreateUser": "UserName", "CreatePolicy": "PolicyName"}
_KINDS = {
    "RoleName": "role",
    "UserName": "user",
    "GroupName": "group",
    "PolicyName": "policy",
    "InstanceProfileName": "instance-profile",
}
_OF_ONESELF = frozenset({"GetUser", "CreateAccessKey", "ListAccessKeys", "DeleteAccessKey"})
_TAGGED = {
    "CreateRole": "iam:TagRole",
    "CreateUser": "iam:TagUser",
    "CreatePolicy": "iam:TagPolicy",
}


def iam(asking: Asking) -> list[Question]:
    """The permissions that a call to IAM needs."""
    resource = _iam_resource(asking)
    context: dict[str, str] = {}
    if asking.members.get("PolicyArn"):
        context["iam__PolicyARN"] = str(asking.members["PolicyArn"])
    if boundary := _boundary(asking):
        context["iam__PermissionsBoundary"] = boundary
    needs = [asking.need(resource, **context)]
    if asking.members.get("Tags") and asking.operation in _TAGGED:
        needs.append(asking.need(resource, action=_TAGGED[asking.operation]))
    return needs


def _iam_resource(asking: Asking) -> str:
    members, operation = asking.members, asking.operation
    if operation in _LISTED:
        return asking.iam_arn(f"{_LISTED[operation]}{members.get('PathPrefix') or '/'}")
    if operation in _CREATED:
        member = _CREATED[operation]
        return asking.iam_arn(f"{_KINDS[member]}{members.get('Path') or '/'}{members.get(member)}")
    for member in ("RoleName", "UserName", "GroupName", "InstanceProfileName"):
        if members.get(member):
            return _named(asking, member, str(members[member]))
    if operation in _OF_ONESELF:
        return asking.call.caller.arn
    return str(members.get("PolicyArn") or members.get("PolicySourceArn") or "*")


def _named(asking: Asking, member: str, name: str) -> str:
    """The ARN of what has that name, with its path; without one where nothing has it."""
    directory = asking.world.directory()
    found = {"RoleName": directory.role_named, "UserName": directory.user_named}.get(member)
    principal = found(name) if found else None
    return principal.arn if principal else asking.iam_arn(f"{_KINDS[member]}/{name}")


def _boundary(asking: Asking) -> str | None:
    """The permissions boundary that a call sets, or that of the role whose policies it changes."""
    given = asking.members.get("PermissionsBoundary")
    if given or not asking.members.get("RoleName"):
        return given
    role = asking.world.directory().role_named(str(asking.members["RoleName"]))
    return role.boundary_arn if role else None


def sts(asking: Asking) -> list[Question]:
    """The permissions that a call to STS needs; that a role trusts its caller is asked elsewhere."""
    if asking.operation == "GetCallerIdentity":
        return []
    role_arn = str(asking.members.get("RoleArn") or "*")
    if asking.operation == "AssumeRole" and _is_named(asking, role_arn):
        return []
    return [asking.need(role_arn)]


def _is_named(asking: Asking, role_arn: str) -> bool:
    """Whether the trust policy of a role names its caller, not only the account: that alone is enough then."""
    directory = asking.world.directory()
    role = directory.role(role_arn)
    caller = asking.call.caller
    names = {caller.arn, directory.assumed_role_arn(caller) or caller.arn}
    principals = [item.get("Principal", {}) for item in statements((role and role.trust) or {})]
    return any(
        names & set([named] if isinstance(named, str) else named)
        for principal in principals
        if isinstance(principal, dict) and (named := principal.get("AWS"))
    )


def secretsmanager(asking: Asking) -> list[Question]:
    """The permissions that a call to Secrets Manager needs."""
    members = asking.members
    if asking.operation == "CreateSecret":
        return [asking.need(asking.arn("secretsmanager", f"secret:{members.get('Name')}"))]
    if not members.get("SecretId"):
        return [asking.need("*")]
    name = str(members["SecretId"])
    found = asking.world.directory().secret_arn(name, asking.call.region)
    return [asking.need(found or asking.arn("secretsmanager", f"secret:{name}"))]


_S3_ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketTagging": "PutBucketTagging",
}


def s3(asking: Asking) -> list[Question]:
    """The permissions that a call to S3 needs."""
    bucket, key = asking.members.get("Bucket"), asking.members.get("Key")
    place = f"{bucket}/{key}" if key else str(bucket)
    if asking.operation == "DeleteObjects":
        place = f"{bucket}/*"
    action = f"s3:{_S3_ACTIONS.get(asking.operation, asking.operation)}"
    needs = [asking.need(f"arn:aws:s3:::{place}" if bucket else "*", action=action)]
    if source := asking.members.get("CopySource"):
        origin = str(source).lstrip("/").partition("?")[0]
        needs.append(asking.need(f"arn:aws:s3:::{origin}", action="s3:GetObject"))
    return needs


def logs(asking: Asking) -> list[Question]:
    """The permissions that a call to CloudWatch Logs needs."""
    members: Any = asking.members
    if members.get("resourceArn"):
        return [asking.need(str(members["resourceArn"]))]
    group = str(members.get("logGroupName") or members.get("logGroupIdentifier") or "")
    name = group.rpartition("log-group:")[2].removesuffix(":*")
    stream = members.get("logStreamName") or ""
    needs = [asking.need(asking.arn("logs", f"log-group:{name}:log-stream:{stream}"))]
    if asking.operation == "CreateLogGroup" and members.get("tags"):
        place = asking.arn("logs", f"log-group:{name}")
        needs.append(asking.need(place, action="logs:TagResource"))
    return needs
