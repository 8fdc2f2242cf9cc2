"""The front door: which service answers a request, what stands in its way, what a failure looks like to the client."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Protocol

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.faults.calls import before_call
from carto_at_installer.sandbox.faults.operations import SERVICES
from carto_at_installer.sandbox.moto_services.app import SERVICES as MOTO_SERVICES
from carto_at_installer.sandbox.protocols import HttpRequest, HttpResponse, codec, s3_errors
from carto_at_installer.sandbox.protocols.http import (
    ConnectionDroppedError,
    Scope,
    new_request_id,
)
from carto_at_installer.sandbox.protocols.naming import named
from carto_at_installer.sandbox.services import Call
from carto_at_installer.sandbox.state import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botocore.model import OperationModel

    from carto_at_installer.sandbox.faults.book import FaultBook
    from carto_at_installer.sandbox.moto_services.app import MotoServices
    from carto_at_installer.sandbox.protocols.codec import Codec
    from carto_at_installer.sandbox.services import Operation

_log = logging.getLogger(__name__)
Members = dict[str, Any]


class Gate(Protocol):
    """What a call must pass before it is carried out."""

    def __call__(self, service: str, operation: str, members: Members, call: Call, /) -> None:
        """Raise AwsServiceError for a call that may not pass."""


class Front:
    """Answers signed requests: `services` are ours, with their operations; moto answers the others.

    `services` also holds the operations of moto's services that we answer instead. `gates` are passed in order.
    """

    def __init__(
        self,
        services: Mapping[str, Mapping[str, Operation]],
        moto: MotoServices,
        faults: FaultBook,
        gates: Sequence[Gate] = (),
    ) -> None:
        self._services = services
        self._moto = moto
        self._faults = faults
        self._gates = gates

    def respond(self, request: HttpRequest, scope: Scope) -> HttpResponse:
        """Answer one request; what goes wrong inside is an InternalFailure, and in the log.

        Raises ConnectionDroppedError when a fault wants the client to get no answer.
        """
        started = time.monotonic()
        request_id = new_request_id()
        status: Any = "dropped"
        try:
            response = self._route(request, scope, request_id)
            status = response.status
        finally:
            took = (time.monotonic() - started) * 1000
            name = request.headers.get("x-amz-target", request.path)
            line = "%s %s %s %s %.1f ms"
            _log.info(line, scope.service, request.method, name, status, took)
        return response

    def _route(self, request: HttpRequest, scope: Scope, request_id: str) -> HttpResponse:
        service = scope.service
        try:
            if service in MOTO_SERVICES:
                return self._account(request, scope, request_id)
            if service in self._services:
                return self._own(request, scope, request_id)
        except AwsServiceError as error:
            return failure(service, error, request_id)
        except ConnectionDroppedError:
            raise
        except Exception as error:  # noqa: BLE001  (one bad request must not end the server)
            if not isinstance(error, StateError):
                _log.exception("%s %s failed", service, request.target)
            return failure(service, _internal(error), request_id)
        return failure("", _unknown_service(service), request_id)

    def _own(self, request: HttpRequest, scope: Scope, request_id: str) -> HttpResponse:
        """Let one of our services answer."""
        reader = codec(scope.service)
        operation, members = reader.parse(request)
        call = self._call(scope, request_id)
        lost = self._pass(scope.service, operation.name, members, call)
        try:
            return self._perform(reader, operation, members, call)
        finally:
            if lost:
                raise ConnectionDroppedError

    def _perform(
        self, reader: Codec, operation: OperationModel, members: Members, call: Call
    ) -> HttpResponse:
        service = reader.model.service_name
        reader.check(operation, members)
        perform = self._services[service].get(operation.name)
        if perform is None:
            raise AwsServiceError(
                "UnsupportedOperationException",
                f"The sandbox does not emulate {service}:{operation.name}",
                501,
            )
        return reader.write(operation, perform(members, call), call.request_id)

    def _account(self, request: HttpRequest, scope: Scope, request_id: str) -> HttpResponse:
        """Let moto answer, except where it has no answer or one that is too kind."""
        service = scope.service
        name, members = named(service, request)
        if name in self._services.get(service, {}):
            return self._own(request, scope, request_id)
        call = self._call(scope, request_id)
        lost = self._pass(service, name, members, call)
        response = self._moto.respond(request, service)
        if lost:
            raise ConnectionDroppedError
        return response

    def _pass(self, service: str, operation: str, members: Members, call: Call) -> bool:
        """Let a call through the faults and the gates; whether its answer is to be lost. Raises AwsServiceError."""
        lost = before_call(self._faults, service, operation, members)
        for gate in self._gates:
            gate(service, operation, members, call)
        return lost

    def _call(self, scope: Scope, request_id: str) -> Call:
        caller = self._moto.caller(scope.access_key)
        return Call(scope.region, caller, request_id, scope.access_key)


def failure(service: str, error: AwsServiceError, request_id: str) -> HttpResponse:
    """An error in the form of a service; for an unknown one in that of STS."""
    if service == "s3":
        return s3_errors.write(error, request_id)
    return codec(service if service in SERVICES else "sts").write_error(error, request_id)


def _unknown_service(service: str) -> AwsServiceError:
    return AwsServiceError(
        "UnrecognizedClientException",
        f"The sandbox does not emulate the AWS service {service!r}. It has: {', '.join(SERVICES)}",
    )


def _internal(error: Exception) -> AwsServiceError:
    if isinstance(error, StateError):
        return AwsServiceError("InternalFailure", str(error), 500)
    return AwsServiceError(
        "InternalFailure", f"The sandbox failed: {type(error).__name__}: {error}", 500
    )
