"""The lease: who is changing an installation, so that two cannot do it at once.

A row in the target with an owner, a heartbeat and an end. It expires by itself when its process dies. Whoever wakes up
after its lease was taken is stopped twice: `confirm` fails before the next step, and `guards`, the first statements of
each of its transactions, make that transaction fail.

All these transactions begin by locking the table: what a dead process has sent off comes to its end before anybody
else takes the lease, and whoever takes it sees what became of that.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from carto_at_installer.core.errors import CartoAtError, LockHeldError, SqlError, TargetError
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carto_at_installer.apply.tables import Tables
    from carto_at_installer.core.queries import SqlBackend

LEASE_S = 120


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease. Times are the database's, as text; ages in seconds."""

    token: str
    holder: str
    host: str
    pid: int
    command: str
    acquired_at: str
    age_s: int
    expires_in_s: int

    def describe(self) -> str:
        """One sentence for people."""
        return (
            f"`carto-at {self.command}` by {self.holder} (process {self.pid} on {self.host}) began {self.age_s} s ago; "
            f"its lease ends in {max(self.expires_in_s, 0)} s unless it is renewed"
        )


def read_holder(sql: SqlBackend, tables: Tables) -> Holder | None:
    """The holder of a lease that has not expired, or None."""
    rows = sql.query(
        "SELECT token, holder, host, pid, command, CAST(acquired_at AS VARCHAR(32)),"
        " DATEDIFF(second, acquired_at, GETDATE()), DATEDIFF(second, GETDATE(), expires_at)"
        f" FROM {tables.lease} WHERE expires_at > GETDATE()"
    ).rows
    if not rows:
        return None
    token, holder, host, pid, command, acquired, age, left = rows[0]
    return Holder(token, holder, host, int(pid), command, acquired, int(age), int(left))


def break_lease(sql: SqlBackend, tables: Tables, holder: Holder) -> None:
    """Take the lease away from `holder`; its process stops before its next step."""
    sql.transaction(
        [_lock(tables), f"DELETE FROM {tables.lease} WHERE token = {literal(holder.token)}"]
    )


def _lock(tables: Tables) -> str:
    """The statement, the first of its transaction, that makes it wait for others that change the installation."""
    return f"LOCK TABLE {tables.lease}"


class Lease:
    """A lease of this process; `take` it, `confirm` it before each step, let `release_statement` end it.

    `clock` gives wall seconds: they go on while the process is stopped, which is what the lease is about.
    """

    def __init__(
        self,
        sql: SqlBackend,
        tables: Tables,
        *,
        holder: str,
        command: str,
        seconds: int = LEASE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sql = sql
        self._tables = tables
        self._holder = holder
        self._command = command
        self._seconds = seconds
        self._clock = clock
        self.token = uuid.uuid4().hex
        self._confirmed = clock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def take(
        self, together_with: Sequence[str], *, after: Sequence[str] = (), provided: str = ""
    ) -> None:
        """Take the lease and run further statements, `after` those that make the tables, all in one transaction.

        `provided` is a statement that fails unless the world is as it was when it was looked at. Raises LockHeldError
        naming the holder when another process has the lease, and TargetError when the world has changed; then nothing
        was done.
        """
        condition = [provided] if provided else []
        try:
            self._sql.transaction([*after, *self._taking(), *condition, *together_with])
        except SqlError as error:
            other = self._other()
            if other is not None:
                raise self._held(other) from error
            if provided and error.sqltext == provided:
                raise TargetError(
                    "Another run has changed this installation since this one looked at it",
                    hint="Repeat the command: it looks again.",
                ) from error
            raise
        self._confirmed = self._clock()

    def _other(self) -> Holder | None:
        """Another holder of the lease, if there is one; where the tables are missing, nobody holds it."""
        try:
            holder = read_holder(self._sql, self._tables)
        except SqlError:
            return None
        return None if holder is None or holder.token == self.token else holder

    @staticmethod
    def _held(other: Holder) -> LockHeldError:
        return LockHeldError(
            f"This installation is being changed: {other.describe()}",
            hint="Wait for it. If that process is known to be dead: carto-at unlock",
        )

    def _taking(self) -> list[str]:
        table = self._tables.lease
        values = (self.token, self._holder, socket.gethostname(), os.getpid(), self._command)
        return [
            _lock(self._tables),
            f"DELETE FROM {table} WHERE expires_at <= GETDATE()",
            (
                f"INSERT INTO {table} (token, holder, host, pid, command, acquired_at, heartbeat_at, expires_at)"
                f" SELECT {', '.join(literal(value) for value in values)}, GETDATE(), GETDATE(),"
                f" DATEADD(second, {self._seconds}, GETDATE())"
                f" WHERE NOT EXISTS (SELECT 1 FROM {table})"
            ),
            self._holding(),
        ]

    def guards(self) -> list[str]:
        """The statements that every transaction begins with: they fail unless this process holds the lease.

        One that has expired but that nobody has taken still counts: taking it would have deleted its row.
        """
        return [_lock(self._tables), self._holding()]

    def _holding(self) -> str:
        """A statement that fails, by dividing by zero, unless the lease's row is there."""
        return f"SELECT 1 / COUNT(*) FROM {self._tables.lease} WHERE token = {literal(self.token)}"

    def confirm(self) -> None:
        """Make sure that the lease is still ours; asks the database when the last answer is old.

        Raises LockHeldError when it was lost.
        """
        if self._clock() - self._confirmed < self._seconds / 2:
            return
        self._renew()

    def _renew(self) -> None:
        asked = self._clock()
        try:
            self._sql.transaction(
                [
                    *self.guards(),
                    (
                        f"UPDATE {self._tables.lease} SET heartbeat_at = GETDATE(),"
                        f" expires_at = DATEADD(second, {self._seconds}, GETDATE())"
                        f" WHERE token = {literal(self.token)}"
                    ),
                ]
            )
        except SqlError as error:
            raise self._lost() from error
        self._confirmed = asked

    def _lost(self) -> CartoAtError:
        other = read_holder(self._sql, self._tables)
        taken = f" and was taken: {other.describe()}" if other else ""
        return LockHeldError(
            f"The lease of this process has expired{taken}",
            hint="See what the other one did with `carto-at status` before you run this command again.",
        )

    def release_statement(self) -> str:
        """The statement that ends the lease, to be sent along with the last transaction."""
        return f"DELETE FROM {self._tables.lease} WHERE token = {literal(self.token)}"

    def __enter__(self) -> Self:
        """Renew the lease in the background until the block ends."""
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=5)

    def _beat(self) -> None:
        """A beat that fails is not an error yet: `confirm` finds out before the next step."""
        while not self._stop.wait(self._seconds / 3):
            try:
                self._renew()
            except CartoAtError:
                continue
