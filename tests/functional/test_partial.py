"""Upgrading and removing a part of an installation."""

from __future__ import annotations

import pytest

from carto_at_installer.sandbox import daemon, faults
from tests.functional.commands import run, sql
from tests.functional.world import EMPTY, cloud


@pytest.fixture(autouse=True)
def _installed(use):
    """Every test begins with the first version installed."""
    use("first")
    assert run("install").code == 0


def installed():
    rows = sql(
        "SELECT UPPER(proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'carto' ORDER BY 1"
    )
    return [name for (name,) in rows]


def test_a_part_is_removed_and_can_be_brought_back(use, aws):
    there = cloud(aws)
    planned = run("uninstall", "--functions", "toy_times", "--dry-run").data
    assert planned["changed"] is False
    assert installed() == ["TOY_DOUBLE", "TOY_TIMES", "__TOY_TIMES"]
    done = run("uninstall", "--functions", "toy_times", "--yes").data
    assert [step["summary"] for step in done["steps"]] == [
        "Write the plan into schema carto", "Drop 2 SQL functions of toy",
    ]  # fmt: skip
    assert installed() == ["TOY_DOUBLE"]
    assert sql("SELECT carto.TOY_DOUBLE(4)") == [[8]]
    assert cloud(aws) == there  # the Lambda function stays until it is pruned
    status = run("status", "--drift").data
    assert (status["current"]["command"], status["functions"]) == ("remove", 1)
    assert status["drift"] == []
    assert run("rollback").code == 0
    assert sql("SELECT carto.TOY_TIMES(4)") == [[12]]


def test_what_was_removed_does_not_come_back_with_an_upgrade(use):
    assert run("uninstall", "--functions", "toy_times", "--yes").code == 0
    use("second")
    assert run("upgrade").code == 0
    assert installed() == ["TOY_DOUBLE"]
    assert run("install").code == 0
    assert installed() == ["TOY_DOUBLE", "TOY_NEW", "TOY_TIMES", "__TOY_TIMES"]


def test_all_of_it_is_a_whole_uninstallation(use, aws):
    assert run("uninstall", "--modules", "toy", "--yes").code == 0
    assert cloud(aws) == EMPTY


def test_what_cannot_be_removed_is_refused(use):
    unknown = run("uninstall", "--functions", "toy_tims", "--yes")
    assert unknown.code == 2
    assert "Did you mean TOY_TIMES" in unknown.document["errors"][0]["hint"]
    needed = run("uninstall", "--functions", "__toy_times", "--yes")
    assert needed.code == 4
    assert "__TOY_TIMES is called by TOY_TIMES" in needed.document["errors"][0]["message"]
    assert installed() == ["TOY_DOUBLE", "TOY_TIMES", "__TOY_TIMES"]


def test_the_selection_of_a_file_is_not_what_is_removed(use, tmp_path, monkeypatch, aws):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "carto-at.yml").write_text("deployment: {functions: [toy_double]}\n")
    assert run("uninstall", "--yes").code == 0
    assert cloud(aws) == EMPTY


def test_a_removal_that_stopped_half_way_is_completed_or_taken_back(use):
    for after, left in (("resume", ["TOY_DOUBLE"]), ("rollback", None)):
        before = installed()
        home = daemon.default_home()
        faults.add(home, faults.Fault(faults.Kind.FAIL_STATEMENT, where="DROP FUNCTION", times=9))
        stopped = run("uninstall", "--functions", "toy_times", "--yes")
        faults.clear(home)
        assert stopped.code == 6, stopped.err
        assert run("status").data["unfinished"]["command"] == "remove"
        assert run(after).code == 0
        assert installed() == (before if left is None else left)
        run("install")


def test_a_part_is_upgraded_and_the_rest_stays(use):
    use("second")
    planned = run("upgrade", "--functions", "toy_double,toy_new", "--dry-run").data
    assert planned["selection"]["functions"] == ["TOY_DOUBLE"]  # TOY_NEW is not installed
    assert run("upgrade", "--functions", "toy_times").data["changed"]
    assert installed() == ["TOY_DOUBLE", "TOY_TIMES", "__TOY_TIMES"]
    assert sql("SELECT carto.TOY_TIMES(4)") == [[20]]
    refused = run("upgrade", "--functions", "toy_new")
    assert refused.code == 2
    assert "None of the chosen functions is installed" in refused.document["errors"][0]["message"]
    assert run("upgrade").data["changed"]
    assert "TOY_NEW" in installed()
