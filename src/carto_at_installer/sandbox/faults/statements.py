"""Faults that strike SQL statements: an engine whose sessions ask before they run one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import RedshiftError, StatementAbortedError
from carto_at_installer.sandbox.faults.fault import Fault, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carto_at_installer.sandbox.engine import Engine, Session
    from carto_at_installer.sandbox.engine.results import ResultSet
    from carto_at_installer.sandbox.faults.book import FaultBook

_CANCELLED = "Query cancelled on user's request"
_GONE = "Connection to the cluster was lost: the cluster is pausing"


class WatchedEngine:
    """An engine with faults; `pause` pauses its cluster. Everything else is the engine's own."""

    def __init__(self, engine: Engine, book: FaultBook, pause: Callable[[], None]) -> None:
        self._engine = engine
        self._book = book
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        """As the engine has it."""
        return getattr(self._engine, name)

    def session(self, user: str) -> WatchedSession:
        """See Engine."""
        return WatchedSession(self._engine.session(user), self._book, self._pause)


class WatchedSession:
    """A session that lets faults strike before it runs a statement."""

    def __init__(self, session: Session, book: FaultBook, pause: Callable[[], None]) -> None:
        self._session = session
        self._book = book
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        """As the session has it."""
        return getattr(self._session, name)

    def execute(self, sql: str, parameters: Mapping[str, str] | None = None) -> ResultSet | None:
        """See Session."""
        for fault in self._book.meet(Place.STATEMENT, sql):
            self._session.failed = self._session.in_transaction
            self._strike(fault)
        return self._session.execute(sql, parameters)

    def _strike(self, fault: Fault) -> None:
        time.sleep(fault.seconds)
        match fault.kind:
            case Kind.ABORT_STATEMENT:
                raise StatementAbortedError(fault.message or _CANCELLED)
            case Kind.FAIL_STATEMENT:
                raise RedshiftError(
                    fault.message or "the statement failed, by a fault of the sandbox"
                )
            case Kind.PAUSE_CLUSTER:
                self._pause()
                raise RedshiftError(_GONE)
