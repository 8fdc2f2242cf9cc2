"""Keeps statements and their results on disk, so that a restart of the sandbox loses none that a client heard of.

A statement is written down when it is taken and again when it has ended, before anybody is told so. One that is found
without an end was running when the sandbox stopped: it is ABORTED then. Its transaction may have been committed in the
moment between; Redshift's own clients are left as much in doubt when a cluster fails.

A failure to write (a full disk) costs the record, not the statement.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
import time
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.data_api.results import size_of
from carto_at_installer.sandbox.data_api.statements import (
    ABORTED,
    ENDED,
    REMEMBERED,
    RETENTION_S,
    Run,
    Statement,
)
from carto_at_installer.sandbox.engine.results import ResultColumn, ResultSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024
MAX_RESULT_BYTES = 64 * 1024 * 1024
_TRIM_EVERY = 200
_STOPPED = "ERROR: the sandbox was stopped while the statement ran"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS statement (
    id TEXT PRIMARY KEY, region TEXT NOT NULL, created REAL NOT NULL, caller TEXT NOT NULL, body TEXT NOT NULL,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS statement_age ON statement (created);
CREATE TABLE IF NOT EXISTS result (
    statement TEXT NOT NULL, part INTEGER NOT NULL, columns TEXT NOT NULL, rows TEXT NOT NULL,
    PRIMARY KEY (statement, part)
);
PRAGMA user_version = 1;
"""
_LOG = logging.getLogger(__name__)


class Archive:
    """One SQLite file for all regions. It may be used from many threads.

    A file that cannot be read, for it is damaged or of a later version, is put aside and begun anew. `max_bytes` bounds
    what results take together: the oldest statements go first.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._lock = threading.Lock()
        self._max_bytes = max_bytes
        self._written = 0
        try:
            self._connection, self._bytes = _open(path)
        except sqlite3.Error as error:
            _LOG.warning("%s cannot be read and is put aside: %s", path, error)
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    path.with_name(path.name + suffix).replace(
                        path.with_name(f"{path.name}.damaged{suffix}")
                    )
            self._connection, self._bytes = _open(path)
        self._trim()

    def begin(self, region: str, statement: Statement) -> None:
        """Write down that a statement was taken."""
        whole = statement.whole
        row = (statement.id, region, whole.created_at, statement.caller_id, _document(statement), 0)
        with self._writing():
            self._connection.execute("INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?)", row)
        self._written += 1
        if self._written % _TRIM_EVERY == 0:
            self._trim()

    def end(self, statement: Statement, status: str, error: str) -> None:
        """Write down how it ended, with its results."""
        runs = [statement.whole, *statement.parts]
        kept = {number: run.result for number, run in enumerate(runs) if _fits(run.result)}
        rows = [
            (
                statement.id,
                number,
                json.dumps([asdict(column) for column in result.columns]),
                json.dumps(result.rows),
            )
            for number, result in kept.items()
            if result is not None
        ]
        size = sum(len(row[2]) + len(row[3]) for row in rows)
        ended = {"status": status, "error": error, "updated_at": time.time()}
        with self._writing():
            self._connection.executemany("INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?)", rows)
            self._connection.execute(
                "UPDATE statement SET body = ?, bytes = ? WHERE id = ?",
                (_document(statement, **ended), size, statement.id),
            )
            self._bytes += size
        if self._bytes > self._max_bytes:
            self._trim()

    def statements(self, region: str) -> list[Statement]:
        """The statements of a region, the oldest first; their results are read when they are asked for."""
        rows = self._read(
            "SELECT id, body FROM statement WHERE region = ? ORDER BY created DESC LIMIT ?",
            (region, REMEMBERED),
        )
        return [self._statement(identifier, json.loads(body)) for identifier, body in rows[::-1]]

    def submitters(self) -> dict[str, str]:
        """The user id of who submitted each statement."""
        return dict(self._read("SELECT id, caller FROM statement ORDER BY created", ()))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _statement(self, identifier: str, body: dict[str, Any]) -> Statement:
        whole, *parts = (Run(**run) for run in body.pop("runs"))
        for run in (whole, *parts):
            if run.status not in ENDED:
                run.become(ABORTED, _STOPPED)
        statement = Statement(id=identifier, whole=whole, parts=parts, **body)
        statement.revive = partial(self._revive, statement)
        return statement

    def _revive(self, statement: Statement) -> None:
        rows = self._read(
            "SELECT part, columns, rows FROM result WHERE statement = ?", (statement.id,)
        )
        runs = [statement.whole, *statement.parts]
        for number, columns, content in rows:
            found = tuple(ResultColumn(**column) for column in json.loads(columns))
            runs[number].result = ResultSet(found, [tuple(row) for row in json.loads(content)])

    def _read(self, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            try:
                with self._connection:
                    yield
            except sqlite3.Error as error:
                _LOG.warning("a statement of the Data API cannot be kept: %s", error)

    def _trim(self) -> None:
        """Forget what is a day old, and the oldest ones while there are too many or their results too large."""
        rows = self._read("SELECT id, created, bytes FROM statement ORDER BY created DESC", ())
        total, gone = 0, []
        for place, (identifier, created, size) in enumerate(rows):
            total += size
            too_old = created < time.time() - RETENTION_S
            if too_old or place >= REMEMBERED or total > self._max_bytes:
                gone.append((identifier,))
        if gone:
            with self._writing():
                self._connection.executemany("DELETE FROM result WHERE statement = ?", gone)
                self._connection.executemany("DELETE FROM statement WHERE id = ?", gone)
        self._bytes = self._read("SELECT COALESCE(SUM(bytes), 0) FROM statement", ())[0][0]


def _open(path: Path) -> tuple[sqlite3.Connection, int]:
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "PRAGMA synchronous=OFF"
        )  # A kill loses nothing; a crash of the machine may.
        _need_known_layout(connection)
        connection.executescript(_SCHEMA)
        size = connection.execute("SELECT COALESCE(SUM(bytes), 0) FROM statement").fetchone()[0]
    except BaseException:
        connection.close()
        raise
    return connection, size


def _need_known_layout(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] > 1:
        raise sqlite3.DatabaseError("it was written by a later version")


def _fits(result: ResultSet | None) -> bool:
    return result is not None and size_of(result) <= MAX_RESULT_BYTES


def _document(statement: Statement, **ended: Any) -> str:
    whole = _run_document(statement.whole) | ended
    return json.dumps(
        {
            "runs": [whole, *map(_run_document, statement.parts)],
            "batch": statement.batch,
            "auto_commit": statement.auto_commit,
            "database": statement.database,
            "user": statement.user,
            "owner": statement.owner,
            "caller_id": statement.caller_id,
            "request": statement.request,
            "session_id": statement.session_id,
            "query_id": statement.query_id,
            "fingerprint": statement.fingerprint,
        }
    )


def _run_document(run: Run) -> dict[str, Any]:
    names = ("sql", "status", "error", "created_at", "updated_at", "duration_ns", "affected_rows")
    return {name: getattr(run, name) for name in names}
