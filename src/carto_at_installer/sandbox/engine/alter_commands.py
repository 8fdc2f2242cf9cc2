"""ALTER FUNCTION, ALTER PROCEDURE and ALTER SCHEMA, and what ALTER TABLE shares with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import functions, procedures
from carto_at_installer.sandbox.engine.cursor import Cursor, quoted
from carto_at_installer.sandbox.engine.function_grammar import argument_list, create_function
from carto_at_installer.sandbox.engine.functions import NewFunction, find_exact, signature
from carto_at_installer.sandbox.engine.grantees import need_principal
from carto_at_installer.sandbox.engine.privileges import check_owner, is_superuser
from carto_at_installer.sandbox.engine.procedure_commands import find_procedure
from carto_at_installer.sandbox.engine.procedure_grammar import argument_list as procedure_arguments
from carto_at_installer.sandbox.engine.relations import need_no_dependents
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.functions import UserFunction
    from carto_at_installer.sandbox.engine.session import Session


def alter_function(session: Session, cursor: Cursor) -> None:
    """ALTER FUNCTION name(types) { RENAME TO new | OWNER TO user }."""
    cursor.need("alter", "function")
    name = cursor.name()
    types = tuple(kind for _, kind in argument_list(cursor))
    function = session.names.function(name, types)
    check_owner(session.connection, session.user, ("function", function.key))
    if cursor.take("owner", "to"):
        set_owner(session, cursor, "functions", function.oid)
        return
    cursor.need("rename", "to")
    new = cursor.identifier()
    cursor.finish()
    need_no_dependents(session.connection, function.oid, f"ALTER FUNCTION {function.name} RENAME")
    if find_exact(session.connection, function.schema, new, types):
        raise RedshiftError(f'function "{new}" already exists with same argument types')
    _rename_function(session, function, new)
    rename_grants(session, "function", function.key, f"{function.schema}.{new}({signature(types)})")


def _rename_function(session: Session, function: UserFunction, new: str) -> None:
    """Make the macro anew under its other name, as it is: DuckDB's cannot be renamed, and a body is not looked at."""
    old_ddl, macro = _definition(session, function)
    text = Cursor(old_ddl)
    while not text.take("function"):
        text.token()
    head = text.source(0, text.index)
    text.name()
    ddl = f"{head} {quoted(function.schema)}.{quoted(new)}{text.rest()}"
    functions.drop(session.connection, function)
    definition = create_function(Cursor(ddl))
    expression = macro
    if definition.kind == "external":  # It tells Lambda its name.
        expression = functions.external_expression(function.schema, definition)
    with session.names.looking():
        functions.create(
            session.connection,
            NewFunction(function.schema, function.owner, definition, expression, ddl),
        )
    session.engine.summaries.clear()
    session.connection.execute(
        f"DELETE FROM {SCHEMA}.grants WHERE object_kind = 'function' AND object_name = ?",
        [f"{function.schema}.{new}({signature(function.arguments)})"],
    )
    session.connection.execute(
        f"UPDATE {SCHEMA}.functions SET oid = ?, owner = ? WHERE schema_name = ? AND name = ? AND signature = ?",
        [function.oid, function.owner, function.schema, new, signature(function.arguments)],
    )


def _definition(session: Session, function: UserFunction) -> tuple[str, str]:
    """A function's DDL, and what its macro computes."""
    row = session.connection.execute(
        f"SELECT f.ddl, m.macro_definition FROM {SCHEMA}.functions f JOIN duckdb_functions() m"
        " ON m.schema_name = f.schema_name AND m.function_name = f.name || '(' || f.signature || ')'"
        " WHERE f.oid = ? AND m.database_name = current_database()",
        [function.oid],
    ).fetchone()
    if row is None:
        raise RuntimeError(f"{function.macro} has no macro")
    return str(row[0]), str(row[1])


def alter_procedure(session: Session, cursor: Cursor) -> None:
    """ALTER PROCEDURE name [(types)] { RENAME TO new | OWNER TO user }."""
    cursor.need("alter", "procedure")
    name = cursor.name()
    types = None
    if cursor.peek() == "(":
        types = tuple(each.type for each in procedure_arguments(cursor) if each.mode != "out")
    found = find_procedure(session, name, types)
    check_owner(session.connection, session.user, ("procedure", found.key))
    if cursor.take("owner", "to"):
        set_owner(session, cursor, "procedures", found.oid)
        return
    cursor.need("rename", "to")
    new = cursor.identifier()
    cursor.finish()
    if procedures.find_exact(session.connection, found.schema, new, found.arguments):
        raise RedshiftError(f'procedure "{new}" already exists with same argument types')
    session.connection.execute(
        f"UPDATE {SCHEMA}.procedures SET name = ? WHERE oid = ?", [new, found.oid]
    )
    rename_grants(
        session, "procedure", found.key, f"{found.schema}.{new}({signature(found.arguments)})"
    )


def alter_schema(session: Session, cursor: Cursor) -> None:
    """ALTER SCHEMA name OWNER TO user; quotas are read and bound nothing. Renaming is refused."""
    cursor.need("alter", "schema")
    name = cursor.identifier()
    session.names.need_schema(name)
    check_owner(session.connection, session.user, ("schema", name))
    if cursor.peek() == "rename":
        raise cursor.unsupported("ALTER SCHEMA ... RENAME TO")
    if cursor.take("quota"):
        raise cursor.unsupported("ALTER SCHEMA ... QUOTA")
    cursor.need("owner", "to")
    owner = _new_owner(session, cursor)
    session.connection.execute(
        f"UPDATE {SCHEMA}.schemas SET owner = ? WHERE name = ?", [owner, name]
    )


def set_owner(session: Session, cursor: Cursor, table: str, oid: int) -> None:
    """Read the new owner of what is recorded in a table of the engine's own, and write it down."""
    owner = _new_owner(session, cursor)
    session.connection.execute(f"UPDATE {SCHEMA}.{table} SET owner = ? WHERE oid = ?", [owner, oid])


def _new_owner(session: Session, cursor: Cursor) -> str:
    """The user that something is given to; giving to others is for superusers."""
    owner = cursor.exact_identifier()
    cursor.finish()
    need_principal(session, "user", owner)
    if owner != session.user and not is_superuser(session.connection, session.user):
        raise RedshiftError("must be superuser to change the owner to another user")
    return owner


def rename_grants(session: Session, kind: str, old: str, new: str) -> None:
    """What was granted on an object is granted on it under its new name."""
    session.connection.execute(
        f"UPDATE {SCHEMA}.grants SET object_name = ? WHERE object_kind = ? AND object_name = ?",
        [new, kind, old],
    )
