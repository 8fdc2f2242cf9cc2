"""Spatial functions in Python (`shapes`): vertices, dimensions, orientation, and measures that DuckDB has not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from carto_at_installer.sandbox.engine import shapes
from carto_at_installer.sandbox.engine.shims.macro import geometry, macro
from carto_at_installer.sandbox.engine.text import Shape, read_wkb, write_ewkb

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.engine.shims.macro import Macro

_N = "system.main."
_TYPES = {
    "double": (pa.float64(), "DOUBLE"),
    "bigint": (pa.int64(), "BIGINT"),
    "boolean": (pa.bool_(), "BOOLEAN"),
    "text": (pa.string(), "VARCHAR"),
}


def _batch(functions: dict[str, Callable[..., Any]], kind: pa.DataType) -> Any:
    """A function for DuckDB: names of functions, WKB, and JSON lists of numbers and geometries in hexadecimal WKB."""

    def run(names: pa.ChunkedArray, wkb: pa.ChunkedArray, texts: pa.ChunkedArray) -> pa.Array:
        rows = zip(names.to_pylist(), wkb.to_pylist(), texts.to_pylist(), strict=True)
        return pa.array([_one(functions, *row) for row in rows], type=kind)

    return run


def _one(
    functions: dict[str, Callable[..., Any]], name: str, wkb: bytes | None, text: str | None
) -> Any:
    given = None if text is None else json.loads(text)
    if wkb is None or given is None or None in given:
        return None
    arguments = [read_wkb(bytes.fromhex(a)) if isinstance(a, str) else a for a in given]
    answer = functions[name](read_wkb(wkb), *arguments)
    return write_ewkb(answer, 0) if isinstance(answer, Shape) else answer


_ARGUMENTS = ["VARCHAR", "BLOB", "VARCHAR"]
FUNCTIONS: tuple[tuple[str, Any, list[str], str], ...] = (
    ("pg_shape_geometry", _batch(shapes.GEOMETRIES, pa.binary()), _ARGUMENTS, "BLOB"),
    *(
        (f"pg_shape_{name}", _batch(functions, _TYPES[name][0]), _ARGUMENTS, _TYPES[name][1])
        for name, functions in shapes.VALUES.items()
    ),
)


def _call(kind: str, name: str, arguments: str) -> str:
    return (
        f"pg_shape_{kind}('{name}', CAST({_N}st_aswkb(g.g) AS BLOB),"
        f" CAST(json_array({arguments}) AS VARCHAR))"
    )


def _hex(name: str) -> str:
    return f"hex(CAST({_N}st_aswkb({name}.g) AS BLOB))"


def _geometry(signature: str, name: str, arguments: str = "") -> Macro:
    """A function whose result has the SRID of its first geometry."""
    value = f"{_N}st_geomfromwkb({_call('geometry', name, arguments)})"
    return macro(signature, geometry("g.srid", value))


def _value(signature: str, kind: str, name: str, arguments: str = "") -> Macro:
    return macro(signature, _call(kind, name, arguments))


def _same_srid(function: str, body: str) -> str:
    message = f"error('{function}: the geometries have different SRIDs')"
    return f"CASE WHEN g.srid <> b.srid THEN {message} ELSE {body} END"


_FURTHEST = _call("double", "max_distance", _hex("b"))
_X, _Y = "x double precision", "y double precision"
MACROS: tuple[Macro, ...] = (
    _geometry("st_addpoint(g geometry, p geometry)", "add_point", _hex("p")),
    _geometry("st_addpoint(g geometry, p geometry, i integer)", "add_point", f"{_hex('p')}, i"),
    _geometry("st_setpoint(g geometry, i integer, p geometry)", "set_point", f"i, {_hex('p')}"),
    _geometry("st_removepoint(g geometry, i integer)", "remove_point", "i"),
    _geometry("st_segmentize(g geometry, d double precision)", "segmentize", "d"),
    _geometry(f"st_translate(g geometry, {_X}, {_Y})", "translate", "x, y"),
    _geometry(f"st_translate(g geometry, {_X}, {_Y}, z double precision)", "translate", "x, y, z"),
    _geometry(f"st_scale(g geometry, {_X}, {_Y})", "scale", "x, y"),
    _geometry(f"st_scale(g geometry, {_X}, {_Y}, z double precision)", "scale", "x, y, z"),
    _geometry("st_force3d(g geometry)", "force3dz"),
    _geometry("st_force3dz(g geometry)", "force3dz"),
    _geometry("st_force3dm(g geometry)", "force3dm"),
    _geometry("st_force4d(g geometry)", "force4d"),
    _value("st_mmin(g geometry)", "double", "mmin"),
    _value("st_mmax(g geometry)", "double", "mmax"),
    macro("st_nrings(g geometry)", f"CAST({_call('bigint', 'rings', '')} AS INTEGER)"),
    _value("st_ispolygonccw(g geometry)", "boolean", "counter_clockwise"),
    _value("st_ispolygoncw(g geometry)", "boolean", "clockwise"),
    macro("st_maxdistance(g geometry, b geometry)", _same_srid("ST_MaxDistance", _FURTHEST)),
    macro(
        "st_dfullywithin(g geometry, b geometry, d double precision)",
        _same_srid("ST_DFullyWithin", f"{_FURTHEST} <= d"),
    ),
    _value("st_lengthsphere(g geometry)", "double", "length_on_sphere"),
    _value("st_geohash(g geometry)", "text", "geohash"),
    _value("st_geohash(g geometry, n integer)", "text", "geohash", "n"),
    _value(
        "st_angle(g geometry, b geometry, c geometry)",
        "double",
        "angle",
        f"{_hex('b')}, {_hex('c')}",
    ),
    _value(
        "st_angle(g geometry, b geometry, c geometry, d geometry)",
        "double",
        "angle",
        f"{_hex('b')}, {_hex('c')}, {_hex('d')}",
    ),
    macro("addbbox(g geometry)", "g"),
    macro("dropbbox(g geometry)", "g"),
)
