"""CREATE FUNCTION, DROP FUNCTION, SHOW FUNCTIONS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import functions
from carto_at_installer.sandbox.engine.function_body import body_expression
from carto_at_installer.sandbox.engine.function_grammar import create_function, drop_function
from carto_at_installer.sandbox.engine.functions import (
    NewFunction,
    external_expression,
    python_expression,
    signature,
)
from carto_at_installer.sandbox.engine.privileges import check, check_owner, holds
from carto_at_installer.sandbox.engine.relations import release_dependents
from carto_at_installer.sandbox.engine.results import ResultColumn, ResultSet
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.function_grammar import FunctionDefinition
    from carto_at_installer.sandbox.engine.session import Session


def create(session: Session, cursor: Cursor) -> None:
    """CREATE [OR REPLACE] [EXTERNAL] FUNCTION."""
    definition = create_function(cursor)
    schema, name = session.names.place(definition.name)
    kind = "function" if definition.options is None else "external function"
    creating = [f"create or replace {kind}"]
    check(session.connection, session.user, ("schema", schema, "create"), creating)
    if definition.options is None:
        if definition.kind == "python":
            _check_python(session, definition)
        check(session.connection, session.user, ("language", definition.language, "usage"))
        expression = (
            python_expression(schema, definition)
            if definition.kind == "python"
            else body_expression(definition, session.names)
        )
    else:
        check(session.connection, session.user, ("language", "exfunc", "usage"))
        _check_role(session, definition.options.role_arns[0])
        expression = external_expression(schema, definition)
    types = tuple(each for _, each in definition.arguments)
    if (old := functions.find_exact(session.connection, schema, name, types)) is not None:
        check_owner(session.connection, session.user, ("function", old.key), creating)
    session.engine.summaries.clear()  # Of functions that call this one, too.
    new = NewFunction(schema, session.user, definition, expression, cursor.sql)
    with session.names.looking():
        functions.create(session.connection, new)
    nulls = ", ".join(f"CAST(NULL AS {each.duckdb})" for each in types)
    macro = functions.macro_name(name, types)
    session.names.describe(f'SELECT "{schema}".{macro}({nulls})')


def _check_python(session: Session, definition: FunctionDefinition) -> None:
    """Raise unless this is a cluster of former times, on which Python functions can still be made."""
    if not session.engine.cluster.python_functions:
        raise RedshiftError("Create function is not supported for language plpythonu anymore")
    if any(not label for label, _ in definition.arguments):
        raise RedshiftError("the arguments of a Python function must have names")


def _check_role(session: Session, role: str) -> None:
    """Raise unless the user may use an IAM role: everybody may, until ASSUMEROLE is revoked from PUBLIC."""
    command = "external function"
    if not holds(session.connection, session.user, "iam_role", role, command):
        raise RedshiftError(
            f"User {session.user} does not have ASSUMEROLE permission on IAM role"
            f' "{role}" for {command.upper()}'
        )


def drop(session: Session, cursor: Cursor) -> None:
    """DROP FUNCTION name(types) [CASCADE | RESTRICT]."""
    name, arguments, cascade = drop_function(cursor)
    found = session.names.function(name, arguments)
    check_owner(session.connection, session.user, ("function", found.key), ["drop function"])
    what = f"function {found.name}({signature(arguments)})"
    release_dependents(session.connection, found.oid, what, cascade=cascade)
    functions.drop(session.connection, found)
    session.connection.execute(
        f"DELETE FROM {SCHEMA}.grants WHERE object_kind = 'function' AND object_name = ?",
        [found.key],
    )


def show_functions(session: Session, cursor: Cursor) -> ResultSet:
    """SHOW FUNCTIONS FROM SCHEMA [database.]schema [LIKE 'pattern'] [LIMIT n]."""
    cursor.need("show", "functions", "from", "schema")
    schema = cursor.name()[-1]
    pattern = cursor.string() if cursor.take("like") else "%"
    limit = cursor.number() if cursor.take("limit") else 10_000
    cursor.finish()
    session.names.need_schema(schema)
    rows = session.connection.execute(
        f"SELECT name, signature, returns FROM {SCHEMA}.functions WHERE schema_name = ?"
        " AND name LIKE ? ORDER BY name, signature LIMIT ?",
        [schema, pattern, limit],
    ).fetchall()
    columns = (
        "database_name", "schema_name", "function_name", "number_of_arguments", "argument_list",
        "return_type", "remarks",
    )  # fmt: skip
    shown = [
        (
            session.engine.database,
            schema,
            name,
            len(arguments.split(", ")) if arguments else 0,
            arguments,
            returns.split("(")[0],
            None,
        )
        for name, arguments, returns in rows
    ]
    kinds = {"number_of_arguments": "int4"}
    return ResultSet(tuple(ResultColumn(c, kinds.get(c, "varchar")) for c in columns), shown)
