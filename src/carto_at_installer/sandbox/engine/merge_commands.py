"""MERGE: as Redshift describes it, a temporary table of the source, then an UPDATE or DELETE, and an INSERT.

The parts run as statements of their own in one transaction, so that privileges, casts, defaults and calls of Lambda
functions are those of UPDATE, DELETE and INSERT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import quoted
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session

_MATCHED = ("when", "matched", "then")
_NOT_MATCHED = ("when", "not", "matched", "then")
_DUPLICATES = ("remove", "duplicates")


@dataclass(frozen=True, slots=True)
class _Merge:
    """The texts of a MERGE. `source` is a table or a query in brackets, `alias` the name that it goes by.

    `assignments` are those of UPDATE SET (empty: DELETE), `columns` the list of INSERT or empty, `values` its
    expressions. Of REMOVE DUPLICATES there are none of them.
    """

    target: str
    source: str
    alias: str
    condition: str
    assignments: str = ""
    columns: str = ""
    values: str = ""


def merge(session: Session, cursor: Cursor) -> None:
    """MERGE INTO target USING source [[AS] alias] ON condition, with its two WHEN clauses or REMOVE DUPLICATES."""
    found = _read(cursor)
    given = quoted(f"rs_merge_{session.query_id}")
    new = quoted(f"rs_merge_new_{session.query_id}")
    source = f"{given} AS {found.alias}"
    session.inner(f"CREATE TEMP TABLE {given} AS SELECT * FROM {found.source} AS {found.alias}")
    _refuse_ambiguous(session, found, source)
    unmatched = "" if not found.values else f" WHERE NOT {_exists(found)}"
    session.inner(f"CREATE TEMP TABLE {new} AS SELECT * FROM {source}{unmatched}")
    changed = _change_matched(session, found, source)
    session.inner(
        f"INSERT INTO {found.target} {found.columns} SELECT {found.values or '*'} FROM {new} AS {found.alias}"
    )
    changed += session.affected_rows
    session.inner(f"DROP TABLE {given}, {new}")
    session.affected_rows = changed


def _exists(found: _Merge) -> str:
    return f"EXISTS (SELECT 1 FROM {found.target} WHERE {found.condition})"


def _refuse_ambiguous(session: Session, found: _Merge, source: str) -> None:
    """Raise when a row of the target is to get the values of several rows of the source."""
    pairs = f"SELECT COUNT(*) FROM {found.target}, {source} WHERE {found.condition}"
    matched = (
        f"SELECT COUNT(*) FROM {found.target}"
        f" WHERE EXISTS (SELECT 1 FROM {source} WHERE {found.condition})"
    )
    result = session.inner(f"SELECT ({pairs}) > ({matched})")
    if found.assignments and result is not None and result.rows[0][0]:
        raise RedshiftError("Found multiple matches to update the same tuple.")


def _change_matched(session: Session, found: _Merge, source: str) -> int:
    """UPDATE or DELETE the rows that match; how many there were."""
    if found.assignments:
        session.inner(
            f"UPDATE {found.target} SET {found.assignments} FROM {source} WHERE {found.condition}"
        )
    else:
        session.inner(f"DELETE FROM {found.target} USING {source} WHERE {found.condition}")
    return session.affected_rows


def _read(cursor: Cursor) -> _Merge:
    cursor.need("merge", "into")
    target = _name(cursor)
    cursor.need("using")
    source, alias = _source(cursor)
    cursor.need("on")
    condition = _text_before(cursor, _MATCHED, _NOT_MATCHED, _DUPLICATES)
    if cursor.take(*_DUPLICATES):
        cursor.finish()
        return _Merge(target, source, alias, condition)
    cursor.need(*_MATCHED)
    assignments = ""
    if not cursor.take("delete"):
        cursor.need("update", "set")
        assignments = _text_before(cursor, _NOT_MATCHED)
    cursor.need(*_NOT_MATCHED, "insert")
    columns = _in_brackets(cursor) if cursor.peek() == "(" else ""
    cursor.need("values")
    values = _in_brackets(cursor)[1:-1]
    cursor.finish()
    return _Merge(target, source, alias, condition, assignments, columns, values)


def _name(cursor: Cursor) -> str:
    start = cursor.index
    cursor.name()
    return cursor.source(start, cursor.index)


def _source(cursor: Cursor) -> tuple[str, str]:
    """The source and its alias: without one, a table goes by its name."""
    if cursor.peek() == "(":
        source, alias = _in_brackets(cursor), ""
    else:
        start = cursor.index
        alias = quoted(cursor.name()[-1])
        source = cursor.source(start, cursor.index)
    if cursor.take("as") or cursor.peek() != "on":
        alias = quoted(cursor.identifier())
    if not alias:
        raise RedshiftError("subquery in MERGE must have an alias")
    return source, alias


def _in_brackets(cursor: Cursor) -> str:
    """The text of the brackets that come next, with them."""
    start, depth = cursor.index, 0
    cursor.need("(")
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(cursor.token().text, 0)
    return cursor.source(start, cursor.index)


def _text_before(cursor: Cursor, *stops: tuple[str, ...]) -> str:
    """The text up to one of these sequences of words, outside of brackets."""
    start, depth = cursor.index, 0
    while not cursor.ended:
        if not depth and any(_comes(cursor, words) for words in stops):
            break
        depth += {"(": 1, ")": -1}.get(cursor.token().text, 0)
    if start == cursor.index:
        raise cursor.syntax_error()
    return cursor.source(start, cursor.index)


def _comes(cursor: Cursor, words: tuple[str, ...]) -> bool:
    return all(cursor.peek(ahead) == word for ahead, word in enumerate(words))
