"""The S2 module through SQL: random cross-checks with the s2sphere library, and the fixed bugs.

The statements run in the sandbox's engine; the Lambda half is the real handler, called in this process.
"""

import json
import random
import re

import pytest
import s2sphere

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.s2_engine import open_engine, s2_module

LEVELS = range(31)
CELL = 955378847514099712  # level 8
FACES = [face << 61 | 1 << 60 for face in range(6)]
NOT_CELLS = [0, -1, 1234, 2, 2**62 | 2**61, -(2**63), -(2**62), 2**63 - 2, -(2**61)]
NULL_MESSAGE = "NULL argument passed to UDF"


def signed(number):
    return number - 2**64 if number >= 2**63 else number


def cell_at(longitude, latitude, level):
    point = s2sphere.LatLng.from_degrees(latitude, longitude)
    return s2sphere.CellId.from_lat_lng(point).parent(level)


def literal(number):
    """The smallest BIGINT cannot be written down."""
    return f"({number + 1} - 1)" if number == -(2**63) else str(number)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb")
    yield session
    engine.close()


@pytest.fixture(scope="module")
def cells(session):
    """Cells of every level and face as the library has them; in the table `cells` with a number."""
    dice = random.Random(30)  # noqa: S311 (test data)
    found = [s2sphere.CellId(face) for face in FACES]
    for level in LEVELS:
        for face in range(6):
            place = dice.randrange(4**level) if level else 0
            found.append(s2sphere.CellId(face << 61 | (2 * place + 1) << (60 - 2 * level)))
    rows = ", ".join(f"({n}, {signed(cell.id())})" for n, cell in enumerate(found))
    session.execute("CREATE TABLE cells (n INTEGER, id BIGINT)")
    session.execute(f"INSERT INTO cells VALUES {rows}")
    return found


def value(session, expression):
    ((answer,),) = session.execute(f"SELECT {expression}").rows
    return answer


def answers(session, expression, condition="TRUE"):
    """The expression's value for each row of `cells`, by number."""
    query = f"SELECT n, {expression} FROM cells WHERE {condition}"
    return dict(session.execute(query).rows)


def refuses(session, expression, reason):
    with pytest.raises(RedshiftError, match=re.escape(reason)):
        session.execute(f"SELECT {expression}")


@pytest.mark.parametrize(
    "function", [f for f in s2_module().functions if f.returns], ids=lambda function: function.name
)
def test_null_arguments_are_errors(session, function):
    nulls = ", ".join(f"CAST(NULL AS {each.type})" for each in function.arguments)
    call = f"carto.{function.name}({nulls})"
    if function.name == "S2_ISVALID":
        assert value(session, call) is False
    else:
        refuses(session, call, NULL_MESSAGE)


@pytest.mark.parametrize("number", NOT_CELLS)
def test_numbers_that_are_not_cells(session, number):
    assert value(session, f"carto.S2_ISVALID({literal(number)})") is False
    for call in (
        "S2_RESOLUTION({})", "S2_TOPARENT({})", "S2_TOPARENT({}, 0)", "S2_TOCHILDREN({})",
        "S2_TOCHILDREN({}, 30)", "S2_TOHILBERTQUADKEY({})", "S2_BOUNDARY({})", "S2_CENTER({})",
    ):  # fmt: skip
        refuses(session, "carto." + call.format(literal(number)), f"Invalid S2 cell id: {number}")


# --- cross-checks -----------------------------------------------------------------------------------------------------


def test_validity_and_resolutions(session, cells):
    assert set(answers(session, "carto.S2_ISVALID(id)").values()) == {True}
    assert answers(session, "carto.S2_RESOLUTION(id)") == {
        number: cell.level() for number, cell in enumerate(cells)
    }


def test_texts_equal_the_library_and_read_back(session, cells):
    tokens = answers(session, "carto.S2_TOTOKEN(id)")
    numbers = answers(session, "carto.S2_TOUINT64REPR(id)")
    for number, cell in enumerate(cells):
        assert tokens[number] == cell.to_token()
        assert numbers[number] == str(cell.id())
    for there, back in (
        ("S2_TOTOKEN", "S2_FROMTOKEN"),
        ("S2_TOUINT64REPR", "S2_FROMUINT64REPR"),
        ("S2_TOHILBERTQUADKEY", "S2_FROMHILBERTQUADKEY"),
    ):
        found = answers(session, f"carto.{back}(carto.{there}(id))")
        assert found == {number: signed(cell.id()) for number, cell in enumerate(cells)}


def test_quadkeys_are_the_face_and_the_places_of_all_parents(session, cells):
    found = answers(session, "carto.S2_TOHILBERTQUADKEY(id)")
    for number, cell in enumerate(cells):
        places = [
            [child.id() for child in cell.parent(level - 1).children()].index(
                cell.parent(level).id()
            )
            for level in range(1, cell.level() + 1)
        ]
        assert found[number] == f"{cell.face()}/{''.join(map(str, places))}"


@pytest.mark.parametrize("level", [0, 1, 8, 29, 30])
def test_parents_equal_the_library(session, cells, level):
    finer = {n: cell for n, cell in enumerate(cells) if cell.level() >= level}
    found = answers(
        session, f"carto.S2_TOPARENT(id, {level})", f"carto.S2_RESOLUTION(id) >= {level}"
    )
    assert found == {number: signed(cell.parent(level).id()) for number, cell in finer.items()}


def test_direct_parents_and_children_equal_the_library(session, cells):
    parents = answers(session, "carto.S2_TOPARENT(id)", "carto.S2_RESOLUTION(id) > 0")
    assert parents == {n: signed(c.parent().id()) for n, c in enumerate(cells) if c.level() > 0}
    children = answers(session, "carto.S2_TOCHILDREN(id)", "carto.S2_RESOLUTION(id) < 30")
    deeper = answers(
        session,
        "carto.S2_TOCHILDREN(id, carto.S2_RESOLUTION(id) + 1)",
        "carto.S2_RESOLUTION(id) < 30",
    )
    assert children == deeper
    assert {number: json.loads(found) for number, found in children.items()} == {
        number: [signed(child.id()) for child in cell.children()]
        for number, cell in enumerate(cells)
        if cell.level() < 30
    }


def test_the_cell_at_a_centre_is_the_cell(session, cells):
    found = answers(session, "carto.S2_FROMGEOGPOINT(carto.S2_CENTER(id), carto.S2_RESOLUTION(id))")
    assert found == {number: signed(cell.id()) for number, cell in enumerate(cells)}
    assert set(answers(session, "ST_SRID(carto.S2_CENTER(id))").values()) == {4326}


def test_boundaries_are_polygons_around_the_centre(session, cells):
    away_from_edges = "carto.S2_RESOLUTION(id) > 6 AND ABS(ST_X(carto.S2_CENTER(id))) < 170"
    found = answers(
        session,
        "ST_Contains(ST_SetSRID(ST_GeomFromText(carto.S2_BOUNDARY(id)), 4326), carto.S2_CENTER(id))",
        f"{away_from_edges} AND ABS(ST_Y(carto.S2_CENTER(id))) < 80",
    )
    assert len(found) > 50
    assert set(found.values()) == {True}


def test_points_equal_the_library(session):
    dice = random.Random(9)  # noqa: S311 (test data)
    points = [(dice.uniform(-180, 180), dice.uniform(-90, 90)) for _ in range(2000)]
    points += [(x, y) for x in (-180, -45, 0, 135, 180) for y in (-90, -45, 0, 45, 90)]
    rows = ", ".join(f"({n}, {x!r}, {y!r})" for n, (x, y) in enumerate(points))
    session.execute("CREATE TABLE points (n INTEGER, x DOUBLE PRECISION, y DOUBLE PRECISION)")
    session.execute(f"INSERT INTO points VALUES {rows}")
    for level in (0, 13, 30):
        query = f"SELECT n, carto.S2_FROMLONGLAT(x, y, {level}) FROM points"
        found = dict(session.execute(query).rows)
        assert found == {n: signed(cell_at(*p, level).id()) for n, p in enumerate(points)}


def test_points_in_other_reference_systems_are_transformed(session):
    mercator = "ST_Transform(ST_SetSRID(ST_Point(-3.7038, 40.4168), 4326), 3857)"
    assert value(session, f"carto.S2_FROMGEOGPOINT({mercator}, 8)") == CELL
    found = json.loads(value(session, f"carto.S2_POLYFILL({mercator}, 8)"))
    assert found == [CELL]


def test_a_polygon_has_the_cells_of_its_points(session):
    box = "ST_MakeEnvelope(-3.8, 40.3, -3.6, 40.5, 4326)"
    found = json.loads(value(session, f"carto.S2_POLYFILL({box}, 12)"))
    dice = random.Random(2)  # noqa: S311 (test data)
    for _ in range(300):
        point = dice.uniform(-3.8, -3.6), dice.uniform(40.3, 40.5)
        assert signed(cell_at(*point, 12).id()) in found


# --- fixed bugs of the reference --------------------------------------------------------------------------------------


def test_fromlonglat_latitude_outside_the_range_is_an_error(session):
    refuses(session, "carto.S2_FROMLONGLAT(0, 100, 4)", "Latitude must be between -90 and 90")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_fromlonglat_not_a_number_has_a_clear_error(session, number):
    odd = f"CAST('{number}' AS DOUBLE PRECISION)"
    refuses(session, f"carto.S2_FROMLONGLAT({odd}, 0, 4)", "Longitude must be a number of degrees")
    refuses(session, f"carto.S2_FROMLONGLAT(0, {odd}, 4)", "Latitude must be between -90 and 90")


def test_fromgeogpoint_transforms_other_reference_systems(session):
    utm = "ST_Transform(ST_SetSRID(ST_Point(-3.7038, 40.4168), 4326), 25830)"
    assert value(session, f"carto.S2_FROMGEOGPOINT({utm}, 8)") == CELL


@pytest.mark.parametrize(
    "key", ["", "0", "6/0", "0/4", "0/14", "a/0", "0/0/0", " 0/1", "0/" + "0" * 31]
)
def test_fromhilbertquadkey_bad_key_has_a_clear_error(session, key):
    refuses(session, f"carto.S2_FROMHILBERTQUADKEY('{key}')", "Invalid quadkey")


def test_fromhilbertquadkey_of_faces_and_leaves(session):
    for face in range(6):
        found = value(session, f"carto.S2_FROMHILBERTQUADKEY('{face}/')")
        assert found == signed(FACES[face])
    leaf = value(session, f"carto.S2_FROMHILBERTQUADKEY('5/{'3' * 30}')")
    assert leaf % 2**64 == s2sphere.CellId.from_face_pos_level(5, 2**61 - 1, 30).id()


@pytest.mark.parametrize("token", ["", "0d423g", "0" * 17, "-1", "0x1", " 1", "x"])
def test_fromtoken_bad_token_has_a_clear_error(session, token):
    refuses(session, f"carto.S2_FROMTOKEN('{token}')", "Invalid S2 token")


def test_fromtoken_in_capitals_and_no_cell(session):
    assert value(session, "carto.S2_FROMTOKEN('89C25')") == value(
        session, "carto.S2_FROMTOKEN('89c25')"
    )
    assert value(session, "carto.S2_FROMTOKEN('X')") == 0


def test_totoken_of_no_cell_reads_back(session):
    assert value(session, "carto.S2_TOTOKEN(0)") == "X"
    assert value(session, "carto.S2_TOTOKEN(-1)") == "f" * 16
    for number in (*NOT_CELLS, 2**63 - 1, 1):
        there = f"carto.S2_TOTOKEN({literal(number)})"
        assert value(session, f"carto.S2_FROMTOKEN({there})") == number


def test_touint64repr_of_minus_one(session):
    assert value(session, "carto.S2_TOUINT64REPR(-1)") == "18446744073709551615"
    for number in (*NOT_CELLS, 2**63 - 1, 1):
        there = f"carto.S2_TOUINT64REPR({literal(number)})"
        assert value(session, there) == str(number % 2**64)
        assert value(session, f"carto.S2_FROMUINT64REPR({there})") == number


@pytest.mark.parametrize(
    "number", ["", "-1", "18446744073709551616", "99999999999999999999", "1e3", "1.5", "abc", " 1"]
)
def test_fromuint64repr_out_of_range_has_a_clear_error(session, number):
    refuses(session, f"carto.S2_FROMUINT64REPR('{number}')", "Invalid id")


def test_polyfill_bbox_latitudes_the_wrong_way_round_are_an_error(session):
    refuses(
        session,
        "carto.S2_POLYFILL_BBOX(0, 1, 10, 5)",
        "Maximum latitude (5.0) must be equal or greater than minimum latitude (10.0)",
    )


def test_polyfill_bbox_coordinates_out_of_range_are_errors(session):
    refuses(
        session,
        "carto.S2_POLYFILL_BBOX(-181, 1, 0, 5)",
        "Longitude must be between -180 and 180, got -181",
    )
    refuses(
        session,
        "carto.S2_POLYFILL_BBOX(0, 1, 0, 95, 3, 5)",
        "Latitude must be between -90 and 90, got 95",
    )


def test_resolution_of_no_cell_has_a_message(session):
    refuses(session, "carto.S2_RESOLUTION(1234)", "Invalid S2 cell id: 1234")


def test_toparent_of_a_face_has_a_message(session):
    for face in FACES:
        refuses(
            session,
            f"carto.S2_TOPARENT({signed(face)})",
            f"A cell of resolution 0 has no parent: {signed(face)}",
        )


@pytest.mark.parametrize("level", [-1, 31])
def test_resolutions_out_of_range_are_errors(session, level):
    reason = f"Resolution must be between 0 and 30, got {level}"
    refuses(session, f"carto.S2_TOPARENT({CELL}, {level})", reason)
    refuses(session, f"carto.S2_TOCHILDREN({CELL}, {level})", reason)
    refuses(session, f"carto.S2_POLYFILL(ST_Point(0, 0), {level})", reason)


def test_tochildren_resolution_0_is_a_resolution(session):
    face = signed(FACES[4])
    assert json.loads(value(session, f"carto.S2_TOCHILDREN({face}, 0)")) == [face]
    refuses(
        session,
        f"carto.S2_TOCHILDREN({CELL}, 0)",
        "Children resolution (0) must be equal or greater than cell resolution (8)",
    )


def test_tochildren_of_a_leaf_has_a_message(session):
    leaf = signed(cell_at(1, 2, 30).id())
    refuses(
        session,
        f"carto.S2_TOCHILDREN({leaf})",
        f"A cell of resolution 30 has no children: {leaf}",
    )
    assert json.loads(value(session, f"carto.S2_TOCHILDREN({leaf}, 30)")) == [leaf]
