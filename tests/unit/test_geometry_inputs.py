"""Every Lambda function of the geometry modules, asked with everything that a GEOMETRY column may hold.

Each gives an answer, the same every time and in any company, or an error in words that names its row.
"""

import importlib
import json
import re
import struct

import pytest
import shapely

from carto_at_runtime import handler, registry
from tests.unit.handler_calls import hexewkb, respond

MODULES = ("constructors", "transformations", "processing", "clustering", "random")
SQUARE = "POLYGON((0 0,2 0,2 1,0 1,0 0))"

GEOMETRIES = {
    "point": "POINT(1 2)",
    "line": "LINESTRING(0 0,1 2,3 0)",
    "polygon": SQUARE,
    "multipoint": "MULTIPOINT((0 0),(4 0),(0 3),(4 3),(2 1))",
    "multiline": "MULTILINESTRING((0 0,1 1),(2 2,3 3,4 0))",
    "multipolygon": f"MULTIPOLYGON({SQUARE[7:]},((5 5,6 5,6 6,5 5)))",
    "collection": "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1),POLYGON((0 0,1 0,0 1,0 0)))",
    "nested collection": "GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION EMPTY))",
    "with Z": "MULTIPOINT Z((0 0 9),(4 0 8),(0 3 7),(4 4 6))",
    "point with Z": "POINT Z(1 2 3)",
    "line with Z": "LINESTRING Z(0 0 1,1 2 3,3 0 9)",
    "polygon with Z": "POLYGON Z((0 0 1,2 0 1,2 1 1,0 0 1))",
    "one point in a multipoint": "MULTIPOINT((1 2))",
    "two points": "MULTIPOINT((1 2),(3 4))",
    "coincident points": "MULTIPOINT((1 2),(1 2),(1 2),(1 2))",
    "coincident and other points": "MULTIPOINT((1 2),(1 2),(3 4),(0 9),(3 4))",
    "points on a line": "MULTIPOINT((0 0),(1 1),(2 2),(3 3))",
    "points on a meridian": "MULTIPOINT((5 0),(5 1),(5 2),(5 3))",
    "points on a circle": "MULTIPOINT((0 0),(2 0),(2 2),(0 2))",
    "points as close as numbers": "MULTIPOINT((1 1),(1.0000000000000002 1),(1 1.0000000000000002),(2 2))",
    "points that are nearly on a line": "MULTIPOINT((0 0),(1 1e-13),(2 0),(3 1e-13),(4 0))",
    "points at the antimeridian": "MULTIPOINT((179.9 0),(-179.9 0),(180 1),(-180 2))",
    "points at the poles": "MULTIPOINT((0 90),(90 90),(0 -90),(180 -90))",
    "line across the antimeridian": "LINESTRING(179 0,-179 1)",
    "line beyond the antimeridian": "LINESTRING(179 0,181 1)",
    "line over a pole": "LINESTRING(0 89,180 89)",
    "line without a length": "LINESTRING(1 1,1 1)",
    "line that comes back": "LINESTRING(0 0,1 0,0 0)",
    "polygon across the antimeridian": "POLYGON((179 0,181 0,181 1,179 1,179 0))",
    "polygon of the world": "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))",
    "bow tie": "POLYGON((0 0,2 2,2 0,0 2,0 0))",
    "ring without an area": "POLYGON((0 0,1 1,2 2,0 0))",
    "ring of one place": "POLYGON((1 1,1 1,1 1,1 1))",
    "spike": "POLYGON((0 0,2 0,2 2,2 0,0 0))",
    "hole outside": f"POLYGON({SQUARE[8:-1]},(5 5,6 5,6 6,5 5))",
    "hole that is the shell": f"POLYGON({SQUARE[8:-1]},{SQUARE[8:-1]})",
    "shells over each other": f"MULTIPOLYGON({SQUARE[7:]},{SQUARE[7:]})",
    "needle": "POLYGON((0 0,1e-9 80,2e-9 0,0 0))",
    "latitudes beyond the poles": "MULTIPOINT((0 91),(0 -91),(1 0))",
    "point beyond the poles": "POINT(0 100)",
    "huge coordinates": "MULTIPOINT((1e300 1e300),(-1e300 1e300),(0 -1e300))",
    "point with huge coordinates": "POINT(1e300 1)",
    "tiny coordinates": "MULTIPOINT((1e-300 0),(0 1e-300),(-1e-300 0))",
    "negative zeros": "MULTIPOINT((-0.0 -0.0),(0.0 0.0),(1 1))",
    **{
        f"empty {kind.lower()}": f"{kind} EMPTY"
        for kind in (
            *("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"),
            "GEOMETRYCOLLECTION",
        )
    },
    "multipoint with an empty one": "MULTIPOINT(EMPTY,(2 3),EMPTY)",
    "multipolygon with an empty one": f"MULTIPOLYGON(EMPTY,{SQUARE[7:]})",
}


def _point_bytes(x, y):
    return struct.pack("<BIdd", 1, 1, x, y).hex()


TEXTS = {
    **{name: hexewkb(wkt) for name, wkt in GEOMETRIES.items()},
    "SRID 4326": hexewkb("MULTIPOINT((0 0),(4 0),(0 3))", 4326),
    "SRID 3857": hexewkb("MULTIPOINT((0 0),(4 0),(0 3))", 3857),
    "point of SRID 3857": hexewkb("POINT(1 2)", 3857),
    "big-endian": hexewkb("MULTIPOINT((0 0),(4 0),(0 3))", byte_order=0),
    "with M": shapely.to_wkb(shapely.from_wkt("POINT M(1 2 3)"), hex=True, output_dimension=3, flavor="iso"),
    "not a number": _point_bytes(float("nan"), 1),
    "infinity": _point_bytes(float("inf"), 1),
    "line to infinity": struct.pack("<BIIdddd", 1, 2, 2, 0, 0, float("inf"), 1).hex(),
    "ring that is open": struct.pack("<BIIIdddddd", 1, 3, 1, 3, 0, 0, 1, 0, 0, 1).hex(),
    "ring of two places": struct.pack("<BIIIdddd", 1, 3, 1, 2, 0, 0, 1, 0).hex(),
    "line of one place": struct.pack("<BIIdd", 1, 2, 1, 3, 4).hex(),
    "curve": "0108000000" + "00000000",
    "unknown type": "01FF000000",
    "a count that lies": struct.pack("<BII", 1, 4, 0xFFFFFFFF).hex(),
    "cut short": hexewkb("LINESTRING(0 0,1 1)")[:-4],
    "too long": hexewkb("POINT(1 2)") + "00",
    "no text": "",
    "not hexadecimal": "POINT(1 2)",
    "half a byte": "010",
    "not ASCII": "é" * 42,
}  # fmt: skip

OTHERS = {
    "n_points": 5, "distance": "1", "units": "kilometers", "meters": "1000", "segments": 2, "max_edge": "500",
    "p": "2", "resolution": 60, "sharpness": "0.85", "x_semi_axis": "3", "y_semi_axis": "2", "angle": "10", "steps": 5,
    "bbox": "", "number_of_clusters": 2, "npoints": 3, "seed": 42, "room": "",
}  # fmt: skip
GEOMETRY_ARGUMENTS = {"geom", "points", "line", "linestring", "center", "start_point", "end_point"}
ELSEWHERE = {
    *("__TESSELLATION", "__CLUSTERKMEANS_CENTRES", "__GENERATEPOINTS"),
    *("__ENVELOPE_ARR", "__CONCAVEHULL_ARR", "__MINKOWSKIDISTANCE_ARR"),
}
"""Functions that take no geometry, and the one whose answers are others every time."""

FAULTS = re.compile(
    r"(Invalid (geometry|latitude|center|operation|n_points|distance|bounding box)"
    r"|\w+( and \w+)? should (be|have) |its SRID is|the ellipse )"
)


def functions():
    """All functions of the modules that take a geometry."""
    for module in MODULES:
        importlib.import_module(f"carto_{module}")
    for name in registry.names:
        function = registry.find(name)
        module = function.batch.__module__.partition(".")[0].removeprefix("carto_")
        if module in MODULES and name.upper() not in ELSEWHERE:
            yield pytest.param(function, id=name)


def ask(function, *texts):
    rows = [
        [text if one.name in GEOMETRY_ARGUMENTS else OTHERS[one.name] for one in function.arguments]
        for text in texts
    ]
    if function.name.upper().startswith("__GREATCIRCLE"):
        rows = [[row[0], hexewkb("POINT(-50 10)"), *row[2:]] for row in rows]
    return respond(handler, function.name, *rows)


def is_sound(result):
    """Whether it is NULL, JSON or a valid geometry."""
    if result is None:
        return True
    if result.startswith(("{", "[")):
        return json.loads(result) is not None
    return shapely.is_valid(shapely.from_wkb(result))


@pytest.mark.thorough
@pytest.mark.parametrize("function", list(functions()))
def test_whatever_comes_is_answered_or_refused_in_words(function):
    good = next(text for text in TEXTS.values() if ask(function, text)["success"])
    (expected,) = ask(function, good)["results"]
    answered = {}
    for name, text in TEXTS.items():
        alone = ask(function, text)
        if alone["success"]:
            (answered[text],) = alone["results"]
            continue
        reason = alone["error_msg"].partition("Error processing row 0: ")[2]
        assert FAULTS.match(reason), (name, alone["error_msg"])
        together = ask(function, good, None, text, good)
        assert together["error_msg"].endswith(f"Error processing row 2: {reason}"), name
    for text, result in answered.items():
        assert is_sound(result), (text, result)
    together = ask(function, *answered, None, good)
    assert together["results"] == [*answered.values(), None, expected]


def test_every_function_is_asked():
    assert len(list(functions())) >= 18
