"""The sandbox's home directory and what lies in it. Standard library only: the command line imports this."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class SandboxError(Exception):
    """The sandbox cannot be started, stopped or used; `hint` is the next step."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running sandbox. `started_at` is in seconds since 1970, `version` that of the package that runs it.

    `token` lets its owner make faults; `enforce_iam` says whether callers need the permissions for what they do.
    """

    endpoint: str
    pid: int
    port: int
    started_at: float
    home: Path
    version: str
    token: str = field(default="", repr=False)
    enforce_iam: bool = False


def default_home() -> Path:
    """`$CARTO_AT_SANDBOX_HOME`, else a folder below the user's state directory."""
    if given := os.environ.get("CARTO_AT_SANDBOX_HOME"):
        return Path(given).expanduser()
    state = os.environ.get("XDG_STATE_HOME")
    base = Path(state) if state else Path("~/.local/state").expanduser()
    return base / "carto-at" / "sandbox"


class Home:
    """Names of the files in a home directory, its locks and its server file."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.server_file = self.path / "server.json"
        self.port_file = self.path / "port"
        self.log = self.path / "sandbox.log"
        self.settings = self.path / "settings.json"
        self._server_lock = self.path / "server.lock"
        self._start_lock = self.path / "start.lock"
        self._held: int | None = None

    def create(self) -> None:
        """Make the directory, for its owner only, and see that it can be written. Raises SandboxError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"x" * 4096)
                probe.flush()
        except OSError as error:
            raise SandboxError(
                f"The sandbox cannot write to its home {self.path}: {error.strerror or error}",
                "Free some space or make it writable, or choose another home with "
                "CARTO_AT_SANDBOX_HOME.",
            ) from error

    def write_server(self, info: ServerInfo) -> None:
        """Write the server file: whole or not at all. Raises OSError."""
        content = {**asdict(info), "home": str(info.home)}
        handle, name = tempfile.mkstemp(prefix=".server-", dir=self.path)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        Path(name).replace(self.server_file)
        self.port_file.write_text(f"{info.port}\n", encoding="ascii")

    def last_port(self) -> int:
        """The port of the last server, which the next one takes if it is free: clients' settings stay true. 0: none."""
        try:
            return int(self.port_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def read_server(self) -> ServerInfo | None:
        """What the server file says; None when there is none or it is not one of ours."""
        try:
            content = json.loads(self.server_file.read_text(encoding="utf-8"))
            return ServerInfo(**{**content, "home": Path(content["home"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def hold(self) -> None:
        """Take the lock that a server holds as long as it lives. Raises SandboxError when another one has it.

        The system lets go of it however the process ends, so that a stale server file, or a process id that was
        given to another program, deceives nobody.
        """
        self._held = _try_lock(self._server_lock)
        if self._held is None:
            raise SandboxError(f"Another sandbox uses {self.path} already.")

    def server_running(self) -> bool:
        """Whether a server holds the lock of this home."""
        try:
            handle = _try_lock(self._server_lock, create=False)
        except OSError:
            return False
        if handle is None:
            return True
        os.close(handle)
        return False

    @contextmanager
    def starting(self) -> Iterator[None]:
        """One start or stop at a time: others wait for their turn."""
        handle = os.open(self._start_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _try_lock(path: Path, *, create: bool = True) -> int | None:
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    handle = os.open(path, flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
