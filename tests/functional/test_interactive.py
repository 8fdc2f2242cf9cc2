"""What is asked on a terminal: `carto-at` runs on a pseudo-terminal, and the test types."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time

import pytest
import yaml

from tests.functional.commands import carto_at
from tests.functional.world import fresh_sandbox

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")
_PATIENCE_S = 60


class Session:
    """A command on a terminal of its own."""

    def __init__(self, words, folder):
        self.screen = ""
        leader, follower = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "LINES": "50"}
        for name in ("CI", "AWS_REGION", "AWS_DEFAULT_REGION"):
            environment.pop(name, None)
        self._leader = leader
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from carto_at_installer.cli import main; main()", *words],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=environment,
            cwd=folder,
        )
        os.close(follower)

    def answer(self, question, text):
        """Wait until `question` is the last thing on the screen, and type."""
        self._read_until(lambda: self.screen.rstrip().endswith(f"{question}:"))
        self.screen += "<"  # the same question may come again
        os.write(self._leader, f"{text}\n".encode())

    def interrupt(self, question):
        """Press Ctrl-C at a question."""
        self._read_until(lambda: self.screen.rstrip().endswith(f"{question}:"))
        os.write(self._leader, b"\x03")
        # A pseudo-terminal that controls no process sends no signal by itself.
        self._process.send_signal(2)

    def end(self):
        """Wait for the end; returns the exit code."""
        self._read_until(lambda: self._process.poll() is not None)
        self._read()
        os.close(self._leader)
        return self._process.returncode

    def _read_until(self, reached):
        deadline = time.monotonic() + _PATIENCE_S
        while not reached():
            if time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                pytest.fail(f"not reached on this screen:\n{self.screen}")
            self._read()

    def _read(self):
        while select.select([self._leader], [], [], 0.05)[0]:
            try:
                data = os.read(self._leader, 65536)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self.screen += _CONTROL.sub("", data.decode())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as client:
        yield client


SMALL = ("--functions", "quadbin_resolution", "--dry-run")


def test_install_asks_for_what_is_missing_and_prints_the_command(sandbox, tmp_path):
    session = Session(["install", "--sandbox", *SMALL], tmp_path)
    session.answer("Which one? [1]", "demo")
    session.answer("Which one? [1]", "2")
    session.answer("Which one? [1]", "elsewhere")
    session.answer("Which one? [1]", "dev")
    session.answer("Schema of the toolbox [carto]", "no good")
    session.answer("Schema of the toolbox [carto]", "tools")
    session.answer("Go on? [Y/n]", "")
    assert session.end() == 0, session.screen
    assert "demo-serverless  workgroup" in session.screen
    assert "'elsewhere' is not in the list" in session.screen
    assert "Plan for cluster demo, database dev, schema tools" in session.screen
    (command,) = (
        line for line in session.screen.splitlines() if line.startswith("carto-at install")
    )
    words = shlex.split(command)[1:]
    assert words[-6:] == ["--cluster-id", "demo", "--database", "dev", "--schema", "tools"]
    assert "Plan for cluster demo, database dev, schema tools" in carto_at(*words).out


def test_only_what_is_missing_is_asked_and_a_no_ends_it(sandbox, tmp_path):
    words = ["--workgroup", "demo-serverless", "--schema", "tools"]
    session = Session(["install", "--sandbox", *SMALL, *words], tmp_path)
    session.answer("Which one? [1]", "identity")
    session.answer("Which one? [1]", "1")
    session.answer("Go on? [Y/n]", "maybe")
    session.answer("Go on? [Y/n]", "n")
    assert session.end() == 130
    assert "administrator" not in session.screen  # a workgroup takes no --db-user
    assert "Plan" not in session.screen


def test_a_question_can_be_interrupted(sandbox, tmp_path):
    session = Session(["install", "--sandbox", *SMALL], tmp_path)
    session.interrupt("Which one? [1]")
    assert session.end() == 130
    assert "Interrupted" in session.screen
    assert "Traceback" not in session.screen


def test_with_no_input_missing_flags_are_named_at_once(sandbox, tmp_path):
    session = Session(["install", "--sandbox", "--no-input"], tmp_path)
    assert session.end() == 2
    assert "Give --cluster-id NAME or --workgroup NAME, and --database NAME" in session.screen


def test_config_init_writes_what_was_answered(sandbox, tmp_path):
    session = Session(["config", "init", "--sandbox"], tmp_path)
    session.answer("Which one? [1]", "2")
    session.answer("Which one? [1]", "identity")
    session.answer("Which one? [1]", "")
    session.answer("Schema of the toolbox [carto]", "")
    assert session.end() == 0, session.screen
    written = yaml.safe_load((tmp_path / "carto-at.yml").read_text(encoding="utf-8"))
    assert written["redshift"] == {"workgroup": "demo-serverless", "database": "dev"}
