"""Redshift's built-in functions as DuckDB macros, by family, and how they are put into a database."""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims import (
    catalog,
    dates,
    h3_cells,
    numbers,
    privileges,
    semistructured,
    spatial,
    spatial_edits,
    strings,
)
from carto_at_installer.sandbox.engine.shims.macro import ANY, SCHEMA, Macro

__all__ = ["ANY", "BY_NAME", "INTERNAL", "MACROS", "SCHEMA", "Macro", "definitions"]
MACROS: tuple[Macro, ...] = (
    *numbers.MACROS,
    *strings.MACROS,
    *dates.MACROS,
    *semistructured.MACROS,
    *spatial.MACROS,
    *spatial_edits.MACROS,
    *h3_cells.MACROS,
    *catalog.MACROS,
    *privileges.MACROS,
)
BY_NAME: dict[str, tuple[Macro, ...]] = {
    name: tuple(each for each in MACROS if each.name == name)
    for name in dict.fromkeys(each.name for each in MACROS)
}


# What the engine itself calls: no functions of Redshift, so users cannot call them.
INTERNAL = frozenset(
    "bigint_of_bytes cut divisor geometry_of geometry_text holds listagg_result quotient shift_left shift_right"
    " simple_divisor strtol16 super_divided super_elements super_item super_minus super_modulo super_plus"
    " super_text super_times varchar_of".split()
)


def definitions() -> list[str]:
    """The CREATE MACRO statements, in an order in which each one finds what it uses."""
    late = {"geometry_of", "varchar_of"}
    names = [n for n in BY_NAME if n not in late] + sorted(late)
    return [
        f"CREATE OR REPLACE MACRO {SCHEMA}.{name}"
        + ", ".join(each.definition() for each in BY_NAME[name])
        for name in names
    ]
