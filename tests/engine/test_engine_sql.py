"""A corpus of Redshift SQL and its results, on one engine in memory."""

import pytest

from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError
from tests.engine.engine_parts import open_engine

EWKB_4326 = "0101000020E6100000000000000000F03F0000000000000040"
VALUES = [
    # Integers
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 % 3", 1),
    ("7 / 2.0::float8", 3.5),
    ("1::bigint << 62", 4611686018427387904),
    ("1::bigint << 63", -9223372036854775808),
    ("3::bigint << 63", -9223372036854775808),
    ("-1::bigint << 4", -16),
    ("1 << 31", -2147483648),
    ("-8 >> 1", -4),
    ("5 & 3", 1),
    ("5 | 3", 7),
    ("5 # 3", 6),
    ("~5", -6),
    ("2 ^ 3", 8.0),
    ("abs(-3)", 3),
    ("sign(-3)", -1),
    ("mod(7, 4)", 3),
    ("'12'::int + 1", 13),
    ("2.5::float8::int", 2),
    ("9223372036854775807", 9223372036854775807),
    ("sum(i) from (select 1 i union all select 2) t", 3),
    ("avg(i) from (select 1 i union all select 2) t", 1),
    ("avg(i) from (select 1.0::float8 i union all select 2) t", 1.5),
    # Numbers
    ("round(2.567::float8, 2)", 2.57),
    ("trunc(-2.9::float8)", -2.0),
    ("trunc(12.345::float8, 1)", 12.3),
    ("floor(-1.5::float8)", -2.0),
    ("ceil(1.2::float8)", 2.0),
    ("power(2, 10)", 1024.0),
    ("sqrt(16)", 4.0),
    ("exp(0)", 1.0),
    ("ln(1)", 0.0),
    ("log(100)", 2.0),
    ("degrees(pi())", 180.0),
    ("radians(180::float8) - pi()", 0.0),
    ("greatest(1, null, 3)", 3),
    ("least(2, null)", 2),
    ("1.25::decimal(5,2)", "1.25"),
    ("strtol('ff', 16)", 255),
    ("strtol('-ff', 16)", -255),
    ("strtol('101', 2)", 5),
    ("strtol('3210', 4)", 228),
    ("strtol('zz', 36)", 1295),
    ("to_hex(2147676847)", "8002f2af"),
    ("from_hex('ff')::bigint", 255),
    ("from_hex('ffffffffffffffff')::bigint", -1),
    # Texts
    ("'a' || 'b'", "ab"),
    ("'a' || null", None),
    ("concat('a', null)", None),
    ("len('h\u00e9')", 2),
    ("octet_length('h\u00e9')", 3),
    ("substring('abcdef', 2, 3)", "bcd"),
    ("substring('abcdef', 0, 3)", "ab"),
    ("substring('abcdef', -1, 4)", "ab"),
    ("substring('abcdef' from 3 for 2)", "cd"),
    ("substring('abcdef', 4)", "def"),
    ("left('abc', 2)", "ab"),
    ("right('abc', 2)", "bc"),
    ("upper('a') || lower('B')", "Ab"),
    ("initcap('hello wORLD')", "Hello World"),
    ("replace('aXbX', 'X', '-')", "a-b-"),
    ("translate('abc', 'ab', 'xy')", "xyc"),
    ("lpad('5', 3, '0') || rpad('x', 2)", "005x "),
    ("trim('  a ') || '|' || ltrim('xxa', 'x') || rtrim('a  ') || btrim('xax', 'x')", "a|aaa"),
    ("trim(both 'x' from 'xax')", "a"),
    ("split_part('a-b-c', '-', 2)", "b"),
    ("strpos('abc', 'c') + charindex('b', 'abc') + position('a' in 'abc')", 6),
    ("chr(65) || ascii('B')::varchar", "A66"),
    ("reverse('abc')", "cba"),
    ("repeat('ab', 2)", "abab"),
    ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ("regexp_replace('a1b2', '[0-9]', '#')", "a#b#"),
    ("regexp_substr('abc123', '[0-9]+')", "123"),
    ("regexp_instr('abc123', '[0-9]+')", 4),
    ("regexp_count('a1b22', '[0-9]')", 3),
    ("quote_ident('a b') || quote_literal('it''s')", "\"a b\"'it''s'"),
    ("'a_c' like 'a\\\\_c'", True),
    ("'abc' like 'a\\\\_c'", False),
    ("'abc' ilike 'A%'", True),
    ("'abc' ~ '^a'", True),
    ("'a\\\\nb'", "a\\nb"),
    ("'a\\nb'", "a\nb"),
    ("cast('abcdef' as varchar(3))", "abc"),
    ("'h\u00e9'::varchar(2)", "h"),
    ("'ab'::char(4)", "ab  "),
    ("1.0::float8::varchar", "1"),
    ("0.1::float8::varchar(max)", "0.1"),
    # Conditions
    ("coalesce(null, 2)", 2),
    ("nvl(null, 'x')", "x"),
    ("nvl2(null, 1, 2)", 2),
    ("nullif(1, 1)", None),
    ("decode(null, null, 'n', 'd')", "n"),
    ("decode(3, 1, 'a', 2, 'b')", None),
    ("case when 1 = 1 then 'y' else 'n' end", "y"),
    ("1 between 0 and 2 and 3 not in (1, 2)", True),
    # Dates
    ("'2024-02-29'::date", "2024-02-29"),
    ("'2024-02-29'::date - '2024-02-01'::date", 28),
    ("datediff(day, '2024-01-01', '2024-03-01')", 60),
    ("datediff('year', '2023-12-31'::date, '2024-01-01'::date)", 1),
    ("dateadd(month, 1, '2024-01-31'::date)", "2024-02-29 00:00:00"),
    ("dateadd(hour, -1, '2024-01-01 00:30:00'::timestamp)", "2023-12-31 23:30:00"),
    ("date_part(dow, '2024-02-29'::date)", 4),
    ("extract(epoch from '1970-01-02'::timestamp)", 86400),
    ("date_trunc('month', '2024-02-29 10:00:00'::timestamp)", "2024-02-01 00:00:00"),
    ("last_day('2024-02-01'::date)", "2024-02-29"),
    ("add_months('2024-01-31'::date, 1)", "2024-02-29 00:00:00"),
    ("'2024-01-01'::timestamp + interval '1 day'", "2024-01-02 00:00:00"),
    ("'2024-01-01 00:01:30'::timestamp - interval '90 seconds'", "2024-01-01 00:00:00"),
    ("to_char('2024-02-29 13:04:05'::timestamp, 'YYYY-MM-DD HH24:MI:SS')", "2024-02-29 13:04:05"),
    ("to_date('29/02/2024', 'DD/MM/YYYY')", "2024-02-29"),
    ("convert_timezone('Europe/Madrid', '2024-07-01 00:00:00'::timestamp)", "2024-07-01 02:00:00"),
    # SUPER
    ("json_parse('{\"a\": [1, 2.5, \"x\"]}')", '{"a":[1,2.5,"x"]}'),
    ("json_serialize(json_parse('[1, 2]'))", "[1,2]"),
    ("json_parse('[9223372036854775807]')[0]::bigint", 9223372036854775807),
    ("array(1, 'b', null)", '[1,"b",null]'),
    ("object('k', array(1), 'n', 2)", '{"k":[1],"n":2}'),
    ("get_array_length(array(1, 2, 3))", 3),
    ("array_concat(array(1), array(2))", "[1,2]"),
    ("subarray(array(1, 2, 3), 1, 2)", "[2,3]"),
    ("split_to_array('a,b')", '["a","b"]'),
    ("json_typeof(array())", "array"),
    ("is_valid_json('{}')", True),
    ("json_extract_path_text('{\"a\":{\"b\":5}}', 'a', 'b')", "5"),
    ("json_extract_path_text('{\"a\":1}', 'zz')", ""),
    ("json_extract_array_element_text('[10, 20]', 1)", "20"),
    ("json_array_length('[1,2,3]')", 3),
    # Geometry
    ("ST_SetSRID(ST_Point(1, 2), 4326)", EWKB_4326),
    ("ST_AsHexEWKB(ST_SetSRID(ST_Point(1, 2), 4326))", EWKB_4326),
    ("ST_AsEWKT(ST_GeomFromEWKB('" + EWKB_4326 + "'))", "SRID=4326;POINT(1 2)"),
    ("ST_SRID(ST_GeomFromEWKT('SRID=3857;POINT(1 2)'))", 3857),
    ("ST_SRID(ST_GeomFromGeoJSON('{\"type\":\"Point\",\"coordinates\":[1,2]}'))", 4326),
    ("ST_SRID(ST_GeomFromText('POINT(1 2)', 4326)) + ST_SRID(ST_GeomFromText('POINT(1 2)'))", 4326),
    ("ST_AsText('" + EWKB_4326 + "'::geometry)", "POINT(1 2)"),
    ("ST_AsText(ST_Transform(ST_SetSRID(ST_Point(1, 2), 4326), 3857))", "POINT(111319.490793274 222684.208505544)"),
    ("ST_AsText(ST_MakeEnvelope(0, 0, 1, 1))", "POLYGON((0 0,0 1,1 1,1 0,0 0))"),
    ("ST_AsText(ST_MakePolygon(ST_GeomFromText('LINESTRING(0 0,1 0,1 1,0 0)')))", "POLYGON((0 0,1 0,1 1,0 0))"),
    ("ST_AsText(ST_MakeLine(ST_Point(0, 0), ST_Point(1, 1)))", "LINESTRING(0 0,1 1)"),
    ("ST_AsText(ST_LineFromMultiPoint(ST_GeomFromText('MULTIPOINT((0 0),(1 1))')))", "LINESTRING(0 0,1 1)"),
    ("ST_AsGeoJSON(ST_Point(0.1, -0.5))", '{"type":"Point","coordinates":[0.1,-0.5]}'),
    ("ST_X(ST_Point(3, 4)) + ST_Y(ST_Point(3, 4))", 7.0),
    ("ST_Intersects(ST_Point(1, 1), ST_MakeEnvelope(0, 0, 2, 2))", True),
    ("ST_Area(ST_MakeEnvelope(0, 0, 2, 2))", 4.0),
    ("ST_DWithin(ST_Point(0, 0), ST_Point(3, 4), 5)", True),
    ("ST_AsText(ST_Intersection(ST_MakeEnvelope(0, 0, 2, 2), ST_Point(1, 1)))", "POINT(1 1)"),
    ("ST_GeometryType(ST_Point(1, 2)) || GeometryType(ST_Point(1, 2))", "ST_PointPOINT"),
    ("ST_NPoints(ST_MakeEnvelope(0, 0, 2, 2))", 5),
    ("ST_XMin(ST_MakeEnvelope(0, 1, 2, 3)) + ST_YMax(ST_MakeEnvelope(0, 1, 2, 3))", 3.0),
    ("ST_AsText(ST_MakePoint(1, 2, 3))", "POINT Z (1 2 3)"),
    ("ST_AsText(ST_GeometryN(ST_GeomFromText('MULTIPOINT((0 0),(1 1))'), 2))", "POINT(1 1)"),
    ("round(ST_DistanceSphere(ST_Point(0, 0), ST_Point(1, 0)))", 111195.0),
    ("ST_AsText(null)", None),
    ("ST_Point(null, 1)", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def session():
    engine, session, _ = open_engine()
    session.execute("CREATE TABLE places (id INT, name VARCHAR(20), lon FLOAT8, tags SUPER)")
    session.execute(
        'INSERT INTO places SELECT 1, \'a\', 1.5, json_parse(\'[{"k": 1}, {"k": "x"}]\')'
        " UNION ALL SELECT 2, 'b', 2.5, json_parse('[]') UNION ALL SELECT 3, 'a', 3.5, NULL"
    )
    yield session
    engine.close()


def rows(session, sql):
    return session.execute(sql).rows


@pytest.mark.parametrize(("sql", "expected"), VALUES, ids=[sql for sql, _ in VALUES])
def test_expressions(session, sql, expected):
    assert rows(session, f"SELECT {sql}") == [(expected,)]


QUERIES = [
    ("SELECT TOP 1 id FROM places ORDER BY id DESC", [(3,)]),
    ("SELECT id FROM places ORDER BY id LIMIT 1 OFFSET 1", [(2,)]),
    (
        "SELECT name, count(*), sum(id) FROM places GROUP BY name ORDER BY 1",
        [("a", 2, 4), ("b", 1, 2)],
    ),
    ("SELECT name FROM places GROUP BY 1 HAVING count(*) > 1", [("a",)]),
    ("SELECT count(DISTINCT name) FROM places", [(2,)]),
    ("SELECT listagg(name, '-') WITHIN GROUP (ORDER BY id DESC) FROM places", [("a-b-a",)]),
    (
        "SELECT id, row_number() OVER (PARTITION BY name ORDER BY id DESC) FROM places ORDER BY 1",
        [(1, 2), (2, 1), (3, 1)],
    ),
    (
        "SELECT sum(id) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM places ORDER BY 1",
        [(1,), (3,), (6,)],
    ),
    (
        "SELECT lag(id, 1) OVER (ORDER BY id) FROM places ORDER BY 1 NULLS FIRST",
        [(None,), (1,), (2,)],
    ),
    (
        "WITH a AS (SELECT max(id) m FROM places) SELECT p.name FROM places p JOIN a ON p.id = a.m",
        [("a",)],
    ),
    (
        "SELECT a.id FROM places a LEFT JOIN places b ON a.id = b.id + 2 WHERE b.id IS NULL ORDER BY 1",
        [(1,), (2,)],
    ),
    ("SELECT id FROM places WHERE id IN (SELECT max(id) FROM places)", [(3,)]),
    ("SELECT 1 UNION ALL SELECT 1 UNION SELECT 2 ORDER BY 1", [(1,), (2,)]),
    (
        "SELECT p.id, t, i FROM places p, p.tags AS t AT i ORDER BY i",
        [(1, '{"k":1}', 0), (1, '{"k":"x"}', 1)],
    ),
    ("SELECT t.k FROM places p, p.tags t WHERE t.k = 1", [("1",)]),
    ("SELECT t.k::varchar FROM places p, p.tags t ORDER BY 1", [("1",), ("x",)]),
    ("SELECT p.tags[0].k::int FROM places p WHERE id = 1", [(1,)]),
    ("SELECT tags[1].k FROM places WHERE id = 1", [('"x"',)]),
    ("SELECT s.tags.nothing.at[5].all FROM places s WHERE id = 1", [(None,)]),
    ("SELECT public.places.name FROM public.places WHERE id = 2", [("b",)]),
    ("SELECT name FROM dev.public.places WHERE id = 2", [("b",)]),
    ("SELECT * FROM generate_series(1, 3) i ORDER BY 1", [(1,), (2,), (3,)]),
    ("SELECT generate_series(1, 3)", [(1,), (2,), (3,)]),
    ("SELECT s.n FROM generate_series(1, 5, 2) AS s(n) ORDER BY 1", [(1,), (3,), (5,)]),
    ("SELECT id FROM places QUALIFY row_number() OVER (ORDER BY id) = 2", [(2,)]),
    (
        "SELECT median(lon), percentile_cont(0.5) WITHIN GROUP (ORDER BY lon) FROM places",
        [(2.5, 2.5)],
    ),
]


@pytest.mark.parametrize(("sql", "expected"), QUERIES, ids=[sql for sql, _ in QUERIES])
def test_queries(session, sql, expected):
    assert rows(session, sql) == expected


NAMES = [
    ("1, 'a', 1.5::float8", ["?column?", "?column?", "float8"]),
    ("count(*), ST_X(ST_Point(1,2)), id FROM places GROUP BY id", ["count", "st_x", "id"]),
    ("id::varchar, '1'::int, CASE WHEN true THEN 1 END FROM places", ["id", "int4", "case"]),
    ("p.tags[0].k, coalesce(id, 1) FROM places p", ["k", "coalesce"]),
    ('1 AS "Mixed", 2 AS b', ["mixed", "b"]),
    ("(SELECT 1 AS inner_name)", ["inner_name"]),
]


@pytest.mark.parametrize(("sql", "names"), NAMES, ids=[sql for sql, _ in NAMES])
def test_columns_are_named_as_redshift_names_them(session, sql, names):
    assert [column.name for column in session.execute(f"SELECT {sql}").columns] == names


def test_result_columns_have_redshift_types(session):
    result = session.execute(
        "SELECT 1::smallint, 1, 1::bigint, 1::real, 1::float8, 1::decimal(9,2), true, 'a', current_date, sysdate,"
        " json_parse('1'), ST_Point(1, 2), sum(id), avg(id) FROM places"
    )
    assert [column.type for column in result.columns] == [
        "int2", "int4", "int8", "float4", "float8", "numeric", "bool", "varchar", "date", "timestamp", "super",
        "geometry", "int8", "int8",
    ]  # fmt: skip
    assert (result.columns[5].precision, result.columns[5].scale) == (9, 2)


FAILURES = [
    ("SELECT 1/0", "Divide by zero"),
    ("SELECT 1 % 0", "Divide by zero"),
    ("SELECT 1.5::float8 / (id - id) FROM places", "Divide by zero"),
    ("SELECT 9223372036854775807 + 1::bigint", "Numeric data overflow (addition)"),
    ("SELECT 9223372036854775807::bigint * 2::bigint", "Numeric data overflow (multiplication)"),
    ("SELECT 3000000000::int", "Value out of range for 4 bytes."),
    ("SELECT 'abc'::int", 'invalid input syntax for integer: "abc"'),
    ("SELECT '1.5'::int", 'invalid input syntax for integer: "1.5"'),
    ("SELECT 'x'::float8", 'invalid input syntax for type double precision: "x"'),
    ("SELECT true::varchar", "cannot cast type boolean to character varying"),
    ("SELECT json_parse('{x')", "Unable to parse JSON"),
    (
        "SELECT foo(1, 'a', 2.5)",
        'function foo(integer, "unknown", numeric) does not exist\n  Hint: No function matches',
    ),
    ("SELECT ST_X(5)", "function st_x(integer) does not exist"),
    ("SELECT ST_X(name) FROM places", "function st_x(character varying) does not exist"),
    ("SELECT nowhere.f(1)", 'schema "nowhere" does not exist'),
    ("SELECT * FROM missing", 'relation "missing" does not exist'),
    ("SELECT * FROM nowhere.missing", 'schema "nowhere" does not exist'),
    ("SELECT nothing FROM places", 'column "nothing" does not exist'),
    ("SELECT p.nothing FROM places p", "column p.nothing does not exist"),
    ("SELECT name + 1 FROM places", "operator does not exist: character varying + integer"),
    ("SELEC 1", 'syntax error at or near "SELEC"'),
    ("SELECT 'a", "syntax error"),
    ("SELECT id, count(*) FROM places", "must appear in the GROUP BY clause"),
    ("SELECT ST_Transform(ST_Point(1, 2), 3857)", "the input geometry has SRID 0"),
    ("SELECT ST_Intersects(ST_Point(1, 1), ST_SetSRID(ST_Point(1, 1), 4326))", "different SRIDs"),
    ("SELECT ST_MakePolygon(ST_Point(1, 1))", "expected LINESTRING, type found: POINT"),
    ("SELECT ST_X(ST_MakeEnvelope(0, 0, 1, 1))", "st_x: expected POINT"),
    ("SELECT ST_AsText(ST_Buffer(ST_Point(0, 0), 1, 900))", "larger than 65535 bytes"),
    ("SELECT ST_GeomFromText('nonsense')", "parse error - invalid geometry"),
    ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "nested too deeply"),
    ("SELECT 1::decimal(x)", "syntax error"),
    ("SELECT substring('a')", "substring with one argument"),
    ("CREATE TABLE odd (a INT DEFAULT)", "syntax error"),
    ("SELECT 1; SELECT 2", "cannot insert multiple commands"),
    ("", "no statement"),
    ("SELECT * FROM pg_rs.functions", 'schema "pg_rs" does not exist'),
]


@pytest.mark.parametrize(("sql", "message"), FAILURES, ids=[sql[:60] for sql, _ in FAILURES])
def test_errors_are_in_redshifts_words(session, sql, message):
    with pytest.raises(RedshiftError) as caught:
        session.execute(sql)
    assert message in str(caught.value)
    assert not isinstance(caught.value, UnsupportedSqlError)


REFUSALS = [
    ("COPY places FROM 's3://bucket' IAM_ROLE default", "COPY"),
    ("UNLOAD ('select 1') TO 's3://bucket' IAM_ROLE default", "UNLOAD"),
    ("CREATE MODEL m FROM t", "CREATE MODEL"),
    ("CREATE PROCEDURE p() NONATOMIC AS $$ BEGIN END $$ LANGUAGE plpgsql", "NONATOMIC"),
    ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"),
    ("ALTER TABLE places APPEND FROM x", "ALTER TABLE ... APPEND"),
    ("EXPLAIN SELECT 1", "EXPLAIN"),
    ("SELECT * FROM places PIVOT (count(*) FOR name IN ('a'))", "PIVOTS"),
    ("SELECT ST_Voronoi(ST_Point(1, 2))", "ST_VORONOI"),
    ("SELECT * FROM stl_query", "stl_query"),
    ("SELECT * FROM other.public.places", "cross-database"),
    ("SELECT to_char(5, '999')", "TO_CHAR"),
    ("SET timezone TO 'Europe/Madrid'", "time zones"),
    ("SELECT json_parse('[1]')[0:1]", "SLICE"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "construct"), REFUSALS, ids=[sql for sql, _ in REFUSALS])
def test_what_is_not_emulated_is_refused_by_name(session, sql, construct):
    with pytest.raises(UnsupportedSqlError) as caught:
        session.execute(sql)
    assert construct in str(caught.value)
    assert "not supported" in str(caught.value)


def test_parameters_take_the_type_that_the_place_wants(session):
    result = session.execute(
        "SELECT name, ST_AsText(ST_Point(:lon, :lat)) FROM places WHERE id = :id",
        {"lon": "1.5", "lat": "2", "id": "2"},
    )
    assert result.rows == [("b", "POINT(1.5 2)")]


def test_times_are_of_the_statement_and_of_the_transaction(session):
    session.execute("BEGIN")
    try:
        first = rows(session, "SELECT sysdate, current_date = getdate()::date")
        second = rows(session, "SELECT sysdate, current_date = getdate()::date")
    finally:
        session.execute("ROLLBACK")
    assert first == second
    assert first[0][1] is True


def test_the_session_tells_about_itself(session):
    assert rows(session, "SELECT current_user, current_database(), current_schema()") == [
        ("admin", "dev", "public")
    ]
    assert rows(session, "SELECT version() LIKE '%Redshift 1.0%'") == [(True,)]
