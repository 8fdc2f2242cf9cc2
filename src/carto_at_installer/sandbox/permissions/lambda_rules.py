"""What calls to Lambda need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.lambda_service.references import (
    LATEST,
    function_reference,
    layer_reference,
)

if TYPE_CHECKING:
    from carto_at_installer.sandbox.iam_policy import Question
    from carto_at_installer.sandbox.permissions.asking import Asking

_ACTIONS = {
    "Invoke": "lambda:InvokeFunction",
    "InvokeAsync": "lambda:InvokeFunction",
    "InvokeWithResponseStream": "lambda:InvokeFunction",
    "GetLayerVersionByArn": "lambda:GetLayerVersion",
}


def needs(asking: Asking) -> list[Question]:
    """The permissions that a call needs. Raises AwsServiceError for a name that is none."""
    return [
        asking.need(
            _resource(asking),
            action=_ACTIONS.get(asking.operation, ""),
            **_resource_tags(asking),
            **_signing(asking),
        ),
        *_for_role(asking),
        *_for_layers(asking),
        *_for_code(asking),
        *_for_key(asking),
        *_for_tags(asking),
    ]


def _resource_tags(asking: Asking) -> dict[str, str]:
    """The tags of the function that a call is about, as condition keys."""
    named = asking.members.get("FunctionName") or asking.members.get("Resource")
    if not named or ":layer:" in named:
        return {}
    name = function_reference(str(named), asking.call).name
    record = asking.world.functions.store.get("lambda.function", f"{asking.call.region}/{name}")
    tags = record["tags"] if record else {}
    return {f"aws__ResourceTag/{key}": value for key, value in tags.items()}


def _signing(asking: Asking) -> dict[str, str]:
    """The condition key by which an organization wants functions to have a certain code signing configuration."""
    arn = asking.members.get("CodeSigningConfigArn")
    return {"lambda__CodeSigningConfigArn": str(arn)} if arn else {}


def _resource(asking: Asking) -> str:
    members = asking.members
    if "FunctionName" in members:
        return _function(asking)
    if "Resource" in members:
        return str(members["Resource"])
    if "CodeSigningConfigArn" in members:
        return str(members["CodeSigningConfigArn"])
    name = members.get("LayerName") or members.get("Arn")
    if name is None:
        return "*"
    return _layer(asking, str(name), members.get("VersionNumber"))


def _function(asking: Asking) -> str:
    members = asking.members
    given = str(members["FunctionName"])
    reference = function_reference(given, asking.call, members.get("Qualifier"))
    suffix = "" if reference.qualifier == LATEST else f":{reference.qualifier}"
    return asking.arn("lambda", f"function:{reference.name}{suffix}")


def _layer(asking: Asking, name: str, version: int | None) -> str:
    reference = layer_reference(name, asking.call)
    number = reference.version or version
    suffix = f":{number}" if number else ""
    return asking.arn("lambda", f"layer:{reference.name}{suffix}")


def _for_role(asking: Asking) -> list[Question]:
    role = asking.members.get("Role")
    return [asking.passing(str(role), "lambda.amazonaws.com")] if role else []


def _for_layers(asking: Asking) -> list[Question]:
    return [
        asking.need(_layer(asking, layer, None), action="lambda:GetLayerVersion")
        for layer in asking.members.get("Layers") or []
    ]


def _for_key(asking: Asking) -> list[Question]:
    """The settings of a function are encrypted with a customer's key by its caller's permissions."""
    key = asking.members.get("KMSKeyArn")
    actions = ("kms:CreateGrant", "kms:Encrypt", "kms:Decrypt") if key else ()
    return [asking.need(str(key), action=action) for action in actions]


def _for_code(asking: Asking) -> list[Question]:
    """Code in S3 is read with the caller's own permissions."""
    source = asking.members.get("Code") or asking.members.get("Content") or asking.members
    bucket, key = source.get("S3Bucket"), source.get("S3Key")
    if not bucket or not key:
        return []
    return [asking.need(f"arn:aws:s3:::{bucket}/{key}", action="s3:GetObject")]


def _for_tags(asking: Asking) -> list[Question]:
    if asking.operation != "CreateFunction" or not asking.members.get("Tags"):
        return []
    return [asking.need(_function(asking), action="lambda:TagResource")]
