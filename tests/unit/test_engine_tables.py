import threading

import pytest

from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError
from tests.unit.engine_parts import open_engine


@pytest.fixture(scope="module")
def engine():
    engine, _, _ = open_engine()
    yield engine
    engine.close()


@pytest.fixture
def session(engine):
    session = engine.session("admin")
    session.execute("CREATE SCHEMA work")
    session.execute("SET search_path TO work, public")
    yield session
    session.rollback()
    session.execute("DROP SCHEMA IF EXISTS work CASCADE")
    session.close()


def failure(session, sql):
    with pytest.raises(RedshiftError) as caught:
        session.execute(sql)
    return str(caught.value)


def rows(session, sql):
    return session.execute(sql).rows


def test_every_type_is_kept(session):
    session.execute(
        "CREATE TABLE t (a SMALLINT, b INT, c BIGINT, d DECIMAL(10,2), e REAL, f FLOAT8, g BOOLEAN, h VARCHAR(10),"
        " i DATE, j TIMESTAMP, k SUPER, l GEOMETRY, m TIMESTAMPTZ, n VARBYTE)"
    )
    session.execute(
        "INSERT INTO t VALUES (1, 2, 3, 4.5, 0.5, 0.25, true, 'x', '2024-01-02', '2024-01-02 03:04:05.25',"
        " json_parse('[1]'), ST_Point(1, 2), '2024-01-02 03:04:05', from_hex('ff'))"
    )
    assert rows(session, "SELECT * FROM t") == [
        (
            1, 2, 3, "4.50", 0.5, 0.25, True, "x", "2024-01-02", "2024-01-02 03:04:05.25", "[1]",
            "0101000000000000000000F03F0000000000000040", "2024-01-02 03:04:05+00", "ff",
        )
    ]  # fmt: skip


def test_defaults_identities_and_nulls(session):
    session.execute(
        "CREATE TABLE t (id BIGINT IDENTITY(10, 5), name VARCHAR(5) NOT NULL, n INT DEFAULT 1 + 2 ENCODE az64,"
        " at TIMESTAMP DEFAULT getdate()) DISTKEY(id) SORTKEY(id)"
    )
    session.execute("INSERT INTO t (name) VALUES ('a'), ('b')")
    session.execute("INSERT INTO t (name, n) VALUES ('c', DEFAULT)")
    assert rows(session, "SELECT id, name, n FROM t ORDER BY id") == [
        (10, "a", 3),
        (15, "b", 3),
        (20, "c", 3),
    ]
    assert rows(session, "SELECT count(*) FROM t WHERE at > '2024-01-01'") == [(3,)]
    assert (
        failure(session, "INSERT INTO t (n) VALUES (1)")
        == "Cannot insert a NULL value into column name"
    )


def test_texts_keep_to_their_length_in_bytes(session):
    session.execute("CREATE TABLE t (a VARCHAR(3), b VARCHAR, c CHAR(2))")
    session.execute("INSERT INTO t (a) VALUES ('abc')")
    assert (
        failure(session, "INSERT INTO t (a) VALUES ('abcd')")
        == "value too long for type character varying(3)"
    )
    assert "character varying(3)" in failure(session, "INSERT INTO t (a) VALUES ('\u00e9\u00e9')")
    assert "character varying(256)" in failure(
        session, "INSERT INTO t (b) VALUES (repeat('x', 257))"
    )
    assert "character varying(3)" in failure(session, "UPDATE t SET a = a || 'x'")


def test_rows_are_changed_and_removed(session):
    session.execute("CREATE TABLE t AS SELECT i AS id, i * 10 AS v FROM generate_series(1, 3) i")
    session.execute("CREATE TABLE u (id, w) AS SELECT 2, 99")
    session.execute("UPDATE t SET v = u.w FROM u WHERE t.id = u.id")
    session.execute("DELETE FROM t USING u WHERE t.id = u.id + 1")
    assert rows(session, "SELECT * FROM t ORDER BY id") == [(1, 10), (2, 99)]
    session.execute("TRUNCATE t")
    assert rows(session, "SELECT count(*) FROM t") == [(0,)]


def test_names_fold_to_lower_case(session):
    session.execute('CREATE TABLE "Mixed" ("Id" INT)')
    session.execute("INSERT INTO MIXED VALUES (1)")
    assert rows(session, 'SELECT "ID" FROM work."mixed"') == [(1,)]


def test_tables_exist_once(session):
    session.execute("CREATE TABLE t (a INT)")
    session.execute("CREATE TABLE IF NOT EXISTS t (other INT)")
    assert failure(session, "CREATE TABLE t (a INT)") == 'relation "t" already exists'
    assert "duplicated" in failure(session, "CREATE TABLE v (a INT, A INT)")
    session.execute("DROP TABLE t")
    assert "does not exist" in failure(session, "DROP TABLE t")
    session.execute("DROP TABLE IF EXISTS t")


def test_temporary_tables_belong_to_the_session(engine, session):
    session.execute("CREATE TEMP TABLE scratch (a INT)")
    session.execute("INSERT INTO scratch VALUES (1)")
    assert rows(session, "SELECT a FROM scratch") == [(1,)]
    other = engine.session("admin")
    assert failure(other, "SELECT a FROM scratch") == 'relation "scratch" does not exist'
    other.close()
    session.execute("DROP TABLE scratch")


def test_views_depend_on_tables(session):
    session.execute("CREATE TABLE t (a INT)")
    session.execute("CREATE VIEW v AS SELECT a + 1 AS b FROM t")
    session.execute("CREATE VIEW w (c) AS SELECT b FROM v")
    session.execute("INSERT INTO t VALUES (1)")
    assert rows(session, "SELECT c FROM w") == [(2,)]
    assert "view v depends on table t" in failure(session, "DROP TABLE t")
    assert "view w depends on view v" in failure(session, "DROP VIEW v")
    assert failure(session, "CREATE VIEW v AS SELECT 1") == 'relation "v" already exists'
    assert failure(session, "DROP TABLE v") == '"v" is not a table'
    session.execute("DROP TABLE t CASCADE")
    assert rows(session, "SELECT count(*) FROM pg_views") == [(0,)]


def test_schemas_are_dropped_when_empty(session):
    session.execute("CREATE SCHEMA other AUTHORIZATION admin QUOTA 5 GB")
    session.execute("CREATE TABLE other.t (id INT IDENTITY(1,1))")
    assert "cannot drop schema other because other objects depend on it" in failure(
        session, "DROP SCHEMA other"
    )
    session.execute("DROP SCHEMA other CASCADE")
    assert failure(session, "DROP SCHEMA other") == 'schema "other" does not exist'
    session.execute("DROP SCHEMA IF EXISTS other")
    assert failure(session, "CREATE SCHEMA work") == 'schema "work" already exists'
    session.execute("CREATE SCHEMA IF NOT EXISTS work")
    assert "reserved for system schemas" in failure(session, "CREATE SCHEMA pg_mine")


def test_ddl_is_rolled_back(session):
    session.execute("CREATE TABLE t (id INT IDENTITY(1,1), a INT)")
    session.execute("BEGIN")
    session.execute("INSERT INTO t (a) VALUES (1)")
    session.execute("CREATE SCHEMA other")
    session.execute("CREATE TABLE other.x (a INT)")
    session.execute("CREATE VIEW v AS SELECT a FROM t")
    session.execute("COMMENT ON SCHEMA work IS 'mine'")
    session.execute("DROP VIEW v")
    session.execute("DROP TABLE t")
    session.execute("ROLLBACK")
    assert rows(session, "SELECT count(*) FROM t") == [(0,)]
    assert rows(session, "SELECT nspname FROM pg_namespace WHERE nspname IN ('other', 'work')") == [
        ("work",)
    ]
    assert rows(session, "SELECT count(*) FROM pg_description") == [(0,)]


def test_an_error_spoils_the_transaction(session):
    session.execute("CREATE TABLE t (a INT)")
    session.execute("BEGIN")
    session.execute("INSERT INTO t VALUES (1)")
    assert failure(session, "SELECT 1/0") == "Divide by zero"
    assert failure(session, "SELECT 1").startswith("current transaction is aborted")
    session.execute("COMMIT")
    assert rows(session, "SELECT count(*) FROM t") == [(0,)]


def test_a_failing_command_outside_of_a_transaction_leaves_nothing(session):
    failure(session, "CREATE TABLE t (id INT IDENTITY(1,1), b INT DEFAULT nothing)")
    assert rows(session, "SELECT count(*) FROM pg_tables") == [(0,)]
    session.execute("CREATE TABLE t (id INT IDENTITY(1,1))")


def test_sessions_see_what_is_committed(engine, session):
    other = engine.session("admin")
    session.execute("CREATE TABLE t (a INT)")
    session.execute("BEGIN")
    session.execute("INSERT INTO t VALUES (1)")
    assert rows(other, "SELECT count(*) FROM work.t") == [(0,)]
    session.execute("COMMIT")
    assert rows(other, "SELECT count(*) FROM work.t") == [(1,)]
    other.close()


def test_concurrent_changes_of_one_row_conflict(engine, session):
    other = engine.session("admin")
    session.execute("CREATE TABLE t (a INT)")
    session.execute("INSERT INTO t VALUES (1)")
    for each in (session, other):
        each.execute("BEGIN")
    session.execute("UPDATE work.t SET a = 2")
    assert "1023" in failure(other, "UPDATE work.t SET a = 3")
    session.execute("COMMIT")
    other.execute("ROLLBACK")
    other.close()


def test_locks_are_held_until_the_transaction_ends(engine, session):
    session.execute("CREATE TABLE t (a INT)")
    session.execute("BEGIN")
    session.execute("LOCK TABLE t")
    other = engine.session("admin")
    got = threading.Event()

    def wait():
        other.execute("BEGIN")
        other.execute("LOCK work.t")
        got.set()
        other.execute("COMMIT")

    thread = threading.Thread(target=wait)
    thread.start()
    assert not got.wait(0.2)
    session.execute("COMMIT")
    assert got.wait(5)
    thread.join()
    other.close()


def test_comments_and_privileges_are_recorded(session):
    session.execute('COMMENT ON SCHEMA work IS \'{"version": "1.0"}\'')
    sql = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'work'"
    assert rows(session, sql) == [('{"version": "1.0"}',)]
    session.execute("CREATE TABLE t (a INT)")
    session.execute("CREATE ROLE reader")
    session.execute("CREATE USER bob PASSWORD DISABLE")
    session.execute("GRANT USAGE ON SCHEMA work TO ROLE reader, bob")
    session.execute("GRANT USAGE ON LANGUAGE exfunc TO ROLE reader")
    sql = (
        "SELECT identity_type, identity_name, privilege_type FROM svv_schema_privileges ORDER BY 1"
    )
    assert rows(session, sql) == [("role", "reader", "usage"), ("user", "bob", "usage")]
    assert rows(session, "SELECT language_name, identity_name FROM svv_language_privileges") == [
        ("exfunc", "reader")
    ]
    session.execute("REVOKE ALL ON SCHEMA work FROM bob")
    assert rows(session, sql) == [("role", "reader", "usage")]
    assert (
        failure(session, "GRANT USAGE ON SCHEMA work TO nobody") == 'user "nobody" does not exist'
    )
    assert "invalid privilege type SELECT for schema" in failure(
        session, "GRANT SELECT ON SCHEMA work TO bob"
    )
    with pytest.raises(UnsupportedSqlError, match="ASSUMEROLE"):
        session.execute("GRANT ASSUMEROLE ON 'arn' TO bob FOR EXTERNAL FUNCTION")
    with pytest.raises(UnsupportedSqlError, match="without an object"):
        session.execute("GRANT CREATE SCHEMA TO ROLE reader")
    session.execute("DROP USER bob")
    session.execute("DROP ROLE reader")
    assert rows(session, sql) == []


def test_users_are_known_after_they_log_in(engine):
    ordinary = engine.session("IAMR:deployer")
    sql = "SELECT usename, usesuper FROM pg_user WHERE usename = current_user"
    assert rows(ordinary, sql) == [("IAMR:deployer", False)]
    ordinary.close()


def test_the_information_schema(session):
    session.execute("CREATE TABLE t (a VARCHAR(7), b DECIMAL(5,1))")
    sql = (
        "SELECT column_name, data_type, character_maximum_length FROM information_schema.columns"
        " WHERE table_schema = 'work' ORDER BY ordinal_position"
    )
    assert rows(session, sql) == [("a", "character varying", 7), ("b", "numeric", None)]
    assert rows(session, "SELECT relname, relkind FROM pg_class") == [("t", "r")]
    assert failure(session, "DROP TABLE pg_class").endswith("does not exist.")


def test_settings(session):
    assert rows(session, "SHOW search_path") == [("work, public",)]
    session.execute("SET statement_timeout = 1000")
    assert rows(session, "SHOW statement_timeout") == [("1000",)]
    session.execute("RESET statement_timeout")
    assert rows(session, "SHOW statement_timeout") == [("0",)]
    assert (
        failure(session, "SET nonsense TO 1") == 'unrecognized configuration parameter "nonsense"'
    )
