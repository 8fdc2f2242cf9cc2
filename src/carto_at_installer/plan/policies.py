"""The IAM documents of an installation: who may assume its roles and what they may do.

Facts: Lambda needs only to write its logs; Redshift needs only to invoke our functions. Roles are global in an account,
so their resources name every region.
"""

from __future__ import annotations

from typing import Any

_VERSION = "2012-10-17"


def trust(*services: str) -> dict[str, Any]:
    """A trust policy for service principals such as `lambda.amazonaws.com`."""
    principal: Any = services[0] if len(services) == 1 else list(services)
    return {
        "Version": _VERSION,
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
        ],
    }


def trust_of_roles(*arns: str) -> dict[str, Any]:
    """A trust policy for roles, by their ARNs."""
    principal: Any = arns[0] if len(arns) == 1 else list(arns)
    return {
        "Version": _VERSION,
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        ],
    }


def assume_policy(role_arn: str) -> dict[str, Any]:
    """What a role of a chain may do: assume the next one."""
    return _allow("AssumeNextRole", ["sts:AssumeRole"], [role_arn])


def execution_policy(partition: str, account: str, log_group: str) -> dict[str, Any]:
    """What a Lambda function may do: write to its log group, and nothing else."""
    resource = f"arn:{partition}:logs:*:{account}:log-group:{log_group}:*"
    return _allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [resource])


def invoke_policy(partition: str, account: str, prefix: str) -> dict[str, Any]:
    """What Redshift may do: invoke the functions of this prefix, and nothing else."""
    function = f"arn:{partition}:lambda:*:{account}:function:{prefix}-*"
    return _allow("InvokeToolbox", ["lambda:InvokeFunction"], [function, f"{function}:*"])


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {
        "Version": _VERSION,
        "Statement": [{"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}],
    }
