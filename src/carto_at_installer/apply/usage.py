"""How much the functions of an installation have been used, from Redshift's own record SYS_LUDF_DETAIL.

Redshift keeps about a week of it, shows it to superusers and holders of the role sys:monitor, and counts durations in
microseconds. What Lambda bills is measured in Lambda; Redshift's durations stand in for it, so costs are estimates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.aws.functions import find_function
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.errors import SqlError
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.core.prices import LambdaPrices

GONE = "(no longer there)"
"""Stands for functions that have been dropped since."""


@dataclass(frozen=True, slots=True)
class FunctionUsage:
    """One external function on one Lambda function. `cost` is in US dollars, None where the memory is not known."""

    function: str
    module: str
    lambda_name: str
    queries: int
    invocations: int
    rows: int
    input_bytes: int
    output_bytes: int
    seconds: float
    cost: float | None


def read_usage(
    connection: Connection, since: datetime, prices: LambdaPrices
) -> tuple[FunctionUsage, ...]:
    """The usage since a time, the dearest first. Raises SqlError when the login may not read it."""
    modules: dict[str, str] = {}
    for release in connection.installation().kept:
        modules |= {name: module for module, name in release.resources.functions.items()}
    if not modules:
        return ()
    rows = _usage_rows(connection, modules, since)
    names = _function_names(connection)
    rates = {name: _dollars_per_second(connection, name, prices) for name in {r[1] for r in rows}}
    found = []
    for oid, name, *counts in rows:
        schema, function = names.get(int(oid or 0), (connection.schema, GONE))
        if schema != connection.schema:
            continue
        queries, calls, total, sent, received, microseconds = map(int, counts)
        seconds, rate = microseconds / 1e6, rates[name]
        cost = None if rate is None else seconds * rate + calls * prices.per_million_requests / 1e6
        found.append(
            FunctionUsage(
                function, modules[name], name, queries, calls, total, sent, received, seconds, cost
            )
        )
    return tuple(sorted(found, key=lambda used: (-(used.cost or 0), used.function)))


def _usage_rows(
    connection: Connection, lambdas: Iterable[str], since: datetime
) -> tuple[tuple[str, ...], ...]:
    names = ", ".join(literal(name) for name in sorted(lambdas))
    moment = literal(since.strftime("%Y-%m-%d %H:%M:%S"))
    try:
        return connection.sql.query(
            "SELECT function_oid, TRIM(lambda_function_name), COUNT(DISTINCT query_id), SUM(invocations)::BIGINT,"
            " SUM(total_rows)::BIGINT, SUM(input_bytes)::BIGINT, SUM(output_bytes)::BIGINT,"
            " SUM(total_duration)::BIGINT FROM sys_ludf_detail"
            f" WHERE start_time >= {moment} AND lambda_function_name IN ({names}) GROUP BY 1, 2"
        ).rows
    except SqlError as error:
        if "permission denied" in error.message:
            error.hint = (
                "Log in as a superuser (--db-user or --secret-arn), or have one run: "
                "GRANT ROLE sys:monitor TO the user of this login."
            )
        raise


def _function_names(connection: Connection) -> dict[int, tuple[str, str]]:
    """Schema and name of every function by its number, of all schemas: installations can share Lambda functions."""
    rows = connection.sql.query(
        "SELECT p.oid::BIGINT, n.nspname, p.proname FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang"
        " WHERE l.lanname IN ('exfunc', 'external')"
    ).rows
    return {int(oid): (schema, name.upper()) for oid, schema, name in rows}


def _dollars_per_second(connection: Connection, name: str, prices: LambdaPrices) -> float | None:
    """The price of a second of a Lambda function with the memory that it has now; None when it is gone."""
    found = find_function(connection.session, name)
    if found is None:
        return None
    return prices.per_gb_second[Architecture(found.architecture)] * found.memory_mb / 1024
