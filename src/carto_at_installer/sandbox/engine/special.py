"""Functions that are more than a call: their arguments are keywords, or their meaning depends on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine.navigation import shim
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.engine.names import Names

VERSION = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017"
    " (Red Hat 3.4.2-6.fc3), Redshift 1.0.0 (sandbox)"
)
_PARTS = {
    "year": ("year", "y", "yr", "years", "yrs"),
    "quarter": ("quarter", "qtr", "quarters", "qtrs"),
    "month": ("month", "mon", "mons", "months"),
    "week": ("week", "w", "weeks"),
    "day": ("day", "d", "days"),
    "dow": ("dow", "dayofweek", "dw", "weekday"),
    "doy": ("doy", "dayofyear", "dy", "yearday"),
    "hour": ("hour", "h", "hr", "hrs", "hours"),
    "minute": ("minute", "m", "min", "mins", "minutes"),
    "second": ("second", "s", "sec", "secs", "seconds"),
    "millisecond": ("millisecond", "ms", "msec", "msecs", "milliseconds"),
    "microsecond": ("microsecond", "us", "usec", "usecs", "microseconds"),
    "epoch": ("epoch",),
    "decade": ("decade", "decades"),
    "century": ("century", "c", "cent", "cents"),
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words}


def date_part_name(node: exp.Expr) -> str:
    """The date part that a word, quoted or not, stands for."""
    word = node.name.lower() if isinstance(node, (exp.Literal, exp.Column, exp.Var)) else ""
    if word not in _PART_OF:
        raise RedshiftError(f'date part "{word or node.sql()}" not recognized')
    return _PART_OF[word]


def call(name: str, *arguments: exp.Expr | str) -> exp.Expr:
    """A call of a native DuckDB function; texts become literals."""
    values = [exp.Literal.string(a) if isinstance(a, str) else a for a in arguments]
    return exp.Anonymous(this=name, expressions=values)


def cast(node: exp.Expr, duckdb_type: str) -> exp.Expr:
    """A DuckDB cast."""
    return exp.Cast(this=node, to=exp.DataType.build(duckdb_type, dialect="duckdb"))


def _arguments(node: exp.Anonymous, *counts: int) -> list[exp.Expr]:
    if len(node.expressions) not in counts:
        raise RedshiftError(
            f"function {str(node.this).lower()} with {len(node.expressions)} arguments does not exist"
        )
    return list(node.expressions)


def _moment(node: exp.Expr) -> exp.Expr:
    """A literal text as a date or time is a timestamp."""
    return cast(node, "TIMESTAMP") if isinstance(node, exp.Literal) and node.is_string else node


def _dateadd(node: exp.Anonymous, _: Names) -> exp.Expr:
    part, count, moment = _arguments(node, 3)
    unit = date_part_name(part)
    makers = {
        "year": ("to_years", 1), "quarter": ("to_months", 3), "month": ("to_months", 1),
        "week": ("to_days", 7), "day": ("to_days", 1), "hour": ("to_hours", 1),
        "minute": ("to_minutes", 1), "second": ("to_seconds", 1),
        "millisecond": ("to_milliseconds", 1), "microsecond": ("to_microseconds", 1),
    }  # fmt: skip
    if unit not in makers:
        raise UnsupportedSqlError(f"DATEADD({unit}) is not supported by the sandbox")
    maker, factor = makers[unit]
    whole = cast(exp.Mul(this=cast(exp.Paren(this=count), "BIGINT"), expression=exp.Literal.number(factor)),
                 "INTEGER" if maker in {"to_years", "to_months", "to_days"} else "BIGINT")  # fmt: skip
    added = exp.Add(this=cast(_moment(moment), "TIMESTAMP"), expression=call(maker, whole))
    return exp.Paren(this=added)


def _datediff(node: exp.Anonymous, _: Names) -> exp.Expr:
    part, start, end = _arguments(node, 3)
    moments = [cast(_moment(each), "TIMESTAMP") for each in (start, end)]
    return call("date_diff", date_part_name(part), *moments)


def _date_part(node: exp.Anonymous, _: Names) -> exp.Expr:
    part, moment = _arguments(node, 2)
    return date_part(date_part_name(part), moment)


def date_part(part: str, moment: exp.Expr) -> exp.Expr:
    """`part` of a moment as an INTEGER, as Redshift's EXTRACT gives it (seconds without a fraction)."""
    value = call("date_part", part, _moment(moment))
    return cast(call("floor", value), "BIGINT" if part == "epoch" else "INTEGER")


def _date_trunc(node: exp.Anonymous, _: Names) -> exp.Expr:
    part, moment = _arguments(node, 2)
    return call("date_trunc", date_part_name(part), cast(_moment(moment), "TIMESTAMP"))


def _generate_series(node: exp.Anonymous, _: Names) -> exp.Expr:
    """A function that returns rows, in the SELECT list."""
    bounds = _arguments(node, 2, 3)
    rows = call("unnest", call("generate_series", *bounds))
    small = all(_is_small(each) for each in bounds)
    return cast(rows, "INTEGER") if small else rows


def _is_small(node: exp.Expr) -> bool:
    """Whether an expression is a literal that is an INTEGER."""
    plain = node.this if isinstance(node, exp.Neg) else node
    return isinstance(plain, exp.Literal) and plain.name.isdigit() and int(plain.name) < 2**31


def _decode(node: exp.Anonymous, _: Names) -> exp.Expr:
    """DECODE compares NULL as equal to NULL."""
    if len(node.expressions) < 3:
        raise RedshiftError("DECODE needs at least three arguments")
    subject, *rest = node.expressions
    pairs = zip(rest[0::2], rest[1::2], strict=False)
    ifs = [
        exp.If(this=exp.NullSafeEQ(this=subject.copy(), expression=each), true=value)
        for each, value in pairs
    ]
    default = rest[-1] if len(rest) % 2 else None
    return exp.Case(ifs=ifs, default=default)


def _mod(node: exp.Anonymous, _: Names) -> exp.Expr:
    value, divisor = _arguments(node, 2)
    return call("mod", value, shim("divisor", divisor))


def _nvl2(node: exp.Anonymous, _: Names) -> exp.Expr:
    subject, present, absent = _arguments(node, 3)
    test = exp.Not(this=exp.Is(this=exp.Paren(this=subject), expression=exp.Null()))
    return exp.Case(ifs=[exp.If(this=test, true=present)], default=absent)


def _array(node: exp.Anonymous, _: Names) -> exp.Expr:
    return call("json_array", *node.expressions)


def _object(node: exp.Anonymous, _: Names) -> exp.Expr:
    if len(node.expressions) % 2:
        raise RedshiftError("OBJECT needs an even number of arguments")
    return call("json_object", *node.expressions)


def _text(value: Callable[[Names], str]) -> Callable[[exp.Anonymous, Names], exp.Expr]:
    def form(node: exp.Anonymous, names: Names) -> exp.Expr:
        _arguments(node, 0)
        return exp.Literal.string(value(names))

    return form


def _variable(node: exp.Anonymous, _: Names) -> exp.Expr:
    _arguments(node, 0)
    return current_user()


def current_user() -> exp.Expr:
    """The session's user, as a variable: a view answers for whoever asks."""
    return cast(call("getvariable", "rs_user"), "VARCHAR")


def _listagg(node: exp.Anonymous, _: Names) -> exp.Expr:
    arguments = _arguments(node, 1, 2)
    separator = arguments[1] if len(arguments) > 1 else exp.Literal.string("")
    value = arguments[0]
    if isinstance(value, exp.Distinct):
        inner = [cast(each, "VARCHAR") for each in value.expressions]
        return listagg_result(node, call("string_agg", exp.Distinct(expressions=inner), separator))
    return listagg_result(node, call("string_agg", cast(value, "VARCHAR"), separator))


def listagg_result(node: exp.Expr, aggregate: exp.Expr) -> exp.Expr:
    """The result of LISTAGG that stands in place of `node`, with its limit; not yet where more follows the call."""
    if isinstance(node.parent, (exp.WithinGroup, exp.Window)):
        return aggregate
    return shim("listagg_result", aggregate)


def _to_char(node: exp.Anonymous, _: Names) -> exp.Expr:
    moment, form = _arguments(node, 2)
    return call("strftime", _moment(moment), _format(form, "TO_CHAR"))


def _to_date(node: exp.Anonymous, _: Names) -> exp.Expr:
    value, form, *_rest = _arguments(node, 2, 3)
    return cast(call("strptime", value, _format(form, "TO_DATE")), "DATE")


def _to_timestamp(node: exp.Anonymous, _: Names) -> exp.Expr:
    value, form, *_rest = _arguments(node, 2, 3)
    moment = call("strptime", value, _format(form, "TO_TIMESTAMP"))
    return cast(moment, "TIMESTAMP WITH TIME ZONE")


_FORMATS = {
    "YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M",
    "SS": "%S", "MS": "%g", "US": "%f", "YY": "%y", "DDD": "%j", "AM": "%p", "PM": "%p",
}  # fmt: skip


def _format(node: exp.Expr, function: str) -> str:
    """A strftime format for a literal Redshift format of the common elements."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise UnsupportedSqlError(
            f"{function} with a computed format is not supported by the sandbox"
        )
    rest, out = node.name, ""
    while rest:
        for word in sorted(_FORMATS, key=len, reverse=True):
            if rest.upper().startswith(word):
                out, rest = out + _FORMATS[word], rest[len(word) :]
                break
        else:
            if rest[0].isalnum():
                raise UnsupportedSqlError(
                    f"{function}: the format {node.name!r} is not supported by the sandbox"
                )
            out, rest = out + rest[0].replace("%", "%%"), rest[1:]
    return out


def _database(names: Names) -> str:
    return names.database


FORMS: dict[str, Callable[[exp.Anonymous, Names], exp.Expr]] = {
    "dateadd": _dateadd,
    "date_add": _dateadd,
    "datediff": _datediff,
    "date_diff": _datediff,
    "date_part": _date_part,
    "date_trunc": _date_trunc,
    "decode": _decode,
    "generate_series": _generate_series,
    "nvl2": _nvl2,
    "mod": _mod,
    "array": _array,
    "object": _object,
    "listagg": _listagg,
    "to_char": _to_char,
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "version": _text(lambda _: VERSION),
    "current_database": _text(_database),
    "current_schema": _text(lambda names: next(iter(names.schemas()), "")),
    "current_user": _variable,
    "getdate": lambda node, _: shim("getdate", *_arguments(node, 0)),
}
