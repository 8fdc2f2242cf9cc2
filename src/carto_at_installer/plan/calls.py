"""Which calls to AWS each step of a plan makes, and which every command makes to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.plan import steps as s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.plan.resources import DesiredState

LOOKING = frozenset(
    {
        "redshift:DescribeClusters",
        "redshift-serverless:GetWorkgroup",
        "redshift-serverless:GetNamespace",
        "redshift-data:ExecuteStatement",
        "redshift-data:BatchExecuteStatement",
        "redshift-data:DescribeStatement",
        "redshift-data:GetStatementResult",
        "redshift-data:CancelStatement",
    }
)
_LOOKING_AT_LAMBDA = frozenset(
    {"lambda:GetFunction", "lambda:ListLayerVersions", "logs:DescribeLogGroups"}
)
_LOOKING_AT_ROLES = frozenset({"iam:GetRole", "iam:GetRolePolicy"})
_BY_ACTION: dict[type, tuple[str, ...]] = {
    s.CreateRole: ("iam:CreateRole", "iam:PutRolePolicy"),
    s.UpdateRole: (
        "iam:UpdateAssumeRolePolicy",
        "iam:PutRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:TagRole",
    ),
    s.TagRole: ("iam:TagRole",),
    s.UntagRole: ("iam:UntagRole",),
    s.DeleteRole: ("iam:DeleteRolePolicy", "iam:DeleteRole"),
    s.AttachRole: ("redshift:ModifyClusterIamRoles", "redshift-serverless:UpdateNamespace"),
    s.DetachRole: ("redshift:ModifyClusterIamRoles", "redshift-serverless:UpdateNamespace"),
    s.CreateLogGroup: ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    s.SetLogRetention: ("logs:PutRetentionPolicy",),
    s.DeleteLogGroup: ("logs:DeleteLogGroup",),
    s.PublishLayer: ("lambda:PublishLayerVersion",),
    s.DeleteLayer: ("lambda:DeleteLayerVersion",),
    s.CreateFunction: ("lambda:CreateFunction",),
    s.UpdateFunction: ("lambda:UpdateFunctionConfiguration", "lambda:TagResource"),
    s.RestoreCode: ("lambda:UpdateFunctionCode",),
    s.AwaitFunction: ("lambda:GetFunction",),
    s.TagFunction: ("lambda:TagResource",),
    s.ReserveConcurrency: ("lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"),
    s.UntagFunction: ("lambda:UntagResource",),
    s.DeleteFunction: ("lambda:DeleteFunction",),
    s.PrepareSchema: (),
    s.ApplyModule: (),
    s.PutBack: (),
    s.DropAside: (),
    s.ForgetReleases: (),
    s.DropState: (),
}


def calls_of(desired: DesiredState, steps: Iterable[s.Step]) -> frozenset[str]:
    """The calls (`service:Operation`) that a plan needs, those that looked at the world included."""
    calls = set(LOOKING)
    if desired.functions:
        calls |= {*_LOOKING_AT_LAMBDA, "sts:AssumeRole"}
    if desired.roles:
        calls |= _LOOKING_AT_ROLES
    for step in steps:
        calls.update(_BY_ACTION[type(step.action)])
    return frozenset(calls)
