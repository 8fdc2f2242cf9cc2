"""Describes Redshift clusters and serverless workgroups, and attaches roles to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.exceptions as bc

from carto_at_installer.aws.failures import error_code, translated
from carto_at_installer.aws.retries import Patience, Pauses
from carto_at_installer.core.errors import TargetError
from carto_at_installer.core.target import Deployment, Identity, Target

if TYPE_CHECKING:
    from carto_at_installer.aws.session import AwsSession
    from carto_at_installer.core.options import TargetOptions

_ROLE_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+")
_ATTACHING = Patience(0.2, 3.0, 600.0)


def describe_target(session: AwsSession, identity: Identity, options: TargetOptions) -> Target:
    """The cluster or workgroup that `options` names. Raises TargetError when it does not exist."""
    if options.cluster_id:
        return _describe_cluster(session, identity, options)
    return _describe_workgroup(session, options)


def _describe_cluster(session: AwsSession, identity: Identity, options: TargetOptions) -> Target:
    name = options.name
    with translated(f"describe the cluster {name}"):
        try:
            answer = session.client("redshift").describe_clusters(ClusterIdentifier=name)
        except bc.ClientError as error:
            if error_code(error) in {"ClusterNotFound", "ClusterNotFoundFault"}:
                raise _missing(
                    "cluster", name, identity, "aws redshift describe-clusters"
                ) from error
            raise
    cluster = answer["Clusters"][0]
    arn = f"arn:{identity.partition}:redshift:{identity.region}:{identity.account}:cluster:{name}"
    return Target(
        deployment=Deployment.CLUSTER,
        name=name,
        arn=arn,
        status=cluster.get("ClusterStatus", "unknown"),
        available=_cluster_available(cluster),
        maintenance=cluster.get("ClusterAvailabilityStatus") == "Maintenance",
        database=options.database,
        admin_user=cluster.get("MasterUsername", ""),
        default_role=cluster.get("DefaultIamRoleArn", "") or "",
        enhanced_vpc_routing=bool(cluster.get("EnhancedVpcRouting")),
        version=".".join(
            part
            for part in (cluster.get("ClusterVersion"), cluster.get("ClusterRevisionNumber"))
            if part
        ),
        roles=_cluster_roles(cluster),
    )


def _cluster_available(cluster: dict[str, Any]) -> bool:
    return bool(cluster.get("ClusterStatus", "").startswith("available"))


def _describe_workgroup(session: AwsSession, options: TargetOptions) -> Target:
    client, name = session.client("redshift-serverless"), options.name
    with translated(f"describe the workgroup {name}"):
        try:
            workgroup = client.get_workgroup(workgroupName=name)["workgroup"]
            namespace = client.get_namespace(namespaceName=workgroup["namespaceName"])["namespace"]
        except bc.ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                raise _missing(
                    "workgroup", name, None, "aws redshift-serverless list-workgroups"
                ) from error
            raise
    return Target(
        deployment=Deployment.WORKGROUP,
        name=name,
        arn=workgroup["workgroupArn"],
        status=workgroup.get("status", "unknown").lower(),
        available=workgroup.get("status") == "AVAILABLE",
        database=options.database,
        namespace=workgroup["namespaceName"],
        namespace_arn=namespace.get("namespaceArn", ""),
        admin_user=namespace.get("adminUsername", ""),
        default_role=namespace.get("defaultIamRoleArn", "") or "",
        enhanced_vpc_routing=bool(workgroup.get("enhancedVpcRouting")),
        version=workgroup.get("patchVersion") or workgroup.get("workgroupVersion", ""),
        roles=dict.fromkeys(_namespace_roles(namespace), "in-sync"),
    )


def _namespace_roles(namespace: dict[str, Any]) -> list[str]:
    """The ARNs of a namespace's roles, which AWS lists as plain ARNs or inside `IamRole(...)` texts."""
    found = [_ROLE_ARN.search(str(role)) for role in namespace.get("iamRoles", [])]
    return [match[0] for match in found if match]


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """A cluster or workgroup that could be chosen; `database` is the one it was made with."""

    deployment: Deployment
    name: str
    status: str
    database: str
    admin_user: str


def list_targets(session: AwsSession) -> list[TargetChoice]:
    """All clusters and serverless workgroups of the account in the region, clusters first, by name."""
    return [*_list_clusters(session), *_list_workgroups(session)]


def _list_clusters(session: AwsSession) -> list[TargetChoice]:
    with translated("list the clusters"):
        pages = session.client("redshift").get_paginator("describe_clusters").paginate()
        found = [cluster for page in pages for cluster in page["Clusters"]]
    choices = [
        TargetChoice(
            Deployment.CLUSTER,
            cluster["ClusterIdentifier"],
            cluster.get("ClusterStatus", "unknown"),
            cluster.get("DBName", ""),
            cluster.get("MasterUsername", ""),
        )
        for cluster in found
    ]
    return sorted(choices, key=lambda choice: choice.name)


def _list_workgroups(session: AwsSession) -> list[TargetChoice]:
    client = session.client("redshift-serverless")
    with translated("list the workgroups"):
        workgroups = [
            workgroup
            for page in client.get_paginator("list_workgroups").paginate()
            for workgroup in page["workgroups"]
        ]
        namespaces = {
            namespace["namespaceName"]: namespace
            for page in client.get_paginator("list_namespaces").paginate()
            for namespace in page["namespaces"]
        }
    choices = []
    for workgroup in workgroups:
        namespace = namespaces.get(workgroup.get("namespaceName", ""), {})
        choices.append(
            TargetChoice(
                Deployment.WORKGROUP,
                workgroup["workgroupName"],
                workgroup.get("status", "unknown").lower(),
                namespace.get("dbName", ""),
                namespace.get("adminUsername", ""),
            )
        )
    return sorted(choices, key=lambda choice: choice.name)


def _missing(kind: str, name: str, identity: Identity | None, command: str) -> TargetError:
    where = f" in {identity.region} of the account {identity.account}" if identity else ""
    return TargetError(
        f"There is no {kind} {name}{where}",
        hint=f"List what there is with `{command}`, and check --region and --profile.",
    )


def _cluster_roles(cluster: dict[str, Any]) -> dict[str, str]:
    """The roles of a cluster with their state; those that are just being removed are none any more."""
    roles = {
        role["IamRoleArn"]: role.get("ApplyStatus", "") for role in cluster.get("IamRoles", [])
    }
    return {arn: state for arn, state in roles.items() if state != "removing"}


def attached_roles(session: AwsSession, target: Target) -> frozenset[str]:
    """The ARNs of the roles that are attached to the target now, or about to be."""
    with translated(f"see which roles are attached to {target.name}"):
        if target.deployment is Deployment.CLUSTER:
            answer = session.client("redshift").describe_clusters(ClusterIdentifier=target.name)
            return frozenset(_cluster_roles(answer["Clusters"][0]))
        client = session.client("redshift-serverless")
        namespace = client.get_namespace(namespaceName=target.namespace)["namespace"]
        return frozenset(_namespace_roles(namespace))


def attach_role(session: AwsSession, target: Target, role_arn: str) -> None:
    """Attach a role to the target and wait until Redshift may use it; roles that are attached stay attached."""
    with translated(f"attach the role {role_arn} to {target.name}"):
        if target.deployment is Deployment.CLUSTER:
            session.client("redshift").modify_cluster_iam_roles(
                ClusterIdentifier=target.name, AddIamRoles=[role_arn]
            )
        else:
            _change_namespace_roles(session, target, add=role_arn)
    _await_role(session, target, role_arn)


def detach_role(session: AwsSession, target: Target, role_arn: str) -> None:
    """Take a role off the target; one that is not attached is fine. Other roles stay."""
    with translated(f"detach the role {role_arn} from {target.name}"):
        if target.deployment is Deployment.CLUSTER:
            session.client("redshift").modify_cluster_iam_roles(
                ClusterIdentifier=target.name, RemoveIamRoles=[role_arn]
            )
        else:
            _change_namespace_roles(session, target, remove=role_arn)


def _change_namespace_roles(
    session: AwsSession, target: Target, *, add: str = "", remove: str = ""
) -> None:
    """UpdateNamespace replaces the whole list: it is read again right before it is written."""
    client = session.client("redshift-serverless")
    namespace = client.get_namespace(namespaceName=target.namespace)["namespace"]
    added = [add] if add else []
    roles = [arn for arn in dict.fromkeys([*_namespace_roles(namespace), *added]) if arn != remove]
    parameters: dict[str, Any] = {"namespaceName": target.namespace, "iamRoles": roles}
    if namespace.get("defaultIamRoleArn"):
        parameters["defaultIamRoleArn"] = namespace["defaultIamRoleArn"]
    client.update_namespace(**parameters)


def _await_role(session: AwsSession, target: Target, role_arn: str) -> None:
    pauses = Pauses(_ATTACHING)
    while (state := _role_state(session, target, role_arn)) != "in-sync":
        if not pauses.wait(f"the role is {state or 'not attached yet'}"):
            raise TargetError(
                f"The role {role_arn} is still {state or 'not attached'} on {target.name} after "
                f"{_ATTACHING.total_s:.0f} seconds",
                hint="Look at the cluster's IAM roles in the Redshift console, then repeat the command.",
            )


def _role_state(session: AwsSession, target: Target, role_arn: str) -> str:
    with translated(f"see whether the role {role_arn} is attached to {target.name}"):
        if target.deployment is Deployment.CLUSTER:
            answer = session.client("redshift").describe_clusters(ClusterIdentifier=target.name)
            roles = answer["Clusters"][0].get("IamRoles", [])
            return next(
                (r.get("ApplyStatus", "") for r in roles if r["IamRoleArn"] == role_arn), ""
            )
        client = session.client("redshift-serverless")
        namespace = client.get_namespace(namespaceName=target.namespace)["namespace"]
        attached = role_arn in _namespace_roles(namespace)
        return "in-sync" if attached and namespace.get("status") == "AVAILABLE" else "adding"
