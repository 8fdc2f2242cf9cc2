"""Transactions, settings, locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.privileges import holds
from carto_at_installer.sandbox.engine.results import ResultColumn, ResultSet
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session

_DEFAULTS = {
    "search_path": '"$user", public',
    "query_group": "default",
    "statement_timeout": "0",
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "extra_float_digits": "0",
    "enable_case_sensitive_identifier": "off",
    "enable_result_cache_for_session": "on",
    "wlm_query_slot_count": "1",
    "client_encoding": "UTF8",
    "application_name": "",
}


def begin(session: Session, cursor: Cursor) -> None:
    """BEGIN [WORK | TRANSACTION] [ISOLATION LEVEL SERIALIZABLE] [READ WRITE]."""
    if not cursor.take("start", "transaction"):
        cursor.need("begin")
        if not cursor.take("work"):
            cursor.take("transaction")
    if cursor.take("isolation", "level"):
        for words in (
            ("serializable",),
            ("read", "committed"),
            ("read", "uncommitted"),
            ("repeatable", "read"),
        ):
            if cursor.take(*words):
                break
    cursor.take("read", "write")
    if cursor.peek() == "read":
        raise cursor.unsupported("BEGIN READ ONLY")
    cursor.finish()
    session.begin()


def commit(session: Session, cursor: Cursor) -> None:
    """COMMIT or END."""
    _end(cursor)
    session.commit()


def rollback(session: Session, cursor: Cursor) -> None:
    """ROLLBACK or ABORT."""
    _end(cursor)
    session.rollback()


def _end(cursor: Cursor) -> None:
    cursor.token()
    if not cursor.take("work"):
        cursor.take("transaction")
    cursor.finish()


def set_value(session: Session, cursor: Cursor) -> None:
    """SET [SESSION | LOCAL] name { TO | = } value."""
    cursor.need("set")
    if cursor.take("local"):
        raise cursor.unsupported("SET LOCAL")
    if cursor.take("session", "authorization") or cursor.take("session", "characteristics"):
        raise cursor.unsupported("SET SESSION AUTHORIZATION")
    cursor.take("session")
    name = cursor.identifier()
    if name == "time" and cursor.take("zone"):
        name = "timezone"
    elif not cursor.take("to"):
        cursor.need("=")
    _known(name)
    value = cursor.rest()
    if name == "search_path":
        session.names.search_path = _path(value)
    elif name == "timezone" and value.strip("'").upper() not in {"UTC", "GMT", "DEFAULT"}:
        raise UnsupportedSqlError("time zones other than UTC are not supported by the sandbox")
    elif name == "enable_case_sensitive_identifier" and value.strip("'").lower() in {
        "true",
        "on",
        "1",
    }:
        raise UnsupportedSqlError("case-sensitive identifiers are not supported by the sandbox")
    session.settings[name] = value.strip().strip("'")


def _known(name: str) -> None:
    if name not in _DEFAULTS:
        raise RedshiftError(f'unrecognized configuration parameter "{name}"')


def _path(value: str) -> tuple[str, ...]:
    if value.strip().lower() == "default":
        return ("$user", "public")
    parts = [part.strip().strip("'\"").lower() for part in value.strip().strip("'").split(",")]
    return tuple(part for part in parts if part)


def reset(session: Session, cursor: Cursor) -> None:
    """RESET name | ALL."""
    cursor.need("reset")
    name = cursor.identifier()
    cursor.finish()
    if name != "all":
        _known(name)
    names = list(_DEFAULTS) if name == "all" else [name]
    for each in names:
        session.settings.pop(each, None)
        if each == "search_path":
            session.names.search_path = ("$user", "public")


def show(session: Session, cursor: Cursor) -> ResultSet:
    """SHOW name: one setting."""
    cursor.need("show")
    if cursor.peek() in {"tables", "schemas", "databases", "columns", "table", "view", "grants", "procedures",
                         "external", "procedure", "model", "datashares"}:  # fmt: skip
        raise cursor.unsupported(f"SHOW {cursor.peek().upper()}")
    name = cursor.identifier()
    cursor.finish()
    _known(name)
    value = session.settings.get(name, _DEFAULTS[name])
    return ResultSet((ResultColumn(name, "varchar"),), [(value,)])


def lock(session: Session, cursor: Cursor) -> None:
    """LOCK [TABLE] name, ...: exclusive until the transaction ends."""
    cursor.need("lock")
    cursor.take("table")
    names = [cursor.name()]
    while cursor.take(","):
        names.append(cursor.name())
    cursor.finish()
    for name in names:
        schema, table, kind = session.names.relation(name)
        if kind != "table":
            raise RedshiftError(f'"{table}" is not a table')
        if schema != "temp":
            _check_lock(session, f"{schema}.{table}")
        session.engine.locks.acquire(f"{schema}.{table}", session.id, lambda: session.cancelled)


def _check_lock(session: Session, table: str) -> None:
    """Raise unless the user may change a table in some way."""
    if not any(
        holds(session.connection, session.user, "table", table, privilege)
        for privilege in ("update", "delete", "insert", "truncate")
    ):
        raise RedshiftError(f"permission denied for relation {table.partition('.')[2]}")


def maintenance(session: Session, cursor: Cursor) -> None:
    """ANALYZE and VACUUM: checked, then nothing: the file needs neither (as `docs/sandbox.md` says)."""
    word = cursor.token().text.lower()
    if word == "vacuum":
        for option in ("full", "recluster", "reindex"):
            cursor.take(option)
        if not cursor.take("sort", "only"):
            cursor.take("delete", "only")
    if not cursor.ended:
        session.names.relation(cursor.name())
    if cursor.peek() == "predicate":
        cursor.need("predicate", "columns")
    cursor.finish()
