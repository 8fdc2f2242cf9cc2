"""Finds the command that a statement is, for everything that is not a query or DML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine import (
    alter_commands,
    alter_table,
    comment_commands,
    default_privileges,
    function_commands,
    merge_commands,
    principal_commands,
    privilege_commands,
    procedure_commands,
    schema_commands,
    session_commands,
    table_commands,
    view_commands,
)
from carto_at_installer.sandbox.errors import UnsupportedSqlError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.results import ResultSet
    from carto_at_installer.sandbox.engine.session import Session

Command = Callable[["Session", "Cursor"], "ResultSet | None"]

# The words that begin a statement, longest first where one is the beginning of another.
_COMMANDS: tuple[tuple[tuple[str, ...], Callable[[Session, Cursor], ResultSet | None]], ...] = (
    (("begin",), session_commands.begin),
    (("start", "transaction"), session_commands.begin),
    (("commit",), session_commands.commit),
    (("end",), session_commands.commit),
    (("rollback",), session_commands.rollback),
    (("abort",), session_commands.rollback),
    (("set",), session_commands.set_value),
    (("reset",), session_commands.reset),
    (("show", "functions"), function_commands.show_functions),
    (("show",), session_commands.show),
    (("lock",), session_commands.lock),
    (("analyze",), session_commands.maintenance),
    (("vacuum",), session_commands.maintenance),
    (("create", "function"), function_commands.create),
    (("create", "external", "function"), function_commands.create),
    (("create", "or", "replace", "function"), function_commands.create),
    (("create", "or", "replace", "external", "function"), function_commands.create),
    (("drop", "function"), function_commands.drop),
    (("create", "procedure"), procedure_commands.create),
    (("create", "or", "replace", "procedure"), procedure_commands.create),
    (("drop", "procedure"), procedure_commands.drop),
    (("call",), procedure_commands.call),
    (("create", "schema"), schema_commands.create),
    (("drop", "schema"), schema_commands.drop),
    (("create", "view"), view_commands.create),
    (("create", "or", "replace", "view"), view_commands.create),
    (("drop", "view"), view_commands.drop),
    (("create", "table"), table_commands.create),
    (("create", "temp", "table"), table_commands.create),
    (("create", "temporary", "table"), table_commands.create),
    (("create", "local", "temp", "table"), table_commands.create),
    (("create", "local", "temporary", "table"), table_commands.create),
    (("drop", "table"), table_commands.drop),
    (("alter", "table"), alter_table.alter),
    (("alter", "function"), alter_commands.alter_function),
    (("alter", "procedure"), alter_commands.alter_procedure),
    (("alter", "schema"), alter_commands.alter_schema),
    (("alter", "default", "privileges"), default_privileges.alter),
    (("alter", "user"), principal_commands.alter_user),
    (("alter", "group"), principal_commands.alter_group),
    (("truncate",), table_commands.truncate),
    (("merge",), merge_commands.merge),
    (("comment", "on"), comment_commands.comment),
    *(
        ((verb, kind), command)
        for verb, command in (
            ("create", principal_commands.create),
            ("drop", principal_commands.drop),
        )
        for kind in ("user", "group", "role")
    ),
    (("grant",), privilege_commands.grant),
    (("revoke",), privilege_commands.revoke),
)
_QUERIES = frozenset({"select", "with", "insert", "update", "delete", "("})
_ALONE = frozenset({session_commands.begin, session_commands.commit, session_commands.rollback})


def find(cursor: Cursor) -> Callable[[Session, Cursor], ResultSet | None] | None:
    """The command of a statement; None for queries and DML, which are transpiled.

    Raises UnsupportedSqlError for a statement that Redshift has and the sandbox not, RedshiftError for no statement.
    """
    for words, command in _COMMANDS:
        if all(cursor.peek(ahead) == word for ahead, word in enumerate(words)):
            return command if command in _ALONE else _atomic(command)
    first = cursor.peek()
    if first in _QUERIES:
        return None
    if first in _UNSUPPORTED:
        raise UnsupportedSqlError(f"{_shown(cursor)} is not supported by the sandbox")
    raise cursor.syntax_error()


_UNSUPPORTED = frozenset(
    "alter cancel close copy create deallocate declare drop execute explain export fetch import"
    " insert prepare refresh select unload use attach detach describe desc".split()
)


def _shown(cursor: Cursor) -> str:
    words: list[str] = []
    for ahead in range(4):
        word = cursor.peek(ahead)
        if ahead and word not in _NOUNS:
            break
        words.append(word.upper())
    return " ".join(words)


_NOUNS = frozenset(
    {
        "function",
        "procedure",
        "view",
        "table",
        "schema",
        "external",
        "replace",
        "library",
        "or",
        "model",
        "database",
        "user",
        "group",
        "role",
        "materialized",
        "datashare",
        "type",
        "default",
        "into",
    }
)


def ends_transaction(cursor: Cursor) -> bool:
    """Whether a statement may follow an error in a transaction."""
    return cursor.peek() in {"rollback", "abort", "commit", "end"}


def _atomic(
    command: Callable[[Session, Cursor], ResultSet | None],
) -> Callable[[Session, Cursor], ResultSet | None]:
    """A command in a transaction of its own where there is none, because it is several statements in DuckDB."""

    def run(session: Session, cursor: Cursor) -> ResultSet | None:
        if session.in_transaction:
            return command(session, cursor)
        session.begin(block=False)
        try:
            result = command(session, cursor)
        except BaseException:
            session.rollback()
            raise
        session.commit()
        return result

    return run
