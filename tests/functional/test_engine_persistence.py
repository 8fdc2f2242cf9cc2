"""A database survives the end of its process, a kill included."""

import os
import signal
import subprocess
import sys

import pytest

from carto_at_installer.sandbox.errors import RedshiftError
from tests.engine.engine_parts import external, open_engine

KILLED = """
import os, signal, sys
from tests.engine.engine_parts import external, open_engine
engine, session, _ = open_engine({"same": lambda rows: [row[0] for row in rows]}, sys.argv[1])
session.execute("CREATE SCHEMA kept")
session.execute(external("kept.e", "INT", "INT", "same"))
session.execute("CREATE FUNCTION kept.f(INT) RETURNS INT STABLE AS $$ SELECT kept.e($1) + 1 $$ LANGUAGE sql")
session.execute("CREATE TABLE kept.t (id INT IDENTITY(1, 1), g GEOMETRY, s SUPER)")
session.execute("INSERT INTO kept.t (g, s) VALUES (ST_SetSRID(ST_Point(1, 2), 4326), json_parse('[1]'))")
session.execute("CREATE VIEW kept.v AS SELECT kept.f(id) AS two FROM kept.t")
session.execute("BEGIN")
session.execute("CREATE TABLE kept.lost (a INT)")
session.execute("INSERT INTO kept.t (s) VALUES (NULL)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def reopen(path):
    return open_engine({"same": lambda rows: [row[0] for row in rows]}, path)


def test_what_was_committed_survives_a_kill(tmp_path):
    path = tmp_path / "dev.duckdb"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    engine, session, _ = reopen(path)
    assert session.execute("SELECT kept.f(5)").rows == [(6,)]
    assert session.execute("SELECT * FROM kept.v").rows == [(2,)]
    assert session.execute("SELECT id, ST_AsEWKT(g), s[0] FROM kept.t").rows == [
        (1, "SRID=4326;POINT(1 2)", "1")
    ]
    with pytest.raises(RedshiftError, match=r'relation "kept\.lost" does not exist'):
        session.execute("SELECT * FROM kept.lost")
    session.execute("INSERT INTO kept.t (s) VALUES (NULL)")
    assert session.execute("SELECT count(DISTINCT id) FROM kept.t").rows == [(2,)]
    engine.close()


def test_a_file_of_an_older_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "dev.duckdb"
    engine, session, _ = reopen(path)
    session.execute(external("e", "INT", "INT", "same"))
    session.connection.execute("UPDATE pg_rs.settings SET value = 'older' WHERE name = 'macros'")
    session.connection.execute("CREATE OR REPLACE MACRO pg_rs.len(s VARCHAR) AS -1")
    engine.close()
    engine, session, _ = reopen(path)
    assert session.execute("SELECT len('abc'), e(1)").rows == [(3, 1)]
    engine.close()


def test_a_file_is_open_in_one_process_only(tmp_path):
    path = tmp_path / "dev.duckdb"
    engine, _, _ = reopen(path)
    code = "import sys; from tests.engine.engine_parts import open_engine; open_engine({}, sys.argv[1])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    engine.close()
    assert done.returncode == 1
    assert "the sandbox's database file cannot be opened" in done.stderr


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "dev.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(RedshiftError, match="cannot be opened"):
        reopen(path)


def test_sessions_of_many_threads(tmp_path):
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    engine, session, _ = reopen(tmp_path / "dev.duckdb")
    session.execute(external("e", "INT", "INT", "same"))
    session.execute("CREATE TABLE numbers AS SELECT i FROM generate_series(1, 1000) i")
    session.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC")

    def work(number):
        own = engine.session(f"IAM:user{number}")
        try:
            return own.execute("SELECT sum(e(i)), current_user FROM numbers").rows
        finally:
            own.close()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(24)))
    assert found == [[(500500, f"IAM:user{n}")] for n in range(24)]
    engine.close()
