"""An HTTP request and response, whole in memory, as the services see them."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREDENTIAL = re.compile(
    r"Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[^/,\s]+)/aws4_request"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a SigV4 signature says about its request: whose key, which region and service."""

    access_key: str
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`target` is the raw request target (path and query, still percent-encoded); header names are lower-case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The raw path, percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query string."""
        return self.target.partition("?")[2]

    def scope(self) -> Scope | None:
        """The credential scope of the Authorization header, or None for an unsigned request."""
        match = _CREDENTIAL.search(self.headers.get("authorization", ""))
        if match is None:
            return None
        return Scope(match["key"], match["region"], match["service"].lower())


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """`headers` come without Content-Length, which the server adds."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class ConnectionDroppedError(Exception):
    """The client gets no answer: the connection is to be cut."""


def new_request_id() -> str:
    """A request id in AWS's form."""
    return str(uuid.uuid4())
