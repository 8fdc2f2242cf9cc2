"""Date and time functions. Sessions run in UTC, which is Redshift's default time zone."""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims.macro import macro

_NOW = "CAST(getvariable('rs_statement_time') AS TIMESTAMP)"
_MONTHS = "CAST(d AS TIMESTAMP) + to_months(CAST(n AS INTEGER))"
MACROS = (
    macro("getdate()", f"date_trunc('second', {_NOW})"),
    macro("sysdate()", "CAST(getvariable('rs_transaction_time') AS TIMESTAMP)"),
    macro("add_months(d, n integer)",
          "CASE WHEN CAST(d AS DATE) = last_day(CAST(d AS DATE)) THEN CAST(last_day(CAST("
          f"{_MONTHS} AS DATE)) AS TIMESTAMP) ELSE {_MONTHS} END"),
    macro("last_day(d)", "system.main.last_day(CAST(d AS DATE))"),
    macro("convert_timezone(t varchar, x)",
          "timezone(t, timezone('UTC', CAST(x AS TIMESTAMP)))"),
    macro("convert_timezone(s varchar, t varchar, x)",
          "timezone(t, timezone(s, CAST(x AS TIMESTAMP)))"),
    macro("to_timestamp(x double precision)", "system.main.to_timestamp(x)"),
)  # fmt: skip
