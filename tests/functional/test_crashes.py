"""A crash loses nothing: killed before or after any changing call, resume completes and rollback restores.

The killed process is a fork of this one, so that nothing is imported again: its hook on botocore ends it, without
any clean-up, right before the n-th changing request is sent or right after its answer has come.
"""

from __future__ import annotations

import os

import pytest

from carto_at_installer.aws import calls
from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.toy import toy_bundle
from tests.functional.world import EMPTY, cloud, fresh_sandbox

KILLED = 99
# How many changing calls each command makes on the toy pack; the first test of each holds the number.
CHANGES = {"install": 12, "upgrade": 5, "rollback": 4, "uninstall": 12}
# Between the end of a changing call and the begin of the next only reading calls lie, so both moments leave the same
# behind; `make crashes` tries them all the same.
MOMENTS = [
    (command, number, when)
    for command, total in CHANGES.items()
    for number in range(1, total + 1)
    for when in ("before", "after")
    if when == "after" or number == 1 or os.environ.get("CARTO_AT_ALL_MOMENTS")
]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys")
    return {
        "0.1.0": toy_bundle(folder / "a", version="0.1.0", factor=3),
        "0.1.1": toy_bundle(folder / "b", version="0.1.1", factor=5, new=True),
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def package(client, bundles, monkeypatch):
    """Says which version of the package is installed on this machine."""

    def choose(version):
        monkeypatch.setattr(
            "carto_at_installer.bundle.resources.bundle_root", lambda: bundles[version]
        )
        monkeypatch.setattr("carto_at_installer.__about__.__version__", version)

    yield choose
    monkeypatch.undo()
    if carto_at("status", "--sandbox", *TARGET).code == 0:
        run("unlock", "--yes")
        assert run("uninstall", "--yes").code == 0
    assert cloud(client) == EMPTY


def killed(command, number, when):
    """Run a command in a fork that dies before or after its n-th changing call; returns the fork's exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _die_at(number, when)
    words = ("--yes",) if command == "uninstall" else ()
    os._exit(run(command, *words).code)


def _die_at(number, when):
    """In the fork: end the process at the n-th changing call. Threads of the process die with it, as in a crash."""
    seen = [0]
    record = calls.CallLedger._record
    watch = calls.CallLedger.watch

    def before(ledger, model, **context):
        if calls._changes_something(model.name):
            seen[0] += 1
            context["context"]["changing"] = seen[0]
            if when == "before" and seen[0] == number:
                os._exit(KILLED)
        record(ledger, model, **context)

    def after(context, **_):
        if when == "after" and context.get("changing") == number:
            os._exit(KILLED)

    def watching(ledger, events):
        events.register("before-call.*.*", lambda model, **more: before(ledger, model, **more))
        events.register("after-call.*.*", after)

    calls.CallLedger.watch = watching
    assert watch is not watching


def prepare(command, package):
    """Bring the world to where the command starts."""
    package("0.1.0")
    if command == "install":
        return
    assert run("install").code == 0
    if command in {"upgrade", "rollback"}:
        package("0.1.1")
    if command == "rollback":
        assert run("upgrade").code == 0


def recorded():
    """What the target records, after the dead process's lease was taken away; None where nothing is recorded."""
    found = run("status")
    if found.code:
        return None
    assert run("unlock", "--yes").code == 0
    return found.document["data"]


@pytest.mark.parametrize("command", CHANGES)
def test_the_number_of_changing_calls_is_known(package, command):
    prepare(command, package)
    words = ("--yes",) if command == "uninstall" else ()
    assert run(command, *words).data["aws_calls"]["mutating"] == CHANGES[command]


@pytest.mark.parametrize(("command", "number", "when"), MOMENTS)
def test_after_a_crash_resume_completes(package, client, command, number, when):
    prepare(command, package)
    assert killed(command, number, when) == KILLED
    state = recorded()
    if state is None:  # before anything was recorded, or after everything was removed
        assert command in {"install", "uninstall"}
        if command == "uninstall":
            assert cloud(client) == EMPTY
            return
        assert cloud(client) == EMPTY
        assert run("install").code == 0
    elif state["unfinished"]:
        resumed = run("resume")
        assert resumed.code == 0, resumed.err
    else:
        # Killed before the plan was written, or after the end was recorded: the command itself does the rest.
        words = ("--yes",) if command == "uninstall" else ()
        assert run(command, *words).code in {0, 2}
    if command == "uninstall":
        assert cloud(client) == EMPTY
        return
    assert run("status", "--drift").data["drift"] == [] if command != "rollback" else True
    assert run("status").data["unfinished"] is None
    expected = {"install": 12, "upgrade": 20, "rollback": 12}[command]
    assert sql("SELECT carto.TOY_TIMES(4)") == [[expected]]


@pytest.mark.parametrize(
    ("command", "number", "when"),
    [moment for moment in MOMENTS if moment[0] in {"install", "upgrade"}],
)
def test_after_a_crash_rollback_restores(package, client, command, number, when):
    prepare(command, package)
    before = cloud(client)
    assert killed(command, number, when) == KILLED
    state = recorded()
    if state is None:
        assert cloud(client) == before
        return
    if state["unfinished"] is None:
        return
    back = run("rollback")
    assert back.code == 0, back.err
    if command == "install":
        assert cloud(client) == EMPTY
        return
    assert sql("SELECT carto.TOY_TIMES(4)") == [[12]]
    assert run("status").data["current"]["version"] == "0.1.0"
    run("prune", "--keep-releases", "1")
    assert cloud(client) == before  # nothing of the crashed upgrade is left behind
