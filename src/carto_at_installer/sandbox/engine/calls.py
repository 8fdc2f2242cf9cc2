"""What a function call of Redshift becomes in DuckDB: special forms, macros, native functions, users' functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine import builtins, privilege_functions, shims, special
from carto_at_installer.sandbox.engine.call_depths import FUNCTION
from carto_at_installer.sandbox.engine.data_types import RsType, parse_type
from carto_at_installer.sandbox.engine.navigation import shim
from carto_at_installer.sandbox.engine.overloads import best_overload, castable
from carto_at_installer.sandbox.engine.privileges import check
from carto_at_installer.sandbox.engine.wording import NO_MATCH
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.sandbox.engine.functions import UserFunction
    from carto_at_installer.sandbox.engine.names import Names
    from carto_at_installer.sandbox.engine.transpile import Scope


RESULT = "result"


def rewrite_call(node: exp.Anonymous, schema: str | None, names: Names, scope: Scope) -> exp.Expr:
    """The DuckDB form of `schema.name(arguments)`; the arguments are in DuckDB's form already.

    Raises RedshiftError when there is no such function, UnsupportedSqlError when Redshift has it and the sandbox not.
    """
    name = str(node.this).lower()
    name = builtins.ALIASES.get(name, name)
    if schema in {None, "pg_catalog"}:
        built_in = _built_in(name, node, names, scope)
        if built_in is not None:
            return built_in
    if schema == "pg_catalog":
        raise _missing(f"pg_catalog.{name}", node, names, scope)
    candidates = [
        each
        for each in names.functions(schema, name)
        if len(each.arguments) == len(node.expressions)
    ]
    if not candidates:
        if schema is None and name in builtins.REFUSED:
            raise UnsupportedSqlError(
                f"the function {name.upper()} is not supported by the sandbox"
            )
        raise _missing(f"{schema}.{name}" if schema else name, node, names, scope)
    return _user_call(_chosen(candidates, node, names, scope), node, names)


def _built_in(name: str, node: exp.Anonymous, names: Names, scope: Scope) -> exp.Expr | None:
    if form := special.FORMS.get(name) or privilege_functions.FORMS.get(name):
        return form(node, names)
    if isinstance(node.parent, (exp.Window, exp.WithinGroup)) or name in builtins.AGGREGATES:
        if name in builtins.AGGREGATES:
            return _aggregate(name, node, names, scope)
        return _native(name, node) if name in builtins.WINDOW else None
    if name in shims.BY_NAME and name not in shims.INTERNAL:
        return _macro(name, node, names, scope)
    if name in builtins.NATIVE:
        return _native(builtins.NATIVE[name], node)
    return None


def _aggregate(name: str, node: exp.Anonymous, names: Names, scope: Scope) -> exp.Expr:
    """An aggregate, with Redshift's result type: SUM and AVG of whole numbers are BIGINT, and AVG truncates."""
    call = _native(builtins.AGGREGATES[name], node)
    if name not in {"sum", "avg"} or len(node.expressions) != 1:
        return call
    argument = node.expressions[0]
    if isinstance(argument, exp.Distinct):
        argument = argument.expressions[0]
    kind = argument_types([argument], names, scope)[0]
    if kind is None or kind.name not in {"smallint", "integer", "bigint", "numeric"}:
        return call
    wanted = kind.duckdb if kind.name == "numeric" else "BIGINT"
    if kind.name == "numeric" and name == "sum":
        return call
    call.meta[RESULT] = (name == "avg" and wanted == "BIGINT", wanted)
    if isinstance(node.parent, exp.Window):
        return call  # The cast must stand around the window: see `typed_result`.
    return typed_result(call, call)


def typed_result(node: exp.Expr, call: exp.Expr) -> exp.Expr:
    """`node`, an aggregate or its window, cast to the result type that was noted on the call."""
    if RESULT not in call.meta:
        return node
    truncated, wanted = call.meta[RESULT]
    value = exp.Anonymous(this="trunc", expressions=[node]) if truncated else node
    return exp.Cast(this=value, to=exp.DataType.build(wanted, dialect="duckdb"))


def _native(name: str, node: exp.Anonymous) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=node.expressions)


def _macro(name: str, node: exp.Anonymous, names: Names, scope: Scope) -> exp.Expr | None:
    fitting = [
        each for each in shims.BY_NAME[name] if len(each.parameters) == len(node.expressions)
    ]
    if not fitting:
        return None
    arguments = list(node.expressions)
    if name == "trunc" and len(arguments) == 1:
        kind = argument_types(arguments, names, scope)[0]
        if kind is not None and kind.name.startswith(("timestamp", "date")):
            return special.cast(arguments[0], "DATE")
    if names.checking:
        types = argument_types(arguments, names, scope)
        if not any(_takes(each, types) for each in fitting):
            raise _missing(name, node, names, scope)
    for index, argument in enumerate(arguments):
        kinds = {each.parameters[index][1] for each in fitting}
        if shims.ANY in kinds or "varchar" in kinds:
            continue
        arguments[index] = coerced(argument, parse_type(min(kinds)))
    return shim(name, *arguments)


def _takes(macro: shims.Macro, types: Sequence[RsType | None]) -> bool:
    return all(
        wanted == shims.ANY or castable(given, parse_type(wanted))
        for given, (_, wanted) in zip(types, macro.parameters, strict=True)
    )


def coerced(argument: exp.Expr, kind: RsType) -> exp.Expr:
    """A literal without a type of its own takes the parameter's type; everything else stays."""
    if isinstance(argument, exp.Null) or (
        isinstance(argument, exp.Literal) and argument.is_string and not kind.textual
    ):
        if kind.name == "geometry" and not isinstance(argument, exp.Null):
            return shim("geometry_of", argument)
        return exp.Cast(this=argument, to=exp.DataType.build(kind.duckdb, dialect="duckdb"))
    return argument


def _user_call(function: UserFunction, node: exp.Anonymous, names: Names) -> exp.Expr:
    names.dependencies.add(function.oid)
    check(names.connection, names.user, ("schema", function.schema, "usage"))
    check(names.connection, names.user, ("function", function.key, "execute"))
    arguments = [
        coerced(argument, kind)
        for argument, kind in zip(node.expressions, function.arguments, strict=True)
    ]
    macro = function.macro[len(f'"{function.schema}".') :].strip('"')
    call = exp.Anonymous(this=exp.to_identifier(macro, quoted=True), expressions=arguments)
    dot = exp.Dot(this=exp.to_identifier(function.schema, quoted=True), expression=call)
    dot.meta[FUNCTION] = function
    return dot


def _chosen(
    candidates: Sequence[UserFunction], node: exp.Anonymous, names: Names, scope: Scope
) -> UserFunction:
    if len(candidates) == 1 and not names.checking:
        return candidates[0]
    types = argument_types(node.expressions, names, scope)
    best = best_overload(candidates, types)
    if best is None:
        raise _missing(str(node.this).lower(), node, names, scope)
    return best


def argument_types(
    arguments: Sequence[exp.Expr], names: Names, scope: Scope
) -> list[RsType | None]:
    """The type of each argument; None for a literal text, for NULL and for what cannot be told."""
    known = names.types_of(
        [a.sql("duckdb", identify=True) for a in arguments],
        scope.source(arguments),
        scope.common_tables(),
    )
    found: list[RsType | None] = list(known) if known else [None] * len(arguments)
    for index, argument in enumerate(arguments):
        if isinstance(argument, exp.Null) or (
            isinstance(argument, exp.Literal) and argument.is_string
        ):
            found[index] = None
    return found


def _missing(name: str, node: exp.Anonymous, names: Names, scope: Scope) -> RedshiftError:
    types = argument_types(node.expressions, names, scope) if node.expressions else []
    shown = ", ".join(kind.name if kind else '"unknown"' for kind in types)
    return RedshiftError(f"function {name}({shown}) does not exist{NO_MATCH.format('function')}")
