"""CREATE_CLUSTERKMEANS on tables and queries: clusters, names that are no names, rows that have no point."""

import collections
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from carto_at_installer.sandbox.errors import RedshiftError
from tests.functional.module_engine import load_module, open_engine

BAD_OUTPUT = "Invalid output table name. It must have the form [DATABASE.]SCHEMA.TABLE"
BAD_INPUT = "Invalid input: it should be the name of a table, or a query"
MIDDLES = [(0, 0), (10, 0), (0, 10), (10, 10), (5, 5)]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(
        tmp_path_factory.mktemp("engine") / "dev.duckdb", load_module("clustering")
    )
    dice = random.Random(1)  # noqa: S311 (test data)
    places = [
        (MIDDLES[n % 5][0] + dice.gauss(0, 0.6), MIDDLES[n % 5][1] + dice.gauss(0, 0.6))
        for n in range(2000)
    ]
    session.execute('CREATE TABLE points (id INTEGER, "Geom" GEOMETRY, note VARCHAR(20))')
    rows = ", ".join(f"({n}, ST_Point({x!r}, {y!r}), 'a')" for n, (x, y) in enumerate(places))
    session.execute(f"INSERT INTO points VALUES {rows}")
    session.execute(
        "INSERT INTO points SELECT id + 10000, geom, 'again' FROM points WHERE id < 300"
    )
    session.execute("INSERT INTO points VALUES (-1, NULL, 'nowhere')")
    yield session
    engine.close()


def literal(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def call(session, source, target, column="geom", count=5):
    count = "NULL" if count is None else count
    texts = ", ".join(map(literal, (source, target, column)))
    ((answer,),) = session.execute(f"CALL carto.CREATE_CLUSTERKMEANS({texts}, {count})").rows
    return answer


@pytest.fixture(scope="module")
def clustered(session):
    assert call(session, "public.points", "public.clustered") == "public.clustered"
    return session.execute("SELECT id, note, cluster_id FROM public.clustered").rows


def test_every_row_and_column_is_there(clustered):
    assert len(clustered) == 2301
    assert collections.Counter(note for _, note, _ in clustered) == {
        "a": 2000,
        "again": 300,
        "nowhere": 1,
    }


def test_blobs_are_found(clustered):
    found = collections.defaultdict(set)
    for number, _, cluster in clustered:
        if number >= 0:
            found[number % 5].add(cluster)
    assert sorted(found.values(), key=min) == [{0}, {1}, {2}, {3}, {4}]


def test_duplicated_points_have_the_cluster_of_their_place(clustered):
    """The reference gives them the clusters of other rows."""
    clusters = {number: cluster for number, _, cluster in clustered}
    assert all(clusters[n] == clusters[n + 10000] for n in range(300))


def test_a_row_without_a_point_has_no_cluster(clustered):
    assert [cluster for number, _, cluster in clustered if number < 0] == [None]


def test_more_rows_than_one_text_holds(clustered):
    """The reference sends all coordinates in one text of 64 KB, which is about 2 500 points of 7 decimals."""
    assert len({number for number, _, _ in clustered}) > 2000


def test_queries_and_quoted_names(session):
    query = "WITH few AS (SELECT * FROM points WHERE id < 10) SELECT id, geom FROM few"
    assert call(session, query, 'dev.public."Out 1"', '"Geom"', 3) == 'dev.public."Out 1"'
    rows = session.execute('SELECT COUNT(*), COUNT(DISTINCT cluster_id) FROM public."Out 1"').rows
    assert rows == [(11, 3)]


def test_default_number_of_clusters(session):
    call(session, "points", "public.default_number", count=None)
    ((found,),) = session.execute(
        "SELECT COUNT(DISTINCT cluster_id) FROM public.default_number"
    ).rows
    assert 30 <= found <= 34  # the root of 1 150


def test_no_points_at_all(session):
    call(session, "SELECT 1 AS id, CAST(NULL AS GEOMETRY) AS geom", "public.nothing")
    assert session.execute("SELECT id, cluster_id FROM public.nothing").rows == [(1, None)]


@pytest.mark.parametrize("target", ["clusters", "public.x; DROP TABLE points", "a.b.c.d", "", None])
def test_output_that_is_no_name_is_answered_in_words(session, target):
    assert call(session, "points", target) == BAD_OUTPUT


@pytest.mark.parametrize(
    "source",
    [
        "points; DROP TABLE points",
        "SELECT * FROM points; DROP TABLE points",
        "SELECT * FROM points -- x",
        "SELECT /* x */ * FROM points",
        "DELETE FROM points",
        "(VALUES (1))",
        "",
        None,
    ],
)
def test_input_that_is_neither_a_table_nor_a_query_is_an_error(session, source):
    with pytest.raises(RedshiftError, match=BAD_INPUT):
        call(session, source, "public.never")


def test_a_query_cannot_close_a_bracket(session):
    with pytest.raises(RedshiftError, match="syntax error"):
        call(session, "SELECT * FROM points) x", "public.never")


@pytest.mark.parametrize("column", ['geom"; DROP TABLE points', "a.b", "1", "", None])
def test_column_that_is_no_name_is_an_error(session, column):
    with pytest.raises(RedshiftError, match="Invalid geometry column"):
        call(session, "points", "public.never", column)


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_number_of_clusters_out_of_range_is_an_error(session, count):
    with pytest.raises(RedshiftError, match="Invalid number of clusters: should be between 1 and"):
        call(session, "points", "public.never", count=count)


def test_other_geometries_are_an_error(session):
    query = "SELECT ST_GeomFromText('LINESTRING(0 0,1 1)') AS geom"
    with pytest.raises(RedshiftError, match="Invalid geometry: 1 of the geometries are not points"):
        call(session, query, "public.never")


def test_an_existing_table_is_not_replaced(session, clustered):
    with pytest.raises(RedshiftError, match="already exists"):
        call(session, "points", "public.clustered")
    assert session.execute("SELECT COUNT(*) FROM public.clustered").rows == [(len(clustered),)]
    assert session.execute("SELECT COUNT(*) FROM points").rows == [(2301,)]


def test_it_needs_and_gives_no_more_rights_than_the_caller_has(session):
    session.execute("CREATE SCHEMA secret")
    session.execute("CREATE TABLE secret.points AS SELECT * FROM points WHERE id < 9")
    session.execute("GRANT USAGE ON SCHEMA carto TO PUBLIC")
    session.execute("GRANT SELECT ON TABLE points TO PUBLIC")
    session.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA carto TO PUBLIC")
    session.execute("GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA carto TO PUBLIC")
    ann = session.engine.session("IAM:ann")
    assert call(ann, "points", "public.of_ann", count=2) == "public.of_ann"
    for source, target in (
        ("secret.points", "public.stolen"),
        ("SELECT * FROM secret.points", "public.stolen"),
        ("points", "secret.mine"),
    ):
        with pytest.raises(RedshiftError, match="permission denied for schema secret"):
            call(ann, source, target, count=2)


def test_calls_at_the_same_time_do_not_meet(session):
    """Each session has temporary tables of its own."""
    first, second = (session.engine.session("admin") for _ in range(2))
    with ThreadPoolExecutor(2) as pool:
        done = [
            pool.submit(call, one, f"SELECT * FROM points WHERE id < {rows}", target, "geom", 3)
            for one, rows, target in ((first, 300, "public.small"), (second, 1500, "public.large"))
        ]
        assert [each.result(timeout=120) for each in done] == ["public.small", "public.large"]
    for target, rows in (("public.small", 300), ("public.large", 1500)):
        query = f"SELECT COUNT(*), COUNT(DISTINCT cluster_id) FROM {target} WHERE id >= 0"
        assert session.execute(query).rows == [(rows, 3)]


@pytest.mark.parametrize(
    "source",
    [
        "SELECT 1 AS id, geom INTO public.stolen FROM points",
        "select * from points where 1 = 1) as x (a, b, c) where (1 = 1",
        "WITH t AS (DELETE FROM points) SELECT * FROM t",
        'points" WHERE 1 = 1 --',
        "points\nWHERE TRUE",
        "points UNION SELECT * FROM points",
        "'points'",
    ],
)
def test_injections_do_nothing(session, source):
    with pytest.raises(RedshiftError):
        call(session, source, "public.never")
    assert session.execute("SELECT COUNT(*) FROM points").rows == [(2301,)]
    with pytest.raises(RedshiftError, match="does not exist"):
        session.execute("SELECT * FROM public.never")


def test_quoted_names_keep_what_looks_like_sql(session):
    name = 'public."x; DROP TABLE points -- \'"'
    assert call(session, "SELECT * FROM points WHERE id < 9", name, count=2) == name
    assert session.execute(f"SELECT COUNT(*) FROM {name}").rows == [(10,)]
    assert call(session, name, 'public."Again"', count=2) == 'public."Again"'
