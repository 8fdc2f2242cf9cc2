"""What a service of ours is: named operations from a request dict to a response dict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.identity import ACCOUNT, ADMINISTRATOR, Caller


@dataclass(frozen=True, slots=True)
class Call:
    """The circumstances of a request: its region, who calls, its id, and the caller's key."""

    region: str
    caller: Caller
    request_id: str
    access_key: str = ADMINISTRATOR

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account in the region of the call."""
        return arn(service, self.region, resource)


Operation = Callable[[dict[str, Any], Call], dict[str, Any]]


class Operations(Protocol):
    """A group of operations of one service."""

    def operations(self) -> dict[str, Operation]:
        """Operation name (`CreateFunction`) to the function that answers it."""


class DetailedError(AwsServiceError):
    """An error with further modelled members, such as Lambda's `Reason`."""

    def __init__(self, code: str, message: str, status: int = 400, **details: str) -> None:
        super().__init__(code, message, status)
        self.details = details


def partition(region: str) -> str:
    """The AWS partition of a region."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def arn(service: str, region: str, resource: str) -> str:
    """`arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`."""
    return f"arn:{partition(region)}:{service}:{region}:{ACCOUNT}:{resource}"


def page(
    items: list[dict[str, Any]], marker: str | None, size: int | None
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of `items` and the marker of the next one. Raises AwsServiceError for a bad marker."""
    if marker and not marker.isdecimal():
        raise AwsServiceError("InvalidParameterValueException", f"Invalid marker: {marker}")
    start = int(marker or 0)
    end = start + (size or 50)
    return items[start:end], str(end) if end < len(items) else None
