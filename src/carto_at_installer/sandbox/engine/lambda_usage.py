"""What one query sent to Lambda, function by function: the rows of SYS_LUDF_DETAIL."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.storage import SCHEMA

if TYPE_CHECKING:
    import duckdb

    from carto_at_installer.sandbox.engine.external import ExternalTarget

_KEPT_DAYS = 7


@dataclass(slots=True)
class FunctionUsage:
    """The calls of one external function by one query. Bytes are those of payloads; times are UTC."""

    function_key: str
    lambda_name: str
    start: datetime
    end: datetime
    rows: int = 0
    invocations: int = 0
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class LambdaUsage:
    """The usage of one query. Calls come from several threads at once."""

    functions: dict[str, FunctionUsage] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, target: ExternalTarget, rows: int) -> FunctionUsage:
        """Note that a function is about to be called with so many rows."""
        key = f"{target.name}({target.signature})"
        now = _now()
        with self._guard:
            used = self.functions.get(key)
            if used is None:
                used = FunctionUsage(key, target.options.lambda_name, now, now)
                self.functions[key] = used
            used.rows += rows
        return used

    def invoked(self, used: FunctionUsage, sent: int, received: int) -> None:
        """Note one invocation with the bytes of its request and response."""
        with self._guard:
            used.invocations += 1
            used.sent += sent
            used.received += received
            used.end = _now()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def write(
    connection: duckdb.DuckDBPyConnection,
    usage: LambdaUsage,
    query: tuple[str, int, int],
) -> None:
    """Record the usage of a query, given as (user, transaction, query). Outside the session's transaction."""
    user, transaction, number = query
    for position, used in enumerate(usage.functions.values()):
        connection.execute(
            f"INSERT INTO {SCHEMA}.lambda_calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                user, transaction, number, used.function_key, position, used.lambda_name, used.start, used.end,
                used.invocations, used.rows, used.sent, used.received,
            ],
        )  # fmt: skip


def forget_old(connection: duckdb.DuckDBPyConnection) -> int:
    """Drop what is older than a week, as Redshift does; returns the highest query number that was recorded."""
    connection.execute(
        f"DELETE FROM {SCHEMA}.lambda_calls WHERE start_time < now()::TIMESTAMP - INTERVAL {_KEPT_DAYS} DAY"
    )
    row = connection.execute(
        f"SELECT coalesce(max(query_id), 0) FROM {SCHEMA}.lambda_calls"
    ).fetchone()
    return int(row[0]) if row else 0
