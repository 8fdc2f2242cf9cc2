"""DEFAULT_IAM_ROLE, and the names in HAS_TABLE_PRIVILEGE and HAS_FUNCTION_PRIVILEGE, which are looked up as in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine.cursor import Cursor
from carto_at_installer.sandbox.engine.function_grammar import argument_list
from carto_at_installer.sandbox.engine.navigation import shim
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.engine.names import Names


def _default_iam_role(node: exp.Anonymous, names: Names) -> exp.Expr:
    if node.expressions:
        raise RedshiftError("function default_iam_role takes no arguments")
    role = names.default_role()
    return exp.Null() if role is None else exp.Literal.string(role)


def _asking(
    name: str, resolve: Callable[[str, Names], str]
) -> Callable[[exp.Anonymous, Names], exp.Expr]:
    def form(node: exp.Anonymous, names: Names) -> exp.Expr:
        arguments = list(node.expressions)
        if len(arguments) not in {2, 3}:
            raise RedshiftError(f"function {name} takes two or three arguments")
        place = len(arguments) - 2
        subject = arguments[place]
        if isinstance(subject, exp.Literal) and subject.is_string:
            arguments[place] = exp.Literal.string(resolve(subject.name, names))
        elif name == "has_function_privilege":
            raise UnsupportedSqlError(
                "HAS_FUNCTION_PRIVILEGE with a computed function is not supported by the sandbox"
            )
        return shim(name, *arguments)

    return form


def _table(text: str, names: Names) -> str:
    cursor = Cursor(text)
    name = cursor.name()
    cursor.finish()
    schema, bare, _ = names.relation(name)
    return f"{schema}.{bare}"


def _function(text: str, names: Names) -> str:
    cursor = Cursor(text)
    name = cursor.name()
    types = tuple(kind for _, kind in argument_list(cursor))
    cursor.finish()
    return names.function(name, types).key


FORMS: dict[str, Callable[[exp.Anonymous, Names], exp.Expr]] = {
    "default_iam_role": _default_iam_role,
    "has_table_privilege": _asking("has_table_privilege", _table),
    "has_function_privilege": _asking("has_function_privilege", _function),
}
