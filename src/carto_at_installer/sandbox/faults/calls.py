"""Faults that strike calls of AWS operations, in the words of each service."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.faults.fault import Fault, Kind, Place
from carto_at_installer.sandbox.protocols.codec import codec
from carto_at_installer.sandbox.protocols.http import ConnectionDroppedError
from carto_at_installer.sandbox.services import DetailedError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.faults.book import FaultBook

_QUERY = frozenset({"iam", "sts", "redshift"})
_SERVER_ERRORS = frozenset(
    {"InternalFailure", "InternalError", "InternalServerException", "InternalServerError"}
)


def before_call(book: FaultBook, service: str, operation: str, members: dict[str, Any]) -> bool:
    """Let the faults of a call strike; whether its answer is to be lost.

    Raises AwsServiceError and ConnectionDroppedError.
    """
    return _strike(service, book.meet(Place.CALL, members, f"{service}:{operation}"))


def before_internal_call(book: FaultBook, service: str, operation: str, name: str) -> None:
    """As `before_call`, for what one service asks of another; nobody's credentials expire there."""
    struck = book.meet(
        Place.CALL,
        name,
        f"{service}:{operation}",
        condition=lambda fault: fault.kind is not Kind.EXPIRE,
    )
    if _strike(service, struck):
        raise ConnectionDroppedError


def _strike(service: str, struck: list[Fault]) -> bool:
    time.sleep(sum(fault.seconds for fault in struck if fault.kind is Kind.DELAY))
    for fault in struck:
        match fault.kind:
            case Kind.DROP:
                raise ConnectionDroppedError
            case Kind.THROTTLE:
                raise throttling(service)
            case Kind.EXPIRE:
                raise expired(service)
            case Kind.ERROR:
                raise _error(service, fault)
    return any(fault.kind is Kind.LOSE_REPLY for fault in struck)


def throttling(service: str) -> AwsServiceError:
    """How a service refuses a call that comes too fast."""
    if service == "lambda":
        return DetailedError(
            "TooManyRequestsException", "Rate exceeded", 429, Reason="CallerRateLimitExceeded"
        )
    if service == "s3":
        return AwsServiceError("SlowDown", "Please reduce your request rate.", 503)
    return AwsServiceError(
        "Throttling" if service in _QUERY else "ThrottlingException", "Rate exceeded"
    )


def expired(service: str) -> AwsServiceError:
    """How a service refuses credentials whose time is over."""
    if service == "s3":
        return AwsServiceError("ExpiredToken", "The provided token has expired.")
    code = "ExpiredToken" if service in _QUERY else "ExpiredTokenException"
    status = 403 if service in {*_QUERY, "lambda"} else 400
    return AwsServiceError(code, "The security token included in the request is expired", status)


def _error(service: str, fault: Fault) -> AwsServiceError:
    message = fault.message or f"{fault.code}, by a fault of the sandbox"
    error = AwsServiceError(fault.code, message, _status(fault.code))
    if service != "s3":
        error.status = codec(service).status_of(error)
    return error


def _status(code: str) -> int:
    """The HTTP status of an error that the service model does not know."""
    if code in _SERVER_ERRORS:
        return 500
    if code in {"ServiceUnavailable", "ServiceUnavailableException"}:
        return 503
    return 403 if code.startswith("AccessDenied") else 400
