"""Starts, stops and looks after the sandbox's server process. Standard library only, so that the command is quick."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from carto_at_installer.__about__ import __version__
from carto_at_installer.sandbox.home import Home, SandboxError, ServerInfo, default_home

__all__ = ["SandboxError", "ServerInfo", "default_home", "reset", "start", "status", "stop"]

_REQUIRED = (
    "duckdb",
    "duckdb_extension_spatial",
    "sqlglot",
    "pyarrow",
    "numpy",
    "moto",
    "flask",
    "flask_cors",
)
_KEPT_ON_RESET = frozenset({"settings.json", "port", "start.lock", "server.lock"})
_STOP_SECONDS = 10.0


def start(
    home: Path,
    *,
    port: int = 0,
    wait_seconds: float = 30,
    idle_seconds: float = 0,
    enforce_iam: bool = False,
) -> ServerInfo:
    """Start the server of `home` unless it runs, and wait until it answers.

    A server of another version of this package is replaced; its state stays. `port` 0 takes the port of the last
    time if it is free; `idle_seconds` ends a server that long after the last request (0: never); with `enforce_iam`
    callers need permissions, as they also do when the settings say so. Raises SandboxError.
    """
    place = Home(home)
    _require_packages()
    place.create()
    with place.starting():
        running = _running(place)
        if running is not None and running.version == __version__:
            _require_same(running, port, enforce_iam=enforce_iam)
            return running
        if running is not None:
            enforce_iam = enforce_iam or running.enforce_iam
            _end(place, running)
        arguments = ["--port", str(port), "--idle-seconds", str(idle_seconds)]
        return _launch(place, [*arguments, *["--enforce-iam"] * enforce_iam], wait_seconds)


def _require_same(running: ServerInfo, port: int, *, enforce_iam: bool) -> None:
    """Raise SandboxError when the server that runs is not the one that was asked for."""
    if port and running.port != port:
        how = f"on port {running.port}"
    elif enforce_iam and not running.enforce_iam:
        how = "without the enforcement of permissions"
    else:
        return
    raise SandboxError(
        f"The sandbox of {running.home} runs already, {how}.",
        "Stop it first: carto-at sandbox stop",
    )


def stop(home: Path) -> bool:
    """Stop the server of `home`; whether there was one. Raises SandboxError when it does not end."""
    place = Home(home)
    if not place.server_running():
        with contextlib.suppress(OSError):
            place.server_file.unlink(missing_ok=True)
        return False
    with place.starting():
        running = _running(place)
        if running is None:
            return False
        _end(place, running)
    return True


def status(home: Path) -> ServerInfo | None:
    """The running server of `home`, or None; a file left behind by a dead one counts for nothing."""
    place = Home(home)
    return place.read_server() if place.server_running() else None


def reset(home: Path) -> None:
    """Stop the server and delete everything it knew; settings stay. Raises SandboxError."""
    place = Home(home)
    if not place.path.is_dir():
        return
    _require_ours(place)
    stop(home)
    with place.starting():
        try:
            for item in place.path.iterdir():
                if item.name in _KEPT_ON_RESET:
                    continue
                if item.is_dir() and not item.is_symlink():
                    shutil.rmtree(item)
                else:
                    item.unlink()
        except OSError as error:
            raise SandboxError(f"{place.path} cannot be emptied: {error}") from error


def _require_ours(place: Home) -> None:
    """Never empty a folder that is no sandbox home, whatever an environment variable says."""
    ours = {"state.sqlite", "server.lock", "start.lock", "sandbox.log"}
    content = {item.name for item in place.path.iterdir()}
    if content and not content & ours:
        raise SandboxError(
            f"{place.path} is not the home of a sandbox: nothing was deleted.",
            "Check CARTO_AT_SANDBOX_HOME.",
        )


def _require_packages() -> None:
    missing = [name for name in _REQUIRED if importlib.util.find_spec(name) is None]
    if missing:
        raise SandboxError(
            f"The sandbox needs packages that are not installed: {', '.join(missing)}.",
            "pip install 'carto-at-redshift[sandbox]'",
        )


def _running(place: Home) -> ServerInfo | None:
    """The server that holds the lock; one that is just starting has a moment to write its file."""
    deadline = time.monotonic() + 5
    while place.server_running():
        info = place.read_server()
        if info is not None and _answers(info):
            return info
        if time.monotonic() > deadline:
            raise SandboxError(
                f"A process holds the lock of {place.path}, but does not answer.",
                f"Look into {place.log}; end the process that uses {place.path / 'server.lock'}.",
            )
        time.sleep(0.05)
    return None


def _answers(info: ServerInfo) -> bool:
    """Whether a request is answered there: one that is just ending still holds its lock, and even its port."""
    try:
        with socket.create_connection(("127.0.0.1", info.port), timeout=2) as connection:
            connection.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(16).startswith(b"HTTP/1.1")
    except OSError:
        return False


def _launch(place: Home, arguments: list[str], wait_seconds: float) -> ServerInfo:
    place.server_file.unlink(missing_ok=True)
    reader, writer = os.pipe()
    command = [
        sys.executable, "-P", "-m", "carto_at_installer.sandbox",
        "--home", str(place.path), "--ready-fd", str(writer),
        "--wish-port", str(place.last_port()), *arguments,
    ]  # fmt: skip
    try:
        with place.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(writer,),
                start_new_session=True,
                cwd=place.path,
                env=_child_environment(),
            )
    except OSError as error:
        raise SandboxError(f"The sandbox cannot be started: {error}") from error
    finally:
        os.close(writer)
    try:
        return _await_ready(child, reader, place, wait_seconds)
    finally:
        os.close(reader)


def _await_ready(
    child: subprocess.Popen[bytes], reader: int, place: Home, wait_seconds: float
) -> ServerInfo:
    """The child writes one JSON line when it serves, or why it cannot."""
    deadline, text = time.monotonic() + wait_seconds, b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(reader, 65536) if ready else b""
        if ready and not chunk:
            child.wait()
            raise SandboxError(
                f"The sandbox ended while it was starting (exit status {child.returncode}): "
                f"{_last_line(place.log)}",
                f"The whole story is in {place.log}",
            )
        if not ready:
            child.kill()
            child.wait()
            raise SandboxError(
                f"The sandbox did not start within {wait_seconds:.0f} seconds.",
                f"Look into {place.log}",
            )
        text += chunk
    answer = json.loads(text)
    if "error" in answer:
        child.wait()
        raise SandboxError(answer["error"], answer["hint"])
    child.returncode = 0  # it goes on by itself: nobody is to wait for it
    return ServerInfo(**{**answer, "home": Path(answer["home"])})


def _child_environment() -> dict[str, str]:
    """The environment without anything that would point the server at AWS, and with this package importable."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    root = str(Path(__file__).resolve().parents[2])
    if not root.endswith(("site-packages", "dist-packages")):
        earlier = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{earlier}" if earlier else root
    return environment


def _end(place: Home, running: ServerInfo) -> None:
    """Ask the server to end, insist after a while. It holds the lock, so the process id is really its own."""
    for number, patience in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if _gone(running.pid) and not place.server_running():
                return
            time.sleep(0.01)
    raise SandboxError(f"The sandbox (process {running.pid}) does not end.")


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that this process started is also laid to rest."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return "no log"
    return lines[-1] if lines else "its log is empty"
