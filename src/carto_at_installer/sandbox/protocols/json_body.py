"""JSON bodies: the `json` protocol's whole messages and the bodies of `rest-json`."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.protocols.values import Shape, timestamp


def decode(shape: Shape, value: Any, where: str = "") -> Any:
    """A parsed JSON value as a request value: blobs become bytes, members take the model's names.

    Values of a wrong type pass: the validation reports them. Raises AwsServiceError for a blob that is not Base64.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name: decode(member, value[wire], name)
            for name, member in shape.members.items()
            if (wire := member.serialization.get("name", name)) in value and value[wire] is not None
        }
    if kind == "list" and isinstance(value, list):
        return [decode(shape.member, item, where) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: decode(shape.value, item, where) for key, item in value.items()}
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise AwsServiceError("SerializationException", f"{where} is not Base64") from error
    return value


def encode(shape: Shape, value: Any) -> Any:
    """A response value as JSON data. Raises KeyError for a member that the model does not know."""
    kind = shape.type_name
    if kind == "structure":
        return {
            shape.members[name].serialization.get("name", name): encode(shape.members[name], item)
            for name, item in value.items()
            if item is not None
        }
    if kind == "list":
        return [encode(shape.member, item) for item in value]
    if kind == "map":
        return {key: encode(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        return timestamp(value, shape.serialization.get("timestampFormat", "unixTimestamp"))
    if kind == "blob":
        return base64.b64encode(value).decode()
    return value
