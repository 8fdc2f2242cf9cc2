"""Reads the statements of a block that hold no other statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import Cursor
from carto_at_installer.sandbox.engine.plpgsql.tree import (
    Assign,
    Call,
    Close,
    EndTransaction,
    Execute,
    Fetch,
    Leave,
    Nothing,
    Open,
    Raise,
    Return,
    RowCount,
    Statement,
)
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable

_LEVELS = frozenset({"debug", "log", "info", "notice", "warning", "exception"})
_REFUSED = frozenset({"move", "savepoint"})


def text_to(cursor: Cursor, stops: tuple[str, ...]) -> str:
    """The source text up to one of `stops`, outside of brackets and of CASE expressions."""
    start, brackets, cases = cursor.index, 0, 0
    while not cursor.ended:
        word = cursor.peek()
        if not brackets and not cases and word in stops:
            break
        if word == ";":
            raise cursor.syntax_error()
        brackets += {"(": 1, "[": 1, ")": -1, "]": -1}.get(word, 0)
        cases += {"case": 1, "end": -1}.get(word, 0)
        cursor.index += 1
    return cursor.source(start, cursor.index)


def statement(cursor: Cursor) -> Statement:
    """One statement, without the semicolon after it."""
    word = cursor.peek()
    if word in _REFUSED:
        raise cursor.unsupported(f"{word.upper()} in a procedure")
    if cursor.peek(1) == ":=":
        target = cursor.identifier()
        cursor.need(":=")
        return Assign(target, text_to(cursor, (";",)))
    if cursor.peek(1) == "." and cursor.peek(3) == ":=":
        raise cursor.unsupported("an assignment to a field of a record")
    reader = _READERS.get(word)
    if reader is not None and not (word == "null" and cursor.peek(1) != ";"):
        return reader(cursor)
    return _sql(cursor)


def _leave(cursor: Cursor) -> Leave:
    again = cursor.token().text.lower() == "continue"
    label = "" if cursor.peek() in {"when", ";"} else cursor.identifier()
    condition = text_to(cursor, (";",)) if cursor.take("when") else ""
    return Leave(again, label, condition)


def _return(cursor: Cursor) -> Return:
    cursor.need("return")
    if cursor.peek() != ";":
        raise RedshiftError("RETURN cannot have a parameter in a procedure")
    return Return()


def _nothing(cursor: Cursor) -> Nothing:
    cursor.need("null")
    return Nothing()


def _raise(cursor: Cursor) -> Raise:
    cursor.need("raise")
    level = cursor.identifier()
    if level not in _LEVELS:
        raise RedshiftError(f'syntax error at or near "{level}"')
    message = cursor.string()
    arguments: list[str] = []
    while cursor.take(","):
        arguments.append(text_to(cursor, (",", ";")))
    wanted = message.replace("%%", "").count("%")
    if len(arguments) != wanted:
        few = "few" if len(arguments) < wanted else "many"
        raise RedshiftError(f"too {few} parameters specified for RAISE")
    return Raise(level, message, tuple(arguments))


def _diagnostics(cursor: Cursor) -> RowCount:
    cursor.need("get", "diagnostics")
    target = cursor.identifier()
    if not cursor.take(":="):
        cursor.need("=")
    if not cursor.take("row_count"):
        raise cursor.unsupported(f"GET DIAGNOSTICS {cursor.peek().upper()}")
    return RowCount(target)


def _execute(cursor: Cursor) -> Execute:
    cursor.need("execute")
    sql = text_to(cursor, ("into", "using", ";"))
    if cursor.peek() == "using":
        raise cursor.unsupported("EXECUTE ... USING")
    targets = _targets(cursor) if cursor.take("into") else ()
    return Execute(sql, targets, dynamic=True, discard=True)


def _perform(cursor: Cursor) -> Execute:
    cursor.need("perform")
    return Execute(f"SELECT {text_to(cursor, (';',))}", discard=True)


def _targets(cursor: Cursor) -> tuple[str, ...]:
    found = [cursor.identifier()]
    while cursor.take(","):
        found.append(cursor.identifier())
    return tuple(found)


def _query(cursor: Cursor) -> Execute:
    """A query: its INTO names variables."""
    before = text_to(cursor, ("into", ";"))
    if not cursor.take("into"):
        return Execute(before)
    if cursor.peek() == "strict":
        raise cursor.unsupported("INTO STRICT")
    targets = _targets(cursor)
    return Execute(f"{before} {text_to(cursor, (';',))}".strip(), targets)


def _call(cursor: Cursor) -> Call:
    cursor.need("call")
    name = cursor.name()
    return Call(name, call_arguments(cursor))


def call_arguments(cursor: Cursor) -> tuple[str, ...]:
    """The texts of the arguments of a CALL, with their brackets read."""
    cursor.need("(")
    found: list[str] = []
    while not cursor.take(")"):
        if found:
            cursor.need(",")
        found.append(text_to(cursor, (",", ")")))
        if not found[-1]:
            raise cursor.syntax_error()
    return tuple(found)


def _sql(cursor: Cursor) -> Execute:
    return Execute(text_to(cursor, (";",)))


def _open(cursor: Cursor) -> Open:
    cursor.need("open")
    name = cursor.identifier()
    if cursor.peek() == "(":
        raise cursor.unsupported("a cursor with arguments")
    if not cursor.take("for"):
        return Open(name, "", dynamic=False)
    dynamic = cursor.take("execute")
    return Open(name, text_to(cursor, (";",)), dynamic)


def _fetch(cursor: Cursor) -> Fetch:
    cursor.need("fetch")
    name = cursor.identifier()
    cursor.need("into")
    return Fetch(name, _targets(cursor))


def _close(cursor: Cursor) -> Close:
    cursor.need("close")
    return Close(cursor.identifier())


def _end_transaction(cursor: Cursor) -> EndTransaction:
    commit = cursor.token().text.lower() == "commit"
    if not cursor.take("work"):
        cursor.take("transaction")
    return EndTransaction(commit)


_READERS: dict[str, Callable[[Cursor], Statement]] = {
    "exit": _leave,
    "continue": _leave,
    "return": _return,
    "null": _nothing,
    "raise": _raise,
    "get": _diagnostics,
    "execute": _execute,
    "perform": _perform,
    "select": _query,
    "with": _query,
    "call": _call,
    "open": _open,
    "fetch": _fetch,
    "close": _close,
    "commit": _end_transaction,
    "rollback": _end_transaction,
}


def bounds(source: str) -> tuple[str, str]:
    """The two expressions of `first..last`; the dots may stand against a number (`1..10`)."""
    cursor, depth = Cursor(source), 0
    for token, following in zip(cursor.tokens, cursor.tokens[1:], strict=False):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        joined = token.position + len(token.text) == following.position
        plain = {token.kind, following.kind} <= {"sign", "number"}
        if not depth and joined and plain and token.text[-1] == following.text[0] == ".":
            first, last = source[: following.position - 1], source[following.position + 1 :]
            if first.strip() and last.strip():
                if " by " in f" {last.lower()} ":
                    raise cursor.unsupported("FOR ... BY")
                return first.strip(), last.strip()
    raise RedshiftError(f'syntax error: a FOR loop needs a query or "first..last", not {source}')


def message_of(raised: Raise, values: list[str]) -> str:
    """The text of a RAISE: every single `%` replaced, `%%` a percent sign."""
    pieces = raised.message.split("%%")
    left = iter(values)
    return "%".join(
        "".join(
            part if not index else next(left) + part for index, part in enumerate(piece.split("%"))
        )
        for piece in pieces
    )
