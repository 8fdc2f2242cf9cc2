"""The grammar of CREATE PROCEDURE and DROP PROCEDURE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import Cursor
from carto_at_installer.sandbox.engine.plpgsql.assignment import declared_type
from carto_at_installer.sandbox.engine.procedures import Argument
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.data_types import RsType

MAX_ARGUMENTS = 32
_MODES = frozenset({"in", "out", "inout"})


@dataclass(frozen=True, slots=True)
class ProcedureDefinition:
    """What a CREATE PROCEDURE statement says."""

    name: tuple[str, ...]
    arguments: tuple[Argument, ...]
    body: str
    replace: bool
    definer: bool
    ddl: str


def create_procedure(cursor: Cursor) -> ProcedureDefinition:
    """Read CREATE [OR REPLACE] PROCEDURE to its end; its clauses may stand in any order after the arguments."""
    cursor.need("create")
    replace = cursor.take("or", "replace")
    cursor.need("procedure")
    name = cursor.name()
    arguments = argument_list(cursor)
    body, language, definer = None, "", False
    while not cursor.ended:
        if cursor.take("as"):
            body = _body(cursor)
        elif cursor.take("language"):
            language = cursor.identifier()
        elif cursor.take("security"):
            definer = cursor.take("definer")
            if not definer:
                cursor.need("invoker")
        elif cursor.peek() in {"nonatomic", "set"}:
            raise cursor.unsupported(f"CREATE PROCEDURE ... {cursor.peek().upper()}")
        else:
            raise cursor.syntax_error()
    if language != "plpgsql":
        raise RedshiftError(f'language "{language}" is not supported for procedures')
    if body is None:
        raise RedshiftError("no procedure body specified")
    return ProcedureDefinition(name, arguments, body, replace, definer, cursor.sql)


def _body(cursor: Cursor) -> str:
    token = cursor.token()
    if token.kind == "dollar":
        tag = token.text[: token.text.index("$", 1) + 1]
        return token.text[len(tag) : -len(tag)]
    cursor.index -= 1
    return cursor.string()


def argument_list(cursor: Cursor) -> tuple[Argument, ...]:
    """`([name] [IN | OUT | INOUT] type, ...)`; the mode may also come before the name."""
    cursor.need("(")
    found: list[Argument] = []
    while not cursor.take(")"):
        if found:
            cursor.need(",")
        found.append(_argument(cursor.text_until()))
    for side in ("in", "out"):
        if sum(each.mode in {side, "inout"} for each in found) > MAX_ARGUMENTS:
            raise RedshiftError(
                f"procedures cannot have more than {MAX_ARGUMENTS} {side.upper()} arguments"
            )
    named = [each.name for each in found if each.name]
    if len(set(named)) != len(named):
        raise RedshiftError("the argument names of a procedure must differ")
    return tuple(found)


def _argument(text: str) -> Argument:
    cursor = Cursor(text)
    words = [cursor.peek(0), cursor.peek(1)]
    if words[0] in _MODES:
        mode = cursor.identifier()
        name, kind = _name_and_type(cursor.rest())
    elif words[1] in _MODES:
        name, mode = cursor.identifier(), cursor.identifier()
        kind = declared_type(cursor.rest())
    else:
        mode = "in"
        name, kind = _name_and_type(text)
    return Argument(name, mode, kind)


def _name_and_type(text: str) -> tuple[str, RsType]:
    if not text:
        raise RedshiftError("syntax error: an argument has no type")
    try:
        return "", declared_type(text)
    except UnsupportedSqlError:
        raise
    except RedshiftError:
        cursor = Cursor(text)
        name = cursor.identifier()
        if cursor.ended:
            raise
        return name, declared_type(cursor.rest())


def drop_procedure(cursor: Cursor) -> tuple[tuple[str, ...], tuple[RsType, ...] | None]:
    """Read DROP PROCEDURE: its name and the types of its IN and INOUT arguments; None when no list was given."""
    cursor.need("drop", "procedure")
    name = cursor.name()
    types = None
    if cursor.peek() == "(":
        types = tuple(each.type for each in argument_list(cursor) if each.mode != "out")
    if not cursor.take("restrict"):
        cursor.take("cascade")
    cursor.finish()
    return name, types
