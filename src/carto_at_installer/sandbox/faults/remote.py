"""Adds, lists and clears the faults of a running server, by a request that is not part of AWS's API.

The request carries the token in the server file, which only the owner of the home can read.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.faults.fault import Fault, FaultState, state_from_json
from carto_at_installer.sandbox.home import Home, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "/_sandbox/faults"
_SECONDS = 10.0
_OK = 200


@dataclass(frozen=True, slots=True)
class RemoteBook:
    """The faults of the server on a port of this machine. Methods raise SandboxError."""

    port: int
    token: str

    def add(self, *faults: Fault) -> tuple[FaultState, ...]:
        """Add faults, all or none; SandboxError also names an operation that the sandbox does not know."""
        return _states(self._ask("POST", {"faults": [fault.to_json() for fault in faults]}))

    def states(self) -> tuple[FaultState, ...]:
        """Every fault with what it counted."""
        return _states(self._ask("GET", {}))

    def clear(self, *ids: int) -> int:
        """Remove the faults with those numbers, or all; how many there were."""
        return int(self._ask("DELETE", {"ids": list(ids)})["cleared"])

    def _ask(self, method: str, content: dict[str, Any]) -> dict[str, Any]:
        import http.client  # noqa: PLC0415  (at first use: the command line is to start quickly)

        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request(method, PATH, json.dumps(content), headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SandboxError(f"The sandbox does not answer: {error}", _RESTART) from error
        finally:
            connection.close()
        if response.status != _OK:
            raise SandboxError(str(answer.get("message", answer)), str(answer.get("hint", "")))
        return answer


_RESTART = "Start it with: carto-at sandbox start"


def book_of(home: Path) -> RemoteBook:
    """The faults of the server of a home. Raises SandboxError when it does not run."""
    place = Home(home)
    info = place.read_server() if place.server_running() else None
    if info is None:
        raise SandboxError("The sandbox is not running.", _RESTART)
    return RemoteBook(info.port, info.token)


def add(home: Path, *faults: Fault) -> tuple[FaultState, ...]:
    """Add faults to the server of `home`, all or none. Raises SandboxError."""
    return book_of(home).add(*faults)


def states(home: Path) -> tuple[FaultState, ...]:
    """The faults of the server of `home` with what they counted. Raises SandboxError."""
    return book_of(home).states()


def clear(home: Path, *ids: int) -> int:
    """Remove faults by number, or all; how many there were. Raises SandboxError."""
    return book_of(home).clear(*ids)


@contextmanager
def during(home: Path, *faults: Fault) -> Iterator[RemoteBook]:
    """Faults for a while: yields the book, and clears them at the end. Raises SandboxError."""
    book = book_of(home)
    added = book.add(*faults)
    try:
        yield book
    finally:
        book.clear(*(state.id for state in added))


def _states(answer: dict[str, Any]) -> tuple[FaultState, ...]:
    return tuple(state_from_json(item) for item in answer["faults"])
