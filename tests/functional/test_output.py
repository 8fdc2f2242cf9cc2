"""What every command writes for programs: documents and events as their schemas say, and nothing else on the stream."""

from __future__ import annotations

import json

import pytest
from docs.generate.cli_reference import commands

from carto_at_installer.cli.root import root
from carto_at_installer.cli.schemas import DATA
from tests.documents import check_document, check_event
from tests.functional.commands import TARGET, carto_at
from tests.functional.toy import toy_bundle, use_bundle
from tests.functional.world import fresh_sandbox

# One life of an installation, in an order in which each command has something to do.
RUNS = (
    ("config init",),
    ("config validate",),
    ("config show", "--explain"),
    ("config schema",),
    ("sandbox start",),
    ("sandbox status",),
    ("sandbox fault add", "throttle", "lambda:Invoke", "--call", "99"),
    ("sandbox fault list",),
    ("sandbox fault clear",),
    ("list",),
    ("describe", "TOY_TIMES"),
    ("completion", "bash"),
    ("check", "--sandbox", *TARGET),
    ("policy", "--sandbox", *TARGET),
    ("bootstrap-sql", "--sandbox", *TARGET),
    ("packs list",),
    ("export", "exported", "--account", "123456789012", "--region", "eu-west-1", *TARGET),
    ("plan", "--sandbox", *TARGET),
    ("install", "--sandbox", *TARGET),
    ("adopt", "--sandbox", *TARGET, "--yes"),
    ("upgrade", "--sandbox", *TARGET),
    ("repair", "--sandbox", *TARGET),
    ("resume", "--sandbox", *TARGET),
    ("status", "--sandbox", *TARGET, "--drift"),
    ("history", "--sandbox", *TARGET),
    ("diff", "--sandbox", *TARGET),
    ("test", "--sandbox", *TARGET),
    ("prune", "--sandbox", *TARGET),
    ("unlock", "--sandbox", *TARGET),
    ("sql", "--sandbox", *TARGET, "SELECT carto.TOY_TIMES(4) AS twelve, NULL AS nothing"),
    ("logs", "--sandbox", *TARGET, "--all"),
    ("doctor", "--sandbox", *TARGET, "--probe"),
    ("usage", "--sandbox", *TARGET, "--db-user", "admin"),
    ("uninstall", "--sandbox", *TARGET, "--yes"),
    ("install", "--sandbox", *TARGET, "--dry-run"),
    ("sandbox reset", "--yes"),
    ("sandbox stop",),
)
# These need more than a life of three functions; other tests hold their documents to the schemas.
ELSEWHERE = {"rollback", "validate", "packs build"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A sandbox and a bundle of three functions, in an empty working directory."""
    folder = tmp_path_factory.mktemp("output")
    bundle = toy_bundle(folder / "toy", version="0.1.0", factor=3)
    with (
        pytest.MonkeyPatch.context() as patch,
        fresh_sandbox(tmp_path_factory.mktemp("sandbox")),
    ):
        use_bundle(patch, bundle)
        patch.chdir(folder)
        yield folder


def test_every_command_has_a_schema_and_is_held_to_it():
    assert set(DATA) == {" ".join(path) for path, _ in commands(root, ())}
    assert {words[0] for words in RUNS} | ELSEWHERE == set(DATA)


def test_every_document_is_as_its_schema_says_with_nothing_undescribed(sandbox):
    for command, *words in RUNS:
        done = carto_at(*command.split(), *words, "--output", "json")
        assert done.code == 0, (command, done.err)
        document = json.loads(done.out)
        assert document["command"] == command
        check_document(document, closed=True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["install"], 2),
        (["nosuch"], 2),
        (["install", "--nosuch"], 2),
        (["uninstall", "--sandbox", *TARGET], 4),
        (["validate", "/nowhere"], 2),
        (["config", "validate", "--config", "/nowhere.yml"], 3),
    ],
)
def test_failures_are_documents_too(sandbox, words, code):
    done = carto_at(*words, "--output", "json")
    document = json.loads(done.out)
    check_document(document, closed=True)
    assert document["exit_code"] == done.code == code
    assert document["errors"]


def lines(text):
    found = [json.loads(line) for line in text.splitlines()]
    for line in found:
        check_event(line)
    return found


def test_events_tell_the_plan_each_step_and_at_last_the_result(sandbox):
    done = carto_at("install", "--sandbox", *TARGET, "--events", "events.ndjson")
    found = lines((sandbox / "events.ndjson").read_text(encoding="utf-8"))
    assert done.code == 0
    assert [line["phase"] for line in found if line["type"] == "plan"] == [
        "Checks", "Install", "Smoke tests",
    ]  # fmt: skip
    planned = next(line for line in found if line["type"] == "plan" and line["steps"])
    assert {"toy", None} == {step["module"] for step in planned["steps"]}
    ended = [line for line in found if line.get("status") == "finished"]
    assert {step["step"] for step in planned["steps"]} <= {line["step"] for line in ended}
    assert all(line["seconds"] >= 0 for line in ended)
    assert found[-1]["type"] == "result"
    assert found[-1]["result"]["data"]["changed"] is True
    assert "Release 1" in done.out
    assert carto_at("uninstall", "--sandbox", *TARGET, "--yes").code == 0


def test_events_on_standard_output_are_alone_there(sandbox):
    for more in ((), ("--output", "json")):
        done = carto_at("list", "--events", "-", *more)
        assert lines(done.out)[-1]["result"]["command"] == "list"
    failed = carto_at("install", "--events", "-")
    assert lines(failed.out)[-1]["result"]["exit_code"] == 2


def test_events_that_cannot_be_written_are_refused(sandbox):
    done = carto_at("list", "--events", "/nowhere/events", "--output", "json")
    assert done.code == 2
    assert "cannot be written" in done.document["errors"][0]["message"]


def test_without_a_terminal_a_confirmation_is_a_flag(sandbox):
    assert carto_at("install", "--sandbox", *TARGET).code == 0
    refused = carto_at("uninstall", "--sandbox", *TARGET)
    assert refused.code == 2
    assert "Add --yes" in refused.err
    assert carto_at("status", "--sandbox", *TARGET).code == 0
    assert carto_at("uninstall", "--sandbox", *TARGET, "--yes").code == 0
