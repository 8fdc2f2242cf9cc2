"""Pictures of the functions of cells: k-rings, polyfill in its modes, and coverings."""

from __future__ import annotations

from docs.generate.picture import Layer, Picture

_AREA = "ST_GeomFromText('POLYGON((-6.9 42.3,-1.2 42.6,-1.9 38.6,-3.9 40.3,-6.4 38.4,-6.9 42.3))', 4326)"
_INPUT = Layer(f"SELECT ST_AsGeoJSON({_AREA})", "area")


def _cells(call: str, boundary: str, style: str = "cells") -> Layer:
    """All cells of an array."""
    return Layer(
        f"SELECT ST_AsGeoJSON({boundary}) FROM (SELECT {call} AS cells) t, t.cells AS cell", style
    )


def _rings(call: str, boundary: str) -> Layer:
    """All cells of an array of objects, with their distances written on them."""
    return Layer(
        f"SELECT ST_AsGeoJSON({boundary}), CAST(item.distance AS INTEGER)"
        f" FROM (SELECT {call} AS cells) t, t.cells AS item",
        "cells",
    )


QUADBIN = "carto.QUADBIN_BOUNDARY(CAST(cell AS BIGINT))"
QUADINT = "ST_GeomFromGeoJSON(carto.QUADINT_BOUNDARY(CAST(cell AS BIGINT)))"
H3 = "carto.H3_BOUNDARY(CAST(cell AS VARCHAR(16)))"
S2 = "ST_GeomFromText(carto.S2_BOUNDARY(CAST(cell AS BIGINT)), 4326)"


def _polyfill(module: str, call: str, boundary: str, note: str) -> Picture:
    name = call.removeprefix("carto.").partition("(")[0]
    mode = note.partition(":")[0] if ":" in note else ""
    file = "_".join(filter(None, (name.lower(), mode))) + ".svg"
    return Picture(name, file, f"{name}, {note}.", (module,), (_cells(call, boundary), _INPUT))


PICTURES: tuple[Picture, ...] = (
    Picture(
        "QUADBIN_KRING_DISTANCES",
        "quadbin_kring_distances.svg",
        "The cells up to two steps around the cell of Madrid at resolution 9, with their distances.",
        ("quadbin",),
        (
            _rings(
                "carto.QUADBIN_KRING_DISTANCES(carto.QUADBIN_FROMLONGLAT(-3.7038, 40.4168, 9), 2)",
                QUADBIN.replace("cell ", "item.index "),
            ),
            Layer(
                "SELECT ST_AsGeoJSON(carto.QUADBIN_BOUNDARY(carto.QUADBIN_FROMLONGLAT(-3.7038, 40.4168, 9)))",
                "origin",
            ),
        ),
    ),
    Picture(
        "H3_KRING_DISTANCES",
        "h3_kring_distances.svg",
        "The cells up to two steps around the cell of Madrid at resolution 4, with their distances.",
        ("h3",),
        (
            _rings(
                "carto.H3_KRING_DISTANCES(carto.H3_FROMLONGLAT(-3.7038, 40.4168, 4), 2)",
                H3.replace("cell ", "item.index "),
            ),
            Layer(
                "SELECT ST_AsGeoJSON(carto.H3_BOUNDARY(carto.H3_FROMLONGLAT(-3.7038, 40.4168, 4)))",
                "origin",
            ),
        ),
    ),
    _polyfill(
        "quadbin",
        f"carto.QUADBIN_POLYFILL({_AREA}, 9)",
        QUADBIN,
        "all cells that the area touches, at resolution 9",
    ),
    _polyfill(
        "quadkey",
        f"carto.QUADINT_POLYFILL({_AREA}, 9)",
        QUADINT,
        "all tiles that the area touches, at resolution 9",
    ),
    *(
        _polyfill(
            "h3",
            f"carto.H3_POLYFILL_MODE({_AREA}, 4, '{mode}')",
            H3,
            f"{mode}: {note}, at resolution 4",
        )
        for mode, note in (
            ("center", "cells whose centre is in the area"),
            ("intersects", "all cells that the area touches"),
            ("contains", "cells that are in the area as a whole"),
        )
    ),
    _polyfill(
        "s2",
        f"carto.S2_POLYFILL({_AREA}, 8)",
        S2,
        "all cells that the area touches, at resolution 8",
    ),
    Picture(
        "S2_POLYFILL_BBOX",
        "s2_polyfill_bbox.svg",
        "S2_POLYFILL_BBOX of a box with resolutions 4 to 10: few cells, of several sizes.",
        ("s2",),
        (
            _cells("carto.S2_POLYFILL_BBOX(-6.9, -1.2, 38.4, 42.6, 4, 10)", S2),
            Layer("SELECT ST_AsGeoJSON(ST_MakeEnvelope(-6.9, 38.4, -1.2, 42.6, 4326))", "area"),
        ),
    ),
)
