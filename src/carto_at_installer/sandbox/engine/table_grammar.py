"""The grammar of CREATE TABLE with Redshift's attributes. An attribute that is not known is a syntax error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import type_name

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.data_types import RsType

_ENCODINGS = frozenset(
    "auto raw az64 bytedict delta delta32k lzo mostly8 mostly16 mostly32 runlength text255 text32k zstd".split()
)


@dataclass(slots=True)
class ColumnDefinition:
    """A column as written. `default` is Redshift SQL; `identity` is (seed, step)."""

    name: str
    type: RsType
    default: str = ""
    identity: tuple[int, int] | None = None
    by_default: bool = False
    required: bool = False


@dataclass(slots=True)
class TableDefinition:
    """A CREATE TABLE statement. `query` is given for CREATE TABLE AS."""

    name: tuple[str, ...]
    temporary: bool
    lenient: bool
    columns: list[ColumnDefinition] = field(default_factory=list)
    query: str = ""
    query_columns: list[str] = field(default_factory=list)


def create_table(cursor: Cursor) -> TableDefinition:
    """Read CREATE [TEMP] TABLE to its end."""
    cursor.need("create")
    cursor.take("local")
    temporary = cursor.take("temp") or cursor.take("temporary")
    cursor.need("table")
    lenient = cursor.take("if", "not", "exists")
    name = cursor.name()
    if name[-1].startswith("#"):
        temporary = True
    table = TableDefinition(name, temporary, lenient)
    if cursor.peek() == "(" and not _is_query_columns(cursor):
        _definitions(cursor, table)
        _attributes(cursor)
        cursor.finish()
        return table
    if cursor.take("("):
        table.query_columns.append(cursor.identifier())
        while cursor.take(","):
            table.query_columns.append(cursor.identifier())
        cursor.need(")")
    _attributes(cursor)
    cursor.need("as")
    table.query = cursor.rest()
    return table


def _is_query_columns(cursor: Cursor) -> bool:
    """Whether the brackets hold bare names: `CREATE TABLE t (a, b) AS SELECT ...`."""
    return cursor.peek(2) in {",", ")"}


def _definitions(cursor: Cursor, table: TableDefinition) -> None:
    cursor.need("(")
    required: list[str] = []
    while True:
        word = cursor.peek()
        if word in {"primary", "unique", "foreign", "constraint"}:
            required += _table_constraint(cursor)
        elif word == "like":
            raise cursor.unsupported("CREATE TABLE (LIKE ...)")
        else:
            table.columns.append(read_column(cursor))
        if cursor.take(")"):
            break
        cursor.need(",")
    for column in table.columns:
        column.required = column.required or column.name in required


def _table_constraint(cursor: Cursor) -> list[str]:
    """Keys are informational in Redshift: nothing but the NOT NULL of a primary key is enforced."""
    if cursor.take("constraint"):
        cursor.identifier()
    primary = cursor.take("primary", "key")
    if not primary and not cursor.take("unique"):
        cursor.need("foreign", "key")
        _names(cursor)
        _references(cursor)
        return []
    names = _names(cursor)
    return names if primary else []


def _names(cursor: Cursor) -> list[str]:
    cursor.need("(")
    found = [cursor.identifier()]
    while cursor.take(","):
        found.append(cursor.identifier())
    cursor.need(")")
    return found


def _references(cursor: Cursor) -> None:
    cursor.need("references")
    cursor.name()
    if cursor.peek() == "(":
        _names(cursor)


def read_column(cursor: Cursor) -> ColumnDefinition:
    """A column with its type and attributes, up to a comma, a closing bracket or the end."""
    column = ColumnDefinition(cursor.identifier(), type_name(cursor))
    while cursor.peek() not in {",", ")", ""}:
        _column_attribute(cursor, column)
    return column


_STOPS = (
    "default", "identity", "generated", "encode", "distkey", "sortkey", "not", "null", "unique",
    "primary", "references", "collate",
)  # fmt: skip


def _column_attribute(cursor: Cursor, column: ColumnDefinition) -> None:
    if cursor.take("default"):
        column.default = cursor.text_until(*_STOPS)
        if not column.default:
            raise cursor.syntax_error()
    elif cursor.take("generated", "by", "default", "as", "identity"):
        column.by_default = True
        column.identity = _seed_and_step(cursor)
    elif cursor.take("identity"):
        column.identity = _seed_and_step(cursor)
    elif cursor.take("encode"):
        if cursor.identifier() not in _ENCODINGS:
            cursor.index -= 1
            raise cursor.syntax_error()
    elif cursor.take("not", "null") or cursor.take("primary", "key"):
        column.required = True
    elif cursor.peek() == "references":
        _references(cursor)
    elif cursor.take("collate"):
        if not (cursor.take("case_sensitive") or cursor.take("cs")):
            raise cursor.unsupported("COLLATE CASE_INSENSITIVE")
    elif not any(cursor.take(word) for word in ("null", "unique", "distkey", "sortkey")):
        raise cursor.syntax_error()


def _seed_and_step(cursor: Cursor) -> tuple[int, int]:
    cursor.need("(")
    seed = cursor.number()
    cursor.need(",")
    step = cursor.number()
    cursor.need(")")
    return seed, step


def _attributes(cursor: Cursor) -> None:
    """Distribution, sorting and backup: they say where rows lie, not what they are."""
    while not cursor.ended and cursor.peek() != "as":
        if cursor.take("diststyle"):
            if not any(cursor.take(word) for word in ("auto", "even", "key", "all")):
                raise cursor.syntax_error()
        elif (
            cursor.take("distkey")
            or cursor.take("compound", "sortkey")
            or cursor.take("interleaved", "sortkey")
        ):
            _names(cursor)
        elif cursor.take("sortkey"):
            if not cursor.take("auto"):
                _names(cursor)
        elif cursor.take("backup"):
            if not (cursor.take("yes") or cursor.take("no")):
                raise cursor.syntax_error()
        elif not cursor.take("encode", "auto"):
            raise cursor.syntax_error()
