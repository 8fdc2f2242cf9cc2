"""--lambdas-only and --sql-only: one may use AWS, another the database."""

from __future__ import annotations

import pytest

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.toy import toy_bundle, use_bundle
from tests.functional.world import EMPTY, cloud, fresh_sandbox


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A sandbox and a bundle of three functions; a maker of AWS clients."""
    bundle = toy_bundle(tmp_path_factory.mktemp("toy") / "toy", version="0.1.0", factor=3)
    with (
        pytest.MonkeyPatch.context() as patch,
        fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made,
    ):
        use_bundle(patch, bundle)
        yield made


def schemas():
    return {name for (name,) in sql("SELECT nspname FROM pg_namespace")}


def operations(data):
    """The services that were asked."""
    return {name.partition(":")[0] for name in data["aws_calls"]["by_operation"]}


def test_the_half_in_the_database_is_refused_while_aws_lacks_something(client):
    refused = run("install", "--sql-only")
    assert refused.code == 4
    message = refused.document["errors"][0]["message"]
    assert "Create Lambda function carto-at-redshift-toy-" in message
    assert "Create role carto-at-redshift-exec" in message
    assert "--lambdas-only" in refused.document["errors"][0]["hint"]
    assert cloud(client) == EMPTY
    assert "carto" not in schemas()


def test_the_halves_together_are_an_installation(client):
    planned = run("plan", "--lambdas-only").data
    # This user is not in the database at all: the half in AWS does not ask it.
    first = run("install", "--lambdas-only", "--db-user", "nobody").data
    assert first["changed"]
    assert first["release"] == 0
    assert [s["key"] for s in planned["steps"]] == [s["key"] for s in first["steps"]]
    assert not any("redshift-data" in name for name in first["aws_calls"]["by_operation"])
    there = cloud(client)
    assert len(there["functions"]) == 1
    assert "carto" not in schemas()

    again = run("install", "--lambdas-only").data
    assert (again["changed"], again["aws_calls"]["mutating"]) == (False, 0)

    second = run("install", "--sql-only").data
    assert [step["key"] for step in second["steps"]] == ["schema", "sql:toy"]
    assert second["smoke_tests"] == 2
    assert cloud(client) == there
    assert sql("SELECT carto.TOY_TIMES(4)") == [[12]]
    assert run("install").data["changed"] is False
    assert run("status", "--drift").data["drift"] == []

    assert run("uninstall", "--yes").code == 0
    assert cloud(client) == EMPTY


def test_a_failure_in_aws_says_that_the_command_can_be_run_again(client):
    fault = ("error", "lambda:CreateFunction", "--code", "InvalidParameterValueException")
    assert carto_at("sandbox", "fault", "add", *fault).code == 0
    failed = run("install", "--lambdas-only")
    assert failed.code == 6
    assert "Run the same command again" in failed.document["errors"][0]["hint"]
    carto_at("sandbox", "fault", "clear")
    assert run("install", "--lambdas-only").code == 0
    assert run("install", "--sql-only").code == 0
    assert run("uninstall", "--yes").code == 0
    assert cloud(client) == EMPTY


def test_halves_exclude_each_other_and_saved_plans(client, tmp_path):
    assert run("install", "--sql-only", "--lambdas-only").code == 2
    saved = run("plan", "--lambdas-only", "--out", str(tmp_path / "plan.json"))
    assert saved.code == 2
    assert "saved plan" in saved.document["errors"][0]["message"]
    text = carto_at("plan", "--lambdas-only", "--sandbox", *TARGET).out
    assert "Create Lambda function" in text
    assert "SQL functions" not in text
