"""What calls to Redshift, Redshift Serverless and the Data API need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.redshift_service.serverless import role_arn
from carto_at_installer.sandbox.redshift_service.targets_store import cluster_arn

if TYPE_CHECKING:
    from carto_at_installer.sandbox.iam_policy import Question
    from carto_at_installer.sandbox.permissions.asking import Asking

_TO_REDSHIFT = ("redshift.amazonaws.com",)
_TO_SERVERLESS = ("redshift-serverless.amazonaws.com", "redshift.amazonaws.com")
_OWN_STATEMENTS = frozenset(
    {"DescribeStatement", "GetStatementResult", "GetStatementResultV2", "CancelStatement"}
)


def provisioned(asking: Asking) -> list[Question]:
    """The permissions that a call to `redshift` needs."""
    members = asking.members
    name = members.get("ClusterIdentifier")
    if asking.operation in {"GetClusterCredentials", "GetClusterCredentialsWithIAM"}:
        return _credentials(asking)
    cluster = asking.arn("redshift", f"cluster:{str(name).lower() if name else '*'}")
    roles = [*(members.get("IamRoles") or []), *(members.get("AddIamRoles") or [])]
    default = members.get("DefaultIamRoleArn")
    passed = dict.fromkeys([*roles, *([default] if default else [])])
    tags = [asking.need(cluster, action="redshift:CreateTags")] if members.get("Tags") else []
    return [
        asking.need(cluster, **_cluster_tags(asking, str(name).lower())),
        *tags,
        *(asking.passing(role, *_TO_REDSHIFT) for role in passed),
    ]


def _cluster_tags(asking: Asking, name: str) -> dict[str, str]:
    record = asking.world.targets.cluster(asking.call.region, name)
    tags = record["tags"] if record else {}
    return {f"aws__ResourceTag/{key}": value for key, value in tags.items()}


def _credentials(asking: Asking) -> list[Question]:
    members = asking.members
    cluster = str(members.get("ClusterIdentifier", "*")).lower()
    database = asking.arn("redshift", f"dbname:{cluster}/{members.get('DbName') or '*'}")
    if asking.operation == "GetClusterCredentialsWithIAM":
        return [asking.need(database)]
    user = asking.arn("redshift", f"dbuser:{cluster}/{members.get('DbUser')}")
    needs = [asking.need(user)]
    if members.get("DbName"):
        needs.append(asking.need(database))
    if members.get("AutoCreate"):
        needs.append(asking.need(user, action="redshift:CreateClusterUser"))
    for group in members.get("DbGroups") or []:
        place = asking.arn("redshift", f"dbgroup:{cluster}/{group}")
        needs.append(asking.need(place, action="redshift:JoinGroup"))
    return needs


def serverless(asking: Asking) -> list[Question]:
    """The permissions that a call to `redshift-serverless` needs."""
    members = asking.members
    resource = "*"
    if asking.operation not in {"CreateWorkgroup", "CreateNamespace"}:
        if members.get("workgroupName"):
            resource = _workgroup(asking, members["workgroupName"])
        elif members.get("namespaceName"):
            resource = _namespace(asking, members["namespaceName"])
    default = members.get("defaultIamRoleArn")
    roles = [*(members.get("iamRoles") or []), *([default] if default else [])]
    passed = dict.fromkeys(role_arn(text) for text in roles)
    return [
        asking.need(resource),
        *(asking.passing(role, *_TO_SERVERLESS) for role in passed),
    ]


def _workgroup(asking: Asking, name: str) -> str:
    for record in asking.world.targets.workgroups(asking.call.region):
        if name in {record["name"], record["arn"]}:
            return str(record["arn"])
    return asking.arn("redshift-serverless", "workgroup/*")


def _namespace(asking: Asking, name: str) -> str:
    record = asking.world.targets.namespace(asking.call.region, name)
    return str(record["arn"]) if record else asking.arn("redshift-serverless", "namespace/*")


def data(asking: Asking) -> list[Question]:
    """The permissions that a call to `redshift-data` needs, with those of its login to the database."""
    members = asking.members
    if asking.operation in _OWN_STATEMENTS:
        number = str(members.get("Id", "")).partition(":")[0]
        owner = asking.world.statement_owner(number) or ""
        return [asking.need("*", **{"redshift-data__statement-owner-iam-userid": owner})]
    if asking.operation == "ListStatements":
        own = asking.call.caller.user_id
        return [asking.need("*", **{"redshift-data__statement-owner-iam-userid": own})]
    if members.get("SessionId"):
        own = asking.call.caller.user_id  # the Data API itself refuses sessions of others
        return [asking.need("*", **{"redshift-data__session-owner-iam-userid": own})]
    return [asking.need(_target(asking)), *_login(asking, members)]


def _target(asking: Asking) -> str:
    members = asking.members
    if members.get("WorkgroupName"):
        return _workgroup(asking, members["WorkgroupName"])
    name = str(members.get("ClusterIdentifier", "*")).lower()
    record = asking.world.targets.cluster(asking.call.region, name)
    return cluster_arn(record) if record else asking.arn("redshift", f"cluster:{name}")


def _login(asking: Asking, members: Any) -> list[Question]:
    """The Data API asks for temporary credentials, or reads the secret, with its caller's permissions."""
    if members.get("SecretArn"):
        secret = str(members["SecretArn"])
        return [asking.need(secret, action="secretsmanager:GetSecretValue")]
    if members.get("WorkgroupName"):
        workgroup = _target(asking)
        return [asking.need(workgroup, action="redshift-serverless:GetCredentials")]
    cluster = str(members.get("ClusterIdentifier", "*")).lower()
    database = asking.arn("redshift", f"dbname:{cluster}/{members.get('Database') or '*'}")
    if not members.get("DbUser"):
        return [asking.need(database, action="redshift:GetClusterCredentialsWithIAM")]
    user = asking.arn("redshift", f"dbuser:{cluster}/{members['DbUser']}")
    action = "redshift:GetClusterCredentials"
    return [asking.need(user, action=action), asking.need(database, action=action)]
