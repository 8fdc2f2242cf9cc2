"""Integer arithmetic with Redshift's limits, and numeric functions whose meaning differs from DuckDB's."""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims.macro import macro, once

_BIGINT_HALF = "9223372036854775808::HUGEINT"
_BIGINT_MASK = "18446744073709551615::HUGEINT"


def _wrapped(value: str) -> str:
    """A HUGEINT cut to its low 64 bits, as a two's complement BIGINT; names `value` once."""
    return f"CAST(((({value}) + {_BIGINT_HALF}) & {_BIGINT_MASK}) - {_BIGINT_HALF} AS BIGINT)"


def _wrapped_integer(value: str) -> str:
    return f"CAST(((({value}) + 2147483648::BIGINT) & 4294967295::BIGINT) - 2147483648 AS INTEGER)"


_HEX_DIGITS = "'0123456789abcdefghijklmnopqrstuvwxyz'"
_STRTOL = (
    "CASE v.b WHEN 16 THEN CASE WHEN starts_with(v.s, '-')"
    " THEN CAST(-CAST(CAST('0x' || substr(v.s, 2) AS UBIGINT) AS HUGEINT) AS BIGINT) ELSE CAST(CASE"
    " WHEN v.s ILIKE '0x%' THEN v.s ELSE '0x' || v.s END AS BIGINT) END"
    " WHEN 10 THEN CAST(v.s AS BIGINT)"
    " ELSE CASE WHEN NOT v.b BETWEEN 2 AND 36 THEN error('STRTOL: the base must be between 2 and 36')"
    " WHEN v.s = '' THEN 0 ELSE CAST(list_reduce(list_transform(string_split(lower(v.s), ''), lambda c:"
    f" CASE WHEN strpos({_HEX_DIGITS}, c) BETWEEN 1 AND v.b THEN CAST(strpos({_HEX_DIGITS}, c) - 1 AS"
    " HUGEINT) ELSE error('The input ' || v.s || ' is not valid to be converted to base ' || v.b) END),"
    " lambda x, y: x * v.b + y) AS BIGINT) END END"
)
MACROS = (
    macro("shift_left(a bigint, n bigint)",
          _wrapped("CAST(a AS HUGEINT) * (1::HUGEINT << CAST(n & 63 AS INTEGER))")),
    macro("shift_left(a integer, n bigint)",
          _wrapped_integer("(CAST(a AS BIGINT) & 4294967295) * (1::BIGINT << CAST(n & 31 AS INTEGER))"
                           " & 4294967295")),
    macro("shift_right(a bigint, n bigint)", "a >> (n & 63)"),
    macro("shift_right(a integer, n bigint)", "a >> CAST(n & 31 AS INTEGER)"),
    macro("quotient(a, b, k)", once(
        {"a": "a * k", "b": "b"},
        "CAST((abs(v.a) + abs(v.b) // 2) // abs(v.b) * sign(v.a) * sign(v.b) AS HUGEINT)")),
    macro("divisor(b)", once({"b": "b"}, "CASE WHEN v.b = 0 THEN error('Divide by zero') ELSE v.b END")),
    macro("simple_divisor(b)", "CASE WHEN b = 0 THEN error('Divide by zero') ELSE b END"),
    macro("strtol(s varchar, b integer)", once({"s": "s", "b": "b"}, _STRTOL)),
    macro("strtol16(s varchar)", "CAST('0x' || s AS BIGINT)"),
    macro("bigint_of_bytes(b varbyte)",
          _wrapped("CAST(CAST('0x' || hex(b) AS UBIGINT) AS HUGEINT)")),
    macro("sign(x)", once({"x": "x"}, "CASE WHEN v.x > 0 THEN 1 WHEN v.x < 0 THEN -1"
          " WHEN v.x = 0 THEN 0 END")),
    macro("trunc(x)", "system.main.trunc(x)"),
    macro("trunc(x, n integer)", once({"x": "CAST(x AS DOUBLE)", "k": "power(10.0::DOUBLE, n)"},
                                      "system.main.trunc(v.x * v.k) / v.k")),
    # DuckDB's cube root is a power of a third: one step of Newton's method makes it exact where it is whole.
    macro("cbrt(x)", once(
        {"x": "CAST(x AS DOUBLE)", "c": "system.main.cbrt(CAST(x AS DOUBLE))"},
        "CASE WHEN v.c = 0 OR NOT isfinite(v.c) THEN v.c ELSE v.c - (v.c * v.c * v.c - v.x) / (3 * v.c * v.c) END")),
    macro("log(x)", "log10(x)"),
    macro("dlog1(x)", "ln(x)"),
    macro("dlog10(x)", "log10(x)"),
    macro("dexp(x)", "exp(x)"),
    macro("dsqrt(x)", "sqrt(x)"),
    macro("random()", "system.main.random()"),
)  # fmt: skip
