"""Date and time functions. Sessions run in UTC, which is Redshift's default time zone."""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims.macro import Macro, macro, once

_NOW = "CAST(getvariable('rs_statement_time') AS TIMESTAMP)"
_MONTHS = "CAST(d AS TIMESTAMP) + to_months(CAST(n AS INTEGER))"
_DAYS = "['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa']"
# Both on one day of their month, or both on its last: whole months; else 31 days are a month (as documented).
_MONTHS_BETWEEN = (
    "CASE WHEN day(v.a) = day(v.b) OR v.a = last_day(v.a) AND v.b = last_day(v.b)"
    " THEN CAST(v.months AS DOUBLE) ELSE v.months + (day(v.a) - day(v.b)) / 31.0::DOUBLE END"
)


def _compared(name: str, kind: str) -> Macro:
    return macro(
        f"{name}(a, b)",
        once(
            {"a": f"CAST(a AS {kind})", "b": f"CAST(b AS {kind})"},
            "CASE WHEN v.a > v.b THEN 1 WHEN v.a < v.b THEN -1 WHEN v.a = v.b THEN 0 END",
        ),
    )


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
    _compared("date_cmp", "DATE"),
    _compared("timestamp_cmp", "TIMESTAMP"),
    macro("next_day(d, n varchar)", once(
        {"d": "CAST(d AS DATE)", "n": f"list_position({_DAYS}, lower(left(n, 2))) - 1", "t": "n"},
        "CASE WHEN v.n IS NULL AND v.t IS NOT NULL THEN error('The specified day name is not valid: ' || v.t)"
        " ELSE v.d + CAST((v.n - dayofweek(v.d) + 6) % 7 + 1 AS INTEGER) END")),
    macro("months_between(a, b)", once(
        {"a": "CAST(a AS DATE)", "b": "CAST(b AS DATE)",
         "months": "(year(CAST(a AS DATE)) - year(CAST(b AS DATE))) * 12"
                   " + month(CAST(a AS DATE)) - month(CAST(b AS DATE))"},
        _MONTHS_BETWEEN)),
)  # fmt: skip
