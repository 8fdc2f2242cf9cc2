"""The command line without AWS: usage errors, output formats, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from docs.generate.cli_reference import commands

from carto_at_installer.cli.entry import main, run
from carto_at_installer.cli.rendering import render
from carto_at_installer.cli.root import COMMANDS, root
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.core.errors import EXIT_CODES, CartoAtError
from carto_at_installer.core.result import Code, Paragraph, Problem, Result, Table

ENVELOPE = {"schema", "command", "status", "exit_code", "data", "errors", "warnings"}


def outcome(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main(words)
    captured = capsys.readouterr()
    return end.value.code, captured.out, captured.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nosuch"], "No such command 'nosuch'"),
        (["instal"], "Did you mean install or uninstall?"),
        (["install", "--nosuch"], "No such option"),
        (["install"], "Give --cluster-id NAME or --workgroup NAME, and --database NAME"),
        (["install", "--cluster-id", "demo"], "Missing: a database"),
        (
            ["install", "--cluster-id", "demo", "--database", "dev", "--schema", "a b"],
            "'a b' cannot be",
        ),
        (
            ["install", "--cluster-id", "demo", "--database", "dev", "--region", "x"],
            "not an AWS region",
        ),
        (["install", "--architecture", "mips"], "Invalid value for '--architecture'"),
        (["sql", "--cluster-id", "demo", "--database", "dev"], "Give SQL"),
        (["sql", "--cluster-id", "demo", "--database", "dev", "--", "-- nothing"], "no statement"),
        (["sql", "--cluster-id", "demo", "--database", "dev", "SELECT 'a"], "Line 1 of the SQL"),
        (["sql", "--file", "/no/such/file"], "does not exist"),
    ],
)
def test_usage_errors_have_one_sentence_and_exit_code_2(capsys, words, text):
    code, out, err = outcome(capsys, *words)
    assert code == 2
    assert out == ""
    assert text in err
    assert "Traceback" not in err


def test_without_a_command_the_help_is_shown(capsys):
    code, out, err = outcome(capsys)
    assert (code, err) == (0, "")
    assert "Usage: carto-at" in out
    code, out, _ = outcome(capsys, "--output", "json")
    assert code == 2


def test_errors_are_json_when_json_is_asked_for(capsys):
    code, out, _ = outcome(capsys, "install", "--output", "json")
    document = json.loads(out)
    assert document.keys() == ENVELOPE
    assert document["status"] == "error"
    assert document["command"] == "install"
    assert document["exit_code"] == code == 2
    assert document["errors"][0]["code"] == "usage"


def test_even_words_that_cannot_be_parsed_answer_in_json(capsys):
    _, out, _ = outcome(capsys, "nosuch", "--output=json")
    assert json.loads(out)["errors"][0]["code"] == "usage"


def test_a_fault_of_the_program_is_one_line_and_exit_code_1(capsys, monkeypatch):
    monkeypatch.setattr("carto_at_installer.cli.entry.root.main", lambda *_, **__: 1 / 0)
    code, _, err = outcome(capsys, "list")
    assert code == 1
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err


def test_an_interruption_has_its_own_exit_code(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("carto_at_installer.cli.entry.root.main", interrupted)
    assert run(["list"], Terminal()).exit_code == 130


def test_a_reader_that_has_gone_is_no_failure():
    code = "from carto_at_installer.cli import main; main()"
    words = [sys.executable, "-c", code, "config", "schema"]
    for more in ((), ("--output", "json")):
        reader, writer = os.pipe()
        os.close(reader)
        run = subprocess.run([*words, *more], stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        assert (run.returncode, run.stderr) == (0, b"")


def test_version(capsys):
    code, out, _ = outcome(capsys, "--version")
    assert code == 0
    assert out.startswith("carto-at 0.")


def test_text_output_keeps_data_and_problems_apart(capsys):
    result = Result(
        "x",
        blocks=(
            Paragraph("[bold]not markup[/bold]", "title"),
            Table(("a", "b"), ((1, None), (True, "x")), caption="2 rows"),
            Code("SELECT [1]"),
        ),
        warnings=(Problem("w", "careful", "do this"),),
    )
    render(result, Terminal())
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "[bold]not markup[/bold]", "a     b", "1     -", "true  x", "2 rows", "SELECT [1]",
    ]  # fmt: skip
    assert captured.err.splitlines() == ["Warning: careful", "  do this"]


def test_quiet_says_only_what_is_wrong(capsys):
    render(Result("x", blocks=(Paragraph("fine"),)), Terminal(quiet=True))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_help_and_the_line_that_the_overview_shows(capsys, command):
    code, out, _ = outcome(capsys, command, "--help")
    assert code == 0
    assert "Usage: carto-at" in out
    found = root.get_command(None, command)
    assert found.get_short_help_str(limit=100) == COMMANDS[command][1]


def test_every_error_has_a_documented_exit_code_and_the_readme_lists_them_all():
    def classes(base):
        return {base} | {each for child in base.__subclasses__() for each in classes(child)}

    assert {each.exit_code for each in classes(CartoAtError)} < set(EXIT_CODES)
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for code, meaning in EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in readme


LEAVES = dict(commands(root, ()))


@pytest.mark.parametrize("path", list(LEAVES), ids=" ".join)
def test_the_help_of_every_command_has_an_example(path):
    lines = [line.strip() for line in LEAVES[path].help.partition("\b\n")[2].splitlines()]
    start = f"carto-at {' '.join(path)}"
    assert any(line.startswith(start) or f"$({start}" in line for line in lines)
