"""The loopback HTTP/1.1 server: whole requests in, whole responses out, connections kept open.

The standard library's server does: werkzeug's closes the connection after every response, and importing it would cost
start-up time. Only loopback addresses are served: functions run as the user who started the sandbox.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.protocols.http import (
    ConnectionDroppedError,
    HttpRequest,
    HttpResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BODY = 100 * 1024 * 1024
_CONNECTION_IDLE_SECONDS = 300


class EndpointError(OSError):
    """The address cannot be served: not loopback, or in use."""


class Endpoint(ThreadingHTTPServer):
    """Serves `respond` on `http://host:port`; port 0 takes a free one. Raises EndpointError.

    A `respond` that raises ConnectionDroppedError leaves its client without an answer.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(
        self, respond: Callable[[HttpRequest], HttpResponse], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        require_loopback(host)
        self.respond = respond
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Connection)
        except (OSError, OverflowError) as error:
            raise EndpointError(f"{host} port {port} cannot be served: {error}") from error

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The endpoint URL for AWS clients."""
        host = str(self.server_address[0])
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def server_bind(self) -> None:
        """Bind without the reverse DNS look-up of the base class, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that clients drop are no news."""


def require_loopback(host: str) -> None:
    """Raise EndpointError unless `host` is a loopback address."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise EndpointError(f"{host!r} is not an IP address") from error
    if not address.is_loopback:
        raise EndpointError(
            f"the sandbox serves loopback addresses only, not {host}: it runs uploaded code"
        )


class _Connection(BaseHTTPRequestHandler):
    """One client connection, possibly with many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = _CONNECTION_IDLE_SECONDS
    server: Endpoint

    def __getattr__(self, name: str) -> Any:
        """Every HTTP method is answered alike."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            return
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = HttpRequest(self.command, self.path, headers, body)
        try:
            response = self.server.respond(request)
        except ConnectionDroppedError:
            self._cut()
            return
        self._send(response)

    def _cut(self) -> None:
        """Break the connection off: the client is told of it at once, whatever it still wants to send."""
        self.close_connection = True
        no_linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)

    def _body(self) -> bytes | None:
        """The request body; None after an error was sent, when the connection is of no more use."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunked_body()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self.send_error(400, "Content-Length is not a number")
            return None
        if int(length) > MAX_BODY:
            self._discard(int(length))
            self.send_error(413, "The request body is too large")
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _discard(self, length: int) -> None:
        """Read a body that is not wanted, so that its sender gets to read the answer; up to a bound."""
        remaining = length if length <= 10 * MAX_BODY else 0
        while remaining > 0 and (chunk := self.rfile.read(min(remaining, 1024 * 1024))):
            remaining -= len(chunk)

    def _chunked_body(self) -> bytes | None:
        body = b""
        while True:
            try:
                size = int(self.rfile.readline(1024).partition(b";")[0], 16)
            except ValueError:
                self.send_error(400, "A chunk has no size")
                return None
            if len(body) + size > MAX_BODY:
                self.send_error(413, "The request body is too large")
                return None
            if size == 0:
                while self.rfile.readline(65536).strip():
                    pass
                return body
            body += self.rfile.read(size)
            self.rfile.readline(8)

    def _send(self, response: HttpResponse) -> None:
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        for name, value in response.headers.items():
            self.send_header(name, value)
        bodiless = response.status in {204, 304}
        length = response.headers.get("Content-Length") if self.command == "HEAD" else None
        if not bodiless and length is None:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """Tell the client at once to go on: the answer must not wait in the buffer."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Requests are logged where their operation is known."""
