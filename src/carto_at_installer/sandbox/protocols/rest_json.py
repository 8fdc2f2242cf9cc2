"""The `rest-json` protocol: members in path, query string, headers and a JSON (or raw) body."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.protocols import json_body
from carto_at_installer.sandbox.protocols.codec import Codec, details, parse_json
from carto_at_installer.sandbox.protocols.http import HttpRequest, HttpResponse
from carto_at_installer.sandbox.protocols.values import Shape, from_text, to_text

if TYPE_CHECKING:
    from botocore.model import OperationModel


_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


class _Route:
    """An operation's method, path pattern and the fixed part of its query string."""

    def __init__(self, operation: OperationModel) -> None:
        self.operation = operation
        self.method = operation.http["method"]
        path, _, query = operation.http["requestUri"].partition("?")
        self.fixed = parse_qs(query, keep_blank_values=True)
        self.literals = len(_LABEL.sub("", path)) + 100 * len(self.fixed)
        position, pattern = 0, ""
        for label in _LABEL.finditer(path):
            pattern += re.escape(path[position : label.start()])
            pattern += f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
            position = label.end()
        self.pattern = re.compile(pattern + re.escape(path[position:]) + "/?")


class RestJsonCodec(Codec):
    """Routes by method and path. Lambda names broken constraints `ValidationException`."""

    @cached_property
    def _routes(self) -> list[_Route]:
        routes = [_Route(self.operation(name)) for name in self.model.operation_names]
        return sorted(routes, key=lambda route: -route.literals)

    def parse(self, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
        """See Codec."""
        query = parse_qs(request.query, keep_blank_values=True)
        for route in self._routes:
            match = route.pattern.fullmatch(request.path)
            if match is None or route.method != request.method:
                continue
            if all(query.get(key) == value for key, value in route.fixed.items()):
                labels = {key: unquote(value) for key, value in match.groupdict().items()}
                return route.operation, self._members(route.operation, labels, query, request)
        raise AwsServiceError(
            "UnknownOperationException",
            f"{self.model.service_name} has no operation {request.method} {request.path}",
            404,
        )

    def _members(
        self,
        operation: OperationModel,
        labels: dict[str, str],
        query: dict[str, list[str]],
        request: HttpRequest,
    ) -> dict[str, Any]:
        shape = operation.input_shape
        if shape is None:
            return {}
        members = _body_members(shape, request)
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            text: Any = None
            match member.serialization.get("location"):
                case "uri":
                    text = labels.get(wire)
                case "header":
                    text = request.headers.get(wire.lower())
                case "querystring":
                    text = query.get(wire)
            if text is not None:
                members[name] = _located(member, text, name)
        return members

    def write(
        self, operation: OperationModel, members: dict[str, Any], request_id: str
    ) -> HttpResponse:
        """See Codec."""
        status = int(operation.http.get("responseCode", 200))
        headers = {"x-amzn-RequestId": request_id, "Content-Type": "application/json"}
        shape = operation.output_shape
        if shape is None:
            return HttpResponse(status, b"", headers)
        body: dict[str, Any] = {}
        payload = shape.serialization.get("payload")
        for name, value in members.items():
            member = shape.members[name]
            location = member.serialization.get("location")
            if value is None or name == payload:
                continue
            if location == "statusCode":
                status = int(value)
            elif location == "header":
                headers[member.serialization["name"]] = to_text(member.type_name, value)
            else:
                body[name] = value
        if payload:
            return HttpResponse(status, members.get(payload) or b"", headers)
        content = json.dumps(json_body.encode(shape, body), ensure_ascii=False).encode()
        return HttpResponse(status, b"" if status == 204 else content, headers)

    def write_error(self, error: AwsServiceError, request_id: str) -> HttpResponse:
        """See Codec."""
        status = self.status_of(error)
        kind = "User" if status < 500 else "Service"
        content = {"Type": kind, "message": error.message, "Message": error.message}
        return HttpResponse(
            status,
            json.dumps({**content, **details(error)}).encode(),
            {
                "x-amzn-RequestId": request_id,
                "x-amzn-ErrorType": error.code,
                "Content-Type": "application/json",
            },
        )


def _body_members(shape: Shape, request: HttpRequest) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name == "blob":
        return {payload: request.body}
    if payload:
        return {payload: json_body.decode(shape.members[payload], parse_json(request.body))}
    decoded: dict[str, Any] = json_body.decode(shape, parse_json(request.body))
    return {
        name: value
        for name, value in decoded.items()
        if "location" not in shape.members[name].serialization
    }


def _located(member: Shape, text: Any, name: str) -> Any:
    values = text if isinstance(text, list) else [text]
    try:
        if member.type_name == "list":
            return [from_text(member.member.type_name, value) for value in values]
        return from_text(member.type_name, values[0])
    except (ValueError, KeyError) as error:
        raise AwsServiceError(
            "SerializationException", f"{name} is not a value of type {member.type_name}"
        ) from error
