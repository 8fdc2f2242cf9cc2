"""The options for locked-down accounts: planned, applied, recorded, seen as drift, put right."""

from __future__ import annotations

import json

import pytest

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.toy import toy_bundle
from tests.functional.world import EMPTY, cloud, fresh_sandbox

BOUNDARY = "arn:aws:iam::123456789012:policy/edge"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111"
OPTIONS = (
    "--role-path", "/analytics/", "--permissions-boundary", BOUNDARY, "--tags", "team=gis,stage=test",
    "--log-retention-days", "7", "--kms-key", KEY, "--reserved-concurrency", "900",
)  # fmt: skip


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys")
    return (
        toy_bundle(folder / "a", version="0.1.0", factor=3),
        toy_bundle(folder / "b", version="0.1.1", factor=5),
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made:
        allow = {"Effect": "Allow", "Action": ["lambda:*", "logs:*"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        made("iam").create_policy(PolicyName="edge", PolicyDocument=document)
        yield made


@pytest.fixture
def use(client, versions, monkeypatch):
    def choose(number):
        root = versions[number]
        version = json.loads((root / "manifest.json").read_text())["version"]
        monkeypatch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: root)
        monkeypatch.setattr("carto_at_installer.__about__.__version__", version)

    choose(0)
    yield choose
    if carto_at("status", "--sandbox", *TARGET).code == 0:
        assert run("uninstall", "--yes").code == 0
    assert {**cloud(client), "roles": []} == EMPTY


def reserved(client):
    """The functions and how many executions are reserved for each."""
    functions = client("lambda").list_functions()["Functions"]
    found = {}
    for name in (f["FunctionName"] for f in functions):
        answer = client("lambda").get_function_concurrency(FunctionName=name)
        found[name] = answer.get("ReservedConcurrentExecutions")
    return found


def lambda_of(module="toy"):
    rows = sql(
        "SELECT lambda_name FROM carto.__at_object WHERE lambda_name <> '' ORDER BY release DESC"
    )
    return rows[0][0]


def test_everything_that_was_asked_for_is_there_and_recorded(use, client):
    done = run("install", *OPTIONS).data
    role = client("iam").get_role(RoleName="carto-at-redshift-exec")["Role"]
    assert role["Arn"].endswith(":role/analytics/carto-at-redshift-exec")
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert {t["Key"]: t["Value"] for t in role["Tags"]}["stage"] == "test"
    function = client("lambda").get_function(FunctionName=lambda_of())
    assert function["Configuration"]["KMSKeyArn"] == KEY
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 900
    assert function["Tags"]["team"] == "gis"
    (group,) = client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 7
    assert {"ReserveConcurrency", "CreateRole"} <= {step["action"] for step in done["steps"]}
    assert run("install", *OPTIONS).data["changed"] is False
    assert run("upgrade").data["changed"] is False, "the options are recorded"
    assert sql("SELECT carto.TOY_TIMES(4)") == [[12]]


def test_changes_by_hand_are_drift_and_put_right(use, client):
    run("install", *OPTIONS)
    client("iam").delete_role_permissions_boundary(RoleName="carto-at-redshift-invoke")
    client("lambda").delete_function_concurrency(FunctionName=lambda_of())
    client("lambda").update_function_configuration(FunctionName=lambda_of(), KMSKeyArn="")
    drift = carto_at("status", "--sandbox", *TARGET, "--drift", "--output", "json")
    shown = json.dumps(drift.document["data"])
    assert "carto-at-redshift-invoke" in shown
    assert "Reserve 900 executions" in shown
    assert "key of Lambda function" in shown
    repaired = run("repair").data
    assert {"UpdateRole", "UpdateFunction", "ReserveConcurrency"} <= {
        step["action"] for step in repaired["steps"]
    }
    role = client("iam").get_role(RoleName="carto-at-redshift-invoke")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert reserved(client) == {lambda_of(): 900}
    assert run("repair").data["changed"] is False


def test_reserved_executions_move_with_the_callers_and_back(use, client):
    """900 of 1000 are reserved: old and new cannot both have them."""
    run("install", *OPTIONS)
    old = lambda_of()
    use(1)
    done = run("upgrade").data
    keys = [step["key"] for step in done["steps"]]
    assert keys.index("concurrency:toy") > keys.index("sql:toy")
    new = lambda_of()
    assert new != old
    assert reserved(client) == {old: None, new: 900}
    run("rollback")
    assert reserved(client) == {old: 900, new: None}
    assert sql("SELECT carto.TOY_TIMES(4)") == [[12]]


def test_without_the_option_the_executions_are_free_again(use, client):
    run("install", "--reserved-concurrency", "10")
    assert list(reserved(client).values()) == [10]
    run("install")
    assert list(reserved(client).values()) == [None]


def test_more_than_the_account_has_is_refused_before_anything_is_done(use, client):
    refused = run("install", "--reserved-concurrency", "950")
    assert refused.code == 4
    assert "fewer than 100" in refused.document["errors"][0]["message"]


def test_a_role_cannot_be_moved_to_another_path(use, client):
    run("install", "--role-path", "/one/")
    refused = run("install", "--role-path", "/two/", "--skip-validation")
    assert refused.code == 4
    assert "exists with another path" in refused.document["errors"][0]["message"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--role-path", "analytics"), "--role-path"),
        (("--permissions-boundary", "edge"), "--permissions-boundary"),
        (("--kms-key", "alias/x"), "--kms-key"),
        (("--reserved-concurrency", "0"), "executions"),
        (("--tags", "team"), "--tag"),
    ],
)
def test_values_that_cannot_be_are_refused(client, words, text):
    refused = run("install", *words)
    assert refused.code == 2
    assert text in json.dumps(refused.document["errors"])


def test_a_chain_of_roles_is_used_in_the_functions(use, client):
    iam, arn = client("iam"), "arn:aws:iam::123456789012:role/"

    def role(name, principal, action):
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        allow = {"Effect": "Allow", "Action": action, "Resource": "*"}
        iam.put_role_policy(
            RoleName=name,
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
        )

    role("link-a", {"Service": ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]},
         "sts:AssumeRole")  # fmt: skip
    role("link-b", {"AWS": f"{arn}link-a"}, "lambda:InvokeFunction")
    client("redshift").modify_cluster_iam_roles(
        ClusterIdentifier="demo", AddIamRoles=[f"{arn}link-a"]
    )
    try:
        chain = f"{arn}link-a,{arn}link-b"
        assert run("install", "--invoke-role-arn", chain).data["changed"]
        assert sql("SELECT DISTINCT role FROM carto.__at_object WHERE role <> ''") == [[chain]]
        assert sql("SELECT carto.TOY_TIMES(4)") == [[12]]
    finally:
        client("redshift").modify_cluster_iam_roles(
            ClusterIdentifier="demo", RemoveIamRoles=[f"{arn}link-a"]
        )
