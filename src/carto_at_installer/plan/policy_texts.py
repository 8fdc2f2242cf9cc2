"""The policy for an installer in the forms that administrators use: JSON, CloudFormation, AWS CLI commands."""

from __future__ import annotations

import json
import shlex
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "carto-at-installer"
MAX_CHARACTERS = 6144
"""What IAM takes in a managed policy, white space not counted."""


class Form(StrEnum):
    """The forms of a policy."""

    JSON = "json"
    CLOUDFORMATION = "cloudformation"
    CLI = "cli"


def policy_text(policy: Mapping[str, Any], form: Form, account: str, partition: str) -> str:
    """The policy, ready to be used."""
    match form:
        case Form.JSON:
            return json.dumps(policy, indent=2)
        case Form.CLOUDFORMATION:
            return json.dumps(_template(policy), indent=2)
        case Form.CLI:
            return _commands(policy, account, partition)


def _template(policy: Mapping[str, Any]) -> dict[str, Any]:
    resource = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": NAME,
            "Description": "What installing the CARTO Analytics Toolbox with carto-at needs",
            "PolicyDocument": policy,
        },
    }
    output = {"Value": {"Ref": "CartoAtInstallerPolicy"}, "Description": "ARN of the policy"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"CartoAtInstallerPolicy": resource},
        "Outputs": {"PolicyArn": output},
    }


def _commands(policy: Mapping[str, Any], account: str, partition: str) -> str:
    document = shlex.quote(json.dumps(policy, separators=(",", ":")))
    arn = f"arn:{partition}:iam::{account}:policy/{NAME}"
    return "\n".join(
        [
            f"aws iam create-policy --policy-name {NAME} --policy-document {document}",
            f"aws iam attach-role-policy --role-name ROLE --policy-arn {arn}",
            f"# or, for a user: aws iam attach-user-policy --user-name USER --policy-arn {arn}",
        ]
    )


def size_of(policy: Mapping[str, Any]) -> int:
    """The characters that IAM counts."""
    return len(json.dumps(policy, separators=(",", ":")))
