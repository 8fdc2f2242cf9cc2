"""Checks requests before anything runs, with the limits of the Data API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.engine.parameters import used
from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sql.statements import SqlTextError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_SQL_BYTES = 100 * 1024
MAX_BATCH = 40
_MAX_KEEP_ALIVE_S = 86_400
_MAX_WAIT_S = 30


def invalid(message: str) -> AwsServiceError:
    """A ValidationException."""
    return AwsServiceError("ValidationException", message)


def check_sqls(sqls: Sequence[str]) -> None:
    """Check the number and the size of the statements."""
    if not 1 <= len(sqls) <= MAX_BATCH:
        raise invalid(
            "1 validation error detected: Value at 'sqls' failed to satisfy constraint: Member must"
            f" have length less than or equal to {MAX_BATCH} and greater than or equal to 1"
        )
    for sql in sqls:
        if not isinstance(sql, str) or not sql.strip():
            raise invalid("The SQL statement is empty.")
        if len(sql.encode()) > MAX_SQL_BYTES:
            raise invalid(
                f"Cannot process query string larger than {MAX_SQL_BYTES // 1024}kB: it has"
                f" {len(sql.encode())} bytes."
            )


def parameters_of(request: Mapping[str, Any], sqls: Sequence[str]) -> dict[str, str]:
    """The named parameters, each used by at least one statement."""
    given = request.get("Parameters")
    if given is None:
        return {}
    values: dict[str, str] = {}
    for each in given:
        name, value = each.get("name"), each.get("value")
        if not isinstance(name, str) or not isinstance(value, str) or not value:
            raise invalid("Parameters must have a name and a value of at least one character.")
        if name in values:
            raise invalid(f"Duplicate parameter name: {name}")
        values[name] = value
    try:
        named = set().union(*(used(sql) for sql in sqls))
    except SqlTextError:
        return values  # The statement itself will fail with its syntax error.
    if unused := sorted(set(values) - named):
        raise invalid(f"Parameters not used in the SQL statement: {', '.join(unused)}")
    return values


def keep_alive_of(request: Mapping[str, Any]) -> int:
    """SessionKeepAliveSeconds, or 0."""
    seconds = request.get("SessionKeepAliveSeconds") or 0
    if not isinstance(seconds, int) or not 0 <= seconds <= _MAX_KEEP_ALIVE_S:
        raise invalid(f"SessionKeepAliveSeconds must be between 0 and {_MAX_KEEP_ALIVE_S}.")
    return seconds


def wait_of(request: Mapping[str, Any]) -> int:
    """WaitTimeSeconds of long polling, or 0."""
    seconds = request.get("WaitTimeSeconds")
    if seconds is None:
        return 0
    if not isinstance(seconds, int) or not 1 <= seconds <= _MAX_WAIT_S:
        raise invalid(f"WaitTimeSeconds must be between 1 and {_MAX_WAIT_S}.")
    return seconds


def need(request: Mapping[str, Any], key: str) -> Any:
    """A required member."""
    value = request.get(key)
    if value in (None, "", []):
        name = key[0].lower() + key[1:]
        raise invalid(
            f"1 validation error detected: Value null at '{name}' failed to satisfy constraint:"
            " Member must not be null"
        )
    return value
