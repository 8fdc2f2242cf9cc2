"""Sees to it that an external function gets the rows of a whole query, not of one vector of DuckDB (2048 rows).

DuckDB hands the arguments of a call over vector by vector and wants the results at once. Therefore a statement that
calls external functions on tables is run through first, without results: its calls answer NULL and are written down.
Then Lambda is asked, in batches as large as the function allows, and the statement runs for good, with the answers at
hand. Calls that depend on results of others (`f(g(x))`) wait for a further run. The answers are found by the
arguments, so the last run is right whatever the runs before it saw; what they did not see is asked then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from carto_at_installer.sandbox.engine.answers import NEVER, Plan
from carto_at_installer.sandbox.engine.call_depths import FUNCTION, CallDepths, Summary
from carto_at_installer.sandbox.engine.function_body import body_tree
from carto_at_installer.sandbox.engine.names import Names
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.engine.transpile import Transpiler
from carto_at_installer.sandbox.engine.view_commands import query_of
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.engine.functions import UserFunction
    from carto_at_installer.sandbox.engine.session import Session

_READ_ROWS = 100_000
_CHANGING = ("random", "setseed", "nextval")


def look_ahead(session: Session, tree: exp.Expr) -> None:
    """Ask the external functions that a statement (in DuckDB's form) will call. Raises RedshiftError when they fail."""
    if not _worthwhile(session, tree):
        return
    query = _query(tree)
    plan = _plan(session, tree) if query is not None else None
    if query is None or plan is None:
        return
    text = query.sql("duckdb", identify=True)
    for number in plan.stages:
        with session.answers.stage(number, plan):
            if not _run_through(session, text):
                return


def _worthwhile(session: Session, tree: exp.Expr) -> bool:
    """Whether users' functions may be called on rows of a relation, and the same ones at every run."""
    tables = list(tree.find_all(exp.Table))
    if not tables:
        return False
    called = any(FUNCTION in node.meta for node in tree.walk())
    if not called and not any(_view(session, each.db, each.name) for each in tables):
        return False
    return tree.find(exp.Rand) is None and not any(
        str(node.this).lower() in _CHANGING for node in tree.find_all(exp.Anonymous)
    )


def _query(tree: exp.Expr) -> exp.Expr | None:
    """A query that computes what a statement computes, without changing anything."""
    if isinstance(tree, exp.Query):
        return tree
    if isinstance(tree, exp.Insert):
        source = tree.expression
        return source if isinstance(source, exp.Query) and not tree.args.get("with_") else None
    where = tree.args.get("where")
    if isinstance(tree, exp.Update):
        values = [each.expression.copy() for each in tree.expressions] or [exp.true()]
        sources = tree.args.get("from_")
    else:
        values, sources = [exp.true()], None
        if tree.args.get("using") or where is None:
            return None
    if tree.args.get("with_"):
        return None
    query = exp.select(*values).from_(tree.this.copy())
    if sources is not None:
        query = query.join(sources.this.copy(), join_type="cross")
    query.set("where", where.copy() if where is not None else None)
    return query


def _plan(session: Session, tree: exp.Expr) -> Plan | None:
    """What to look for in a statement; None when it had better run as it is.

    A function that is called at several depths is not written down, nor anything that may depend on it.
    """
    summaries = _Summaries(session)
    depths = CallDepths(summaries, summaries.of_view)
    try:
        with session.names.looking():
            depths.visit(tree, 0)
    except RedshiftError:
        return (
            None  # A function whose body has become wrong: the statement tells, if it gets there.
        )
    exact = {name: min(found) for name, found in depths.found.items() if len(found) == 1}
    unclear = {name: min(found) for name, found in depths.found.items() if len(found) > 1}
    if depths.volatile and (unclear or len(set(exact.values())) > 1):
        return None
    last = min(unclear.values(), default=NEVER - 1)
    return Plan({**exact, **dict.fromkeys(unclear, NEVER)}, last)


def _run_through(session: Session, text: str) -> bool:
    """Run a query without looking at its rows; False for one that fails, perhaps over a NULL in place of an answer."""
    try:
        for _ in session.connection.execute(text).to_arrow_reader(_READ_ROWS):
            pass
    except duckdb.InterruptException:
        raise
    except duckdb.Error:
        if session.in_transaction or session.error is not None:
            raise
        return False
    return True


class _Summaries:
    """What users' functions call: for each version of a function it is found out once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, function: UserFunction) -> Summary:
        """The summary of one function. Raises RedshiftError when its body does not fit the database any more."""
        name = f"{function.schema}.{function.name}"
        if function.kind == "external":
            volatile = [name] if function.volatility == "volatile" else []
            return Summary({name: {0}}, 1, frozenset(volatile))
        if function.kind == "python":
            return Summary({}, 0, frozenset())
        return self._summary(
            (function.oid, function.body),
            lambda: body_tree(function.body, function.arguments, self._names(function.owner)),
        )

    def of_view(self, schema: str, name: str) -> Summary | None:
        """The summary of a view; None for what is no view. Raises RedshiftError as for a function."""
        found = _view(self._session, schema, name)
        if found is None:
            return None
        oid, owner, definition = found
        return self._summary(
            (oid, definition), lambda: Transpiler(self._names(owner)).tree(query_of(definition))
        )

    def _summary(self, key: tuple[int, str], tree: Callable[[], exp.Expr]) -> Summary:
        known = self._session.engine.summaries
        if key not in known:
            own = CallDepths(self, self.of_view)
            height = own.visit(tree(), 0)
            known[key] = Summary(dict(own.found), height, own.volatile)
        return known[key]

    def _names(self, owner: str) -> Names:
        """Names are looked up as the owner, who may use what a function or view uses."""
        names = Names(self._session.connection, self._session.engine.database, owner)
        names.search_path = self._session.names.search_path
        return names


def _view(session: Session, schema: str, name: str) -> tuple[int, str, str] | None:
    """(oid, owner, definition) of a view, or None."""
    if not schema:
        return None
    row = session.connection.execute(
        f"SELECT oid, owner, definition FROM {SCHEMA}.relations"
        " WHERE schema_name = ? AND name = ? AND kind = 'view'",
        [schema, name],
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])
