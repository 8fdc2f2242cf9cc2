"""Reads the block of a procedure. What Redshift has and the sandbox does not run is refused here, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import Cursor
from carto_at_installer.sandbox.engine.plpgsql import simple
from carto_at_installer.sandbox.engine.plpgsql.tree import (
    Block,
    Branch,
    Choice,
    CountedLoop,
    Declaration,
    Loop,
    QueryLoop,
    Statement,
)
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPE_ENDS = ("not", "default", ":=", ";")


def parse_block(text: str) -> Block:
    """The tree of `[DECLARE ...] BEGIN ... END`. Raises RedshiftError, UnsupportedSqlError."""
    cursor = Cursor(text)
    block = _block(cursor, _label(cursor))
    cursor.take(";")
    cursor.finish()
    return block


def _label(cursor: Cursor) -> str:
    if not cursor.take("<<"):
        return ""
    label = cursor.identifier()
    cursor.need(">>")
    return label


def _block(cursor: Cursor, label: str) -> Block:
    declarations: list[Declaration] = []
    if cursor.take("declare"):
        while cursor.peek() != "begin":
            declarations.append(_declaration(cursor))
    cursor.need("begin")
    body = _body(cursor, {"end", "exception"})
    handler = _handler(cursor) if cursor.take("exception") else None
    cursor.need("end")
    _closing_label(cursor, label)
    return Block(label, tuple(declarations), body, handler)


def _handler(cursor: Cursor) -> tuple[Statement, ...]:
    cursor.need("when")
    if cursor.peek() != "others":
        raise RedshiftError("only the condition OTHERS is supported in an EXCEPTION block")
    cursor.need("others", "then")
    return _body(cursor, {"end", "when"})


def _closing_label(cursor: Cursor, label: str) -> None:
    if label and cursor.peek().strip('"') == label:
        cursor.token()


def _declaration(cursor: Cursor) -> Declaration:
    name = cursor.identifier()
    if cursor.take("alias", "for"):
        target = cursor.token().text.lower()
        cursor.need(";")
        return Declaration(name, "", alias=target)
    constant = cursor.take("constant")
    if cursor.peek() in {"cursor", "refcursor"}:
        return _cursor(cursor, name)
    kind = simple.text_to(cursor, _TYPE_ENDS)
    required = cursor.take("not", "null")
    default = ""
    if cursor.take("default") or cursor.take(":="):
        default = simple.text_to(cursor, (";",))
    cursor.need(";")
    if not kind:
        raise RedshiftError(f'the variable "{name}" has no type')
    return Declaration(name, kind, constant, required, default)


def _cursor(cursor: Cursor, name: str) -> Declaration:
    query = ""
    if not cursor.take("refcursor"):
        cursor.need("cursor")
        if cursor.peek() == "(":
            raise cursor.unsupported("a cursor with arguments")
        cursor.need("for")
        query = simple.text_to(cursor, (";",))
    cursor.need(";")
    return Declaration(name, "", default=query, cursor=True)


def _body(cursor: Cursor, ends: Iterable[str]) -> tuple[Statement, ...]:
    found: list[Statement] = []
    while cursor.peek() not in ends:
        if cursor.ended:
            raise cursor.syntax_error()
        found.append(_statement(cursor))
    return tuple(found)


def _statement(cursor: Cursor) -> Statement:
    label = _label(cursor)
    word = cursor.peek()
    found: Statement
    if word in {"declare", "begin"}:
        found = _block(cursor, label)
    elif word in {"loop", "while", "for"}:
        found = _loop(cursor, label)
    elif label:
        raise cursor.syntax_error()
    elif cursor.take("if"):
        found = _if(cursor)
    elif cursor.take("case"):
        found = _case(cursor)
    else:
        found = simple.statement(cursor)
    cursor.need(";")
    return found


def _if(cursor: Cursor) -> Choice:
    branches: list[Branch] = []
    while True:
        condition = simple.text_to(cursor, ("then",))
        cursor.need("then")
        body = _body(cursor, {"elsif", "elseif", "else", "end"})
        branches.append(Branch((condition,), body))
        if not (cursor.take("elsif") or cursor.take("elseif")):
            break
    otherwise = _body(cursor, {"end"}) if cursor.take("else") else ()
    cursor.need("end", "if")
    return Choice("", tuple(branches), otherwise)


def _case(cursor: Cursor) -> Choice:
    subject = "" if cursor.peek() == "when" else simple.text_to(cursor, ("when",))
    branches: list[Branch] = []
    while cursor.take("when"):
        conditions = [simple.text_to(cursor, ("then", ","))]
        while subject and cursor.take(","):
            conditions.append(simple.text_to(cursor, ("then", ",")))
        cursor.need("then")
        branches.append(Branch(tuple(conditions), _body(cursor, {"when", "else", "end"})))
    otherwise = _body(cursor, {"end"}) if cursor.take("else") else None
    cursor.need("end", "case")
    return Choice(subject, tuple(branches), otherwise)


def _loop(cursor: Cursor, label: str) -> Loop | CountedLoop | QueryLoop:
    if cursor.take("for"):
        return _for(cursor, label)
    condition = simple.text_to(cursor, ("loop",)) if cursor.take("while") else ""
    return Loop(label, condition, _loop_body(cursor, label))


def _loop_body(cursor: Cursor, label: str) -> tuple[Statement, ...]:
    cursor.need("loop")
    body = _body(cursor, {"end"})
    cursor.need("end", "loop")
    _closing_label(cursor, label)
    return body


def _for(cursor: Cursor, label: str) -> CountedLoop | QueryLoop:
    targets = [cursor.identifier()]
    while cursor.take(","):
        targets.append(cursor.identifier())
    cursor.need("in")
    reverse = cursor.take("reverse")
    dynamic = cursor.take("execute")
    source = simple.text_to(cursor, ("loop",))
    body = _loop_body(cursor, label)
    first = source.split(maxsplit=1)[0].lower() if source else ""
    if dynamic or first.lstrip("(") in {"select", "with"}:
        return QueryLoop(label, tuple(targets), source, dynamic, body)
    low, high = simple.bounds(source)
    return CountedLoop(label, targets[0], low, high, reverse, body)
