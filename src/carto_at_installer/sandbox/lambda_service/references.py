"""Names of functions and layers as Lambda accepts them: bare, partial ARN, ARN, each perhaps with a qualifier."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.identity import ACCOUNT

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Call

LATEST = "$LATEST"
_FUNCTION = re.compile(
    r"(arn:(aws[a-zA-Z-]*):lambda:)?((?P<region>[a-z]{2}(-[a-z]+)+-\d):)?((?P<account>\d{12}):)?"
    r"(function:)?(?P<name>[a-zA-Z0-9-_]+)(:(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)
_LAYER = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z]{2}(-[a-z]+)+-\d):(?P<account>\d{12}):layer:"
    r"(?P<name>[a-zA-Z0-9-_]+)(:(?P<version>\d+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A function of this account and region. `qualifier` is `$LATEST`, a version, or an alias."""

    name: str
    qualifier: str


def function_reference(text: str, call: Call, qualifier: str | None = None) -> FunctionReference:
    """Read a function name. Raises AwsServiceError: not a name, another account or region."""
    match = _FUNCTION.fullmatch(text)
    if match is None:
        raise AwsServiceError(
            "ValidationException",
            f"1 validation error detected: Value '{text:.200}' at 'functionName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
            r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?",
        )
    if (match["account"] or ACCOUNT) != ACCOUNT:
        raise AwsServiceError(
            "AccessDeniedException",
            f"User: {call.caller.arn} is not authorized to perform this action on resource: {text}",
            403,
        )
    if (match["region"] or call.region) != call.region:
        raise AwsServiceError(
            "ResourceNotFoundException",
            f"Functions from '{match['region']}' are not reachable in this region ('{call.region}')",
            404,
        )
    if qualifier and match["qualifier"] and qualifier != match["qualifier"]:
        raise AwsServiceError(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    if len(match["name"]) > 64:
        raise AwsServiceError(
            "ValidationException",
            f"1 validation error detected: Value '{match['name']}' at 'functionName' failed to "
            "satisfy constraint: Member must have length less than or equal to 64",
        )
    return FunctionReference(match["name"], match["qualifier"] or qualifier or LATEST)


@dataclass(frozen=True, slots=True)
class LayerReference:
    """A layer of this account; `version` is None where the ARN names the layer as a whole."""

    region: str
    name: str
    version: int | None


def layer_reference(text: str, call: Call) -> LayerReference:
    """Read a layer name or ARN. Raises AwsServiceError: not a name, another account."""
    match = _LAYER.fullmatch(text)
    if match is None:
        if re.fullmatch(r"[a-zA-Z0-9-_]{1,140}", text):
            return LayerReference(call.region, text, None)
        raise AwsServiceError(
            "ValidationException",
            f"1 validation error detected: Value '{text:.200}' at 'layerName' failed to satisfy "
            "constraint: Member must satisfy the pattern of a layer name or ARN",
        )
    if match["account"] != ACCOUNT:
        raise AwsServiceError(
            "AccessDeniedException",
            f"User: {call.caller.arn} is not authorized to perform: lambda:GetLayerVersion on "
            f"resource: {text}",
            403,
        )
    version = int(match["version"]) if match["version"] else None
    return LayerReference(match["region"], match["name"], version)
