"""Arithmetic whose meaning depends on the operands' types: quotients of DECIMALs, and SUPER among numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine.data_types import RsType
from carto_at_installer.sandbox.engine.navigation import is_path, shim
from carto_at_installer.sandbox.engine.rules import divisor
from carto_at_installer.sandbox.engine.special import call, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = {"smallint": 5, "integer": 10, "bigint": 19}
_MOST_DIGITS = 38
_LEAST_SCALE = 4


_FLOATS = frozenset(
    "pi sqrt sin cos tan cot asin acos atan atan2 exp ln log10 power radians degrees random cbrt".split()
)
_DUCKDB_WHOLE = frozenset({"SMALLINT", "INT", "BIGINT"})


def plainly_no_decimal(node: exp.Div) -> bool:
    """Whether one side is a float, or both are whole numbers, as their form says: no types need be asked."""
    kinds = (_evident(node.this), _evident(node.expression))
    return "float" in kinds or kinds == ("whole", "whole")


def _evident(node: exp.Expr) -> str:
    """`float` or `whole` where an expression (in DuckDB's form) shows it, else nothing."""
    plain = node.unnest()
    if isinstance(plain, exp.Literal) and not plain.is_string:
        return "whole" if plain.name.isdigit() else "float" * ("e" in plain.name.lower())
    if isinstance(plain, exp.Cast):
        name = plain.to.this.value
        return "whole" if name in _DUCKDB_WHOLE else "float" * (name in {"DOUBLE", "FLOAT"})
    if isinstance(plain, exp.Anonymous):
        return "float" * (str(plain.this).lower() in _FLOATS)
    if isinstance(plain, exp.Neg):
        return _evident(plain.this)
    if isinstance(plain, (exp.Add, exp.Sub, exp.Mul, exp.Div)):
        kinds = {_evident(plain.this), _evident(plain.expression)}
        return "float" if "float" in kinds else "whole" * (kinds == {"whole"})
    return ""


def decimal_quotient(node: exp.Div, kinds: Sequence[RsType | None]) -> exp.Expr | None:
    """The quotient of two DECIMALs, or of one and a whole number, as a DECIMAL; None for other types.

    Precision and scale are those of "Computations with numeric values" in Redshift's documentation; the last digit is
    rounded.
    """
    left, right = (_as_decimal(kind) for kind in kinds)
    if left is None or right is None or not any(k and k.name == "numeric" for k in kinds):
        return None
    scale = max(_LEAST_SCALE, left.scale + right.precision - right.scale + 1)
    precision = left.precision - left.scale + right.scale + scale
    if precision > _MOST_DIGITS:
        scale = max(_LEAST_SCALE, scale - (precision - _MOST_DIGITS))
        precision = _MOST_DIGITS
    quotient = shim(
        "quotient",
        _unscaled(node.this, left.scale),
        _unscaled(divisor(node.expression), right.scale),
        cast(exp.Literal.string("1" + "0" * (scale - left.scale + right.scale)), "HUGEINT"),
    )
    unit = cast(exp.Literal.string(f"0.{'0' * (scale - 1)}1"), f"DECIMAL({scale},{scale})")
    value = exp.Mul(this=cast(quotient, "DECIMAL(38,0)"), expression=unit)
    return exp.Paren(this=cast(value, f"DECIMAL({precision},{scale})"))


def _as_decimal(kind: RsType | None) -> RsType | None:
    if kind is None:
        return None
    if kind.name in _WHOLE:
        return RsType("numeric", precision=_WHOLE[kind.name])
    return kind if kind.name == "numeric" else None


def _unscaled(value: exp.Expr, scale: int) -> exp.Expr:
    """A DECIMAL without its point: the whole number that it is kept as."""
    text = call("replace", cast(value, "VARCHAR"), ".", "")
    return cast(text if scale else value, "HUGEINT")


def days_between(node: exp.Binary) -> exp.Expr | None:
    """The difference of two dates, an INTEGER; None for other operands, and where the form does not show dates."""
    if isinstance(node, exp.Sub) and _is_date(node.this) and _is_date(node.expression):
        return cast(exp.Paren(this=node.copy()), "INTEGER")
    return None


def _is_date(node: exp.Expr) -> bool:
    plain = node.unnest()
    if isinstance(plain, exp.Cast):
        return bool(plain.to.this.value == "DATE")
    inner = plain.expression if isinstance(plain, exp.Dot) else None
    return isinstance(inner, exp.Anonymous) and inner.this in {"last_day", "next_day"}


_ON_SUPER: dict[type[exp.Expr], str] = {
    exp.Add: "super_plus",
    exp.Sub: "super_minus",
    exp.Mul: "super_times",
    exp.Div: "super_divided",
    exp.Mod: "super_modulo",
}


def on_super(node: exp.Binary) -> exp.Expr | None:
    """Arithmetic with a step into a SUPER: a SUPER, NULL where an operand is no number; None for other operands."""
    name = _ON_SUPER.get(type(node))
    if name is None or not (_is_super(node.this) or _is_super(node.expression)):
        return None
    return shim(name, node.this, node.expression)


def _is_super(node: exp.Expr) -> bool:
    plain = node.unnest()
    inner = plain.expression if isinstance(plain, exp.Dot) else None
    computed = isinstance(inner, exp.Anonymous) and inner.this in _ON_SUPER.values()
    return is_path(plain) or computed
