"""Where the control planes keep what they know: JSON documents in one SQLite file.

SQLite in WAL mode survives `kill -9` at any moment: a request is answered only after its transaction was committed.
States that pass by themselves (a function that becomes Active) are stored as the time at which they end, so that
nothing needs to run for them and a restart loses nothing.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY, service TEXT NOT NULL, at REAL NOT NULL, seed INTEGER NOT NULL,
    request TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS log_event (
    number INTEGER PRIMARY KEY, region TEXT NOT NULL, log_group TEXT NOT NULL, stream TEXT NOT NULL,
    at INTEGER NOT NULL, ingested INTEGER NOT NULL, message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS log_event_place ON log_event (region, log_group, stream, at);
"""
SCHEMA_VERSION = 1


class StateError(Exception):
    """The state cannot be read or written: a full disk, a file that is not ours, a newer layout."""


class Store:
    """Documents by kind and key. Every call may come from any thread; transactions are serialised.

    Raises StateError when SQLite cannot read or write its file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._open_layout()
        except sqlite3.Error as error:
            raise StateError(f"the state file {path} cannot be opened: {error}") from error

    def _open_layout(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StateError(
                f"the state was written by a newer version of this program (layout {version}, "
                f"known here: {SCHEMA_VERSION})"
            )
        self._connection.executescript(_SCHEMA)
        self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other threads out, without a transaction: for who takes another lock too, and this one first."""
        with self._lock:
            yield

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, one at a time; nested uses join the outer transaction."""
        with self._lock:
            outermost = self._depth == 0
            self._depth += 1
            try:
                if outermost:
                    self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                if outermost:
                    self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StateError(f"the sandbox cannot write its state: {error}") from error
            finally:
                self._depth -= 1
                if outermost and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The document, or None."""
        rows = self.query("SELECT body FROM document WHERE kind = ? AND key = ?", (kind, key))
        return None if not rows else _load(rows[0][0])

    def put(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Write or replace a document."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (kind, key, json.dumps(body))
            )

    def delete(self, kind: str, key: str) -> bool:
        """Delete a document; whether there was one."""
        with self.transaction() as connection:
            cursor = connection.execute(
                "DELETE FROM document WHERE kind = ? AND key = ?", (kind, key)
            )
            return cursor.rowcount > 0

    def items(self, kind: str, prefix: str = "") -> list[tuple[str, dict[str, Any]]]:
        """(key, document) of a kind, ordered by key, whose key starts with `prefix`."""
        rows = self.query(
            "SELECT key, body FROM document WHERE kind = ? AND substr(key, 1, ?) = ? ORDER BY key",
            (kind, len(prefix), prefix),
        )
        return [(key, _load(body)) for key, body in rows]

    def query(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise StateError(f"the sandbox cannot read its state: {error}") from error

    def close(self) -> None:
        """Write everything into the main file and let it go."""
        with self._lock:
            self._connection.close()


def _load(body: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(body)
    return document
