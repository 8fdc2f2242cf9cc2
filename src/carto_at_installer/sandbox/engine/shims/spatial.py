"""Redshift's spatial functions on DuckDB's, with an SRID beside each geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.shapes import EARTH_RADIUS_M
from carto_at_installer.sandbox.engine.shims.macro import geometry, macro, once

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.shims.macro import Macro

_N = "system.main."
_MEASURES = (
    "st_xmin st_xmax st_ymin st_ymax st_zmin st_zmax st_isempty st_isclosed st_issimple st_isvalid"
    " st_isring st_area st_length st_perimeter"
).split()
_COUNTS = ("st_npoints", "st_numpoints", "st_numinteriorrings", "st_numgeometries", "st_dimension")
_UNARY = (
    "st_centroid st_convexhull st_boundary st_startpoint st_endpoint st_exteriorring"
    " st_reverse st_points st_multi st_force2d"
).split()
_PREDICATES = (
    "st_intersects st_contains st_within st_covers st_coveredby st_crosses st_disjoint st_equals"
    " st_touches st_overlaps st_distance st_containsproperly"
).split()
_OVERLAYS = ("st_intersection", "st_union", "st_difference", "st_symdifference")
_SAME_SRID = "v.a.srid <> v.b.srid"
_LITTLE_SRID = (
    "'20' || lpad(hex(v.a.srid & 255), 2, '0') || lpad(hex((v.a.srid >> 8) & 255), 2, '0')"
    " || lpad(hex((v.a.srid >> 16) & 255), 2, '0') || '00'"
)
_IN_DEGREES = "20E6100000"
"""The flag that an SRID follows, and 4326, in hexadecimal EWKB: nearly every geometry has it."""


def _point_part(name: str) -> Macro:
    body = once(
        {"g": "g.g"},
        f"CASE WHEN {_N}st_geometrytype(v.g) <> 'POINT'"
        f" THEN error('{name}: expected POINT') ELSE {_N}{name}(v.g) END",
    )
    return macro(f"{name}(g geometry)", body)


def _pair(name: str, call: str, *, makes_geometry: bool = False, extra: str = "") -> Macro:
    """A function of two geometries that must have the same SRID."""
    message = f"error('{name}: the geometries have different SRIDs')"
    value = geometry("v.a.srid", call).replace("lambda v:", "lambda w:").replace("v.g", "w.g")
    value = value.replace("v.srid IS", "w.srid IS").replace("ELSE v END", "ELSE w END")
    body = once(
        {"a": "a", "b": "b"},
        f"CASE WHEN {_SAME_SRID} THEN {message} ELSE {value if makes_geometry else call} END",
    )
    return macro(f"{name}(a geometry, b geometry{extra})", body)


def _accessors() -> list[Macro]:
    found = [macro(f"{name}(g geometry)", f"{_N}{name}(g.g)") for name in _MEASURES]
    found += [macro(f"{name}(g geometry)", f"CAST({_N}{name}(g.g) AS INTEGER)") for name in _COUNTS]
    found += [_point_part(name) for name in ("st_x", "st_y", "st_z", "st_m")]
    found += [
        macro("st_length2d(g geometry)", f"{_N}st_length(g.g)"),
        macro("st_perimeter2d(g geometry)", f"{_N}st_perimeter(g.g)"),
        macro("st_srid(g geometry)", "g.srid"),
        macro("geometrytype(g geometry)", f"CAST({_N}st_geometrytype(g.g) AS VARCHAR)"),
        macro(
            "st_geometrytype(g geometry)",
            "CAST(MAP {'POINT': 'ST_Point', 'LINESTRING': 'ST_LineString', 'POLYGON': 'ST_Polygon',"
            " 'MULTIPOINT': 'ST_MultiPoint', 'MULTILINESTRING': 'ST_MultiLineString',"
            " 'MULTIPOLYGON': 'ST_MultiPolygon', 'GEOMETRYCOLLECTION': 'ST_GeometryCollection'}"
            f"[CAST({_N}st_geometrytype(g.g) AS VARCHAR)] AS VARCHAR)",
        ),
        macro("st_iscollection(g geometry)", f"{_N}st_geometrytype(g.g) IN"
              " ('MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON', 'GEOMETRYCOLLECTION')"),
        macro("st_ndims(g geometry)", f"2 + {_N}st_hasz(g.g)::INTEGER + {_N}st_hasm(g.g)::INTEGER"),
        macro("st_isvalidreason(g geometry)",
              f"CASE WHEN {_N}st_isvalid(g.g) THEN 'Valid Geometry' ELSE 'Invalid Geometry' END"),
    ]  # fmt: skip
    return found


def _relations() -> list[Macro]:
    found = [_pair(name, f"{_N}{name}(v.a.g, v.b.g)") for name in _PREDICATES]
    found += [_pair(n, f"{_N}{n}(v.a.g, v.b.g)", makes_geometry=True) for n in _OVERLAYS]
    found += [
        _pair("st_makeline", f"{_N}st_makeline(v.a.g, v.b.g)", makes_geometry=True),
        _pair("st_collect", f"{_N}st_collect([v.a.g, v.b.g])", makes_geometry=True),
        _pair("st_azimuth", f"{_N}st_azimuth(v.a.g, v.b.g)"),
        macro(
            "st_dwithin(a geometry, b geometry, d double precision)",
            once(
                {"a": "a", "b": "b"},
                f"CASE WHEN {_SAME_SRID} THEN error('st_dwithin: the geometries have different"
                f" SRIDs') ELSE {_N}st_distance(v.a.g, v.b.g) END",
            )
            + " <= d",
        ),
    ]
    haversine = (
        "2 * r * asin(sqrt(least(1, power(sin(radians(v.y2 - v.y1) / 2), 2) + cos(radians(v.y1))"
        " * cos(radians(v.y2)) * power(sin(radians(v.x2 - v.x1) / 2), 2))))"
    )
    parts = {
        "x1": f"{_N}st_x(a.g)",
        "y1": f"{_N}st_y(a.g)",
        "x2": f"{_N}st_x(b.g)",
        "y2": f"{_N}st_y(b.g)",
    }
    found += [
        macro("st_distancesphere(a geometry, b geometry)",
              once(parts, haversine.replace("* r *", f"* {EARTH_RADIUS_M} *"))),
        macro("st_distancesphere(a geometry, b geometry, r double precision)",
              once({**parts, "r": "r"}, haversine.replace("* r *", "* v.r *"))),
    ]  # fmt: skip
    return found


def _makers() -> list[Macro]:
    found = [
        macro(f"{name}(g geometry)", geometry("g.srid", f"{_N}{name}(g.g)")) for name in _UNARY
    ]
    point = geometry("0", f"{_N}st_point(x, y)")
    box = f"{_N}st_makeenvelope(a, b, c, d)"
    corners = "a double precision, b double precision, c double precision, d double precision"
    found += [
        macro("st_point(x double precision, y double precision)", point),
        macro("st_makepoint(x double precision, y double precision)", point),
        macro("st_makepoint(x double precision, y double precision, z double precision)",
              geometry("0", f"{_N}st_point3d(x, y, z)::GEOMETRY")),
        macro("st_makepoint(x double precision, y double precision, z double precision,"
              " m double precision)", geometry("0", f"{_N}st_point4d(x, y, z, m)::GEOMETRY")),
        macro(f"st_makeenvelope({corners})", geometry("0", box)),
        macro(f"st_makeenvelope({corners}, s integer)", geometry("s", box)),
        macro("st_collect(g geometry)", once(
            {"s": "min(g.srid)", "t": "max(g.srid)", "gs": "list(g.g) FILTER (WHERE g IS NOT NULL)"},
            "CASE WHEN v.s <> v.t THEN error('st_collect: the geometries have different SRIDs')"
            f" WHEN v.gs IS NULL THEN NULL ELSE struct_pack(srid := v.s, g := {_N}st_collect(v.gs)) END")),
        macro("st_envelope(g geometry)", geometry("g.srid", _envelope())),
        macro("st_setsrid(g geometry, s integer)", geometry("s", "g.g")),
        macro("st_makepolygon(g geometry)", geometry("g.srid", _ring("ST_MakePolygon"))),
        macro("st_polygon(g geometry, s integer)", geometry("s", _ring("ST_Polygon"))),
        macro("st_linefrommultipoint(g geometry)",
              geometry("g.srid", f"{_N}st_makeline(list_transform({_N}st_dump(g.g), lambda x: x.geom))")),
        macro("st_buffer(g geometry, d double precision)", geometry("g.srid", f"{_N}st_buffer(g.g, d)")),
        macro("st_buffer(g geometry, d double precision, n integer)",
              geometry("g.srid", f"{_N}st_buffer(g.g, d, n)")),
        macro("st_simplify(g geometry, d double precision)",
              geometry("g.srid", f"{_N}st_simplify(g.g, d)")),
        macro("st_pointn(g geometry, i integer)", geometry("g.srid", f"{_N}st_pointn(g.g, i)")),
        macro("st_geometryn(g geometry, i integer)",
              geometry("g.srid", f"list_extract({_N}st_dump(g.g), i).geom")),
        macro("st_interiorringn(g geometry, i integer)",
              geometry("g.srid", f"{_N}st_interiorringn(g.g, i)")),
        macro("st_flipcoordinates(g geometry)", geometry("g.srid", f"{_N}st_flipcoordinates(g.g)")),
        macro("st_lineinterpolatepoint(g geometry, f double precision)",
              geometry("g.srid", f"{_N}st_lineinterpolatepoint(g.g, f)")),
        macro("st_transform(g geometry, s integer)", _transform()),
    ]  # fmt: skip
    return found


def _envelope() -> str:
    """The bounding box, clockwise from its lower left corner; a point or a line where it has no area."""
    low, high = f"{_N}st_point(e.x1, e.y1)", f"{_N}st_point(e.x2, e.y2)"
    sides = ", ".join(
        f"{name} := {_N}st_{side}(g.g)"
        for name, side in (("x1", "xmin"), ("y1", "ymin"), ("x2", "xmax"), ("y2", "ymax"))
    )
    return (
        f"list_transform([struct_pack(g := g.g, {sides})], lambda e: CASE WHEN e.g IS NULL THEN NULL"
        f" WHEN e.x1 IS NULL THEN e.g WHEN e.x1 = e.x2 AND e.y1 = e.y2 THEN {low}"
        f" WHEN e.x1 = e.x2 OR e.y1 = e.y2 THEN {_N}st_makeline({low}, {high})"
        f" ELSE {_N}st_makeenvelope(e.x1, e.y1, e.x2, e.y2) END)[1]"
    )


def _ring(name: str) -> str:
    kind = f"CAST({_N}st_geometrytype(r.g) AS VARCHAR)"
    return (
        f"list_transform([struct_pack(g := g.g)], lambda r: CASE WHEN {kind} <> 'LINESTRING'"
        f" THEN error('{name}: expected LINESTRING, type found: ' || {kind})"
        f" WHEN NOT {_N}st_isclosed(r.g) THEN error('Input linestring must be closed')"
        f" ELSE {_N}st_makepolygon(r.g) END)[1]"
    )


def _transform() -> str:
    def code(srid: str) -> str:
        return f"concat('EPSG:', {srid})"

    return once(
        {"a": "g", "s": "s"},
        "CASE WHEN v.a IS NULL OR v.s IS NULL THEN NULL"
        " WHEN v.a.srid = 0 THEN error('ST_Transform: the input geometry has SRID 0')"
        " WHEN v.a.srid = v.s THEN v.a ELSE struct_pack(srid := v.s, g := "
        f"{_N}st_transform(v.a.g, {code('v.a.srid')}, {code('v.s')}, always_xy := true)) END",
    )


def _readers() -> list[Macro]:
    found: list[Macro] = []
    for name in ("st_geomfromtext", "st_geometryfromtext"):
        text = f"{_N}st_geomfromtext(t)"
        found += [
            macro(f"{name}(t varchar)", geometry("0", text)),
            macro(f"{name}(t varchar, s integer)", geometry("s", text)),
        ]
    srid = (
        f"CASE WHEN substr(v.t, 9, 10) = '{_IN_DEGREES}' THEN 4326"
        " WHEN substr(v.t, 9, 2) IN ('20', 'A0', '60', 'E0', 'a0', 'e0') THEN"
        " CAST(CAST(concat('0x', substr(v.t, 17, 2), substr(v.t, 15, 2), substr(v.t, 13, 2), substr(v.t, 11, 2))"
        " AS BIGINT) AS INTEGER) ELSE 0 END"
    )
    ewkb = once(
        {"t": "t"},
        f"CASE WHEN v.t IS NULL THEN NULL ELSE struct_pack(srid := {srid},"
        f" g := {_N}st_geomfromhexewkb(v.t)) END",
    )
    ewkt = once(
        {"t": "t"},
        "CASE WHEN v.t IS NULL THEN NULL ELSE struct_pack(srid := CASE WHEN starts_with(upper(v.t),"
        " 'SRID=') THEN CAST(regexp_extract(v.t, '^[^=]*=([0-9]+);', 1) AS INTEGER) ELSE 0 END,"
        f" g := {_N}st_geomfromtext(regexp_replace(v.t, '^[Ss][^=]*=[0-9]+;', ''))) END",
    )
    hexa = f"{_N}st_geomfromhexewkb(t)"
    found += [
        macro("st_geomfromgeojson(t varchar)", geometry("4326", f"{_N}st_geomfromgeojson(t)")),
        macro("st_geomfromwkb(t varchar)", geometry("0", hexa)),
        macro("st_geomfromwkb(t varchar, s integer)", geometry("s", hexa)),
        macro("st_geomfromwkb(t varbyte)", geometry("0", f"{_N}st_geomfromwkb(t)")),
        macro("st_geomfromwkb(t varbyte, s integer)", geometry("s", f"{_N}st_geomfromwkb(t)")),
        macro("st_geomfromewkb(t varchar)", ewkb),
        macro("st_geomfromewkt(t varchar)", ewkt),
        macro("geometry_of(t varchar)", once(
            {"x": "t"}, "CASE WHEN regexp_matches(v.x, '^[0-9A-Fa-f]+$')"
            " THEN pg_rs.st_geomfromewkb(v.x) ELSE pg_rs.st_geomfromewkt(v.x) END")),
        macro("geometry_of(g geometry)", "g"),
    ]  # fmt: skip
    return found


def _limited(text: str, name: str) -> str:
    return once(
        {"t": text},
        f"CASE WHEN strlen(v.t) > 65535 THEN error('{name}: the result is larger than 65535 bytes')"
        " ELSE v.t END",
    )


def _writers() -> list[Macro]:
    found: list[Macro] = []
    for name, form in (("st_astext", "wkt"), ("st_aswkt", "wkt"), ("st_asgeojson", "json")):
        text = f"pg_geometry_text({_N}st_aswkb(g.g), '{form}', {{}})"
        found += [
            macro(f"{name}(g geometry)", _limited(text.format("15"), name)),
            macro(f"{name}(g geometry, p integer)", _limited(text.format("p"), name)),
        ]
    prefix = "CASE WHEN v.a.srid > 0 THEN concat('SRID=', v.a.srid, ';') ELSE '' END"
    for signature, digits in (
        ("st_asewkt(g geometry)", "15"),
        ("st_asewkt(g geometry, p integer)", "v.p"),
    ):
        text = f"{prefix} || pg_geometry_text({_N}st_aswkb(v.a.g), 'wkt', {digits})"
        bound = {"a": "g", "p": "p"} if digits == "v.p" else {"a": "g"}
        found.append(macro(signature, _limited(once(bound, text), "st_asewkt")))
    wkb = f"CAST({_N}st_aswkb(v.a.g) AS BLOB)"
    ewkb = once(
        {"a": "g"},
        f"CASE WHEN {_N}st_hasz(v.a.g) OR {_N}st_hasm(v.a.g) THEN pg_geometry_ewkb({wkb}, v.a.srid)"
        f" WHEN v.a.srid = 0 THEN hex({wkb})"
        f" WHEN v.a.srid = 4326 THEN hex({wkb}[1:4]) || '{_IN_DEGREES}' || hex({wkb}[6:])"
        f" ELSE hex({wkb}[1:4]) || {_LITTLE_SRID} || hex({wkb}[6:]) END",
    )
    found += [
        macro("st_ashexwkb(g geometry)", _limited(f"{_N}st_ashexwkb(g.g)", "st_ashexwkb")),
        macro("st_ashexewkb(g geometry)", _limited(ewkb, "st_ashexewkb")),
        macro("st_asbinary(g geometry)", f"CAST({_N}st_aswkb(g.g) AS BLOB)"),
        macro("st_asewkb(g geometry)", f"unhex({ewkb})"),
        macro("geometry_text(g geometry)", ewkb),
    ]
    return found


MACROS = (*_accessors(), *_relations(), *_makers(), *_readers(), *_writers())
