"""One worker process as its parent sees it: starting, invoking with a deadline, its log, ending."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from carto_at_installer.sandbox.lambda_service import worker as worker_script
from carto_at_installer.sandbox.lambda_service.worker import END_OF_LOG, FRAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PIPE_BYTES = 1024 * 1024
_READ_BYTES = 64 * 1024
_LOG_WAIT_SECONDS = 1.0
INIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything a worker is started with; two invocations with equal launches may share a worker.

    `code` and `layers` are unpacked folders; `foreign` names packages to be taken from the host.
    """

    function_arn: str
    version: str
    revision: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    foreign: tuple[str, ...]
    environment: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invocation gave: the payload, or an error as Lambda reports it; `memory_kb` is the peak."""

    payload: bytes
    error: dict[str, Any] | None
    log: str
    memory_kb: int = 0


class WorkerDiedError(Exception):
    """The process ended or did not answer in time. `timed_out` tells which; `log` is what it had printed."""

    def __init__(self, *, timed_out: bool, log: str, exit_text: str = "") -> None:
        super().__init__(exit_text)
        self.timed_out = timed_out
        self.log = log
        self.exit_text = exit_text


class Worker:
    """A running process with a loaded handler. Not for use by two threads at once."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.last_used = time.monotonic()
        self._received = bytearray()
        self._log: list[str] = []
        self._log_ended = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-u", worker_script.__file__, _setup(launch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(launch.environment),
            start_new_session=True,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                _widen(pipe.fileno())
        threading.Thread(target=self._read_log, name="lambda-log", daemon=True).start()

    def initialise(self) -> Answer:
        """Wait until the handler is loaded. Raises WorkerDiedError."""
        head, _ = self._receive(time.monotonic() + INIT_SECONDS)
        return Answer(b"", head.get("error"), self._take_log())

    def invoke(self, head: dict[str, Any], body: bytes, seconds: float) -> Answer:
        """Run the handler once. Raises WorkerDiedError after `seconds`, or when the process ends."""
        deadline = time.monotonic() + seconds
        self._log_ended.clear()
        text = json.dumps(head).encode()
        self._write(FRAME.pack(len(text), len(body)) + text + body, deadline)
        answer, payload = self._receive(deadline)
        self.last_used = time.monotonic()
        return Answer(payload, answer.get("error"), self._take_log(), answer.get("memory_kb", 0))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process, and whatever it started, at once."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def kill(self) -> None:
        """Kill the process: whoever waits for it learns that it died."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def time_out(self) -> NoReturn:
        """End the process because its time is over. Raises WorkerDiedError."""
        self.close()
        raise WorkerDiedError(timed_out=True, log=self._take_log())

    def _receive(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        head_length, body_length = FRAME.unpack(self._read(FRAME.size, deadline))
        head: dict[str, Any] = json.loads(self._read(head_length, deadline))
        return head, self._read(body_length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        """The next `length` bytes; what comes along with them is kept for the next call."""
        assert self._process.stdout is not None  # noqa: S101  (opened as a pipe)
        fd, data = self._process.stdout.fileno(), self._received
        while len(data) < length:
            self._wait(fd, select.POLLIN, deadline)
            try:
                chunk = os.read(fd, max(_READ_BYTES, length - len(data)))
            except BlockingIOError:
                continue
            if not chunk:
                raise self._died()
            data += chunk
        taken = bytes(memoryview(data)[:length])
        del data[:length]
        return taken

    def _write(self, data: bytes, deadline: float) -> None:
        assert self._process.stdin is not None  # noqa: S101  (opened as a pipe)
        fd, rest = self._process.stdin.fileno(), memoryview(data)
        while rest:
            self._wait(fd, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(fd, rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise self._died() from error

    def _wait(self, fd: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(fd, event)
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poll.poll(remaining * 1000):
            self.time_out()

    def _died(self) -> WorkerDiedError:
        self.close()
        code = self._process.returncode
        text = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        return WorkerDiedError(timed_out=False, log=self._take_log(), exit_text=text)

    def _read_log(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  (opened as a pipe)
        with self._process.stderr as stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace")
                if END_OF_LOG in line:
                    line = line.partition(END_OF_LOG)[0]
                    if line:
                        self._log.append(line + "\n")
                    self._log_ended.set()
                else:
                    self._log.append(line)
        self._log_ended.set()

    def _take_log(self) -> str:
        self._log_ended.wait(_LOG_WAIT_SECONDS)
        lines, self._log = self._log, []
        return "".join(lines)


def _setup(launch: Launch) -> str:
    layer_paths = [
        str(path)
        for layer in reversed(launch.layers)
        for path in (layer / "python", *layer.glob("python/lib/python3*/site-packages"))
        if path.is_dir()
    ]
    return json.dumps(
        {
            "task_root": str(launch.code),
            "layer_paths": layer_paths,
            "foreign": launch.foreign,
            "host_sites": host_sites(),
            "handler": launch.handler,
        }
    )


def host_sites() -> list[str]:
    """The site-packages folders of the interpreter that runs the sandbox."""
    return [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]


def _widen(fd: int) -> None:
    """Larger pipes mean fewer switches between the processes; only Linux has them."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415  (at first use)

        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
