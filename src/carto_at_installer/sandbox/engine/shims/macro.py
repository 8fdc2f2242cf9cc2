"""The form in which the functions of Redshift are written down: DuckDB macros with Redshift signatures.

All of them live in the schema `pg_rs` (Redshift reserves names that begin with `pg_`, so no user's schema can be in
the way). A macro substitutes text: an argument that its body names twice is computed twice. Bodies therefore name
each argument once, or bind it first with `once`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from carto_at_installer.sandbox.engine.data_types import GEOMETRY, parse_type

SCHEMA = "pg_rs"
_SIGNATURE = re.compile(r"^(\w+)\((.*)\)$")
ANY = "any"


@dataclass(frozen=True, slots=True)
class Macro:
    """One overload. `parameters` are (name, Redshift type) pairs; the type `any` accepts everything."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    body: str

    def definition(self) -> str:
        """The overload as it stands in CREATE MACRO."""
        inside = ", ".join(
            name if kind == ANY else f"{name} {duckdb_type(kind)}" for name, kind in self.parameters
        )
        return f"({inside}) AS {self.body}"


def duckdb_type(kind: str) -> str:
    """The DuckDB type of a macro parameter."""
    return GEOMETRY if kind == "geometry" else parse_type(kind).duckdb


def macro(signature: str, body: str) -> Macro:
    """Read `name(a geometry, b integer)`; a parameter without type accepts everything."""
    match = _SIGNATURE.match(signature)
    if match is None:
        raise ValueError(f"not a signature: {signature}")
    parameters: list[tuple[str, str]] = []
    for part in filter(None, (piece.strip() for piece in match[2].split(","))):
        name, _, kind = part.partition(" ")
        parameters.append((name, kind.strip() or ANY))
    return Macro(match[1], tuple(parameters), body)


def once(bindings: dict[str, str], body: str) -> str:
    """`body` with every `v.name` computed once per row: a one-row list and a lambda, DuckDB's only LET."""
    fields = ", ".join(f"{name} := {value}" for name, value in bindings.items())
    return f"list_transform([struct_pack({fields})], lambda v: {body})[1]"


def geometry(srid: str, value: str) -> str:
    """The pair that is a GEOMETRY, or NULL where the geometry or the SRID is NULL."""
    return once(
        {"srid": f"CAST({srid} AS INTEGER)", "g": value},
        "CASE WHEN v.g IS NULL OR v.srid IS NULL THEN NULL ELSE v END",
    )
