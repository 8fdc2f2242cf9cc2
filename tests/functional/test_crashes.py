"""A crash loses nothing: killed at any call, `resume` completes and `rollback` restores, and nothing is orphaned.

The killed process is a fork of this one, so that nothing is imported again: its hooks on botocore end it, without any
clean-up, right before the n-th request is sent, right after its answer has come, or when its reply was lost by the
sandbox after the work was done. Some changing calls are tried always; `make crashes` tries every call of any kind.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from carto_at_installer.aws import calls, data_api
from carto_at_installer.sandbox import daemon, faults
from tests.functional.commands import run, sql
from tests.functional.toy import toy_bundle
from tests.functional.world import EMPTY, cloud

KILLED = 99
EXTENT = os.environ.get("CARTO_AT_CRASHES", "some")  # or "changing", or "all"
ALL = EXTENT != "some"
# How many changing calls each command makes on the toy pack: `test_the_number_of_calls_is_known`.
CHANGING = {"install": 11, "upgrade": 4, "rollback": 3, "uninstall": 11}
# As many calls of any kind as each makes, or a few more: polls come and go.
CALLS = {"install": 75, "upgrade": 60, "rollback": 22, "uninstall": 34}
LARGE = 45
TRANSACTION_S = 1
AFTER = {"install": 12, "upgrade": 20, "rollback": 12, "uninstall": None}
BEFORE = {"install": None, "upgrade": 12, "rollback": 20, "uninstall": 12}


@dataclass(frozen=True)
class Moment:
    """A call of a command, and when it dies: before it, after it, or when its reply is lost (which it may survive)."""

    command: str
    number: int
    when: str
    every: bool

    def __str__(self):
        return f"{self.command}-{'call' if self.every else 'change'}-{self.number}-{self.when}"


def _moments():
    """Between changing calls only reading ones lie: what they leave behind is the same."""
    if EXTENT == "some":
        return [
            Moment(command, number, ("lost", "after")[number % 2], every=False)
            for command, total in CHANGING.items()
            for number in dict.fromkeys([1, total // 2 + 1, total - 1, total])
        ]
    every = EXTENT == "all"
    return [
        Moment(command, number, when, every=every)
        for command, total in (CALLS if every else CHANGING).items()
        for number in range(1, total + 1)
        for when in ("before", "after", "lost")
    ]


MOMENTS = _moments()


def words_for(command):
    return ("--yes",) if command in {"uninstall", "adopt"} else ()


def killed(moment):
    """Run a command in a fork that ends at a moment; its exit code, KILLED unless it came to its end before."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    data_api.TRANSACTION_S = TRANSACTION_S
    _arrange(moment)
    words = words_for(moment.command)
    os._exit(run(moment.command, *words).code)


def _arrange(moment):
    """In the fork: let the moment come. Threads of the process die with it, as in a crash."""
    seen = [0]
    watch = calls.CallLedger.watch

    def before(model, context, **_):
        if not moment.every and not calls._changes_something(model.name):
            return
        seen[0] += 1
        if seen[0] != moment.number:
            return
        context["the_moment"] = True
        if moment.when == "before":
            os._exit(KILLED)
        if moment.when in {"lost", "survived"}:
            operation = f"{model.service_model.service_name}:{model.name}"
            faults.add(daemon.default_home(), faults.lost_reply(operation))

    def after(context, **_):
        if context.get("the_moment") and moment.when == "after":
            os._exit(KILLED)

    def lost(caught_exception, **_):
        if caught_exception is not None and moment.when == "lost":
            os._exit(KILLED)

    def watching(ledger, events):
        watch(ledger, events)
        events.register("before-call.*.*", before)
        events.register("after-call.*.*", after)
        events.register_first("needs-retry.*.*", lost)

    calls.CallLedger.watch = watching


def prepare(command, use, versions=("first", "second")):
    """Bring the world to where the command starts."""
    use(versions[0])
    if command == "install":
        return
    assert run("install").code == 0
    if command in {"upgrade", "rollback"}:
        use(versions[1])
    if command == "rollback":
        assert run("upgrade").code == 0


def recorded():
    """What the target records, after the dead process's lease was taken away; None where nothing is recorded."""
    faults.clear(daemon.default_home())
    found = run("status")
    if found.code:
        return None
    assert run("unlock", "--yes").code == 0
    return run("status").data


def answer():
    return sql("SELECT carto.TOY_TIMES(4)")[0][0]


@pytest.mark.parametrize("command", CHANGING)
def test_the_number_of_calls_is_known(use, command):
    prepare(command, use)
    words = words_for(command)
    made = run(command, *words).data["aws_calls"]
    assert made["mutating"] == CHANGING[command]
    assert made["total"] <= CALLS[command]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_2_after_a_crash_at_any_call_resume_completes(use, aws, moment):
    prepare(moment.command, use)
    killed(moment)
    state = recorded()
    if state is None:  # before anything was recorded, or after everything was removed
        assert cloud(aws) == EMPTY
        if moment.command == "install":
            assert run("install").code == 0
    elif state["unfinished"]:
        resumed = run("resume")
        assert resumed.code == 0, resumed.err
    else:  # before the plan was written, or after the end was recorded
        words = words_for(moment.command)
        assert run(moment.command, *words).code in {0, 2}
    expect(aws, AFTER[moment.command])


@pytest.mark.parametrize("moment", MOMENTS if ALL else MOMENTS[::2], ids=str)
def test_2_after_a_crash_at_any_call_rollback_restores(use, aws, moment):
    prepare(moment.command, use)
    before = cloud(aws)
    code = killed(moment)
    state = recorded()
    if state is None:
        gone = moment.command == "uninstall"
        assert cloud(aws) == (EMPTY if gone else before)
        return
    if state["unfinished"] is None:
        assert code == 0 or cloud(aws) == before or state["current"]["command"] == moment.command
        return
    back = run("rollback")
    assert back.code == 0, back.err
    expect(aws, BEFORE[moment.command])
    if moment.command == "upgrade":
        run("prune", "--keep-releases", "1")
    assert cloud(aws) == before  # nothing of the crashed command is left behind


def expect(aws, value):
    """The installation is complete and answers so, or (None) nothing of it is left."""
    if value is None:
        assert cloud(aws) == EMPTY
        assert run("status").code == 4
        return
    assert run("status").data["unfinished"] is None
    assert answer() == value


@pytest.mark.skipif(not ALL, reason="make crashes")
@pytest.mark.parametrize("command", CHANGING)
def test_2_a_lost_reply_alone_does_not_even_stop_a_command(use, aws, command):
    for number in range(1, CHANGING[command] + 1):
        prepare(command, use)
        child = os.fork()
        if not child:
            _arrange(Moment(command, number, "survived", every=False))
            words = words_for(command)
            os._exit(run(command, *words).code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, number
        faults.clear(daemon.default_home())
        expect(aws, AFTER[command])
        if command != "uninstall":
            assert run("uninstall", "--yes").code == 0


@pytest.fixture(scope="module")
def large(toys, tmp_path_factory):
    """Two versions of a module with more functions than one batch of the Data API has statements."""
    folder = tmp_path_factory.mktemp("large")
    toys["large"] = toy_bundle(folder / "a", version="0.1.0", factor=3, many=LARGE)
    toys["larger"] = toy_bundle(folder / "b", version="0.1.1", factor=5, many=LARGE)


# The upgrade of that module is one transaction in a session: BEGIN, 57 statements, COMMIT.
_IN_SESSION = range(1, 63) if ALL else (30, 61)


@pytest.mark.usefixtures("large")
def test_a_large_module_is_created_in_several_batches_and_upgraded_in_one_transaction(use):
    prepare("upgrade", use, ("large", "larger"))
    first = run("history").data["releases"][0]
    assert first["state"] == "current"
    upgraded = run("upgrade").data
    assert upgraded["aws_calls"]["mutating"] >= LARGE
    assert sql("SELECT carto.TOY_MANY_0(1), carto.TOY_MANY_44(1), carto.TOY_TIMES(4)") == [
        [5, 5, 20]
    ]
    assert run("rollback").code == 0
    assert sql("SELECT carto.TOY_MANY_0(1), carto.TOY_MANY_44(1), carto.TOY_TIMES(4)") == [
        [3, 3, 12]
    ]


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("number", _IN_SESSION)
def test_2_a_crash_inside_a_long_transaction_leaves_nothing_of_it(use, number):
    prepare("upgrade", use, ("large", "larger"))
    code = killed(Moment("upgrade", number, ("after", "lost")[number % 2], every=False))
    state = recorded()
    many = sql("SELECT carto.TOY_MANY_0(1), carto.TOY_MANY_44(1), carto.TOY_TIMES(4)")
    assert many in ([[3, 3, 12]], [[5, 5, 20]])  # nothing in between
    if state["unfinished"]:
        assert run("resume" if number % 2 else "rollback").code == 0
    else:
        assert code == 0 or state["current"]["command"] == "upgrade" or run("upgrade").code == 0
    assert run("status", "--drift").data["unfinished"] is None
