"""The access that one installation needs: the table of permissions, with the ARNs of this target and these options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.core.target import Deployment
from carto_at_installer.plan.permissions import PERMISSIONS, On, Part, Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.target import Identity

_VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation goes, as far as ARNs need it.

    `workgroup_arn` and `namespace_arn` hold ids that only AWS knows; `*` stands for unknown ones.
    """

    partition: str
    account: str
    region: str
    workgroup_arn: str = ""
    namespace_arn: str = ""
    attached_roles: tuple[str, ...] = ()

    @classmethod
    def of(cls, identity: Identity) -> Place:
        """The account and region of a caller."""
        return cls(identity.partition, identity.account, identity.region)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in the region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam_arn(self, resource: str) -> str:
        """The ARN of something in IAM, which has no region."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Access:
    """What an installation with these options needs in a place; `functions`: whether it deploys any.

    `deploying` means the access of the deploy role, in whose account nothing but Lambda functions and logs is.
    `attaching` says whether the invoke role is to be attached; by default only one that carto-at makes is.
    """

    place: Place
    options: InstallOptions
    functions: bool = True
    deploying: bool = False
    attaching: bool | None = None

    @property
    def deployment(self) -> Deployment:
        """Cluster or workgroup."""
        return Deployment.CLUSTER if self.options.target.cluster_id else Deployment.WORKGROUP

    @property
    def parts(self) -> frozenset[Part]:
        """What of the table is needed."""
        options, cluster = self.options, self.deployment is Deployment.CLUSTER
        here = self.functions and not options.aws.deploy_role
        if self.deploying:
            return frozenset({Part.FUNCTIONS, *([Part.KEY] if options.kms_key else [])})
        chosen = {
            Part.ALWAYS: True,
            Part.CLUSTER: cluster,
            Part.WORKGROUP: not cluster,
            **self._logins(),
            Part.FUNCTIONS: here,
            Part.OTHER_ACCOUNT: self.functions and not here,
            Part.MADE_ROLES: self.functions and bool(self.made_roles()),
            Part.ATTACH_TO_CLUSTER: self._attaches and cluster,
            Part.ATTACH_TO_WORKGROUP: self._attaches and not cluster,
            Part.KEY: here and bool(options.kms_key),
        }
        return frozenset(part for part, wanted in chosen.items() if wanted)

    def _logins(self) -> dict[Part, bool]:
        target, cluster = self.options.target, self.deployment is Deployment.CLUSTER
        secret, user = bool(target.secret_arn), bool(target.db_user)
        return {
            Part.SECRET_LOGIN: secret,
            Part.CLUSTER_USER_LOGIN: cluster and user and not secret,
            Part.CLUSTER_IAM_LOGIN: cluster and not user and not secret,
            Part.WORKGROUP_LOGIN: not cluster and not secret,
        }

    @property
    def _attaches(self) -> bool:
        made = self.options.invoke_role == "create"
        return self.functions and (made if self.attaching is None else self.attaching)

    def made_roles(self) -> list[str]:
        """The roles that carto-at creates."""
        return [
            self.made_role(purpose)
            for purpose, made in (
                ("exec", not self.options.execution_role),
                ("invoke", self.options.invoke_role == "create"),
            )
            if made
        ]

    def made_role(self, purpose: str) -> str:
        """The role that carto-at creates for a purpose, `exec` or `invoke`."""
        path = self.options.role_path
        return self.place.iam_arn(f"role{path}{self.options.prefix}-{purpose}")

    def resources_of(self, on: On) -> tuple[str, ...]:
        """The ARNs of a kind of resource."""
        return tuple(_RESOURCES[on](self))

    def permissions(self) -> Iterator[Permission]:
        """The rows of the table that are needed."""
        return (permission for permission in PERMISSIONS if permission.part in self.parts)

    def policy(self) -> dict[str, Any]:
        """The least-privilege IAM policy."""
        statements = [self.statement(permission) for permission in self.permissions()]
        return {"Version": _VERSION, "Statement": statements}

    def statement(self, permission: Permission) -> dict[str, Any]:
        """One row of the table as a statement of a policy."""
        resources = self.resources_of(permission.on)
        statement: dict[str, Any] = {
            "Sid": permission.sid,
            "Effect": "Allow",
            "Action": sorted(permission.actions),
            "Resource": resources[0] if len(resources) == 1 else list(resources),
        }
        if permission.only:
            statement["Condition"] = permission.only.document
        return statement

    def target(self) -> list[str]:
        """The cluster or workgroup."""
        name = self.options.target.name
        if self.deployment is Deployment.CLUSTER:
            return [self.place.arn("redshift", f"cluster:{name}")]
        return [self.place.workgroup_arn or self.place.arn("redshift-serverless", "workgroup/*")]

    def login(self) -> list[str]:
        """The database of a cluster, and the user where one is named."""
        target = self.options.target
        names = [f"dbname:{target.name}/{target.database}"]
        if target.db_user:
            names.append(f"dbuser:{target.name}/{target.db_user}")
        return [self.place.arn("redshift", name) for name in names]

    def log_group(self) -> list[str]:
        """The group, and what is in it: IAM asks about both."""
        name = f"log-group:/aws/lambda/{self.options.prefix}"
        return [self.place.arn("logs", name), self.place.arn("logs", f"{name}:*")]

    def invoke_roles(self) -> list[str]:
        """UpdateNamespace replaces the whole list, so those that are attached are passed again."""
        attached = list(self.place.attached_roles)
        if self.deployment is Deployment.WORKGROUP and not attached:
            return [self.place.iam_arn("role/*")]
        chosen = self.options.invoke_role
        own = self.made_role("invoke") if chosen == "create" else chosen.split(",")[0]
        return sorted({own, *attached}) if self.deployment is Deployment.WORKGROUP else [own]


_RESOURCES: dict[On, Callable[[Access], list[str]]] = {
    On.ANYTHING: lambda _: ["*"],
    On.TARGET: lambda s: s.target(),
    On.NAMESPACE: lambda s: [
        s.place.namespace_arn or s.place.arn("redshift-serverless", "namespace/*")
    ],
    On.DATABASE_LOGIN: lambda s: s.login(),
    On.SECRET: lambda s: [s.options.target.secret_arn or ""],
    On.FUNCTIONS: lambda s: [s.place.arn("lambda", f"function:{s.options.prefix}-*")],
    On.LAYERS: lambda s: [s.place.arn("lambda", f"layer:{s.options.prefix}-layer-*")],
    On.LAYER_VERSIONS: lambda s: [s.place.arn("lambda", f"layer:{s.options.prefix}-layer-*:*")],
    On.LOG_GROUP: lambda s: s.log_group(),
    On.LOG_GROUPS: lambda s: [s.place.arn("logs", "log-group:*")],
    On.MADE_ROLES: lambda s: s.made_roles(),
    On.EXECUTION_ROLE: lambda s: [s.options.execution_role or s.made_role("exec")],
    On.INVOKE_ROLE: lambda s: s.invoke_roles(),
    On.PRINCIPALS: lambda s: [s.place.iam_arn("role/*"), s.place.iam_arn("user/*")],
    On.KEY: lambda s: [s.options.kms_key or ""],
    On.DEPLOY_ROLE: lambda s: [s.options.aws.deploy_role or ""],
}
