"""Sessions that stay open between statements (SessionKeepAliveSeconds, SessionId)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import AwsServiceError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine import Session

MAX_SESSIONS = 500
_LATE_S = 0.05


@dataclass(slots=True)
class OpenSession:
    """A kept session: whose it is, and until when it stays (epoch seconds) once nothing runs in it."""

    id: str
    session: Session
    owner: str
    database: str
    keep_alive_s: int
    expires_at: float
    busy: bool = False
    target: dict[str, str] = field(default_factory=dict)


class SessionStore:
    """The kept sessions. One that is not used in time is closed."""

    def __init__(self) -> None:
        self._sessions: dict[str, OpenSession] = {}
        self._lock = threading.Lock()

    def keep(self, opened: OpenSession) -> None:
        """Keep a session that a statement is about to use. Raises AwsServiceError when there are too many."""
        with self._lock:
            self._expire()
            if len(self._sessions) >= MAX_SESSIONS:
                raise AwsServiceError(
                    "ActiveSessionsExceededException",
                    f"The number of active sessions exceeds the limit of {MAX_SESSIONS}.",
                )
            opened.busy = True
            self._sessions[opened.id] = opened

    def take(self, identifier: str, owner: str, keep_alive_s: int) -> OpenSession:
        """The session for one more statement. Raises AwsServiceError when it is gone or busy."""
        with self._lock:
            self._expire()
            opened = self._sessions.get(identifier)
            if opened is None or opened.owner != owner:
                raise AwsServiceError(
                    "ResourceNotFoundException",
                    f"Session {identifier} does not exist or has expired.",
                )
            if opened.busy:
                raise AwsServiceError(
                    "ValidationException",
                    f"Session {identifier} is busy running another statement.",
                )
            opened.busy = True
            opened.keep_alive_s = keep_alive_s or opened.keep_alive_s
            return opened

    def give_back(self, identifier: str) -> None:
        """A statement has ended: from now on the session's time runs."""
        with self._lock:
            opened = self._sessions.get(identifier)
            if opened is not None:
                opened.busy = False
                opened.expires_at = time.time() + opened.keep_alive_s
                self._close_in(opened.keep_alive_s)

    def _close_in(self, seconds: float) -> None:
        """Close what is out of time then, also when nobody asks: an open transaction holds locks."""
        timer = threading.Timer(seconds + _LATE_S, self._close_expired)
        timer.daemon = True
        timer.start()

    def _close_expired(self) -> None:
        with self._lock:
            self._expire()

    def _expire(self) -> None:
        now = time.time()
        for identifier, opened in list(self._sessions.items()):
            if not opened.busy and opened.expires_at < now:
                del self._sessions[identifier]
                opened.session.close()
