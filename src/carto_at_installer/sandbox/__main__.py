"""The server process: `python -m carto_at_installer.sandbox --home DIR`. Started by `daemon`."""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import os
import select
import signal
import sys
import time
from dataclasses import asdict, replace
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.__about__ import __version__
from carto_at_installer.sandbox.home import Home, SandboxError, ServerInfo

if TYPE_CHECKING:
    from carto_at_installer.sandbox.server import Sandbox

_log = logging.getLogger("carto_at_installer.sandbox")
_LOG_BYTES = 5_000_000


def main() -> int:
    """Serve until SIGTERM, SIGINT or idleness. Exit status 0, or 1 when it could not start."""
    options = _options()
    home = Home(options.home)
    try:
        home.create()
        home.hold()
        _log_to(home)
        sandbox = _open(home, options)
        info = ServerInfo(
            sandbox.endpoint.url,
            os.getpid(),
            sandbox.endpoint.port,
            time.time(),
            home.path,
            __version__,
            sandbox.admin_token,
            sandbox.settings.enforce_iam,
        )
        home.write_server(info)
    except SandboxError as error:
        return _fail(options.ready_fd, error)
    except OSError as error:
        return _fail(options.ready_fd, SandboxError(f"The sandbox cannot start: {error}"))
    faulthandler.enable()  # a crash, or SIGABRT, leaves the stacks of all threads in the log
    sandbox.start(warm=True)
    _say(options.ready_fd, {**asdict(info), "home": str(info.home)})
    _log.info("serving %s, version %s, process %d", info.endpoint, info.version, info.pid)
    _serve(sandbox, options.idle_seconds)
    home.server_file.unlink(missing_ok=True)
    _log.info("stopped")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m carto_at_installer.sandbox")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--wish-port", type=int, default=0, help="taken if it is free")
    parser.add_argument("--idle-seconds", type=float, default=0)
    parser.add_argument("--enforce-iam", action="store_true")
    parser.add_argument("--ready-fd", type=int, default=None)
    return parser.parse_args()


def _log_to(home: Home) -> None:
    handler = RotatingFileHandler(home.log, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("botocore", "werkzeug", "moto"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _open(home: Home, options: argparse.Namespace) -> Sandbox:
    """The sandbox, listening. Raises SandboxError with the way out."""
    from carto_at_installer.sandbox.endpoint import EndpointError, require_loopback  # noqa: PLC0415  (at first use)
    from carto_at_installer.sandbox.server import Sandbox  # noqa: PLC0415  (at first use)
    from carto_at_installer.sandbox.settings import SettingsError, read_settings  # noqa: PLC0415  (at first use)
    from carto_at_installer.sandbox.state import StateError  # noqa: PLC0415  (at first use)

    ports = [options.port] if options.port else [options.wish_port, 0]
    try:
        require_loopback(options.host)
        settings = read_settings(home.settings)
        if options.enforce_iam:
            settings = replace(settings, enforce_iam=True)
        for port in ports[:-1]:
            try:
                return Sandbox(home.path, host=options.host, port=port, settings=settings)
            except EndpointError:
                continue
        return Sandbox(home.path, host=options.host, port=ports[-1], settings=settings)
    except EndpointError as error:
        raise SandboxError(str(error), "Choose another port, or none: --port 0") from error
    except SettingsError as error:
        raise SandboxError(str(error), "Correct the file or delete it.") from error
    except StateError as error:
        raise SandboxError(str(error), "Start afresh with: carto-at sandbox reset") from error
    except ImportError as error:
        raise SandboxError(
            f"A package that the sandbox needs is missing: {error}",
            "pip install 'carto-at-redshift[sandbox]'",
        ) from error


def _serve(sandbox: Sandbox, idle_seconds: float) -> None:
    """Wait for SIGTERM or SIGINT, or for `idle_seconds` without a request (0: for ever); then close the sandbox.

    Signals are waited for on a pipe: the system may give one to any thread, which would not wake this one.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    while True:
        quiet = time.monotonic() - sandbox.last_request
        if idle_seconds and quiet >= idle_seconds:
            _log.info("no request for %.0f seconds", idle_seconds)
            break
        timeout = max(0.05, idle_seconds - quiet) if idle_seconds else None
        if select.select([reader], [], [], timeout)[0]:
            break
    sandbox.close()


def _fail(ready_fd: int | None, error: SandboxError) -> int:
    _say(ready_fd, {"error": error.message, "hint": error.hint})
    sys.stderr.write(f"{error.message} {error.hint}\n")
    return 1


def _say(ready_fd: int | None, answer: dict[str, object]) -> None:
    """Tell the starter, which may have gone away meanwhile."""
    if ready_fd is None:
        return
    try:
        with os.fdopen(ready_fd, "w", encoding="utf-8") as pipe:
            pipe.write(json.dumps(answer) + "\n")
    except BrokenPipeError:
        _log.warning("the process that started the sandbox has gone away")


if __name__ == "__main__":
    sys.exit(main())
