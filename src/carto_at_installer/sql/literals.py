"""Writes values of several kinds as SQL literals."""

from __future__ import annotations

from carto_at_installer.sql.identifiers import quote_literal


def literal(value: str | int | None) -> str:
    """`value` as an SQL literal: NULL, a number, or a quoted string."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    return quote_literal(value)
