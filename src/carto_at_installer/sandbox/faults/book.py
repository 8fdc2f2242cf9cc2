"""Keeps the faults of a server, counts the calls that they are about, and says which ones strike."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.faults.fault import Fault, FaultState, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class FaultBook:
    """The faults of one server. Every method may be called from any thread.

    `check` raises FaultError for an operation that the sandbox does not know.
    """

    def __init__(self, check: Callable[[str], None] = lambda _: None) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._states: dict[int, FaultState] = {}
        self._last = 0

    def add(self, *faults: Fault) -> tuple[FaultState, ...]:
        """Take in faults, all or none. Raises FaultError for an unknown operation."""
        for fault in faults:
            if fault.operation:
                self._check(fault.operation)
        with self._lock:
            added = []
            for fault in faults:
                self._last += 1
                self._states[self._last] = FaultState(self._last, fault)
                added.append(self._states[self._last])
        return tuple(added)

    def states(self) -> tuple[FaultState, ...]:
        """Every fault, oldest first, with what it counted; those that are spent too."""
        with self._lock:
            return tuple(self._states.values())

    def clear(self, *ids: int) -> int:
        """Remove the faults with those numbers, or all; how many there were."""
        with self._lock:
            found = [number for number in (ids or [*self._states]) if number in self._states]
            for number in found:
                del self._states[number]
            return len(found)

    @property
    def empty(self) -> bool:
        """Whether there is none, which spares the question."""
        return not self._states

    def meet(
        self,
        place: Place,
        texts: Any,
        operation: str = "",
        condition: Callable[[Fault], bool] = lambda _: True,
    ) -> list[Fault]:
        """The faults that strike a call: of `operation`, with the strings in `texts` (a request, SQL, a name)."""
        if self.empty:
            return []
        with self._lock:
            return [
                state.fault
                for state in [*self._states.values()]
                if state.fault.place is place
                and _names(state.fault.operation, operation)
                and _occurs(state.fault.where, texts)
                and condition(state.fault)
                and self._count(state)
            ]

    def _count(self, state: FaultState) -> bool:
        seen = state.seen + 1
        struck = state.fault.strikes(seen)
        self._states[state.id] = replace(state, seen=seen, hits=state.hits + struck)
        return struck


def _names(pattern: str, operation: str) -> bool:
    return not pattern or wildcard(pattern).fullmatch(operation) is not None


def _occurs(where: str, texts: Any) -> bool:
    if not where:
        return True
    expression = wildcard(where)
    return any(expression.search(text) for text in _strings(texts))


def wildcard(pattern: str) -> re.Pattern[str]:
    """A pattern with `*` and `?` as a regular expression, in any case."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.IGNORECASE | re.DOTALL)


def _strings(value: Any) -> Iterator[str]:
    """Every string in a request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
