"""The half of an installation that is in AWS, as a CloudFormation template.

The names and tags are those that `carto-at install` would give, so that an installation can go on from there. Roles are
not attached to a cluster: CloudFormation cannot add a role to a cluster that it does not own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.aws.roles import POLICY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.plan.resources import DesiredState, LambdaFunction, Layer, ManagedRole

ARCHIVES = "archives"
"""The folder of the archives, beside the template and below the key prefix in the bucket."""


def archive_name(artifact: Artifact) -> str:
    """The file of an archive: its content is in its name, so that new code is a new object in the bucket."""
    stem = artifact.path.removesuffix(".zip").replace("/", "-")
    return f"{stem}-{artifact.content_digest[:16]}.zip"


def template(desired: DesiredState) -> dict[str, Any]:
    """The template, as a JSON document."""
    resources: dict[str, Any] = {}
    if desired.functions:
        resources["LogGroup"] = {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": desired.log_group.name,
                "RetentionInDays": desired.log_group.retention_days,
                "Tags": _tags(desired.log_group.tags),
            },
        }
    roles = {role.arn: _logical("Role", role.name.rpartition("-")[2]) for role in desired.roles}
    resources |= {roles[role.arn]: _role(role) for role in desired.roles}
    if desired.layer:
        resources["Layer"] = _layer(desired.layer)
    for function in desired.functions:
        needs = ["LogGroup", *([roles[function.role_arn]] if function.role_arn in roles else [])]
        resources[_logical("Function", function.module)] = {
            "Type": "AWS::Lambda::Function",
            "DependsOn": needs,
            "Properties": _function(function),
        }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"CARTO Analytics Toolbox for Redshift {desired.version}: Lambda functions and roles",
        "Parameters": {
            "Bucket": {
                "Type": "String",
                "Description": "Bucket in this region that holds the archives.",
            },
            "KeyPrefix": {
                "Type": "String",
                "Default": f"{ARCHIVES}/",
                "Description": "What the keys of the archives begin with.",
            },
        },
        "Resources": resources,
        "Outputs": _outputs(desired),
    }


def _outputs(desired: DesiredState) -> dict[str, Any]:
    if not desired.attach_role:
        return {}
    text = "Attach this role to the cluster or namespace."
    return {"InvokeRole": {"Description": text, "Value": desired.attach_role}}


def _logical(kind: str, name: str) -> str:
    return kind + "".join(part.capitalize() for part in name.split("_"))


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _role(role: ManagedRole) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": role.name,
            "Description": role.description,
            "AssumeRolePolicyDocument": role.trust,
            "Policies": [{"PolicyName": POLICY_NAME, "PolicyDocument": role.policy}],
            "Tags": _tags(role.tags),
        },
    }


def _in_bucket(artifact: Artifact) -> dict[str, Any]:
    key = {"Fn::Sub": f"${{KeyPrefix}}{archive_name(artifact)}"}
    return {"S3Bucket": {"Ref": "Bucket"}, "S3Key": key}


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::LayerVersion",
        "Properties": {
            "LayerName": layer.name,
            "Content": _in_bucket(layer.artifact),
            "CompatibleRuntimes": [layer.runtime],
            "CompatibleArchitectures": [layer.architecture],
        },
    }


def _function(function: LambdaFunction) -> dict[str, Any]:
    layers = {"Layers": [{"Ref": "Layer"}]} if function.layer else {}
    return {
        "FunctionName": function.name,
        "Description": function.description,
        "Runtime": function.runtime,
        "Handler": function.handler,
        "Role": function.role_arn,
        "Architectures": [function.architecture],
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout_s,
        "Environment": {"Variables": dict(function.environment)},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": function.log_group},
        "Code": _in_bucket(function.artifact),
        "Tags": _tags(function.tags),
        **layers,
    }
