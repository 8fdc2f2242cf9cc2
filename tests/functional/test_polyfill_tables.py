"""The *_POLYFILL_TABLE procedures: tables and queries in, tables of cells out, of any size."""

import json

import pytest
import shapely

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.module_engine import load_module, open_engine

GRIDS = {
    "QUADBIN": ("quadbin", "quadbin"),
    "QUADINT": ("quadint", "quadkey"),
    "S2": ("s2", "s2"),
    "H3": ("h3", "h3"),
}
AREA = "POLYGON((-9 37,3 42.4,-2 43.5,-8 43,-4 41,-9 37))"
MODES = ("center", "intersects", "contains")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    modules = [load_module(module) for _, module in GRIDS.values()]
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", *modules)
    session.execute("CREATE TABLE areas (id INTEGER, geom GEOMETRY, note VARCHAR(20))")
    session.execute(
        f"INSERT INTO areas VALUES (1, ST_GeomFromText('{AREA}', 4326), 'a'),"
        " (2, ST_GeomFromText('LINESTRING(0 0,7 3)'), 'line'), (3, NULL, 'none'),"
        " (4, ST_GeomFromText('POINT EMPTY'), 'empty'), (5, ST_GeomFromText('POINT(190 10)'), 'far')"
    )
    yield session
    engine.close()


def call(session, grid, source, resolution, mode, target):
    texts = [source, mode, target]
    source, mode, target = (
        "NULL" if t is None else "'" + t.replace("'", "''") + "'" for t in texts
    )
    resolution = "NULL" if resolution is None else resolution
    return session.execute(
        f"CALL carto.{grid}_POLYFILL_TABLE({source}, {resolution}, {mode}, {target})"
    ).rows


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("grid", GRIDS)
def test_tables_have_the_cells_of_the_function(session, grid, mode):
    column, _ = GRIDS[grid]
    resolution = 5 if grid == "H3" else 7
    target = f"public.{column}_{mode}"
    assert call(session, grid, "public.areas", resolution, mode, target) == [(target,)]
    rows = session.execute(f"SELECT id, note, {column} FROM {target}").rows
    expected = session.execute(
        f"SELECT id, note, carto.{grid}_POLYFILL_MODE(geom, {resolution}, '{mode}') FROM areas WHERE geom IS NOT NULL"
    ).rows
    assert sorted(rows) == sorted(
        (number, note, cell) for number, note, cells in expected for cell in json.loads(cells)
    )
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("grid", ["QUADBIN", "QUADINT"])
def test_results_beyond_what_one_text_holds(session, grid):
    """A text of 64 KB has 3 200 cells."""
    column, _ = GRIDS[grid]
    target = f"public.{column}_large"
    query = f"SELECT 1 AS id, ST_GeomFromText('{AREA}', 4326) AS geom"
    call(session, grid, query, 13, "center", target)
    ((count, different, of_parents),) = session.execute(
        f"SELECT COUNT(*), COUNT(DISTINCT {column}), COUNT(DISTINCT carto.{grid}_TOPARENT({column}, 7)) FROM {target}"
    ).rows
    assert count == different > 10_000
    drawn = shapely.transform(shapely.from_wkt(AREA), mercator)
    assert count == pytest.approx(drawn.area * 4**13, rel=1e-2)
    ((touched,),) = session.execute(
        f"SELECT COUNT(*) FROM public.{column}_intersects WHERE id = 1"
    ).rows
    assert of_parents == pytest.approx(touched, abs=5)


def mercator(positions):
    import numpy as np  # noqa: PLC0415

    x = positions[:, 0] / 360
    y = np.log(np.tan(np.pi / 4 + np.radians(positions[:, 1]) / 2)) / (2 * np.pi)
    return np.stack((x, y), axis=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "cells"}, "Invalid output table name"),
        ({"target": "public.x; DROP TABLE areas"}, "Invalid output table name"),
        ({"target": None}, "Invalid output table name"),
        ({"source": "DELETE FROM areas"}, "Invalid input"),
        ({"source": "SELECT 1 AS geom; DROP TABLE areas"}, "Invalid input"),
        ({"source": None}, "Invalid input"),
        ({"resolution": 31}, "Invalid resolution"),
        ({"resolution": None}, "Invalid resolution"),
        ({"mode": "inside"}, "Invalid mode"),
        ({"mode": None}, "Invalid mode"),
        ({"target": "public.areas"}, "already exists"),
    ],
)
@pytest.mark.parametrize("grid", GRIDS)
def test_what_is_refused(session, grid, change, message):
    wish = {"source": "areas", "resolution": 3, "mode": "center", "target": "public.refused"}
    with pytest.raises(RedshiftError, match=message):
        call(session, grid, *(wish | change).values())


@pytest.mark.parametrize("grid", GRIDS)
def test_no_geometries_make_an_empty_table(session, grid):
    column, _ = GRIDS[grid]
    call(
        session,
        grid,
        "SELECT * FROM areas WHERE id = 3",
        4,
        "Intersects",
        f'public."{column} none"',
    )
    assert session.execute(f'SELECT id, note, {column} FROM public."{column} none"').rows == []
