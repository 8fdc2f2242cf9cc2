"""The commands of every day about an installation: logs, and what shells complete."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.toy import toy_bundle, use_bundle
from tests.functional.world import fresh_sandbox


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A sandbox with a pack of three functions installed; a maker of AWS clients."""
    bundle = toy_bundle(tmp_path_factory.mktemp("toy") / "toy", version="0.1.0", factor=3)
    with (
        pytest.MonkeyPatch.context() as patch,
        fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made,
    ):
        use_bundle(patch, bundle)
        assert run("install").code == 0
        yield made


@pytest.fixture(scope="module")
def broken(client):
    """The Lambda function of the pack, after an invocation that it could not answer."""
    (function,) = client("lambda").list_functions()["Functions"]
    answer = client("lambda").invoke(FunctionName=function["FunctionName"], Payload=b"{}")
    assert answer["FunctionError"]
    return function["FunctionName"]


def test_logs_show_what_went_wrong_and_where(broken):
    data = run("logs", "toy").data
    (event,) = data["events"]
    assert (event["module"], event["function"], event["level"]) == ("toy", broken, "ERROR")
    assert "KeyError: 'arguments'" in event["message"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(event["time"])) < timedelta(minutes=10)
    text = carto_at("logs", "--sandbox", *TARGET).out
    assert "KeyError: 'arguments'" in text
    assert f"aws logs tail {data['log_group']} --follow" in text
    assert broken in carto_at("logs", "--sandbox", *TARGET, "--verbose").out


def test_logs_reach_as_far_as_is_asked_and_hold_everything_if_wanted(broken):
    everything = run("logs", "--all").data["events"]
    assert "INFO" in {event["level"] for event in everything}
    assert len(run("logs", "--all", "--limit", "1").data["events"]) == 1
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    assert run("logs", "--since", later).data["events"] == []
    assert len(run("logs", "--since", "2d").data["events"]) == 1


def test_logs_of_an_unknown_module_or_a_bad_time_are_refused(broken):
    unknown = run("logs", "toyz")
    assert unknown.code == 2
    assert "Did you mean toy?" in unknown.document["errors"][0]["hint"]
    assert "not a time" in run("logs", "--since", "yesterday").err


def completed(*words):
    """What bash is offered for the last of the words."""
    environment = {
        **os.environ,
        "COMP_WORDS": " ".join(["carto-at", *words]),
        "COMP_CWORD": str(len(words)),
        "_CARTO_AT_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from carto_at_installer.cli import main; main([])"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_shells_complete_commands_modules_and_functions():
    assert completed("uninst") == ["uninstall"]
    assert completed("logs", "quadb") == ["quadbin"]
    assert completed("describe", "QUADBIN_KR") == ["quadbin_kring", "quadbin_kring_distances"]
    assert completed("install", "--modules", "h3,quadk") == ["h3,quadkey"]
    assert completed("install", "--functions", "quadbin_polyf")[0] == "quadbin_polyfill"
    assert completed("install", "--exclude", "h3") == [
        "h3", *completed("describe", "h3_"),
    ]  # fmt: skip
    assert completed("install", "--archit") == ["--architecture"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell):
    done = carto_at("completion", shell)
    assert done.code == 0
    assert "_CARTO_AT_COMPLETE" in done.out
    assert "carto-at" in done.out
    assert carto_at("completion", "tcsh").code == 2


def usage(*words):
    return run("usage", "--db-user", "admin", *words)


def test_usage_counts_what_redshift_sent_to_lambda_and_estimates_its_price(client):
    before = usage().data
    sql("SELECT carto.TOY_TIMES(4)")
    sql("SELECT carto.TOY_TIMES(n) FROM generate_series(1, 1500) AS t(n)")
    sql("SELECT carto.TOY_DOUBLE(4)")  # plain SQL: not counted
    after = usage("--price-gb-second", "3600", "--price-million-requests", "1000000").data
    (was,), (used,) = before["functions"], after["functions"]
    assert (used["function"], used["module"]) == ("__TOY_TIMES", "toy")
    assert used["queries"] - was["queries"] == 2
    assert used["rows"] - was["rows"] == 1501
    assert used["invocations"] - was["invocations"] == 3  # batches of 1000 rows at most
    assert used["input_bytes"] > was["input_bytes"]
    memory_gb = client("lambda").list_functions()["Functions"][0]["MemorySize"] / 1024
    expected = used["seconds"] * memory_gb * 3600 + used["invocations"]
    assert used["cost"] == pytest.approx(expected)
    assert after["cost"] == pytest.approx(expected, rel=1e-4)
    assert before["prices"]["basis"] == "list prices of us-east-1, 2026-06"
    assert after["prices"]["basis"] == "your price of GB-second and requests"
    text = carto_at("usage", "--sandbox", *TARGET, "--db-user", "admin").out
    assert "__TOY_TIMES" in text


def test_usage_of_no_time_is_nothing_and_needs_a_superuser(client):
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    assert usage("--since", later).data["functions"] == []
    refused = run("usage")
    assert refused.code == 4
    assert "sys:monitor" in refused.document["errors"][0]["hint"]
