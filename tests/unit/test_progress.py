"""Progress: what moves on a terminal, what is said in a pipe, and which of the two is chosen."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from carto_at_installer.cli.live_progress import SHARED, LiveProgress
from carto_at_installer.cli.progress import ProgressLines
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.core.progress import Task

TASKS = (
    Task("Create role x"),
    Task("Create Lambda function x-quadbin-1", "quadbin"),
    Task("Create 3 SQL functions of quadbin", "quadbin"),
    Task("Create 9 SQL functions of h3", "h3"),
)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=70, height=30, force_terminal=True, color_system=None)


def drawn(console, live):
    """The rows on the screen now."""
    with console.capture() as capture:
        console.print(live)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_each_module_has_a_row_with_what_runs_and_its_time(console):
    clock = Clock()
    live = LiveProgress(console, now=clock)
    live.phase("Install", 4, TASKS)
    live.started(TASKS[0].step)
    live.started(TASKS[1].step)
    clock.now += 2
    live.finished(TASKS[0].step)
    clock.now += 1
    head, shared, quadbin, h3 = drawn(console, live)
    assert head.partition(" ")[2].startswith("Install ")
    assert head.endswith("1 of 4 3.0 s")
    assert shared.split() == ["✓", *f"{SHARED} 1 step 2.0 s".split()]
    assert "quadbin" in quadbin
    assert "Create Lambda function x-quadbin-1" in quadbin
    assert quadbin.endswith("3.0 s")
    assert h3.split() == ["·", "h3", "waits"]


def test_a_failed_module_and_what_it_waited_for_are_shown(console):
    live = LiveProgress(console, now=Clock())
    live.phase("Install", 4, TASKS)
    live.started(TASKS[1].step)
    live.waiting(TASKS[1].step, "the role is not ready")
    assert "the role is not ready" in "\n".join(drawn(console, live))
    live.finished(TASKS[1].step, failed=True)
    assert "✗ quadbin" in "\n".join(drawn(console, live))


def test_a_row_is_never_wider_than_the_screen(console):
    live = LiveProgress(console, now=Clock())
    live.phase("Install", 4, (*TASKS, Task("y" * 200, "s2")))
    live.started("y" * 200)
    assert max(len(line) for line in drawn(console, live)) <= 70


@pytest.mark.parametrize("every_step", [False, True])
def test_of_steps_that_nobody_announced_those_stay_that_failed(console, every_step):
    with LiveProgress(console, every_step=every_step, now=Clock()) as live:
        live.phase("Checks", 2)
        for step, failed in (("Python: 3.13", False), ("Clock: an hour off", True)):
            live.started(step)
            live.finished(step, failed=failed)
    text = console.file.getvalue()
    assert "✗ Clock: an hour off" in text
    assert ("✓ Python: 3.13" in text) is every_step
    assert "✗ Checks 2 of 2" in text


def test_in_a_pipe_there_is_a_line_for_each_step():
    stream = io.StringIO()
    lines = ProgressLines(Console(file=stream, width=60))
    lines.phase("Install", 1, TASKS[:1])
    lines.started("Create role x")
    lines.waiting("Create role x", "a while")
    lines.waiting("Create role x", "a while")
    lines.finished("Create role x", failed=True)
    said = stream.getvalue().splitlines()
    assert said[:2] == ["Install (1)", "  wait   Create role x: a while"]
    assert said[2].startswith("  FAILED Create role x (")
    assert len(said) == 3


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("variables", "animated", "colored"),
    [
        ({}, True, True),
        ({"CI": "true"}, False, True),
        ({"CI": "true", "FORCE_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_what_the_environment_says_about_colours_and_movement(
    monkeypatch, variables, animated, colored
):
    for name in ("CI", "FORCE_COLOR", "NO_COLOR", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    terminal = Terminal()
    assert terminal.animated is animated
    terminal.console(error=True).print("text", style="green")
    assert ("\x1b[32m" in screen.getvalue()) is colored


def test_in_a_pipe_forced_colours_move_nothing(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    assert Terminal().animated is False
    Terminal().console(error=True).print("text", style="green")
    assert "\x1b[" in stream.getvalue()


def test_drawing_and_steps_of_several_threads_do_not_wait_for_each_other():
    console = Console(file=io.StringIO(), width=70, force_terminal=True, color_system=None)
    with LiveProgress(console) as live:
        live.phase("Checks", 200)

        def work(number):
            for n in range(50):
                live.started(f"{number}-{n}")
                console.print(live)  # takes rich's lock and then ours, as its own redrawing does
                live.finished(f"{number}-{n}")

        threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in threads)
