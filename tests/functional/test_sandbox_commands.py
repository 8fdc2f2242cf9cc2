"""The commands `carto-at sandbox ...`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carto_at_installer.sandbox import daemon
from carto_at_installer.sandbox.faults import Kind
from tests.functional.commands import carto_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose sandbox runs."""
    place = tmp_path_factory.mktemp("home")
    daemon.start(place)
    yield place
    daemon.stop(place)


@pytest.fixture
def run(home: Path):
    """`run("fault", "list")`: the outcome of `carto-at sandbox fault list`."""
    where = {"CARTO_AT_SANDBOX_HOME": str(home)}
    yield lambda *words: carto_at("sandbox", *words, environment=where)
    carto_at("sandbox", "fault", "clear", environment=where)


def test_faults_are_added_listed_and_cleared(run):
    added = run("fault", "add", "throttle", "lambda:*", "--times", "2", "--output", "json").data
    assert added["fault"]["operation"] == "lambda:*"
    assert run("fault", "add", "role-not-ready", "--seconds", "5").code == 0
    assert run("fault", "add", "expire", "--call", "3").code == 0
    listed = run("fault", "list").out
    assert "throttle lambda:* calls 1 to 2" in listed
    assert "role-not-ready 5 s every call" in listed
    assert "expire *:* every call from number 3 on" in listed
    assert run("fault", "clear", str(added["id"]), "--output", "json").data == {"cleared": 1}
    assert run("fault", "clear", "--output", "json").data == {"cleared": 2}
    assert "No fault is set." in run("fault", "list").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("explode",), "there is no fault 'explode'"),
        (("throttle",), "needs an operation"),
        (("error", "lambda:Invoke"), "needs the code"),
        (("abort-statement", "lambda:Invoke"), "takes no operation"),
        (("delay", "lambda:Invoke"), "number of seconds"),
        (("throttle", "lambda:Invokes"), "did you mean Invoke"),
        (("throttle", "lambda:Invoke", "--call", "0"), "count from 1"),
        (("throttle", "lambda:Invoke", "--every", "--times", "3"), "exclude each other"),
    ],
)
def test_what_makes_no_sense_is_refused(run, words, message):
    outcome = run("fault", "add", *words)
    assert outcome.code != 0
    assert message.lower() in outcome.err.lower()
    assert "No fault is set." in run("fault", "list").out


def test_the_help_names_every_kind(run):
    text = run("fault", "add", "--help").out
    assert [kind for kind in Kind if f"  {kind} " not in text] == []


def test_faults_need_a_sandbox(tmp_path):
    elsewhere = {"CARTO_AT_SANDBOX_HOME": str(tmp_path)}
    outcome = carto_at("sandbox", "fault", "list", environment=elsewhere)
    assert outcome.code != 0
    assert "not running" in outcome.err
    assert "carto-at sandbox start" in outcome.err


def test_permissions_are_enforced_on_request(run, home, tmp_path):
    assert run("start", "--output", "json").data["enforce_iam"] is False
    outcome = run("start", "--enforce-iam")
    assert outcome.code != 0
    assert "carto-at sandbox stop" in outcome.err
    elsewhere = {"CARTO_AT_SANDBOX_HOME": str(tmp_path)}
    try:
        started = carto_at("sandbox", "start", "--enforce-iam", environment=elsewhere)
        assert "Callers need permissions." in started.out
    finally:
        daemon.stop(tmp_path)
