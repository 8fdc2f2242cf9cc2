"""Pictures of the functions that make and change geometries."""

from __future__ import annotations

from docs.generate.picture import Layer, Picture

_LINE = (
    "ST_GeomFromText('LINESTRING(-9.14 38.72,-6.95 38.88,-3.7 40.42,-0.88 41.65,2.17 41.39)', 4326)"
)
_AREA = (
    "ST_GeomFromText('POLYGON((-6.9 42.3,-1.2 42.6,-1.9 38.6,-3.9 40.3,-6.4 38.4,-6.9 42.3),"
    "(-5.6 41.6,-4.2 41.6,-4.6 40.8,-5.6 41.6))', 4326)"
)
_POINTS = (
    "ST_GeomFromText('MULTIPOINT((-3.7 40.4),(2.2 41.4),(-0.4 39.5),(-6 37.4),(-0.9 41.6),(-4.4 36.7),(-1.1 38),"
    "(-2.9 43.3),(-4.7 41.6),(-4.8 37.9),(-8.7 42.2),(-5.7 43.5),(-1.6 42.8),(-3.6 37.2),(-5.7 41),(-7 38.9),"
    "(-2.1 40.1),(-8.6 41.2),(-8.4 40.2),(-7.9 37))', 4326)"
)
_MADRID = "ST_SetSRID(ST_Point(-3.7038, 40.4168), 4326)"
_LISBOA = "ST_SetSRID(ST_Point(-9.14, 38.72), 4326)"
_BARCELONA = "ST_SetSRID(ST_Point(2.17, 41.39), 4326)"


def _shown(geometry: str, style: str, label: str = "") -> Layer:
    columns = f"ST_AsGeoJSON({geometry})" + (f", '{label}'" if label else "")
    return Layer(f"SELECT {columns}", style)


def _text(call: str, style: str) -> Layer:
    """What a function answers as GeoJSON."""
    return Layer(f"SELECT {call}", style)


def _picture(module: str, function: str, caption: str, *layers: Layer) -> Picture:
    return Picture(function, f"{function.lower()}.svg", caption, (module,), layers)


_CONSTRUCTORS = (
    _picture(
        "constructors",
        "ST_TILEENVELOPE",
        "The tiles 5/15/12 and 7/62/48.",
        _shown("carto.ST_TILEENVELOPE(5, 15, 12)", "cells", "5/15/12"),
        _shown("carto.ST_TILEENVELOPE(7, 62, 48)", "cells", "7/62/48"),
    ),
    _picture(
        "constructors",
        "ST_MAKEENVELOPE",
        "The rectangle from -7, 38 to -1, 42.",
        _shown("carto.ST_MAKEENVELOPE(-7, 38, -1, 42)", "cells"),
    ),
    _picture(
        "constructors",
        "ST_MAKEELLIPSE",
        "An ellipse around Madrid with semi-axes of 300 and 150 km, and the same turned by 30 degrees.",
        _shown(f"carto.ST_MAKEELLIPSE({_MADRID}, 300, 150)", "cells"),
        _shown(f"carto.ST_MAKEELLIPSE({_MADRID}, 300, 150, 30)", "area"),
        _shown(_MADRID, "input"),
    ),
    _picture(
        "constructors",
        "ST_BEZIERSPLINE",
        "A smooth line (blue) through the vertices of a line (orange).",
        _shown(_LINE, "line"),
        _shown(f"ST_Buffer(carto.ST_BEZIERSPLINE({_LINE}, 3000), 0.03)", "cells"),
    ),
)

_TRANSFORMATIONS = (
    _picture(
        "transformations",
        "ST_CENTROID",
        "The centroid of an area with a hole, which may lie outside of it.",
        _shown(_AREA, "area"),
        _shown(f"carto.ST_CENTROID({_AREA})", "points", "centroid"),
    ),
    _picture(
        "transformations",
        "ST_CENTERMEAN",
        "The mean of points is drawn away by the far ones, the median less so.",
        _shown(_POINTS, "input"),
        _shown(f"carto.ST_CENTERMEAN({_POINTS})", "points", "mean"),
    ),
    _picture(
        "transformations",
        "ST_CENTERMEDIAN",
        "The place whose distances to the points add up to the least.",
        _shown(_POINTS, "input"),
        _shown(f"carto.ST_CENTERMEDIAN({_POINTS})", "points", "median"),
    ),
    _picture(
        "transformations",
        "ST_POINTONSURFACE",
        "A point inside of an area, whatever its shape.",
        _shown(_AREA, "area"),
        _shown(f"carto.ST_POINTONSURFACE({_AREA})", "points"),
    ),
    _picture(
        "transformations",
        "ST_DESTINATION",
        "The places 200 km from Madrid to the north, east, south and west.",
        *(
            _shown(f"carto.ST_DESTINATION({_MADRID}, 200, {bearing})", "points", f"{bearing}°")
            for bearing in (0, 90, 180, 270)
        ),
        _shown(_MADRID, "input"),
    ),
    _picture(
        "transformations",
        "ST_GREATCIRCLE",
        "The shortest line from Lisboa to Barcelona, with 9 vertices.",
        _shown(f"carto.ST_GREATCIRCLE({_LISBOA}, {_BARCELONA}, 9)", "line"),
        *(
            _shown(f"ST_PointN(carto.ST_GREATCIRCLE({_LISBOA}, {_BARCELONA}, 9), {n})", "points")
            for n in range(1, 10)
        ),
    ),
    _picture(
        "transformations",
        "ST_LINE_INTERPOLATE_POINT",
        "The points 200, 400 and 600 km along a line.",
        _shown(_LINE, "line"),
        *(
            _shown(f"carto.ST_LINE_INTERPOLATE_POINT({_LINE}, {km})", "points", f"{km} km")
            for km in (200, 400, 600)
        ),
    ),
    _picture(
        "transformations",
        "ST_BUFFER",
        "All within 60 km of a line.",
        _shown(f"carto.ST_BUFFER({_LINE}, 60000)", "cells"),
        _shown(_LINE, "line"),
    ),
    _picture(
        "transformations",
        "ST_CONCAVEHULL",
        "The hull of points without edges over 400 km, inside the convex one.",
        _shown(f"carto.ST_CONCAVEHULL({_POINTS})", "area"),
        _shown(f"carto.ST_CONCAVEHULL({_POINTS}, 400)", "cells"),
        _shown(_POINTS, "input"),
    ),
    _picture(
        "transformations",
        "ST_ENVELOPE_ARR",
        "The rectangle around three points.",
        _shown(
            "carto.ST_ENVELOPE_ARR(JSON_PARSE('["
            '{"type":"Point","coordinates":[-3.7,40.4]},{"type":"Point","coordinates":[-6,37.4]},'
            '{"type":"Point","coordinates":[-0.4,39.5]}'
            "]'))",
            "cells",
        ),
        _shown("ST_GeomFromText('MULTIPOINT((-3.7 40.4),(-6 37.4),(-0.4 39.5))', 4326)", "input"),
    ),
)

_TESSELLATIONS = (
    _picture(
        "processing",
        "ST_DELAUNAYPOLYGONS",
        "The Delaunay triangles of points: no point is in the circle around a triangle.",
        _text(f"carto.ST_DELAUNAYPOLYGONS({_POINTS})", "cells"),
        _shown(_POINTS, "input"),
    ),
    _picture(
        "processing",
        "ST_VORONOIPOLYGONS",
        "The Voronoi cells of points: each has the places that are closest to its point.",
        _text(f"carto.ST_VORONOIPOLYGONS({_POINTS}, JSON_PARSE('[-10, 35.5, 4, 44.5]'))", "cells"),
        _shown(_POINTS, "input"),
    ),
    _picture(
        "processing",
        "ST_VORONOILINES",
        "The lines between the Voronoi cells of points.",
        _text(f"carto.ST_VORONOILINES({_POINTS}, JSON_PARSE('[-10, 35.5, 4, 44.5]'))", "line"),
        _shown(_POINTS, "input"),
    ),
)

_GROUPS = (
    _picture(
        "clustering",
        "ST_CLUSTERKMEANS",
        "Four clusters of points, with their numbers.",
        Layer(
            "SELECT ST_AsGeoJSON(ST_Buffer(ST_Point(CAST(item.geom.coordinates[0] AS DOUBLE PRECISION),"
            " CAST(item.geom.coordinates[1] AS DOUBLE PRECISION)), 0.25)), CAST(item.cluster AS INTEGER)"
            f" FROM (SELECT carto.ST_CLUSTERKMEANS({_POINTS}, 4) AS items) t, t.items AS item",
            "cells",
        ),
    ),
    _picture(
        "random",
        "ST_GENERATEPOINTS",
        "200 random points in an area with a hole.",
        _shown(_AREA, "area"),
        _text(f"carto.ST_GENERATEPOINTS({_AREA}, 200, 7)", "points"),
    ),
)

PICTURES: tuple[Picture, ...] = (*_CONSTRUCTORS, *_TRANSFORMATIONS, *_TESSELLATIONS, *_GROUPS)
