"""CREATE PROCEDURE, DROP PROCEDURE, CALL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import procedures
from carto_at_installer.sandbox.engine.cursor import Cursor
from carto_at_installer.sandbox.engine.functions import signature
from carto_at_installer.sandbox.engine.overloads import best_overload
from carto_at_installer.sandbox.engine.plpgsql import Interpreter, Scope, Variable, parse_block
from carto_at_installer.sandbox.engine.plpgsql.assignment import Assigner
from carto_at_installer.sandbox.engine.plpgsql.simple import call_arguments
from carto_at_installer.sandbox.engine.plpgsql.variables import column_type
from carto_at_installer.sandbox.engine.privileges import check, check_owner, owner_of
from carto_at_installer.sandbox.engine.procedure_grammar import create_procedure, drop_procedure
from carto_at_installer.sandbox.engine.results import ResultColumn, ResultSet
from carto_at_installer.sandbox.engine.wording import NO_MATCH
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.sandbox.engine.data_types import RsType
    from carto_at_installer.sandbox.engine.plpgsql.tree import Call
    from carto_at_installer.sandbox.engine.procedures import Procedure
    from carto_at_installer.sandbox.engine.session import Session

MAX_NESTING = 16


def create(session: Session, cursor: Cursor) -> None:
    """CREATE [OR REPLACE] PROCEDURE. Its block is read now, so that what cannot run is refused now."""
    definition = create_procedure(cursor)
    schema, _ = session.names.place(definition.name)
    creating = ["create or replace procedure"]
    check(session.connection, session.user, ("schema", schema, "create"), creating)
    check(session.connection, session.user, ("language", "plpgsql", "usage"))
    parse_block(definition.body)
    types = tuple(each.type for each in definition.arguments if each.mode != "out")
    key = f"{schema}.{definition.name[-1]}({signature(types)})"
    if owner_of(session.connection, "procedure", key) is not None:
        check_owner(session.connection, session.user, ("procedure", key), creating)
    procedures.create(session.connection, schema, session.user, definition)


def drop(session: Session, cursor: Cursor) -> None:
    """DROP PROCEDURE name[(types)]; the types may be left out where there is one procedure of that name."""
    name, types = drop_procedure(cursor)
    found = find_procedure(session, name, types)
    dropped = ("procedure", found.key)
    check_owner(session.connection, session.user, dropped, ["drop procedure"])
    procedures.drop(session.connection, found)


def find_procedure(
    session: Session, name: tuple[str, ...], types: tuple[RsType, ...] | None
) -> Procedure:
    """The procedure of a signature, or the only one of a name. Raises RedshiftError when there is none."""
    shown = ".".join(name)
    candidates = _overloads(session, name)
    if types is None:
        if len(candidates) > 1:
            raise RedshiftError(f'procedure name "{shown}" is not unique')
        if candidates:
            return candidates[0]
        raise RedshiftError(f"procedure {shown} does not exist")
    for each in candidates:
        if signature(each.arguments) == signature(types):
            return each
    raise RedshiftError(f"procedure {shown}({signature(types)}) does not exist")


def _overloads(session: Session, name: tuple[str, ...]) -> list[Procedure]:
    schema, bare = session.names.split(name)
    if schema is not None:
        session.names.need_schema(schema)
    for where in [schema] if schema else session.names.schemas():
        if found := procedures.find(session.connection, where, bare):
            return found
    return []


def call(session: Session, cursor: Cursor) -> ResultSet | None:
    """CALL name(arguments): values for the IN and INOUT arguments; the row of OUT and INOUT ones comes back."""
    cursor.need("call")
    name = cursor.name()
    arguments = call_arguments(cursor)
    cursor.finish()
    session.notices.clear()
    _, outputs = _run(session, name, arguments, Scope())
    if not outputs:
        return None
    columns = tuple(_column(each) for each in outputs)
    return ResultSet(columns, [tuple(each.value for each in outputs)])


def _column(variable: Variable) -> ResultColumn:
    kind = variable.type
    if kind is None:
        raise TypeError("arguments are no records")
    return ResultColumn(
        variable.name, kind.typname, kind.length, kind.precision or kind.length, kind.scale
    )


def _nested(session: Session, nested: Call, scope: Scope) -> None:
    """CALL in a procedure: variables that stand for OUT and INOUT arguments take the results."""
    procedure, outputs = _run(session, nested.name, nested.arguments, scope)
    modes = [each.mode for each in procedure.all_arguments]
    if len(nested.arguments) != len(modes):
        modes = [mode for mode in modes if mode != "out"]
        outputs = [
            out
            for out, argument in zip(
                outputs, (a for a in procedure.all_arguments if a.mode != "in"), strict=True
            )
            if argument.mode == "inout"
        ]
    targets = [t for t, mode in zip(nested.arguments, modes, strict=True) if mode != "in"]
    assign = Assigner(session)
    for text, output in zip(targets, outputs, strict=True):
        variable = scope.find(text.strip('"').lower())
        if variable is not None and output.type is not None:
            assign.value(variable, output.value, output.type)


def _run(
    session: Session, name: tuple[str, ...], texts: Sequence[str], outer: Scope
) -> tuple[Procedure, list[Variable]]:
    candidates = [
        each
        for each in _overloads(session, name)
        if len(texts) == len(each.arguments)
        or (session.depth and len(texts) == len(each.all_arguments))
    ]
    types, values = _given(session, texts, outer)
    procedure = _chosen(candidates, types, name)
    check(session.connection, session.user, ("schema", procedure.schema, "usage"))
    check(session.connection, session.user, ("procedure", procedure.key, "execute"))
    scope, outputs = _arguments(session, procedure, values)
    if session.depth >= MAX_NESTING:
        raise RedshiftError(
            f"stored procedure nesting is too deep: at most {MAX_NESTING} levels of calls"
        )
    with session.procedure(procedure.owner if procedure.definer else session.user):
        interpreter = Interpreter(session, lambda nested, where: _nested(session, nested, where))
        interpreter.run(parse_block(procedure.body), scope)
    return procedure, outputs


def _given(
    session: Session, texts: Sequence[str], outer: Scope
) -> tuple[list[RsType | None], list[Variable]]:
    """The arguments' types, None where the literal has none of its own, and their values."""
    if not texts:
        return [], []
    result = session.inner("SELECT " + ", ".join(f"({outer.fill_in(each)})" for each in texts))
    if result is None or len(result.rows) != 1:
        raise RedshiftError("the arguments of a CALL are single values")
    kinds = [column_type(column) for column in result.columns]
    values = [Variable("", k, v) for k, v in zip(kinds, result.rows[0], strict=True)]
    types = [None if _untyped(t) else k for t, k in zip(texts, kinds, strict=True)]
    return types, values


def _untyped(text: str) -> bool:
    tokens = Cursor(text).tokens
    return len(tokens) == 1 and (
        tokens[0].kind in {"string", "dollar"} or tokens[0].text.lower() == "null"
    )


def _chosen(
    candidates: list[Procedure], types: list[RsType | None], name: tuple[str, ...]
) -> Procedure:
    found = best_overload([each for each in candidates if len(each.arguments) == len(types)], types)
    if found is None:
        found = next((each for each in candidates if len(each.arguments) != len(types)), None)
    if found is None:
        shown = ", ".join(kind.name if kind else '"unknown"' for kind in types)
        raise RedshiftError(
            f"procedure {'.'.join(name)}({shown}) does not exist{NO_MATCH.format('procedure')}"
        )
    return found


def _arguments(
    session: Session, procedure: Procedure, values: list[Variable]
) -> tuple[Scope, list[Variable]]:
    """The scope of a procedure's arguments (also as `$1`, `$2`...) and the variables of its results."""
    scope, outputs, left = Scope(), [], iter(values)
    all_given = len(values) == len(procedure.all_arguments)
    for index, argument in enumerate(procedure.all_arguments, 1):
        name = argument.name or f"${index}"
        variable = Variable(name, argument.type)
        given = next(left) if all_given or argument.mode != "out" else None
        if given is not None and argument.mode != "out" and given.type is not None:
            Assigner(session).value(variable, given.value, given.type)
        variable.constant = argument.mode == "in"
        scope.add(variable)
        if argument.name:
            scope.add(variable, f"${index}")
        if argument.mode != "in":
            outputs.append(variable)
    return scope, outputs
