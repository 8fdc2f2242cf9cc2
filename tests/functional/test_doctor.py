"""`carto-at doctor`: what it reports, what it hides, and what its probes leave behind."""

from __future__ import annotations

import shutil

import pytest

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.toy import toy_bundle, use_bundle
from tests.functional.world import fresh_sandbox

ACCOUNT = "123456789012"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:top-hidden-AbCdEf"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A sandbox without an installation, and a bundle of three functions."""
    root = toy_bundle(tmp_path_factory.mktemp("toy") / "toy", version="0.1.0", factor=3)
    with (
        pytest.MonkeyPatch.context() as patch,
        fresh_sandbox(tmp_path_factory.mktemp("sandbox")),
    ):
        use_bundle(patch, root)
        yield root


def test_offline_nothing_is_asked_of_aws(bundle):
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "eu-west-1"}
    done = carto_at("doctor", "--offline", *TARGET, "--output", "json", environment=nowhere)
    assert done.data["package"] == {
        "intact": True, "version": "0.1.0", "runtime": "python3.13", "modules": ["toy"],
    }  # fmt: skip
    assert done.data["versions"]["carto-at-redshift"] == "0.1.0"
    assert done.data["checks"] == []
    assert "AWS_ENDPOINT_URL" in done.data["variables"]
    assert "127.0.0.1" not in done.out


def test_a_package_that_is_not_intact_is_a_failure(bundle, tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken)
    (broken / "sql" / "toy" / "toy_double.sql").write_text("SELECT 'other'")
    monkeypatch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: broken)
    done = carto_at("doctor", "--offline", "--output", "json")
    assert done.code == 3
    assert done.document["data"]["package"]["intact"] is False
    assert "toy_double.sql" in done.document["errors"][0]["message"]


def test_the_report_hides_accounts_and_secrets_in_text_and_json(bundle):
    for more in ((), ("--output", "json")):
        done = carto_at("doctor", "--sandbox", *TARGET, "--secret-arn", SECRET, *more)
        assert "<secret>" in done.out
        for hidden in (ACCOUNT, "top-hidden"):
            assert hidden not in done.out


def test_the_report_holds_checks_and_the_installation(bundle):
    before = run("doctor").data
    assert before["installation"] is None
    assert {check["status"] for check in before["checks"]} >= {"pass"}
    assert run("install").code == 0
    after = run("doctor").data["installation"]
    assert (after["release"], after["version"], after["functions"]) == (1, "0.1.0", 3)
    assert list(after["lambdas"].values()) == ["Active"]
    assert run("uninstall", "--yes").code == 0


def test_probes_ask_in_a_schema_that_goes_again(bundle):
    schemas = sql("SELECT nspname FROM pg_namespace ORDER BY 1")
    answers = {p["probe"]: p for p in run("doctor", "--probe", "--db-user", "admin").data["probes"]}
    assert sql("SELECT nspname FROM pg_namespace ORDER BY 1") == schemas
    assert [p for p in answers.values() if p["agrees"] is False] == []
    assert answers["ddl-rolls-back"]["agrees"] is True
    assert "refused" in answers["lambda-65"]["answer"]
    assert answers["language"]["answer"] == "exfunc"
    assert "NOT as assumed" not in carto_at("doctor", "--sandbox", *TARGET, "--probe").out
