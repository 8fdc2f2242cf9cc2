"""Redshift's own H3 functions, which work on BIGINT, by the H3 library.

NULL arguments give NULL. What Redshift's documentation leaves open is decided here, and listed in docs/sandbox.md: the
words of errors, that any finite coordinates are taken, and that H3_Polyfill goes by the centres of cells.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import h3.api.basic_int as h3
import pyarrow as pa

from carto_at_installer.sandbox.engine.shims.macro import geometry, macro, once

if TYPE_CHECKING:
    from collections.abc import Callable

_N = "system.main."


Columns = tuple[pa.ChunkedArray, ...]


def _each(convert: Callable[..., Any], kind: pa.DataType, columns: Columns) -> pa.Array:
    """The values row by row, NULL where any argument is NULL."""
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return pa.array([None if None in row else convert(*row) for row in rows], type=kind)


# DuckDB counts the parameters of a function, so that there is one maker for each number of them.
def _of_one(convert: Callable[[Any], Any], kind: pa.DataType) -> Callable[..., pa.Array]:
    return lambda a: _each(convert, kind, (a,))


def _of_two(convert: Callable[[Any, Any], Any], kind: pa.DataType) -> Callable[..., pa.Array]:
    return lambda a, b: _each(convert, kind, (a, b))


def _of_three(
    convert: Callable[[Any, Any, Any], Any], kind: pa.DataType
) -> Callable[..., pa.Array]:
    return lambda a, b, c: _each(convert, kind, (a, b, c))


def _is_valid(number: int) -> bool:
    return number >= 0 and bool(h3.is_valid_cell(number))


def _center(cell: int) -> bytes:
    latitude, longitude = h3.cell_to_latlng(cell)
    return struct.pack("<BIdd", 1, 1, longitude, latitude)


def _boundary(cell: int) -> bytes:
    outline = h3.cell_to_boundary(cell)
    ring = [(longitude, latitude) for latitude, longitude in (*outline, outline[0])]
    head = struct.pack("<BIII", 1, 3, 1, len(ring))
    return head + b"".join(struct.pack("<dd", *position) for position in ring)


def _children(cell: int, resolution: int) -> str:
    return json.dumps(h3.cell_to_children(cell, resolution))


def _polyfill(geojson: str, resolution: int) -> str:
    return json.dumps(h3.geo_to_cells(json.loads(geojson), resolution))


def _from_long_lat(longitude: float, latitude: float, resolution: int) -> int:
    return int(h3.latlng_to_cell(latitude, longitude, resolution))


FUNCTIONS: tuple[tuple[str, Callable[..., pa.Array], list[str], str], ...] = (
    ("pg_h3_is_valid", _of_one(_is_valid, pa.bool_()), ["BIGINT"], "BOOLEAN"),
    ("pg_h3_center", _of_one(_center, pa.binary()), ["BIGINT"], "BLOB"),
    ("pg_h3_boundary", _of_one(_boundary, pa.binary()), ["BIGINT"], "BLOB"),
    ("pg_h3_parent", _of_two(h3.cell_to_parent, pa.int64()), ["BIGINT", "INTEGER"], "BIGINT"),
    ("pg_h3_children", _of_two(_children, pa.string()), ["BIGINT", "INTEGER"], "VARCHAR"),
    (
        "pg_h3_from_long_lat",
        _of_three(_from_long_lat, pa.int64()),
        ["DOUBLE", "DOUBLE", "INTEGER"],
        "BIGINT",
    ),
    ("pg_h3_polyfill", _of_two(_polyfill, pa.string()), ["VARCHAR", "INTEGER"], "VARCHAR"),
)
"""Name, function, DuckDB types of the arguments, DuckDB type of the result."""

_RESOLUTION = "CAST((v.i >> 52) & 15 AS INTEGER)"
_NOT_A_RESOLUTION = "NOT v.r BETWEEN 0 AND 15"


def _of_cell(name: str, value: str, extra: str = "", fault: str = "FALSE") -> str:
    """`value` for the cell v.i (and the resolution v.r), an error where v.i is no cell or `fault` holds."""
    bound = {"i": "i", "r": "r"} if extra else {"i": "i"}
    return once(
        bound,
        f"CASE WHEN NOT pg_h3_is_valid(v.i) THEN error('{name}: ' || v.i || ' is not a valid H3 cell')"
        f" WHEN {fault} THEN error('{name}: invalid resolution ' || {extra or 0}) ELSE {value} END",
    )


def _geometry_of_cell(name: str, function: str) -> str:
    return geometry("4326", f"{_N}st_geomfromwkb({_of_cell(name, function + '(v.i)')})")


def _from_point() -> str:
    return once(
        {"g": "g.g", "r": "r"},
        f"CASE WHEN {_N}st_geometrytype(v.g) <> 'POINT' THEN error('H3_FromPoint: expected POINT')"
        f" WHEN {_NOT_A_RESOLUTION} THEN error('H3_FromPoint: invalid resolution ' || v.r)"
        f" ELSE pg_h3_from_long_lat({_N}st_x(v.g), {_N}st_y(v.g), v.r) END",
    )


def _from_coordinates() -> str:
    return once(
        {"x": "x", "y": "y", "r": "r"},
        f"CASE WHEN {_NOT_A_RESOLUTION} THEN error('H3_FromLongLat: invalid resolution ' || v.r)"
        " WHEN NOT (isfinite(v.x) AND isfinite(v.y)) THEN error('H3_FromLongLat: invalid coordinates')"
        " ELSE pg_h3_from_long_lat(v.x, v.y, v.r) END",
    )


def _filled() -> str:
    return once(
        {"g": "g.g", "r": "r"},
        f"CASE WHEN {_NOT_A_RESOLUTION} THEN error('H3_Polyfill: invalid resolution ' || v.r)"
        f" WHEN {_N}st_geometrytype(v.g) NOT IN ('POLYGON', 'MULTIPOLYGON')"
        " THEN error('H3_Polyfill of anything but polygons is not supported by the sandbox')"
        f" ELSE CAST(pg_h3_polyfill(CAST({_N}st_asgeojson(v.g) AS VARCHAR), v.r) AS JSON) END",
    )


MACROS = (
    macro("h3_isvalid(i bigint)", "pg_h3_is_valid(i)"),
    macro("h3_resolution(i bigint)", _of_cell("H3_Resolution", _RESOLUTION)),
    macro("h3_center(i bigint)", _geometry_of_cell("H3_Center", "pg_h3_center")),
    macro("h3_boundary(i bigint)", _geometry_of_cell("H3_Boundary", "pg_h3_boundary")),
    macro("h3_toparent(i bigint, r integer)",
          _of_cell("H3_ToParent", "pg_h3_parent(v.i, v.r)", "v.r",
                   f"NOT v.r BETWEEN 0 AND {_RESOLUTION}")),
    macro("h3_tochildren(i bigint, r integer)",
          _of_cell("H3_ToChildren", "CAST(pg_h3_children(v.i, v.r) AS JSON)", "v.r",
                   f"NOT v.r BETWEEN {_RESOLUTION} AND 15")),
    macro("h3_fromlonglat(x double precision, y double precision, r integer)", _from_coordinates()),
    macro("h3_frompoint(g geometry, r integer)", _from_point()),
    macro("h3_polyfill(g geometry, r integer)", _filled()),
)  # fmt: skip
