"""Runs moto's services in this process and makes their state last.

moto keeps everything in memory and cannot write it down. So every mutating request that succeeds is recorded, with
the time and the seed under which it ran, and the record is replayed when moto is loaded the next time: the same
requests under the same clock and seed give the same identifiers and dates. Requests are served one at a time, because
moto is not made for threads and because a foreign request in between would draw from the seeded generator.
"""

from __future__ import annotations

import io
import json
import re
import secrets
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, quote, unquote

from carto_at_installer.sandbox.identity import DEFAULT_CALLER, Caller
from carto_at_installer.sandbox.moto_services.compaction import compact
from carto_at_installer.sandbox.moto_services.directory import Directory
from carto_at_installer.sandbox.protocols.http import HttpRequest, HttpResponse
from carto_at_installer.sandbox.state import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_at_installer.sandbox.state import Store

SERVICES = frozenset({"iam", "sts", "s3", "secretsmanager"})
_READS = re.compile(r"(Get|List|Describe|Head|BatchGet|Filter|Simulate|Validate|Decode)[A-Z]")
_RECORDED_HEADERS = ("authorization", "content-type", "x-amz-target", "host")
_AWS_POLICY = re.compile(r"arn:aws[\w-]*:iam::aws:policy/[\w+=,.@/-]+")


_lock = threading.RLock()
_holder: MotoServices | None = None


class MotoServices:
    """The moto side of the sandbox. Loading it costs about a second of CPU, so that it happens at the first use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._application: Any = None
        self._callers: dict[str, Caller] = {}

    def respond(self, request: HttpRequest, service: str) -> HttpResponse:
        """Let moto answer; a mutating request that succeeds is recorded first.

        Raises StateError when it cannot be recorded; moto is then put back to what is recorded.
        """
        with self._held():
            if not _mutates(request, service):
                return self._serve(request)
            at, seed = time.time(), secrets.randbits(63)
            self._callers.clear()
            response = self._serve_repeatably(request, at, seed)
            if response.status < 300:
                self._record(request, service, at, seed)
            return response

    def directory(self) -> Directory:
        """The roles, users and keys that exist."""
        return Directory(self._held)

    def warm(self) -> None:
        """Load moto and replay the record now."""
        with self._held():
            pass

    def caller(self, access_key: str) -> Caller:
        """Whose key that is; moto is not loaded as long as no key was ever given out."""
        with self._store.held(), _lock:
            if self._application is None and not self._store.query(
                "SELECT 1 FROM journal WHERE service IN ('iam', 'sts') LIMIT 1"
            ):
                return DEFAULT_CALLER
            if access_key not in self._callers:
                self._callers[access_key] = self.directory().caller(access_key)
            return self._callers[access_key]

    def s3_object(self, bucket: str, key: str, region: str) -> bytes | None:
        """The content of an S3 object, or None."""
        scope = f"Credential=SANDBOX/20200101/{region}/s3/aws4_request"
        headers = {"authorization": f"AWS4-HMAC-SHA256 {scope}", "host": "127.0.0.1"}
        request = HttpRequest("GET", f"/{quote(bucket)}/{quote(key)}", headers)
        response = self.respond(request, "s3")
        return response.body if response.status == 200 else None

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Moto for this home alone: its state is global in the process, so that another home's is replaced.

        The store's lock is taken first, always: services ask for roles inside transactions of theirs, and what moto
        does is recorded in one.
        """
        global _holder  # noqa: PLW0603  (moto's own state is as global)
        with self._store.held(), _lock:
            if _holder is not self:
                _holder = self
                self._load()
            yield

    def _load(self) -> None:
        from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  (at first use)
            DomainDispatcherApplication,
            create_backend_app,
        )

        from carto_at_installer.sandbox.moto_services import clock  # noqa: PLC0415  (at first use)

        compact(self._store)
        clock.install()
        self._application = DomainDispatcherApplication(create_backend_app)
        self._replay()

    def _replay(self) -> None:
        reset_backends()
        rows = self._store.query("SELECT at, seed, request, body FROM journal ORDER BY number")
        for at, seed, head, body in rows:
            self._serve_repeatably(HttpRequest(**json.loads(head), body=body), at, seed)

    def _record(self, request: HttpRequest, service: str, at: float, seed: int) -> None:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name in _RECORDED_HEADERS or name.startswith("x-amz-")
        }
        head = json.dumps({"method": request.method, "target": request.target, "headers": headers})
        try:
            with self._store.transaction() as connection:
                connection.execute(
                    "INSERT INTO journal (service, at, seed, request, body) VALUES (?, ?, ?, ?, ?)",
                    (service, at, seed, head, request.body),
                )
        except StateError:
            self._replay()
            raise

    def _serve_repeatably(self, request: HttpRequest, at: float, seed: int) -> HttpResponse:
        from carto_at_installer.sandbox.moto_services import clock  # noqa: PLC0415  (at first use)

        for policy in _AWS_POLICY.findall(unquote(request.body.decode("latin-1"))):
            Directory(self._held).add_aws_policy(policy)
        with clock.repeatable(at, seed):
            return self._serve(request)

    def _serve(self, request: HttpRequest) -> HttpResponse:
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started.update(status=int(status.split(maxsplit=1)[0]), headers=headers)

        chunks = self._application(_environ(request), start_response)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        dropped = {"connection", "server", "date"} | ({"content-length"} if body else set())
        headers = {key: value for key, value in started["headers"] if key.lower() not in dropped}
        return HttpResponse(started["status"], body, headers)


def reset_backends() -> None:
    """Empty moto."""
    import moto.backends  # noqa: PLC0415  (at first use)

    for name in SERVICES:
        moto.backends.get_backend(cast("Any", name)).reset()  # type: ignore[arg-type, unused-ignore]


def _mutates(request: HttpRequest, service: str) -> bool:
    if service == "s3":
        return request.method not in {"GET", "HEAD"}
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    if not operation:
        fields = parse_qs(request.body.decode("utf-8", "replace") or request.query)
        operation = fields.get("Action", [""])[0]
    return not _READS.match(operation)


def _environ(request: HttpRequest) -> dict[str, Any]:
    host = request.headers.get("host", "127.0.0.1")
    name, _, port = host.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path, "latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_NAME": name or host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for key, value in request.headers.items():
        if key not in {"content-length", "content-type", "transfer-encoding"}:
            environ["HTTP_" + key.upper().replace("-", "_")] = value
    return environ
