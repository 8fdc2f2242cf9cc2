"""Statements of the Data API on disk: exact values, bounds, damaged files, and statements without an end."""

import time

import pytest

from carto_at_installer.sandbox.data_api import archive as module
from carto_at_installer.sandbox.data_api.archive import Archive
from carto_at_installer.sandbox.data_api.statements import FINISHED, Run, Statement, StatementStore
from carto_at_installer.sandbox.engine.results import ResultColumn, ResultSet

VALUES = [(1, 2**63 - 1, -0.1, 1e300, True, None, 'Zoë "x"\n', "")]
COLUMNS = tuple(ResultColumn(f"c{n}", "varchar", 256, 3, 2) for n in range(len(VALUES[0])))


def statement(identifier, rows=None, *parts, created=None):
    result = None if rows is None else ResultSet(COLUMNS, rows)
    whole = Run("SELECT 1", created_at=created or time.time(), affected_rows=7, result=result)
    return Statement(
        id=identifier,
        whole=whole,
        parts=list(parts),
        batch=bool(parts),
        auto_commit=False,
        database="dev",
        user="admin",
        owner="AIDA",
        caller_id="AIDA:me",
        request={"Sql": "SELECT 1", "StatementName": "one"},
        fingerprint="f",
    )


def kept(archive, identifier):
    """The whole of a statement as a sandbox started later knows it; None when it does not."""
    known = {each.id: each for each in archive.statements("here")}
    if identifier not in known:
        return None
    return StatementStore(known.values()).find(identifier, "AIDA")[1]


def done(archive, one):
    archive.begin("here", one)
    archive.end(one, FINISHED, "")


def test_values_and_circumstances_come_back_as_they_were(tmp_path):
    one = statement("a", VALUES, Run("SELECT 2", FINISHED, result=ResultSet(COLUMNS, [])))
    archive = Archive(tmp_path / "s.sqlite")
    done(archive, one)
    archive.close()
    again = Archive(tmp_path / "s.sqlite")
    (found,) = again.statements("here")
    assert found.whole.result is None  # not read before it is asked for
    whole, part = found, StatementStore([found]).find("a:1", "AIDA")[1]
    assert whole.whole.result == one.whole.result
    assert [type(v) for v in whole.whole.result.rows[0]] == [type(v) for v in VALUES[0]]
    assert part.result == one.parts[0].result
    assert (found.whole.status, found.whole.affected_rows) == (FINISHED, 7)
    assert (found.request, found.user, found.fingerprint) == (one.request, "admin", "f")
    assert again.statements("there") == []
    assert again.submitters() == {"a": "AIDA:me"}


def test_a_statement_without_an_end_is_aborted(tmp_path):
    archive = Archive(tmp_path / "s.sqlite")
    archive.begin("here", statement("a", None, Run("SELECT 2")))
    (found,) = archive.statements("here")
    assert (found.whole.status, found.parts[0].status) == ("ABORTED", "ABORTED")
    assert "stopped" in found.whole.error


def test_the_oldest_go_when_results_are_too_large_together(tmp_path):
    archive = Archive(tmp_path / "s.sqlite", max_bytes=4000)
    for number in range(5):
        done(archive, statement(str(number), [("x" * 900, *VALUES[0][1:])], created=time.time()))
    assert [kept(archive, str(n)) is not None for n in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_a_result_that_is_too_large_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_RESULT_BYTES", 100)
    archive = Archive(tmp_path / "s.sqlite")
    done(archive, statement("a", [("x" * 200, *VALUES[0][1:])]))
    assert kept(archive, "a").result is None
    assert kept(archive, "a").status == FINISHED


def test_what_is_a_day_old_is_forgotten(tmp_path):
    archive = Archive(tmp_path / "s.sqlite")
    done(archive, statement("old", VALUES, created=time.time() - 25 * 3600))
    done(archive, statement("new", VALUES))
    archive.close()
    again = Archive(tmp_path / "s.sqlite")
    assert kept(again, "old") is None
    assert kept(again, "new").result.rows == VALUES


@pytest.mark.parametrize("damage", [b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_put_aside(tmp_path, damage):
    (tmp_path / "s.sqlite").write_bytes(damage)
    archive = Archive(tmp_path / "s.sqlite")
    done(archive, statement("a", VALUES))
    assert kept(archive, "a").result.rows == VALUES
    assert (tmp_path / "s.sqlite.damaged").read_bytes() == damage


def test_what_cannot_be_written_costs_only_the_record(tmp_path, caplog):
    archive = Archive(tmp_path / "s.sqlite")
    archive._connection.execute("PRAGMA query_only = ON")
    done(archive, statement("a", VALUES))
    assert "cannot be kept" in caplog.text
    assert kept(archive, "a") is None
