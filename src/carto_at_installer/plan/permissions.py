"""Which IAM actions our calls to AWS need, on which resources, and what breaks without them: one table.

`carto-at policy` writes policies from it, the checks ask IAM about them, and error messages look up what an action is
for. A test holds that every call of `aws/` is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class On(StrEnum):
    """The kinds of resources; `access.resources_of` turns them into ARNs."""

    ANYTHING = "anything"
    TARGET = "target"
    NAMESPACE = "namespace"
    DATABASE_LOGIN = "database-login"
    SECRET = "secret"  # noqa: S105 - a kind of resource
    FUNCTIONS = "functions"
    LAYERS = "layers"
    LAYER_VERSIONS = "layer-versions"
    LOG_GROUP = "log-group"
    LOG_GROUPS = "log-groups"
    MADE_ROLES = "made-roles"
    EXECUTION_ROLE = "execution-role"
    INVOKE_ROLE = "invoke-role"
    PRINCIPALS = "principals"
    KEY = "key"
    DEPLOY_ROLE = "deploy-role"


class Only(Enum):
    """The conditions under which an action is allowed, as IAM writes them."""

    OWN_STATEMENTS = ("redshift-data:statement-owner-iam-userid", ("${aws:userid}",))
    OWN_SESSIONS = ("redshift-data:session-owner-iam-userid", ("${aws:userid}",))
    TO_LAMBDA = ("iam:PassedToService", ("lambda.amazonaws.com",))
    TO_REDSHIFT = (
        "iam:PassedToService",
        ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com"),
    )

    @property
    def document(self) -> dict[str, dict[str, object]]:
        """The `Condition` of a statement."""
        key, values = self.value
        return {"StringEquals": {key: values[0] if len(values) == 1 else list(values)}}


class Part(StrEnum):
    """What of an installation needs a statement; which parts there are follows from the options.

    `choosing` is no part of an installation: somebody at a terminal is shown what there is to choose from.
    """

    ALWAYS = "always"
    CLUSTER = "cluster"
    WORKGROUP = "workgroup"
    CLUSTER_IAM_LOGIN = "cluster-iam-login"
    CLUSTER_USER_LOGIN = "cluster-user-login"
    WORKGROUP_LOGIN = "workgroup-login"
    SECRET_LOGIN = "secret-login"  # noqa: S105 - a way to log in
    FUNCTIONS = "functions"
    MADE_ROLES = "made-roles"
    ATTACH_TO_CLUSTER = "attach-to-cluster"
    ATTACH_TO_WORKGROUP = "attach-to-workgroup"
    KEY = "key"
    OTHER_ACCOUNT = "other-account"
    CHOOSING = "choosing"


@dataclass(frozen=True, slots=True)
class Permission:
    """IAM actions that belong together: one statement of a policy, or a part of one with the same `sid`.

    `actions` maps each IAM action to the calls (`service:Operation`) that need it; `breaks` completes "Without it,
    carto-at cannot ...".
    """

    sid: str
    part: Part
    on: On
    actions: dict[str, tuple[str, ...]]
    breaks: str
    only: Only | None = None


def _same(*actions: str) -> dict[str, tuple[str, ...]]:
    """Actions that are named as the calls that need them."""
    return {action: (action,) for action in actions}


_SQL_CALLS = ("redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement")
_FUNCTION_CALLS = ("lambda:CreateFunction", "lambda:UpdateFunctionConfiguration")

PERMISSIONS = (
    Permission(
        "DescribeCluster", Part.CLUSTER, On.TARGET,
        _same("redshift:DescribeClusters"), "see the cluster, its state and its roles",
    ),
    Permission(
        "DescribeWorkgroup", Part.WORKGROUP, On.TARGET,
        _same("redshift-serverless:GetWorkgroup"), "see the workgroup and its state",
    ),
    Permission(
        "DescribeNamespace", Part.WORKGROUP, On.NAMESPACE,
        _same("redshift-serverless:GetNamespace"), "see the roles of the namespace",
    ),
    Permission(
        "RunSql", Part.ALWAYS, On.TARGET, _same(*_SQL_CALLS), "run SQL",
    ),
    Permission(
        "ReadOwnResults", Part.ALWAYS, On.ANYTHING,
        _same(
            "redshift-data:DescribeStatement",
            "redshift-data:GetStatementResult",
            "redshift-data:CancelStatement",
        ),
        "see how its SQL statements end, and their results",
        Only.OWN_STATEMENTS,
    ),
    Permission(
        "UseOwnSessions", Part.ALWAYS, On.ANYTHING,
        {"redshift-data:ExecuteStatement": ("redshift-data:ExecuteStatement",)},
        "run more than 40 statements in one transaction",
        Only.OWN_SESSIONS,
    ),
    Permission(
        "LogInToCluster", Part.CLUSTER_IAM_LOGIN, On.DATABASE_LOGIN,
        {"redshift:GetClusterCredentialsWithIAM": _SQL_CALLS}, "log in to the database as the caller",
    ),
    Permission(
        "LogInToClusterAsUser", Part.CLUSTER_USER_LOGIN, On.DATABASE_LOGIN,
        {"redshift:GetClusterCredentials": _SQL_CALLS}, "log in to the database as --db-user",
    ),
    Permission(
        "LogInToWorkgroup", Part.WORKGROUP_LOGIN, On.TARGET,
        {"redshift-serverless:GetCredentials": _SQL_CALLS}, "log in to the database as the caller",
    ),
    Permission(
        "LogInWithSecret", Part.SECRET_LOGIN, On.SECRET,
        {"secretsmanager:GetSecretValue": _SQL_CALLS}, "log in to the database with --secret-arn",
    ),
    Permission(
        "DeployFunctions", Part.FUNCTIONS, On.FUNCTIONS,
        {
            **_same(
                "lambda:CreateFunction",
                "lambda:GetFunction",
                "lambda:GetFunctionCodeSigningConfig",
                "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration",
                "lambda:DeleteFunction",
                "lambda:UntagResource",
                "lambda:PutFunctionConcurrency",
                "lambda:DeleteFunctionConcurrency",
            ),
            "lambda:TagResource": ("lambda:TagResource", "lambda:CreateFunction"),
        },
        "create, change and delete the Lambda functions behind the toolbox",
    ),
    Permission(
        "SeeLambda", Part.FUNCTIONS, On.ANYTHING,
        _same("lambda:ListFunctions", "lambda:GetAccountSettings", "lambda:GetCodeSigningConfig"),
        "see Lambda's limits, and whether others use what it is about to delete",
    ),
    Permission(
        "PublishLayer", Part.FUNCTIONS, On.LAYERS,
        _same("lambda:PublishLayerVersion", "lambda:ListLayerVersions"),
        "publish the layer with the libraries of the functions",
    ),
    Permission(
        "UseLayer", Part.FUNCTIONS, On.LAYER_VERSIONS,
        {"lambda:GetLayerVersion": _FUNCTION_CALLS, **_same("lambda:DeleteLayerVersion")},
        "give the layer to the functions, and delete it with them",
    ),
    Permission(
        "KeepLogs", Part.FUNCTIONS, On.LOG_GROUP,
        {
            **_same("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"),
            "logs:TagResource": ("logs:CreateLogGroup",),
            "logs:FilterLogEvents": ("logs:FilterLogEvents",),
        },
        "create the log group of the functions, set how long it keeps logs, and read it",
    ),
    Permission(
        "FindLogs", Part.FUNCTIONS, On.LOG_GROUPS,
        _same("logs:DescribeLogGroups"), "see the log group of the functions",
    ),
    Permission(
        "PassExecutionRole", Part.FUNCTIONS, On.EXECUTION_ROLE,
        {"iam:PassRole": _FUNCTION_CALLS}, "let the functions run as their execution role",
        Only.TO_LAMBDA,
    ),
    Permission(
        "MakeRoles", Part.MADE_ROLES, On.MADE_ROLES,
        {
            **_same(
                "iam:CreateRole",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:PutRolePolicy",
                "iam:DeleteRolePolicy",
                "iam:DeleteRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UntagRole",
                "iam:PutRolePermissionsBoundary",
                "iam:DeleteRolePermissionsBoundary",
            ),
            "iam:TagRole": ("iam:TagRole", "iam:CreateRole"),
        },
        "create and delete the roles of the toolbox",
    ),
    Permission(
        "AttachRoleToCluster", Part.ATTACH_TO_CLUSTER, On.TARGET,
        _same("redshift:ModifyClusterIamRoles"), "attach the invoke role to the cluster",
    ),
    Permission(
        "AttachRoleToNamespace", Part.ATTACH_TO_WORKGROUP, On.NAMESPACE,
        _same("redshift-serverless:UpdateNamespace"), "attach the invoke role to the namespace",
    ),
    Permission(
        "PassInvokeRoleToCluster", Part.ATTACH_TO_CLUSTER, On.INVOKE_ROLE,
        {"iam:PassRole": ("redshift:ModifyClusterIamRoles",)},
        "hand the invoke role to Redshift", Only.TO_REDSHIFT,
    ),
    Permission(
        "PassRolesToNamespace", Part.ATTACH_TO_WORKGROUP, On.INVOKE_ROLE,
        {"iam:PassRole": ("redshift-serverless:UpdateNamespace",)},
        "hand the invoke role, and the roles that are attached already, to Redshift", Only.TO_REDSHIFT,
    ),
    Permission(
        "UseKey", Part.KEY, On.KEY,
        dict.fromkeys(("kms:CreateGrant", "kms:Encrypt", "kms:Decrypt"), _FUNCTION_CALLS),
        "encrypt the settings of the functions with --kms-key",
    ),
    Permission(
        "AssumeDeployRole", Part.OTHER_ACCOUNT, On.DEPLOY_ROLE,
        _same("sts:AssumeRole"), "deploy the Lambda functions in their account",
    ),
    Permission(
        "ChooseTarget", Part.CHOOSING, On.ANYTHING,
        _same(
            "redshift:DescribeClusters",
            "redshift-serverless:ListWorkgroups",
            "redshift-serverless:ListNamespaces",
        ),
        "show which clusters and workgroups there are",
    ),
    Permission(
        "AskAboutPermissions", Part.ALWAYS, On.PRINCIPALS,
        _same("iam:SimulatePrincipalPolicy", "iam:GetRole"),
        "say beforehand which permissions are missing, to it and to the invoke role",
    ),
)  # fmt: skip

WITHOUT_PERMISSION = frozenset({"sts:GetCallerIdentity"})
"""Calls that everybody may make."""


def actions_of(call: str) -> frozenset[str]:
    """The IAM actions that a call (`service:Operation`) may need."""
    return frozenset(
        action
        for permission in PERMISSIONS
        for action, calls in permission.actions.items()
        if call in calls
    )


def purpose_of(action: str) -> str:
    """What carto-at cannot do without an IAM action; empty for one that it never needs."""
    found = (p.breaks for p in PERMISSIONS if action in p.actions)
    return next(found, "")
