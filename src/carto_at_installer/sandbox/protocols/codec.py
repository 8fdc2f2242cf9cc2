"""One codec per service: from an HTTP request to (operation, members), and back to an HTTP response."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.protocols import json_body
from carto_at_installer.sandbox.protocols.http import HttpRequest, HttpResponse
from carto_at_installer.sandbox.protocols.validation import problems, summary

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel


class Codec(ABC):
    """Reads the requests and writes the responses of one service, as its botocore model describes them."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model

    def read(self, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
        """The operation and its checked members.

        Raises AwsServiceError: an unknown operation, a body that cannot be read, broken constraints.
        """
        operation, members = self.parse(request)
        self.check(operation, members)
        return operation, members

    def check(self, operation: OperationModel, members: dict[str, Any]) -> None:
        """Raise AwsServiceError for members that break the constraints of the service model."""
        if operation.input_shape is not None:
            found = problems(operation.input_shape, members)
            if found:
                raise AwsServiceError(self.invalid_code, summary(found))

    invalid_code = "ValidationException"

    @abstractmethod
    def parse(self, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
        """As `read`, without the check of constraints."""

    @abstractmethod
    def write(
        self, operation: OperationModel, members: dict[str, Any], request_id: str
    ) -> HttpResponse:
        """The response of a successful call."""

    @abstractmethod
    def write_error(self, error: AwsServiceError, request_id: str) -> HttpResponse:
        """The response of a failed call."""

    def status_of(self, error: AwsServiceError) -> int:
        """The HTTP status of an error: the model's where it knows the error."""
        for shape in self.model.error_shapes:
            details = shape.metadata.get("error", {})
            if error.code in {shape.name, details.get("code")} and "httpStatusCode" in details:
                return int(details["httpStatusCode"])
        return error.status

    def operation(self, name: str) -> OperationModel:
        """The model of an operation. Raises AwsServiceError for a name the service does not have."""
        if name not in self.model.operation_names:
            raise AwsServiceError(
                "UnknownOperationException", f"{self.model.service_name} has no operation {name!r}"
            )
        return self.model.operation_model(name)


class JsonCodec(Codec):
    """The `json` protocol: the operation in `X-Amz-Target`, everything else in a JSON body."""

    def parse(self, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
        """See Codec."""
        operation = self.operation(request.headers.get("x-amz-target", "").rpartition(".")[2])
        body = parse_json(request.body)
        if operation.input_shape is None:
            return operation, {}
        return operation, json_body.decode(operation.input_shape, body)

    def write(
        self, operation: OperationModel, members: dict[str, Any], request_id: str
    ) -> HttpResponse:
        """See Codec."""
        content: Any = {}
        if operation.output_shape is not None:
            content = json_body.encode(operation.output_shape, members)
        return HttpResponse(200, _dump(content), self._headers(request_id))

    def write_error(self, error: AwsServiceError, request_id: str) -> HttpResponse:
        """See Codec."""
        content = {"__type": error.code, "message": error.message, **details(error)}
        return HttpResponse(self.status_of(error), _dump(content), self._headers(request_id))

    def _headers(self, request_id: str) -> dict[str, str]:
        version = self.model.metadata.get("jsonVersion", "1.1")
        return {"Content-Type": f"application/x-amz-json-{version}", "x-amzn-RequestId": request_id}


def parse_json(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises AwsServiceError as AWS does for anything else."""
    if not body:
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AwsServiceError(
            "SerializationException", "Could not parse request body into json"
        ) from error
    if not isinstance(content, dict):
        raise AwsServiceError("SerializationException", "The request body must be a JSON object")
    return content


def details(error: AwsServiceError) -> dict[str, Any]:
    """Further members of a modelled error (`StatementId`, `Reason`), where the raiser gave any."""
    found: dict[str, Any] = getattr(error, "details", {})
    return found


def _dump(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


@lru_cache(maxsize=16)
def codec(service: str) -> Codec:
    """The codec of a service, by botocore's name of it."""
    from carto_at_installer.sandbox.protocols.query import QueryCodec  # noqa: PLC0415  (at first use)
    from carto_at_installer.sandbox.protocols.rest_json import RestJsonCodec  # noqa: PLC0415  (at first use)

    kinds: dict[str, type[Codec]] = {
        "json": JsonCodec,
        "rest-json": RestJsonCodec,
        "query": QueryCodec,
    }
    model = service_model(service)
    return kinds[model.metadata["protocol"]](model)


@lru_cache(maxsize=16)
def service_model(service: str) -> ServiceModel:
    """The service model of botocore."""
    from botocore.loaders import Loader  # noqa: PLC0415  (at first use)
    from botocore.model import ServiceModel  # noqa: PLC0415  (at first use)

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
