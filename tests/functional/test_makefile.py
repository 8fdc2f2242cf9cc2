"""The Makefile's targets call commands that exist, with what was asked for."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from carto_at_installer.cli.root import root
from tests.functional.commands import TARGET

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(*words):
    """What make would run; nothing is run."""
    done = subprocess.run(
        ["make", "-n", "--no-print-directory", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def carto_at_words(*words):
    """The words of the carto-at command that a target runs."""
    (line,) = (line for line in make(*words).splitlines() if "bin/carto-at" in line)
    return shlex.split(line)[1:]


def flags_of(words):
    return dict(zip(words, [*words[1:], ""], strict=True))


def test_deploy_takes_what_was_asked_for():
    words = carto_at_words(
        "deploy", "cloud=redshift", "modules=quadbin,h3", "functions=quadkey_*", "diff=1", "env=prod",
        "exclude=h3_polyfill", "since=main", "args=--dry-run",
    )  # fmt: skip
    flags = flags_of(words)
    assert words[0] == "install"
    assert flags["--cloud"] == "redshift"
    assert flags["--modules"] == "quadbin,h3"
    assert flags["--functions"] == "quadkey_*"
    assert flags["--exclude"] == "h3_polyfill"
    assert flags["--env"] == "prod"
    assert flags["--changed-since"] == "main"
    assert {"--diff", "--dry-run"} <= set(words)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (["deploy"], ["install"]),
        (["deploy-lambdas"], ["install", "--lambdas-only"]),
        (["deploy-functions"], ["install", "--sql-only"]),
        (["remove", "yes=1", "sandbox=1"], ["uninstall", "--sandbox", *TARGET, "--yes"]),
        (["list", "modules=h3"], ["list", "--modules", "h3"]),
        (["validate"], ["validate", "bundled_functions"]),
    ],
)  # fmt: skip
def test_targets_run_commands_with_flags_that_exist(target, expected):
    words = carto_at_words(*target)
    assert words == expected
    command = root.get_command(None, words[0])
    known = {flag for parameter in command.params for flag in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_help_has_a_line_for_every_target():
    targets = set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split())
    described = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE))
    assert targets == described
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert {line.split()[0] for line in shown.splitlines()} == targets
