"""The `query` protocol: form fields in (`Tags.Tag.1.Key=...`), XML out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, SubElement, tostring

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.protocols.codec import Codec
from carto_at_installer.sandbox.protocols.http import HttpRequest, HttpResponse
from carto_at_installer.sandbox.protocols.values import Shape, from_text, to_text

if TYPE_CHECKING:
    from botocore.model import OperationModel


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class QueryCodec(Codec):
    """Form fields are flattened paths; lists are numbered from 1."""

    def parse(self, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
        """See Codec."""
        text = request.body.decode("utf-8", "replace") or request.query
        fields = dict(parse_qsl(text, keep_blank_values=True))
        action = fields.get("Action")
        if not action:
            raise AwsServiceError("MissingAction", "The request has no Action parameter")
        if action not in self.model.operation_names:
            raise AwsServiceError(
                "InvalidAction",
                f"Could not find operation {action} for version {self.model.api_version}",
            )
        operation = self.operation(action)
        if operation.input_shape is None:
            return operation, {}
        return operation, _structure(operation.input_shape, fields, "")

    def write(
        self, operation: OperationModel, members: dict[str, Any], request_id: str
    ) -> HttpResponse:
        """See Codec."""
        root = Element(f"{operation.name}Response", xmlns=self.model.metadata["xmlNamespace"])
        shape = operation.output_shape
        if shape is not None:
            wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
            _write_structure(SubElement(root, wrapper), shape, members)
        SubElement(SubElement(root, "ResponseMetadata"), "RequestId").text = request_id
        return _xml(200, root, request_id)

    def write_error(self, error: AwsServiceError, request_id: str) -> HttpResponse:
        """See Codec."""
        status = self.status_of(error)
        root = Element("ErrorResponse", xmlns=self.model.metadata["xmlNamespace"])
        content = SubElement(root, "Error")
        SubElement(content, "Type").text = "Sender" if status < 500 else "Receiver"
        SubElement(content, "Code").text = error.code
        SubElement(content, "Message").text = _CONTROL.sub("?", error.message)
        SubElement(root, "RequestId").text = request_id
        return _xml(status, root, request_id)


def _xml(status: int, root: Element, request_id: str) -> HttpResponse:
    headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}
    return HttpResponse(status, tostring(root, encoding="utf-8", xml_declaration=True), headers)


def _structure(shape: Shape, fields: dict[str, str], prefix: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, member in shape.members.items():
        path = prefix + member.serialization.get("name", name)
        if path in fields or any(key.startswith(f"{path}.") for key in fields):
            members[name] = _value(member, fields, path)
    return members


def _value(shape: Shape, fields: dict[str, str], path: str) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, fields, f"{path}.")
    if shape.type_name == "list":
        return _list(shape, fields, path)
    if shape.type_name == "map":
        raise NotImplementedError(f"maps in the query protocol ({path})")
    try:
        return from_text(shape.type_name, fields[path])
    except (ValueError, KeyError) as error:
        raise AwsServiceError(
            "InvalidParameterValue", f"{path} is not a value of type {shape.type_name}"
        ) from error


def _list(shape: Shape, fields: dict[str, str], path: str) -> list[Any]:
    items: list[Any] = []
    for name in (shape.member.serialization.get("name", "member"), "member"):
        number = 1
        while True:
            item = f"{path}.{name}.{number}"
            if item not in fields and not any(key.startswith(f"{item}.") for key in fields):
                break
            items.append(_value(shape.member, fields, item))
            number += 1
        if items:
            break
    return items


def _write_structure(parent: Element, shape: Shape, members: dict[str, Any]) -> None:
    for name, value in members.items():
        member = shape.members[name]
        if value is not None:
            tag = member.serialization.get("name", name)
            _write(SubElement(parent, tag), member, value)


def _write(element: Element, shape: Shape, value: Any) -> None:
    if shape.type_name == "structure":
        _write_structure(element, shape, value)
    elif shape.type_name == "list":
        for item in value:
            tag = shape.member.serialization.get("name", "member")
            _write(SubElement(element, tag), shape.member, item)
    elif shape.type_name == "map":
        raise NotImplementedError(f"maps in the query protocol ({element.tag})")
    else:
        element.text = _CONTROL.sub("?", to_text(shape.type_name, value))
