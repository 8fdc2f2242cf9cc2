"""LOCK TABLE: exclusive locks that a transaction holds until it ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_S = 0.1


class TableLocks:
    """Who holds which table; waiting can be cancelled. Deadlocks are told at once."""

    def __init__(self) -> None:
        self._holders: dict[str, str] = {}
        self._waits: dict[str, str] = {}
        self._changed = threading.Condition()

    def acquire(self, table: str, owner: str, cancelled: Callable[[], bool]) -> None:
        """Wait until `owner` holds `table`. Raises RedshiftError when cancelled or deadlocked."""
        with self._changed:
            self._waits[owner] = table
            try:
                while self._holders.get(table, owner) != owner:
                    if cancelled():
                        raise RedshiftError("Query cancelled on user's request")
                    if self._deadlocked(owner):
                        raise RedshiftError("deadlock detected")
                    self._changed.wait(_POLL_S)
                self._holders[table] = owner
            finally:
                del self._waits[owner]

    def _deadlocked(self, owner: str) -> bool:
        seen: set[str] = set()
        current = owner
        while (table := self._waits.get(current)) is not None:
            current = self._holders.get(table, "")
            if current == owner:
                return True
            if current in seen:
                return False
            seen.add(current)
        return False

    def release(self, owner: str) -> None:
        """Give back everything that `owner` holds."""
        with self._changed:
            self._holders = {t: o for t, o in self._holders.items() if o != owner}
            self._changed.notify_all()
