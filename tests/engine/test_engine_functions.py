import json

import pytest

from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError
from tests.engine.engine_parts import external, open_engine


@pytest.fixture(scope="module")
def opened():
    functions = {"double": lambda rows: [None if row is None else 2 * row[0] for row in rows],
                 "json": lambda rows: [json.dumps(row) for row in rows]}  # fmt: skip
    engine, _, service = open_engine(functions)
    yield engine, service
    engine.close()


@pytest.fixture
def parts(opened):
    engine, service = opened
    session = engine.session("admin")
    session.execute("CREATE SCHEMA carto")
    service.calls.clear()
    yield session, service
    session.rollback()
    session.execute("DROP SCHEMA carto CASCADE")
    for name, types in session.execute(
        "SELECT function_name, argument_type FROM svv_redshift_functions"
    ).rows:
        session.execute(f"DROP FUNCTION public.{name}({types}) CASCADE")
    for name, kind in session.execute(
        "SELECT table_name, table_type FROM information_schema.tables"
    ).rows:
        session.execute(f"DROP {kind.split()[-1]} IF EXISTS public.{name} CASCADE")
    session.close()


@pytest.fixture
def session(parts):
    return parts[0]


def function(signature, returns, body, volatility="STABLE"):
    return f"CREATE OR REPLACE FUNCTION {signature} RETURNS {returns} {volatility} AS $$ {body} $$ LANGUAGE sql"


def value(session, sql):
    return session.execute(f"SELECT {sql}").rows[0][0]


def failure(session, sql):
    with pytest.raises(RedshiftError) as caught:
        session.execute(sql)
    return str(caught.value)


def test_a_wrapper_calls_lambda_once_per_batch_and_parses_its_answer(parts):
    session, service = parts
    session.execute(external("carto.__pair", "BIGINT, INTEGER", "VARCHAR(MAX)", "json"))
    session.execute(
        function("carto.pair(BIGINT, INTEGER)", "SUPER", "SELECT JSON_PARSE(carto.__pair($1, $2))")
    )
    assert service.calls == []
    session.execute("CREATE TABLE ids AS SELECT i::bigint AS id FROM generate_series(1, 100) i")
    rows = session.execute("SELECT carto.pair(id, 3) FROM ids ORDER BY id").rows
    assert rows[0] == ("[1,3]",)
    assert len(rows) == 100
    assert [event["num_records"] for event in service.events] == [100]


def test_arguments_that_a_body_names_often_are_computed_once(parts):
    session, service = parts
    session.execute(external("twice", "BIGINT", "BIGINT", "double"))
    session.execute(function("four(BIGINT)", "BIGINT", "SELECT $1 + $1 + $1 + $1"))
    session.execute("CREATE TABLE one AS SELECT 3::bigint AS n")
    assert session.execute("SELECT four(four(four(twice(n)))) FROM one").rows == [(384,)]
    assert len(service.calls) == 1


def test_overloads_by_number_and_by_type(session):
    session.execute(function("f(INT)", "VARCHAR", "SELECT 'int'"))
    session.execute(function("f(BIGINT)", "VARCHAR", "SELECT 'bigint'"))
    session.execute(function("f(FLOAT8)", "VARCHAR", "SELECT 'float8'"))
    session.execute(function("f(VARCHAR)", "VARCHAR", "SELECT 'varchar'"))
    session.execute(function("f(GEOMETRY)", "VARCHAR", "SELECT 'geometry'"))
    session.execute(function("f(INT, INT)", "VARCHAR", "SELECT 'two'"))
    session.execute(
        "CREATE TABLE t AS SELECT 1::smallint s, 2::bigint b, 1.5::real r, 1.5 d, 'x' v, ST_Point(1, 2) g"
    )
    row = session.execute(
        "SELECT f(s), f(b), f(r), f(d), f(v), f(g), f('lit'), f(1), f(s, 1), f(s + b) FROM t"
    ).rows
    assert row == [
        ("int", "bigint", "float8", "float8", "varchar", "geometry", "varchar", "int", "two", "bigint")
    ]  # fmt: skip
    assert failure(session, "SELECT f(true)").startswith("function f(boolean) does not exist")


def test_arguments_are_not_cast_down(session):
    session.execute(function("g(INT)", "INT", "SELECT $1"))
    assert value(session, "g(1::smallint) + g('5') + coalesce(g(null), 1)") == 7
    assert failure(session, "SELECT g(1::bigint)").startswith(
        "function g(bigint) does not exist\n  Hint: No function"
    )
    assert failure(session, "SELECT g(1, 2)").startswith(
        "function g(integer, integer) does not exist"
    )


def test_bodies_use_every_type(session):
    session.execute(
        function(
            "at(SUPER, VARCHAR)", "VARCHAR(MAX)", "SELECT $1.inner[1].k::varchar || $2", "IMMUTABLE"
        )
    )
    assert value(session, """at(json_parse('{"inner": [0, {"k": "v"}]}'), '!')""") == "v!"
    session.execute(function("moved(g GEOMETRY, d FLOAT8)", "GEOMETRY",
                             "SELECT ST_SetSRID(ST_Point(ST_X($1) + $2, ST_Y($1)), ST_SRID($1))"))  # fmt: skip
    assert (
        value(session, "ST_AsEWKT(moved(ST_SetSRID(ST_Point(1, 2), 4326), 0.5))")
        == "SRID=4326;POINT(1.5 2)"
    )
    assert value(session, "moved(NULL, 1)") is None
    session.execute(function("short(VARCHAR(MAX))", "VARCHAR(3)", "SELECT $1"))
    assert value(session, "short('abcdef')") == "abc"


def test_the_nested_function_must_exist(session):
    message = failure(session, function("outer_one(INT)", "INT", "SELECT inner_one($1)"))
    assert message.startswith("function inner_one(integer) does not exist")
    session.execute(function("inner_one(INT)", "INT", "SELECT $1 + 1"))
    session.execute(function("outer_one(INT)", "INT", "SELECT inner_one($1)"))
    assert value(session, "outer_one(1)") == 2
    session.execute(function("inner_one(INT)", "INT", "SELECT $1 + 10"))
    assert value(session, "outer_one(1)") == 11
    session.execute("DROP FUNCTION inner_one(INT)")
    assert "does not exist" in failure(session, "SELECT outer_one(1)")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("SELECT 1 FROM t", "must not have the clause FROM"),
        ("SELECT $1 WHERE true", "must not have the clause WHERE"),
        ("SELECT $1 ORDER BY 1", "must not have the clause ORDER BY"),
        ("SELECT $1 LIMIT 1", "must not have the clause LIMIT"),
        ("SELECT (SELECT 1)", "must not have a subquery"),
        ("SELECT 1, 2", "exactly one column"),
        ("SELECT $2", "there is no parameter $2"),
        ("DELETE FROM t", "must be a SELECT statement"),
        ("SELECT 1; SELECT 2", "must be one SELECT statement"),
    ],
)
def test_bodies_that_redshift_does_not_take(session, body, message):
    assert message in failure(session, function("bad(INT)", "INT", body))


def test_replacing_keeps_the_signature_and_the_return_type(session):
    plain = "CREATE FUNCTION r(INT) RETURNS VARCHAR(10) STABLE AS 'SELECT ''a''' LANGUAGE sql"
    session.execute(plain)
    assert failure(session, plain) == 'function "r" already exists with same argument types'
    session.execute(function("r(i INT)", "VARCHAR(MAX)", "SELECT 'b'"))
    assert value(session, "r(1)") == "b"
    assert "cannot change return type" in failure(session, function("r(INT)", "INT", "SELECT 1"))
    assert failure(session, "DROP FUNCTION r(BIGINT)") == "function r(bigint) does not exist"
    session.execute("DROP FUNCTION r(INT)")
    assert failure(session, "SELECT r(1)").startswith("function r(integer) does not exist")


def test_a_replaced_function_keeps_its_grants(session):
    session.execute("CREATE GROUP analysts")
    session.execute(function("carto.k(INT)", "INT", "SELECT 1"))
    session.execute("REVOKE EXECUTE ON FUNCTION carto.k(INT) FROM PUBLIC")
    session.execute("GRANT EXECUTE ON FUNCTION carto.k(INT) TO GROUP analysts")
    session.execute(function("carto.k(INT)", "INT", "SELECT 2"))
    sql = (
        "SELECT identity_type, identity_name FROM svv_function_privileges WHERE function_name = 'k'"
    )
    assert session.execute(sql).rows == [("group", "analysts")]
    session.execute("DROP FUNCTION carto.k(INT)")
    assert session.execute(sql).rows == []


def test_views_hold_on_to_the_functions_they_use(session):
    session.execute(function("carto.h(INT)", "INT", "SELECT $1 * 2"))
    session.execute("CREATE VIEW doubled AS SELECT carto.h(1) AS two")
    session.execute("CREATE VIEW loose AS SELECT carto.h(1) AS two WITH NO SCHEMA BINDING")
    message = failure(session, "DROP FUNCTION carto.h(INT)")
    assert message.startswith("cannot drop function h(integer) because other objects depend on it")
    assert "view doubled depends on function h(integer)" in message
    assert "loose" not in message
    session.execute(function("carto.h(INT)", "INT", "SELECT $1 * 3"))
    assert session.execute("SELECT two FROM doubled").rows == [(3,)]
    session.execute("DROP FUNCTION carto.h(INT) CASCADE")
    assert failure(session, "SELECT * FROM doubled") == 'relation "doubled" does not exist'
    assert "does not exist" in failure(session, "SELECT * FROM loose")


def test_functions_come_and_go_with_their_transaction(session):
    session.execute("BEGIN")
    session.execute(external("carto.e", "INT", "INT", "double"))
    session.execute(function("carto.w(INT)", "INT", "SELECT carto.e($1)"))
    assert value(session, "carto.w(4)") == 8
    session.execute("ROLLBACK")
    assert failure(session, "SELECT carto.w(4)").startswith(
        "function carto.w(integer) does not exist"
    )
    assert session.execute("SELECT count(*) FROM pg_proc").rows == [(0,)]
    session.execute(external("carto.e", "INT", "INT", "double"))
    assert value(session, "carto.e(4)") == 8
    session.execute("BEGIN")
    session.execute("DROP FUNCTION carto.e(INT)")
    session.execute("ROLLBACK")
    assert value(session, "carto.e(5)") == 10


def test_functions_are_found_along_the_search_path(session):
    session.execute(function("carto.where_am_i()", "VARCHAR", "SELECT 'carto'"))
    assert "does not exist" in failure(session, "SELECT where_am_i()")
    session.execute("SET search_path TO carto, public")
    assert value(session, "where_am_i()") == "carto"
    session.execute(function("len(VARCHAR)", "INT", "SELECT -1"))
    assert value(session, "len('abc')") == 3, "pg_catalog comes first"
    assert value(session, "carto.len('abc')") == -1


def test_a_schema_that_does_not_exist_takes_no_function(session):
    assert (
        failure(session, function("nowhere.f(INT)", "INT", "SELECT 1"))
        == 'schema "nowhere" does not exist'
    )


def test_python_functions_are_refused(session):
    with pytest.raises(UnsupportedSqlError, match="plperl"):
        session.execute("CREATE FUNCTION f() RETURNS INT STABLE AS 'x' LANGUAGE plperl")


def test_volatile_functions_are_called_for_every_row(parts):
    session, service = parts
    ddl = external("dice", "INT", "INT", "double").replace("STABLE", "VOLATILE")
    session.execute(ddl)
    session.execute("SELECT dice(1) FROM generate_series(1, 5) i")
    assert sum(event["num_records"] for event in service.events) == 5


def test_the_catalog_shows_functions(session):
    session.execute(external("carto.__e", "BIGINT, VARCHAR(MAX)", "DOUBLE PRECISION", "double"))
    session.execute(function("carto.w()", "SUPER", "SELECT array()", "IMMUTABLE"))
    rows = session.execute(
        "SELECT p.proname, l.lanname, oidvectortypes(p.proargtypes), format_type(p.prorettype, NULL), p.pronargs,"
        " p.provolatile FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " JOIN pg_language l ON l.oid = p.prolang WHERE n.nspname = 'carto' ORDER BY 1"
    ).rows
    assert rows == [
        ("__e", "exfunc", "bigint, character varying", "double precision", 2, "s"),
        ("w", "sql", "", "super", 0, "i"),
    ]
    shown = session.execute("SHOW FUNCTIONS FROM SCHEMA carto").rows
    assert [row[2:6] for row in shown] == [
        ("__e", 2, "bigint, character varying", "double precision"), ("w", 0, "", "super"),
    ]  # fmt: skip
    sql = "SELECT function_name, argument_type FROM svv_redshift_functions WHERE schema_name = 'carto' ORDER BY 1"
    assert session.execute(sql).rows == [("__e", "bigint, character varying"), ("w", "")]
    sql = "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'w'"
    assert session.execute(sql).rows[0][0].startswith("CREATE OR REPLACE FUNCTION carto.w()")
