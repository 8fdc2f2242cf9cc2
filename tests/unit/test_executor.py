import threading

import pytest

from carto_at_installer.apply.executor import StepFailedError, StoppedError, execute
from carto_at_installer.core.progress import SilentProgress
from carto_at_installer.core.releases import Resources
from carto_at_installer.plan.steps import Plan, PrepareSchema, Step
from tests.fakes import Recorder


def plan_of(*steps):
    return Plan("carto", "1.0", "install", 1, tuple(steps), {}, Resources())


def step(key, *after):
    return Step(key, PrepareSchema("carto"), f"do {key}", tuple(after))


def test_every_step_runs_once_and_after_those_it_depends_on():
    plan = plan_of(step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"))
    done = []
    order = execute(plan, lambda s: done.append(s.key), SilentProgress())
    assert sorted(done) == ["a", "b", "c", "d"]
    assert order[0] == "a"
    assert order[-1] == "d"


def test_independent_steps_run_at_the_same_time():
    barrier = threading.Barrier(2, timeout=10)
    plan = plan_of(step("a"), step("b"))
    assert set(execute(plan, lambda _: barrier.wait(), SilentProgress())) == {"a", "b"}


def test_a_failing_step_stops_those_not_yet_started_and_lets_running_ones_end():
    started, release = threading.Event(), threading.Event()
    done = []

    def perform(s):
        if s.key == "bad":
            started.wait(10)
            release.set()
            raise ValueError("no")
        if s.key == "slow":
            started.set()
            release.wait(10)
        done.append(s.key)

    plan = plan_of(step("slow"), step("bad"), step("later", "slow"), step("never", "bad"))
    recorder = Recorder()
    with pytest.raises(StepFailedError) as failure:
        execute(plan, perform, recorder)
    assert failure.value.step.key == "bad"
    assert isinstance(failure.value.__cause__, ValueError)
    assert "slow" in done
    assert "never" not in done
    assert ("failed", "do bad") in recorder.events
    assert set(failure.value.done) == set(done)


def test_a_plan_that_waits_for_a_step_it_does_not_have_is_refused():
    with pytest.raises(AssertionError, match="nowhere"):
        execute(plan_of(step("nowhere", "missing")), lambda _: None, SilentProgress())


def test_an_empty_plan_does_nothing():
    assert execute(plan_of(), lambda _: pytest.fail("called"), SilentProgress()) == ()


def test_when_the_user_stops_it_the_running_step_ends_and_no_other_starts():
    stop = threading.Event()
    done = []

    def perform(s):
        stop.set()
        done.append(s.key)

    with pytest.raises(StoppedError) as stopped:
        execute(plan_of(step("a"), step("b", "a")), perform, SilentProgress(), stopping=stop.is_set)
    assert done == ["a"]
    assert stopped.value.done == ("a",)


def test_stopping_after_the_last_step_changes_nothing():
    stop = threading.Event()
    assert execute(
        plan_of(step("a")), lambda _: stop.set(), SilentProgress(), stopping=stop.is_set
    ) == ("a",)
