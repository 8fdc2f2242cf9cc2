"""Stored procedures: their language, their arguments, their place in the catalog."""

import pytest

from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError
from tests.engine.engine_parts import open_engine


@pytest.fixture(scope="module")
def engine():
    engine, _, _ = open_engine()
    yield engine
    engine.close()


@pytest.fixture
def session(engine):
    """A session in a transaction that is rolled back after the test."""
    session = engine.session("admin")
    session.begin()
    yield session
    session.close()


@pytest.fixture
def fresh():
    """A session of a database of its own, where every statement is committed."""
    engine, session, _ = open_engine()
    yield session
    engine.close()


def make(session, arguments, block, name="p", clauses=""):
    session.execute(
        f"CREATE OR REPLACE PROCEDURE {name}({arguments}) AS $body$ {block} $body$"
        f" LANGUAGE plpgsql {clauses}"
    )


def result(session, block, declare="", kind="VARCHAR(MAX)"):
    """What `answer` is at the end of a block."""
    make(session, f"answer OUT {kind}", f"DECLARE {declare} BEGIN {block} END", "asked")
    return session.execute("CALL asked()").rows[0][0]


def test_arguments_go_in_and_come_out(session):
    make(
        session,
        "a IN INT, INOUT b VARCHAR(20), c OUT DECIMAL(10, 2), BIGINT",
        "BEGIN b := b || a; c := a / 4.0 + $4; END;",
    )
    answer = session.execute("CALL p(3, 'it''s \\\\ ', 10)")
    assert [(c.name, c.type) for c in answer.columns] == [("b", "varchar"), ("c", "numeric")]
    assert answer.rows == [("it's \\ 3", "10.75")]
    make(session, "", "BEGIN NULL; END", "quiet")
    assert session.execute("CALL quiet()") is None


def test_parameters_of_the_data_api(session):
    make(session, "a INT, b INOUT VARCHAR(20)", "BEGIN b := b || (a + 1); END")
    assert session.execute("CALL p(:n, :t)", {"n": "41", "t": "'x"}).rows == [("'x42",)]


@pytest.mark.parametrize(
    ("block", "answer"),
    [
        ("FOR i IN 1..3 LOOP answer := answer || i; END LOOP;", "123"),
        ("FOR i IN REVERSE n..(n - 2) LOOP answer := answer || i; END LOOP;", "765"),
        ("FOR i IN 3..1 LOOP answer := 'never'; END LOOP;", ""),
        ("LOOP n := n - 1; EXIT WHEN n < 5; answer := answer || n; END LOOP;", "65"),
        ("WHILE n > 0 LOOP n := n - 3; CONTINUE WHEN n = 4; answer := answer || n; END LOOP;", "1-2"),
        (
            ("<<o>> FOR i IN 1..3 LOOP FOR j IN 1..3 LOOP EXIT o WHEN i = 2; CONTINUE o WHEN j = 2;"
            " answer := answer || i || j; END LOOP; END LOOP o;"),
            "11",
        ),
        ("IF n > 9 THEN answer := 'a'; ELSIF n = 7 THEN answer := 'b'; ELSE answer := 'c'; END IF;", "b"),
        ("IF NULL THEN answer := 'a'; ELSE answer := 'c'; END IF;", "c"),
        ("IF CASE WHEN n = 7 THEN TRUE ELSE FALSE END THEN answer := 'yes'; END IF;", "yes"),
        ("CASE n WHEN 1, 7 THEN answer := 'seven'; ELSE answer := 'other'; END CASE;", "seven"),
        ("CASE WHEN n < 7 THEN answer := 'less'; WHEN n = 7 THEN answer := 'same'; END CASE;", "same"),
        ("SELECT a, b INTO n, answer FROM t WHERE a = 2;", "two"),
        ("SELECT INTO answer b FROM t WHERE a = 9;", None),
        ("PERFORM 1 FROM t WHERE a = 9; IF NOT FOUND THEN answer := 'none'; END IF;", "none"),
        (
            "FOR r IN SELECT a, b FROM t ORDER BY a LOOP answer := answer || r.a || r.b; END LOOP;",
            "1one2two",
        ),
        (("FOR n, s IN EXECUTE 'SELECT a, b FROM ' || quote_ident('t') || ' ORDER BY 1 DESC' LOOP"
         " answer := answer || n || s; END LOOP;"), "2two1one"),
        ("EXECUTE 'SELECT b FROM t WHERE b = ' || quote_literal('one') INTO answer;", "one"),
        ("UPDATE t SET b = b || n; GET DIAGNOSTICS n := ROW_COUNT; answer := n;", "2"),
        (("s := 'x''; DROP TABLE t; --'; INSERT INTO t VALUES (n, s); SELECT b INTO answer FROM t"
         " WHERE t.a = 7;"), "x'; DROP TABLE t; --"),
        ("answer := 'a'; RETURN; answer := 'b';", "a"),
        ("DECLARE n INT := 1; BEGIN n := 2; END; answer := n;", "7"),
        ("answer := like_it + like_column;", "9"),
        ("answer := other;", "7"),
    ],
)  # fmt: skip
def test_the_language(session, block, answer):
    session.execute("CREATE TABLE t(a INT, b VARCHAR(40))")
    session.execute("INSERT INTO t VALUES (1, 'one'), (2, 'two')")
    declared = (
        "n INT := 7; s VARCHAR(40); r RECORD; like_it n%TYPE := 4; like_column t.a%TYPE DEFAULT 5;"
        " other ALIAS FOR n;"
    )
    assert result(session, f"answer := ''; {block}", declared) == answer


@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        ("SUPER", "JSON_PARSE('{\"a\":[1,\"it''s\"]}')"),
        ("GEOMETRY", "ST_GeomFromText('POINT(1 2)', 4326)"),
        ("TIMESTAMP", "'2024-02-29 12:00:00.5'::TIMESTAMP"),
        ("BOOLEAN", "1 = 2"),
        ("DOUBLE PRECISION", "0.1::FLOAT8 + 0.2::FLOAT8"),
        ("BIGINT", "-9223372036854775808"),
        ("VARBYTE", "FROM_HEX('00ff')"),
        ("DATE", "NULL"),
        ("SUPER", "NULL"),
        ("GEOMETRY", "NULL"),
    ],
)
def test_values_of_every_type_pass_through_variables(session, kind, expression):
    direct = session.execute(f"SELECT {expression} AS x").rows[0][0]
    through = result(session, f"v := {expression}; answer := v;", f"v {kind};", kind)
    assert through == direct


def test_messages_and_errors(session):
    make(
        session, "n INT", "BEGIN RAISE INFO 'got % of 100%%', n; RAISE EXCEPTION 'no %', n + 1; END"
    )
    with pytest.raises(RedshiftError, match=r"^no 6$"):
        session.execute("CALL p(5)")
    assert session.notices == [("INFO", "got 5 of 100%")]


def test_an_error_takes_everything_back(fresh):
    fresh.execute("CREATE TABLE t(a INT)")
    block = "BEGIN INSERT INTO t VALUES (1); EXECUTE 'CREATE TABLE u(a INT)'; x := 1 / 0; END"
    make(fresh, "", f"DECLARE x INT; {block}", "broken")
    with pytest.raises(RedshiftError, match=r"[Dd]ivi"):
        fresh.execute("CALL broken()")
    assert fresh.execute("SELECT COUNT(*) FROM t").rows == [(0,)]
    with pytest.raises(RedshiftError, match="does not exist"):
        fresh.execute("SELECT * FROM u")
    assert not fresh.in_transaction


@pytest.mark.parametrize(
    ("declare", "statement", "message"),
    [
        ("c CONSTANT INT := 1;", "c := 2;", '"c" is declared CONSTANT'),
        ("", "n := 2;", '"n" is declared CONSTANT'),
        ("c INT NOT NULL := 1;", "c := NULL;", "declared NOT NULL"),
        ("c VARCHAR(3);", "c := 'four';", r"value too long for type character varying\(3\)"),
        ("", "unknown := 1;", '"unknown" is not a known variable'),
        ("", "SELECT 1;", "query has no destination for result data"),
        ("s VARCHAR(9);", "EXECUTE s;", "cannot EXECUTE a null querystring"),
        ("r RECORD;", "SELECT r.a INTO r;", 'record "r" is not assigned yet'),
        ("r RECORD;", "SELECT 1 AS a INTO r; RAISE INFO '%', r.b;", 'record "r" has no field "b"'),
        ("", "CASE n WHEN 99 THEN NULL; END CASE;", "case not found"),
        ("", "EXECUTE 'COM' || 'MIT';", "COMMIT in a procedure is not supported"),
        ("", "EXIT;", "EXIT stands outside of its loop"),
        ("", "INSERT INTO missing VALUES (n);", 'relation "missing" does not exist'),
    ],
)
def test_errors_when_it_runs(session, declare, statement, message):
    make(session, "n INT", f"DECLARE {declare} BEGIN {statement} END")
    with pytest.raises(RedshiftError, match=message):
        session.execute("CALL p(1)")


@pytest.mark.parametrize(
    ("block", "named"),
    [
        ("DECLARE c CURSOR (a INT) FOR SELECT a; BEGIN NULL; END", "a cursor with arguments"),
        ("BEGIN MOVE c; END", "MOVE in a procedure"),
        ("BEGIN EXECUTE 'SELECT 1' USING 1; END", r"EXECUTE \.\.\. USING"),
        ("BEGIN FOR i IN 1..5 BY 2 LOOP NULL; END LOOP; END", r"FOR \.\.\. BY"),
        ("BEGIN r.a := 1; END", "an assignment to a field of a record"),
        ("BEGIN GET DIAGNOSTICS x := RESULT_OID; END", "GET DIAGNOSTICS RESULT_OID"),
    ],
)
def test_what_is_refused_when_it_is_made(session, block, named):
    with pytest.raises(UnsupportedSqlError, match=f"{named}.* is not supported"):
        make(session, "", block)


@pytest.mark.parametrize(
    "block",
    [
        "BEGIN x := 1 END",
        "SELECT 1",
        "BEGIN IF TRUE THEN NULL; END",
        "BEGIN RAISE INFO '%'; END",
        "BEGIN RETURN 1; END",
        "BEGIN FOR i IN 5 LOOP NULL; END LOOP; END",
        "BEGIN NULL;",
    ],
)
def test_syntax_errors(session, block):
    with pytest.raises(RedshiftError):
        make(session, "", block)


def test_nested_calls_and_recursion(session):
    make(session, "n INT, total INOUT BIGINT", "BEGIN total := total + n; END", "add")
    make(
        session,
        "n INT, total INOUT BIGINT",
        "BEGIN CALL add(n, total); IF n > 1 THEN CALL down(n - 1, total); END IF; END",
        "down",
    )
    assert session.execute("CALL down(5, 0)").rows == [(15,)]
    assert session.execute("CALL down(15, 0)").rows == [(120,)]
    with pytest.raises(RedshiftError, match="at most 16 levels"):
        session.execute("CALL down(17, 0)")
    assert session.depth == 0


def test_overloads_replacement_and_dropping(fresh):
    make(fresh, "a INT, r OUT VARCHAR(9)", "BEGIN r := 'int'; END")
    make(fresh, "a VARCHAR(9), r OUT VARCHAR(9)", "BEGIN r := 'text'; END")
    assert fresh.execute("CALL p(1)").rows == [("int",)]
    assert fresh.execute("CALL p('1')").rows == [("text",)]
    with pytest.raises(RedshiftError, match="already exists with same argument types"):
        fresh.execute("CREATE PROCEDURE p(int) AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql")
    with pytest.raises(RedshiftError, match="cannot change return type"):
        make(fresh, "a INT", "BEGIN NULL; END")
    with pytest.raises(RedshiftError, match="not unique"):
        fresh.execute("DROP PROCEDURE p")
    fresh.execute("DROP PROCEDURE p(a INT, r OUT VARCHAR(9))")
    fresh.execute("DROP PROCEDURE p")
    with pytest.raises(RedshiftError, match=r"procedure p\(integer\) does not exist"):
        fresh.execute("CALL p(1)")


def test_a_function_and_a_procedure_share_names(session):
    make(session, "a INT", "BEGIN NULL; END")
    function = "CREATE FUNCTION p(INT) RETURNS INT IMMUTABLE AS $$ SELECT $1 $$ LANGUAGE sql"
    with pytest.raises(RedshiftError, match="already exists with same argument types"):
        session.execute(function)


def test_the_catalog_shows_procedures(session):
    make(session, "a INT, b INOUT BIGINT, c OUT DATE", "BEGIN NULL; END")
    make(session, "a INT", "BEGIN NULL; END", "q")
    columns = (
        "proname, prokind, pronargs, oidvectortypes(proargtypes), format_type(prorettype, NULL),"
        " proargmodes"
    )
    assert session.execute(f"SELECT {columns} FROM pg_proc_info ORDER BY 1").rows == [
        ("p", "p", 2, "integer, bigint", "record", "{i,b,o}"),
        ("q", "p", 1, "integer", "void", None),
    ]
    listed = "SELECT p.proname, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang ORDER BY 1"
    assert session.execute(listed).rows == [("p", "plpgsql"), ("q", "plpgsql")]
    kinds = "SELECT DISTINCT function_type FROM svv_redshift_functions"
    assert session.execute(kinds).rows == [("STORED PROCEDURE",)]


def test_grants_and_schemas(fresh):
    fresh.execute("CREATE SCHEMA s")
    make(fresh, "a INT", "BEGIN NULL; END", "s.p")
    fresh.execute("GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA s TO PUBLIC")
    fresh.execute("GRANT EXECUTE ON PROCEDURE s.p(INT) TO PUBLIC")
    listed = fresh.execute("SELECT function_name, identity_name FROM svv_function_privileges")
    assert listed.rows == [("p", "public")]
    with pytest.raises(RedshiftError, match="other objects depend on it"):
        fresh.execute("DROP SCHEMA s")
    fresh.execute("DROP SCHEMA s CASCADE")
    assert fresh.execute("SELECT COUNT(*) FROM pg_proc").rows == [(0,)]
    assert fresh.execute("SELECT COUNT(*) FROM svv_function_privileges").rows == [(0,)]


def test_truncate_ends_the_transaction_and_another_begins(fresh):
    fresh.execute("CREATE TABLE t(a INT)")
    make(fresh, "", "DECLARE x INT; BEGIN INSERT INTO t VALUES (1); TRUNCATE t;"
         " INSERT INTO t VALUES (2); x := 1 / 0; END")  # fmt: skip
    with pytest.raises(RedshiftError):
        fresh.execute("CALL p()")
    assert fresh.execute("SELECT COUNT(*) FROM t").rows == [(0,)]


def test_whose_rights(fresh):
    block = "BEGIN who := CURRENT_USER; END"
    make(fresh, "who OUT VARCHAR(99)", block, "invoker", "SECURITY INVOKER")
    make(fresh, "who OUT VARCHAR(99)", block, "definer", "SECURITY DEFINER")
    fresh.execute("GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA public TO PUBLIC")
    other = fresh.engine.session("IAM:ann")
    assert other.execute("CALL invoker()").rows == [("IAM:ann",)]
    assert other.execute("CALL definer()").rows == [("admin",)]
    assert other.execute("SELECT CURRENT_USER").rows == [("IAM:ann",)]
