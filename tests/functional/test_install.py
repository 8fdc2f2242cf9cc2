"""The main job against the sandbox: install, install again, refuse what cannot work, and change nothing then."""

import json
import shutil
import time
from pathlib import Path

import pytest

from carto_at_installer.bundle.resources import bundle_root
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.core.functions import Kind
from carto_at_installer.verify.comparison import matches
from tests.functional.commands import TARGET, carto_at, install, run, sql
from tests.functional.world import fresh_sandbox

ROOT = Path(__file__).parents[2]
CATALOG = load_catalog(bundle_root() / "catalog", sql_root=bundle_root() / "sql")
EXAMPLES = [(f, e) for f in CATALOG.functions for e in f.examples]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A sandbox of its own for these tests; returns a function that makes AWS clients for it."""
    with fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as client:
        yield client


@pytest.fixture(scope="module")
def installed(sandbox):
    """The toolbox in the schema carto."""
    return install().data


def world(sandbox):
    """Everything in the sandbox that an installation could change."""
    functions = sandbox("lambda").list_functions()["Functions"]
    return {
        "functions": sorted(f["FunctionName"] for f in functions),
        "layers": [x["LatestMatchingVersion"] for x in sandbox("lambda").list_layers()["Layers"]],
        "roles": sorted(r["RoleName"] for r in sandbox("iam").list_roles()["Roles"]),
        "logs": sorted(
            g["logGroupName"] for g in sandbox("logs").describe_log_groups()["logGroups"]
        ),
        "cluster": sandbox("redshift").describe_clusters(ClusterIdentifier="demo")["Clusters"][0][
            "IamRoles"
        ],
        "schemas": sql("SELECT nspname FROM pg_namespace ORDER BY 1"),
        "procs": sql(
            "SELECT n.nspname, p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname <> 'pg_catalog' ORDER BY 1, 2"
        ),
    }


def test_a_first_installation_creates_everything_and_proves_it(installed):
    assert installed["changed"] is True
    assert installed["release"] == 1
    # Procedures are not smoke-tested: their examples create tables.
    asked = [f for f in CATALOG.functions if f.examples and f.kind is not Kind.PROCEDURE]
    assert installed["smoke_tests"] == len(asked)
    assert {check["status"] for check in installed["checks"]} == {"pass", "skipped"}
    assert {f.name for f in CATALOG.functions if f.public} == set(installed["functions"])


def test_the_release_and_its_objects_are_recorded_in_the_target(installed):
    assert sql("SELECT number, version, state FROM carto.__at_release") == [
        [1, installed["version"], "current"]
    ]
    steps = sql("SELECT step FROM carto.__at_step WHERE done_at IS NOT NULL ORDER BY position")
    assert [step for (step,) in steps] == [step["key"] for step in installed["steps"]]
    objects = sql("SELECT name, kind, lambda_name FROM carto.__at_object ORDER BY position")
    externals = {name: function for name, kind, function in objects if kind == "external"}
    assert set(externals) == {f.external.name for f in CATALOG.functions if f.external}
    lambdas = [module for module in CATALOG.modules if module.lambda_settings]
    assert len(set(externals.values())) == len(lambdas)


def test_installing_again_changes_nothing(sandbox, installed):
    before = world(sandbox)
    again = install().data
    assert again["changed"] is False
    assert again["aws_calls"]["mutating"] == 0
    assert again["steps"] == []
    assert world(sandbox) == before
    text = carto_at("install", "--sandbox", *TARGET)
    assert text.code == 0
    assert "Nothing to do" in text.out


def test_plan_shows_exactly_what_install_then_does(sandbox):
    flags = ("--schema", "planned", "--prefix", "planned-redshift")
    before = world(sandbox)
    planned = carto_at("plan", "--sandbox", *TARGET, "--output", "json", *flags).data
    dry = install("--dry-run", *flags).data
    assert world(sandbox) == before
    assert planned["aws_calls"]["mutating"] == dry["aws_calls"]["mutating"] == 0
    done = install(*flags).data
    assert planned["steps"] == dry["steps"] == done["steps"]
    recorded = sql("SELECT step FROM planned.__at_step WHERE done_at IS NOT NULL ORDER BY position")
    assert [step for (step,) in recorded] == [step["key"] for step in planned["steps"]]


def test_a_second_schema_shares_the_lambda_functions(sandbox, installed):
    before = world(sandbox)
    second = install("--schema", "second").data
    assert world(sandbox)["functions"] == before["functions"]
    assert "TagFunction" in {step["action"] for step in second["steps"]}
    name = next(n for n in before["functions"] if n.startswith("carto-at-redshift-quadbin"))
    tags = sandbox("lambda").get_function(FunctionName=name)["Tags"]
    marks = sorted(value for key, value in tags.items() if key.startswith("carto-at:install:"))
    assert marks == ["demo/dev/carto", "demo/dev/second"]
    assert sql("SELECT second.QUADBIN_RESOLUTION(5207251884775047167)") == [[4]]


def test_a_serverless_workgroup_is_a_target_too(sandbox):
    target = (
        "--sandbox",
        "--workgroup",
        "demo-serverless",
        "--database",
        "dev",
        "--output",
        "json",
    )
    assert carto_at("install", *target).data["target"]["deployment"] == "workgroup"
    ring = carto_at("sql", *target, "SELECT carto.QUADBIN_KRING(5209574053332910079, 1)").data[
        "rows"
    ]
    assert len(json.loads(ring[0][0])) == 9
    assert carto_at("install", *target).data["changed"] is False


@pytest.mark.parametrize(("function", "example"), EXAMPLES, ids=[f.name for f, _ in EXAMPLES])
def test_every_example_of_the_catalog_answers_as_documented(installed, function, example):
    statement = example.sql.replace("{{ schema }}", "carto")
    outcome = carto_at("sql", "--sandbox", *TARGET, "--output", "json", statement)
    if example.error:
        assert outcome.code != 0
        assert example.error in outcome.document["errors"][0]["message"]
        return
    rows = outcome.data["rows"]
    answer = rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows
    assert matches(example.result, answer, unordered=example.unordered)


def test_the_tour_over_the_places_runs(installed):
    places = carto_at("sql", "--sandbox", *TARGET, "--file", str(ROOT / "examples/places.sql"))
    assert places.code == 0, places.err
    tour = carto_at(
        "sql", "--sandbox", *TARGET, "--output", "json", "--file", str(ROOT / "examples/tour.sql")
    )
    cities, counts, filled, inside, ring, tiles = (
        answer["rows"] for answer in tour.data["results"]
    )
    assert len(cities) == 5
    assert len(counts) == 5
    assert len(json.loads(filled[0][0])) > 1
    assert {"Madrid", "Alcala de Henares", "Getafe"} <= {name for name, _ in inside}
    assert len(json.loads(ring[0][0])) == 9
    assert [name for name, _ in tiles] == ["Apia", "Suva"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--schema", "my schema"], 2, "'my schema' cannot be the name of a schema"),
        (["--schema", "pg_mine"], 2, "belongs to Redshift"),
        (["--modules", "quadbim"], 2, "Did you mean quadbin"),
        (["--cluster-id", "nosuch"], 4, "There is no cluster nosuch"),
        (["--database", "nosuch"], 4, "nosuch"),
        (["--execution-role-arn", "exec"], 2, "--execution-role-arn"),
        (["--invoke-role-arn", "default"], 4, "no default IAM role"),
        (["--profile", "nosuch"], 4, "profile does not exist"),
    ],
)
def test_bad_input_has_one_clear_error_and_changes_nothing(sandbox, installed, words, code, text):
    before = world(sandbox)
    outcome = carto_at("install", "--sandbox", *TARGET, *words)
    assert outcome.code == code
    assert text in outcome.err
    assert "Traceback" not in outcome.err
    assert world(sandbox) == before


AWS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({**AWS}, "no AWS region is set"),
        (
            {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"},
            "no usable AWS credentials",
        ),
        (
            {**AWS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            "cannot be reached",
        ),
    ],
    ids=["region", "credentials", "endpoint"],
)
def test_what_is_missing_to_reach_aws_is_said(sandbox, environment, text):
    outcome = carto_at("install", *TARGET, environment=environment)
    assert outcome.code == 4
    assert text in outcome.err
    assert "Traceback" not in outcome.err


def test_a_corrupt_zip_is_found_before_anything_is_changed(
    sandbox, installed, tmp_path, monkeypatch
):
    broken = shutil.copytree(bundle_root(), tmp_path / "bundle")
    zip_file = broken / "modules" / "quadbin.zip"
    zip_file.write_bytes(zip_file.read_bytes()[:-1] + b"?")
    monkeypatch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: broken)
    before = world(sandbox)
    outcome = carto_at("install", "--sandbox", *TARGET, "--schema", "corrupt")
    assert outcome.code == 4
    assert "quadbin.zip is corrupt" in outcome.err
    assert "Install the package again" in outcome.err
    monkeypatch.undo()
    assert world(sandbox) == before


def test_functions_of_others_are_not_replaced(sandbox, installed):
    sql("CREATE SCHEMA theirs")
    sql(
        "CREATE FUNCTION theirs.quadbin_resolution(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT $1 $$ LANGUAGE sql"
    )
    before = world(sandbox)
    outcome = carto_at("install", "--sandbox", *TARGET, "--schema", "theirs")
    assert outcome.code == 4
    assert "functions that carto-at did not make: quadbin_resolution" in outcome.err
    assert world(sandbox) == before


def test_a_lambda_function_of_others_is_not_touched(sandbox, installed):
    client = sandbox("lambda")
    name = next(
        f["FunctionName"]
        for f in client.list_functions()["Functions"]
        if "redshift-quadbin" in f["FunctionName"]
    )
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    tags = client.list_tags(Resource=arn)["Tags"]
    client.untag_resource(Resource=arn, TagKeys=list(tags))
    try:
        again = (
            install().data
        )  # the list of functions has no tags: nothing looks wrong, nothing is touched
        assert again["changed"] is False
        outcome = run("repair")
        assert outcome.code == 4
        assert f"not made by carto-at: the Lambda function {name}" in outcome.err
    finally:
        client.tag_resource(Resource=arn, Tags=tags)


def test_an_installation_that_stopped_half_way_is_completed_by_the_next_run(sandbox, installed):
    sandbox("lambda").delete_function(
        FunctionName=next(
            f["FunctionName"]
            for f in sandbox("lambda").list_functions()["Functions"]
            if "redshift-quadbin" in f["FunctionName"]
        )
    )
    again = install().data
    assert [step["key"] for step in again["steps"]] == ["schema", "function:quadbin"]
    assert len(json.loads(sql("SELECT carto.QUADBIN_KRING(5209574053332910079, 1)")[0][0])) == 9


def test_a_paused_cluster_is_said_and_nothing_is_changed(sandbox, installed):
    client = sandbox("redshift")
    client.create_cluster(
        ClusterIdentifier="sleeping",
        NodeType="ra3.xlplus",
        MasterUsername="admin",
        MasterUserPassword="Password1",
        DBName="dev",
    )
    for _ in range(100):
        if (
            client.describe_clusters(ClusterIdentifier="sleeping")["Clusters"][0]["ClusterStatus"]
            == "available"
        ):
            break
        time.sleep(0.1)
    client.pause_cluster(ClusterIdentifier="sleeping")
    outcome = carto_at("install", "--sandbox", "--cluster-id", "sleeping", "--database", "dev")
    assert outcome.code == 4
    assert "The cluster sleeping is paus" in outcome.err
    client.delete_cluster(ClusterIdentifier="sleeping", SkipFinalClusterSnapshot=True)


def test_roles_that_are_given_are_used_and_none_is_made(sandbox, installed):
    iam, account = sandbox("iam"), "123456789012"
    trusts = {"given-exec": "lambda.amazonaws.com", "given-invoke": "redshift.amazonaws.com"}
    for name, service in trusts.items():
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
            ],
        }
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [invoke]}
    iam.put_role_policy(
        RoleName="given-invoke", PolicyName="invoke", PolicyDocument=json.dumps(policy)
    )
    before = world(sandbox)["roles"]
    arns = {name: f"arn:aws:iam::{account}:role/{name}" for name in trusts}
    flags = ("--schema", "given", "--prefix", "given-redshift", "--modules", "quadbin")
    roles = ("--execution-role-arn", arns["given-exec"], "--invoke-role-arn", arns["given-invoke"])
    done = install(*flags, *roles).data
    assert not {"CreateRole", "UpdateRole"} & {step["action"] for step in done["steps"]}
    assert world(sandbox)["roles"] == before
    assert {role for (role,) in sql("SELECT role FROM given.__at_object WHERE role <> ''")} == {
        arns["given-invoke"]
    }
    sandbox("redshift").modify_cluster_iam_roles(
        ClusterIdentifier="demo", DefaultIamRoleArn=arns["given-invoke"]
    )
    default = install(
        "--schema", "bydefault", "--prefix", "given-redshift", "--modules", "quadbin",
        "--execution-role-arn", arns["given-exec"], "--invoke-role-arn", "default",
    ).data  # fmt: skip
    assert default["changed"]
    assert {role for (role,) in sql("SELECT role FROM bydefault.__at_object WHERE role <> ''")} == {
        "default"
    }


def test_the_sandbox_keeps_its_state_over_a_restart(sandbox, installed):
    assert carto_at("sandbox", "stop").code == 0
    assert len(json.loads(sql("SELECT carto.QUADBIN_KRING(5209574053332910079, 1)")[0][0])) == 9
    assert install().data["changed"] is False
    status = carto_at("sandbox", "status", "--output", "json").data
    assert status["endpoint"].startswith("http://127.0.0.1:")
