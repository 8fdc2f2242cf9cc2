"""The documentation is true: its examples run, and the commands and flags it names exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from carto_at_installer.cli.root import COMMANDS, root
from carto_at_installer.sandbox import daemon

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "docs/reference/cli.md",
]  # fmt: skip
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<body>.*?)^ *```", re.MULTILINE | re.DOTALL
)


def blocks(page, info):
    """The texts of a page's fenced blocks whose first words are `info`."""
    text = page.read_text(encoding="utf-8")
    return [match["body"] for match in _FENCE.finditer(text) if match["info"].strip() == info]


RUNNABLE = [(page, block) for page in PAGES for block in blocks(page, "sh sandbox")]


@pytest.mark.parametrize(
    ("page", "block"), RUNNABLE, ids=[f"{page.name}-{n}" for n, (page, _) in enumerate(RUNNABLE)]
)
def test_examples_run(page, block, tmp_path):
    home = tmp_path / "sandbox"
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "CARTO_AT_"))
        },
        "CARTO_AT_SANDBOX_HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    lines = [line for line in block.splitlines() if not line.startswith("pip install")]
    script = "\n".join(["carto-at sandbox start --quiet", *lines])
    try:
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        daemon.stop(home)
    assert run.returncode == 0, f"{page.name}:\n{script}\n{run.stdout}\n{run.stderr}"


def commands_in(page):
    """Every `carto-at ...` line in the shell blocks of a page, as words."""
    for info in ("sh", "sh sandbox"):
        for block in blocks(page, info):
            for line in block.replace("\\\n", " ").splitlines():
                for part in line.partition(" #")[0].split("; "):
                    if part.strip().startswith("carto-at "):
                        yield shlex.split(part)


NAMED = [words for page in PAGES for words in commands_in(page)]


@pytest.mark.parametrize("words", NAMED, ids=[" ".join(words[:6]) for words in NAMED])
def test_commands_and_flags_exist(words):
    command = root
    rest = words[1:]
    while rest and hasattr(command, "get_command") and not rest[0].startswith("-"):
        command = command.get_command(None, rest[0])
        assert command is not None, words
        rest = rest[1:]
    known = {
        flag
        for parameter in command.params
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }
    known |= {"--help", "-h"}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, words


def test_every_command_is_in_the_readme_or_the_docs():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    missing = [name for name in COMMANDS if f"carto-at {name}" not in text]
    assert missing == []


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
