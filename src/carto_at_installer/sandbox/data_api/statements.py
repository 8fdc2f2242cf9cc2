"""Statements as the Data API remembers them, and the states they pass through."""

from __future__ import annotations

import base64
import binascii
import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from carto_at_installer.sandbox.engine import ResultSet, Session

SUBMITTED, PICKED, STARTED = "SUBMITTED", "PICKED", "STARTED"
FINISHED, FAILED, ABORTED = "FINISHED", "FAILED", "ABORTED"
ENDED = frozenset({FINISHED, FAILED, ABORTED})
RETENTION_S = 24 * 3600
REMEMBERED = 2000


@dataclass(slots=True)
class Run:
    """One SQL text and how its run went. Times are epoch seconds, `duration_ns` is nanoseconds, -1 means not known."""

    sql: str
    status: str = SUBMITTED
    error: str = ""
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    duration_ns: int = -1
    affected_rows: int = -1
    result: ResultSet | None = None

    def become(self, status: str, error: str = "") -> None:
        """Change the state."""
        self.status, self.error, self.updated_at = status, error, time.time()


@dataclass(slots=True)
class Statement:
    """An ExecuteStatement or BatchExecuteStatement request and its runs. `whole` sums up a batch.

    `fingerprint` stands for the request, where it has a ClientToken. `revive` reads the results of a statement of
    before a restart, once they are asked for.
    """

    id: str
    whole: Run
    parts: list[Run]
    batch: bool
    auto_commit: bool
    database: str
    user: str
    owner: str
    caller_id: str
    request: dict[str, Any]
    session_id: str = ""
    session: Session | None = None
    cancelled: bool = False
    query_id: int = 0
    fingerprint: str = ""
    revive: Callable[[], None] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def become(self, run: Run, status: str, error: str = "") -> None:
        """Change the state of this statement or of a part, and wake whoever waits for it."""
        with self.changed:
            run.become(status, error)
            self.changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, but not longer than so many seconds."""
        with self.changed:
            self.changed.wait_for(lambda: self.whole.status in ENDED, timeout=seconds)


class StatementStore:
    """Statements by id: for 24 hours, and the newest 2000."""

    def __init__(self, known: Iterable[Statement] = ()) -> None:
        self._statements = OrderedDict((each.id, each) for each in known)
        self._lock = threading.Lock()

    def add(self, statement: Statement) -> None:
        """Remember a statement, forgetting old ones that have ended."""
        with self._lock:
            self._statements[statement.id] = statement
            oldest = time.time() - RETENTION_S
            for key, each in list(self._statements.items()):
                too_many = len(self._statements) > REMEMBERED
                if not too_many and each.whole.created_at > oldest:
                    break
                if each.whole.status in ENDED:
                    del self._statements[key]

    def find(self, identifier: str, owner: str) -> tuple[Statement, Run]:
        """The statement (and the part that `id:n` names). Raises AwsServiceError when there is none of this owner."""
        base, _, number = identifier.partition(":")
        with self._lock:
            statement = self._statements.get(base)
        if statement is None or statement.owner != owner:
            raise AwsServiceError("ResourceNotFoundException", "Query does not exist.")
        with statement.changed:
            if statement.revive is not None:
                statement.revive()
                statement.revive = None
        if not number:
            return statement, statement.whole
        if not number.isdigit() or not 1 <= int(number) <= len(statement.parts):
            raise AwsServiceError("ResourceNotFoundException", "Query does not exist.")
        return statement, statement.parts[int(number) - 1]

    def of_owner(self, owner: str) -> list[Statement]:
        """All statements of one identity, newest first."""
        with self._lock:
            found = [each for each in self._statements.values() if each.owner == owner]
        return found[::-1]


def new_id() -> str:
    """A statement's or session's id."""
    return str(uuid.uuid4())


def write_token(offset: int) -> str:
    """A NextToken that says where the next page begins."""
    return base64.b64encode(f"offset={offset}".encode()).decode()


def read_token(token: str | None) -> int:
    """Where the page of this token begins. Raises AwsServiceError for a token that is not ours."""
    if not token:
        return 0
    try:
        text = base64.b64decode(token, validate=True).decode()
        return int(text.removeprefix("offset="))
    except (binascii.Error, ValueError) as error:
        raise AwsServiceError("ValidationException", "Invalid NextToken.") from error
