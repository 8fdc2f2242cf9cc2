"""Counts the calls to AWS and tells reading from changing ones, so that "nothing was changed" can be shown."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.hooks import BaseEventHooks

_READING = ("Get", "List", "Describe", "Simulate", "AssumeRole", "Head")
_STATEMENT_CALLS = {"ExecuteStatement", "BatchExecuteStatement"}
_reading_sql: ContextVar[bool] = ContextVar("reading_sql", default=False)


@contextmanager
def reading_sql() -> Iterator[None]:
    """Mark the Data API statements inside the block as queries that change nothing."""
    token = _reading_sql.set(True)
    try:
        yield
    finally:
        _reading_sql.reset(token)


@dataclass(frozen=True, slots=True)
class CallCount:
    """How many requests were sent, how many of them can change something, and how many of each kind."""

    total: int
    mutating: int
    by_operation: dict[str, int]


class CallLedger:
    """Listens to a botocore session and counts every request by `service:Operation`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._mutating = 0

    def watch(self, events: BaseEventHooks) -> None:
        """Start counting the calls of a session whose event hooks are given."""
        events.register("before-call.*.*", self._record)

    def _record(self, model: Any, **_: Any) -> None:
        name = f"{model.service_model.service_name}:{model.name}"
        with self._lock:
            self._calls[name] += 1
            self._mutating += _changes_something(model.name)

    def count(self) -> CallCount:
        """What was counted so far."""
        with self._lock:
            return CallCount(self._calls.total(), self._mutating, dict(sorted(self._calls.items())))


def _changes_something(operation: str) -> bool:
    if operation in _STATEMENT_CALLS:
        return not _reading_sql.get()
    return not operation.startswith(_READING)
