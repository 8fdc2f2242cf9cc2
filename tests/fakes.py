"""Fakes of the installer's seams, for tests without input and output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import SqlError

if TYPE_CHECKING:
    from carto_at_installer.core.queries import QueryResult


@dataclass
class FakeSql:
    """A database that remembers what it was told and answers queries by the first text that they contain."""

    answers: dict[str, QueryResult | SqlError] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    transactions: list[list[str]] = field(default_factory=list)
    refuse: str = ""

    def query(self, sql, parameters=None):
        self.queries.append(sql)
        for text, answer in self.answers.items():
            if text in sql:
                if isinstance(answer, SqlError):
                    raise answer
                return answer
        raise SqlError(f"no answer for {sql}", sqltext=sql)

    def transaction(self, statements):
        for statement in statements:
            if self.refuse and self.refuse in statement:
                raise SqlError(f"refused: {self.refuse}", sqltext=statement)
        self.transactions.append(list(statements))


class Recorder:
    """A progress listener that keeps what it was told."""

    def __init__(self):
        self.events = []

    def phase(self, title, total):
        self.events.append(("phase", title, total))

    def started(self, step):
        self.events.append(("started", step))

    def finished(self, step, *, failed=False):
        self.events.append(("failed" if failed else "finished", step))

    def waiting(self, step, reason):
        self.events.append(("waiting", step, reason))
