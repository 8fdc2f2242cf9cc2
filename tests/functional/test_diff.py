"""--diff: only what is deployed otherwise than in this package, or not at all."""

from __future__ import annotations

import pytest

from tests.functional.commands import run, sql
from tests.functional.toy import toy_bundle, use_bundle
from tests.functional.world import fresh_sandbox


@pytest.fixture
def use(tmp_path, monkeypatch):
    """Chooses the first or the second version of a small pack: the second has other code and a new function."""
    bundles = {
        "first": toy_bundle(tmp_path / "a", version="0.1.0", factor=3),
        "second": toy_bundle(tmp_path / "b", version="0.1.1", factor=5, new=True),
    }

    def choose(version):
        use_bundle(monkeypatch, bundles[version])

    with fresh_sandbox(tmp_path / "sandbox"):
        yield choose


def names(data):
    return [function["name"] for function in data["functions"]]


def test_only_what_differs_is_listed_planned_installed_and_asked(use):
    use("first")
    everything = run("plan", "--diff").data  # nothing is deployed: all of it
    assert everything["selection"]["functions"] == ["TOY_DOUBLE", "TOY_TIMES"]
    assert run("install").code == 0
    assert names(run("list", "--diff").data) == []
    again = run("install", "--diff").data
    assert (again["changed"], again["selection"]["functions"]) == (False, [])

    use("second")
    assert names(run("list", "--diff").data) == ["TOY_TIMES", "TOY_NEW"]
    assert names(run("list", "--diff", "--functions", "toy_times,toy_double").data) == ["TOY_TIMES"]
    assert run("test", "--diff").data["passed"] == 1  # TOY_NEW is not installed yet
    installed = run("install", "--diff", "--exclude", "toy_new").data
    assert installed["selection"]["functions"] == ["TOY_TIMES"]
    assert sql("SELECT carto.TOY_TIMES(4), carto.TOY_DOUBLE(4)") == [[20, 8]]
    assert names(run("list", "--diff").data) == ["TOY_NEW"]
