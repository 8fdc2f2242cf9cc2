"""Smoke tests: the examples of the catalog, run through real SQL on the target.

To be quick, many examples are asked in one query (`SELECT (example 1) AS e1, ...`); only when that fails is each asked
alone, to name the one that does not answer.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.aws.retries import telling
from carto_at_installer.core.errors import SmokeTestError, SqlError
from carto_at_installer.core.explanations import explain_code, hint_for
from carto_at_installer.core.functions import Example, Kind
from carto_at_installer.plan.examples import callable_with, smoke_example
from carto_at_installer.sql.statements import tokens
from carto_at_installer.sql.templates import example_sql
from carto_at_installer.verify.comparison import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from carto_at_installer.core.functions import Function
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.core.queries import QueryResult, SqlBackend
    from carto_at_installer.core.releases import RecordedObject

_PER_QUERY = 20
_PARALLEL_QUERIES = 8


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """One example as it is asked on the target."""

    function: str
    module: str
    sql: str
    example: Example


@dataclass(frozen=True, slots=True)
class SmokeFailure:
    """An example that did not answer as documented; `error` is the database's text when it refused."""

    test: SmokeTest
    actual: Any = None
    error: str = ""

    @property
    def hint(self) -> str:
        """What the failure means and what to do, as far as it is known."""
        if self.error:
            return hint_for(self.error)
        silent = self.actual is None and self.test.example.result is not None
        return explain_code("silent-null").hint if silent else ""

    def describe(self) -> str:
        """What was expected and what came, in one sentence."""
        expected = self.test.example.error or repr(self.test.example.result)
        came = f"the error: {self.error}" if self.error else repr(self.actual)
        return f"{self.test.function}: {self.test.sql} should answer {expected}, but answers {came}"


def smoke_error(sentence: str, failures: Sequence[SmokeFailure]) -> SmokeTestError:
    """The error about functions that fail their tests: each of them, and what is known about the causes."""
    described = "\n".join(failure.describe() for failure in failures)
    hints = dict.fromkeys(failure.hint for failure in failures if failure.hint)
    logs = "See what went wrong in the functions with `carto-at logs`."
    return SmokeTestError(f"{sentence}:\n{described}", hint="\n".join(hints) or logs)


def smoke_tests(
    functions: Iterable[Function],
    schema: str,
    *,
    every_example: bool = False,
    there: Collection[str] | None = None,
) -> list[SmokeTest]:
    """The first example of each function that answers a value, or all of them.

    `there` are the names of the SQL functions that examples may call; None stands for all.
    """
    return [
        SmokeTest(f.name, f.module, example_sql(example, schema), example)
        for f in functions
        for example in _chosen(f, there, every_example=every_example)
    ]


def recorded_tests(objects: Iterable[RecordedObject], schema: str) -> list[SmokeTest]:
    """The examples that were recorded with SQL objects: no catalog is needed to ask them.

    Those that call functions which are not among the objects cannot be asked, and are left out.
    """
    known = list(objects)
    there = {o.name for o in known}
    tests = [_recorded_test(o, schema) for o in known if o.example]
    return [test for test in tests if callable_with(test.example.sql, there)]


def _recorded_test(o: RecordedObject, schema: str) -> SmokeTest:
    document = json.loads(o.example)
    example = Example(document["sql"], document["result"], unordered=document["unordered"])
    return SmokeTest(o.name, o.module, example_sql(example, schema), example)


def _chosen(
    function: Function, there: Collection[str] | None, *, every_example: bool
) -> Sequence[Example]:
    if every_example and function.kind is not Kind.PROCEDURE:
        return function.examples
    example = smoke_example(function, there)
    return [example] if example else []


def run_smoke_tests(
    sql: SqlBackend, tests: Sequence[SmokeTest], progress: Progress
) -> list[SmokeFailure]:
    """Ask every example, several queries at once, and return those that do not answer as documented."""
    batches = list(_batches(tests))
    progress.phase("Smoke tests", len(batches))

    def ask(batch: Sequence[SmokeTest]) -> list[SmokeFailure]:
        modules = ", ".join(dict.fromkeys(test.module for test in batch))
        size = f"{len(batch)} examples" if len(batch) > 1 else "one example"
        step = f"{modules}: {batch[0].function} to {batch[-1].function} ({size})"
        progress.started(step)
        with telling(lambda reason: progress.waiting(step, reason)):
            found = _ask_together(sql, batch) if len(batch) > 1 else _ask_alone(sql, batch)
        progress.finished(step, failed=bool(found))
        return found

    with ThreadPoolExecutor(_PARALLEL_QUERIES) as pool:
        return [failure for failures in pool.map(ask, batches) for failure in failures]


def _batches(tests: Sequence[SmokeTest]) -> Iterator[list[SmokeTest]]:
    together = [test for test in tests if _expression(test) is not None]
    for start in range(0, len(together), _PER_QUERY):
        yield together[start : start + _PER_QUERY]
    for test in tests:
        if _expression(test) is None:
            yield [test]


def _expression(test: SmokeTest) -> str | None:
    """What follows SELECT, when the example is one expression that expects a value; else None."""
    if not test.example.has_result:
        return None
    words = [token for token in tokens(test.sql) if not token.blank]
    if words[0].text.upper() != "SELECT":
        return None
    depth = 0
    for token in words[1:]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and (
            token.text == "," or token.text.upper() in {"FROM", "UNION", "AS", "LIMIT"}
        ):
            return None
    return test.sql[words[0].position + len("SELECT") :].strip()


def _ask_together(sql: SqlBackend, batch: Sequence[SmokeTest]) -> list[SmokeFailure]:
    columns = ", ".join(f"({_expression(test)}) AS e{n}" for n, test in enumerate(batch, 1))
    try:
        answer = sql.query(f"SELECT {columns}").rows[0]
    except SqlError:
        return _ask_alone(sql, batch)
    return [
        SmokeFailure(test, actual)
        for test, actual in zip(batch, answer, strict=True)
        if not matches(test.example.result, actual, unordered=test.example.unordered)
    ]


def _ask_alone(sql: SqlBackend, batch: Sequence[SmokeTest]) -> list[SmokeFailure]:
    return [failure for test in batch if (failure := _ask(sql, test))]


def _ask(sql: SqlBackend, test: SmokeTest) -> SmokeFailure | None:
    example = test.example
    try:
        answer = _value(sql.query(test.sql))
    except SqlError as error:
        expected = bool(example.error) and example.error in error.message
        return None if expected else SmokeFailure(test, error=error.message)
    if example.has_result and matches(example.result, answer, unordered=example.unordered):
        return None
    return SmokeFailure(test, answer)


def _value(answer: QueryResult) -> Any:
    """The value of a one-row, one-column answer; otherwise all rows."""
    if len(answer.rows) == 1 and len(answer.columns) == 1:
        return answer.rows[0][0]
    return [list(row) for row in answer.rows]
