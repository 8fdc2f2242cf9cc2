"""What we assume of `awslambdaric`, the client in AWS's Python runtime: real client, fake Runtime API on loopback.

The raw path must be taken, post the documented bytes, and give what the plain path gives.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("awslambdaric runs on Linux only", allow_module_level=True)
pytest.importorskip(
    "awslambdaric", reason="awslambdaric is not installed (dependency group boundary)"
)

SOURCES = Path(__file__).resolve().parents[2] / "bundled_functions"
WORLD = 5192650370358181887

SPY = """
import sys
from carto_quadbin import handler as real
def handler(event, context):
    print("EVENT IS", type(event).__name__, file=sys.stderr, flush=True)
    return real(event, context)
"""

HIDDEN = """
# Out of sight while our runtime is imported, the client keeps its own marshaller: the plain path.
import sys
hidden = sys.modules.pop("awslambdaric.lambda_runtime_client")
from carto_quadbin import handler as real
sys.modules["awslambdaric.lambda_runtime_client"] = hidden
def handler(event, context):
    print("EVENT IS", type(event).__name__, file=sys.stderr, flush=True)
    return real(event, context)
"""


class RuntimeApi(ThreadingHTTPServer):
    """Hands out the events one by one, then nothing; keeps what is posted."""

    daemon_threads = True

    def __init__(self, events):
        super().__init__(("127.0.0.1", 0), RuntimeApiHandler)
        self.events = list(events)
        self.posted = []
        self.done = threading.Event()


class RuntimeApiHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = len(self.server.posted)
        if number == len(self.server.events):
            self.server.done.set()
            self.close_connection = True
            return
        body = self.server.events[number]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"request-{number}")
        self.send_header("Lambda-Runtime-Deadline-Ms", "99999999999999")
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.path.rsplit("/", 1)[1]
        self.server.posted.append((kind, self.headers.get("Content-Type"), body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def run(folder, source, events):
    """Run the real runtime client with a handler module on some events; return what it posts and its log."""
    (folder / "spy.py").write_text(source)
    api = RuntimeApi(events)
    thread = threading.Thread(target=api.serve_forever)
    thread.start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "LAMBDA_TASK_ROOT": str(folder),
        "PYTHONPATH": os.pathsep.join(
            [str(SOURCES / "runtime"), str(SOURCES / "quadbin"), str(folder)]
        ),
        "PATH": os.environ["PATH"],
        "OPENBLAS_NUM_THREADS": "1",
    }
    log = folder / "log"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", "spy.handler"],
            env=environment,
            cwd=folder,
            stdout=sink,
            stderr=sink,
        )
        try:
            finished = api.done.wait(30)
        finally:
            child.kill()
            child.wait()
            api.shutdown()
            thread.join()
            api.server_close()
    assert finished, log.read_text()
    return api.posted, log.read_text()


def event(function, rows):
    return json.dumps(
        {
            "external_function": f"carto.{function}",
            "num_records": len(rows),
            "arguments": rows,
            "query_id": 9,
        }
    ).encode()


EVENTS = [
    event("__quadbin_kring", [[WORLD, 1], [WORLD, 2]]),
    event("__quadbin_kring_distances", [[WORLD, 0]]),
    event("__quadbin_polyfill", [["010100000000000000000000000000000000000000", 0], None]),
    event("__quadbin_kring", [[WORLD, -1]]),
    event("sch\u00f6n", []),
    b'{"carto_at_probe": true}',
]


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    return run(tmp_path_factory.mktemp("raw"), SPY, EVENTS)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return run(tmp_path_factory.mktemp("plain"), HIDDEN, EVENTS)


def test_the_raw_path_is_taken(raw):
    assert raw[1].count("EVENT IS bytes") == len(EVENTS)


def test_the_raw_path_posts_the_documented_bytes(raw):
    kind, content_type, body = raw[0][0]
    assert (kind, content_type) == ("response", "application/json")
    ring = f'\\"[{WORLD}]\\"'.encode()
    assert body == b'"{\\"success\\":true,\\"num_records\\":2,\\"results\\":[%b,%b]}"' % (
        ring,
        ring,
    )


def test_errors_are_answers_and_not_failures_of_the_function(raw):
    assert [kind for kind, _, _ in raw[0]] == ["response"] * len(EVENTS)
    failed = json.loads(json.loads(raw[0][3][2]))
    assert failed["success"] is False
    assert failed["error_msg"] == "__quadbin_kring: Error processing row 0: Invalid input size"
    assert "Invalid input size (request , query 9)" in raw[1]


def test_the_plain_path_posts_the_same_strings(raw, plain):
    assert plain[1].count("EVENT IS dict") == len(EVENTS)
    assert [json.loads(body) for _, _, body in plain[0]] == [
        json.loads(body) for _, _, body in raw[0]
    ]
    assert [content_type for _, content_type, _ in plain[0]] == ["application/json"] * len(EVENTS)
