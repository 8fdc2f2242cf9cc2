"""Drift of every kind is seen and repaired: each test changes just one thing by hand."""

import pytest

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.conftest import zipped
from tests.functional.world import cloud

INVOKE = "carto-at-redshift-invoke"
OTHER_TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
    ' "Principal": {"Service": ["redshift.amazonaws.com", "ec2.amazonaws.com"]}}]}'
)
OTHER_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}]}'
AS_SUPERUSER = ("--db-user", "admin")


def configure(aws, name, **settings):
    aws("lambda").update_function_configuration(FunctionName=name, **settings)
    aws("lambda").get_waiter("function_updated_v2").wait(FunctionName=name)


def untag_mark(aws, name):
    found = aws("lambda").get_function(FunctionName=name)
    marks = [key for key in found["Tags"] if key.startswith("carto-at:install:")]
    aws("lambda").untag_resource(Resource=found["Configuration"]["FunctionArn"], TagKeys=marks)


def upload_other_code(aws, name, toys):
    code = (toys["second"] / "modules/toy.zip").read_bytes()
    aws("lambda").update_function_code(FunctionName=name, ZipFile=code)
    aws("lambda").get_waiter("function_updated_v2").wait(FunctionName=name)


def add_layer(aws, name):
    layer = aws("lambda").publish_layer_version(
        LayerName="others",
        Content={"ZipFile": zipped({"python/others.py": ""})},
        CompatibleRuntimes=["python3.13"],
    )
    configure(aws, name, Layers=[layer["LayerVersionArn"]])


DEFINE = "CREATE OR REPLACE FUNCTION carto.TOY_DOUBLE(BIGINT) RETURNS"
# What is changed, and the action that puts it right.
DRIFTS = {
    "pg_proc: a function is gone": (
        lambda aws, name, toys: sql("DROP FUNCTION carto.TOY_DOUBLE(BIGINT)"),
        "ApplyModule",
    ),
    "pg_proc: another body": (
        lambda aws, name, toys: sql(f"{DEFINE} BIGINT STABLE AS $$ SELECT $1 * 3 $$ LANGUAGE sql"),
        "ApplyModule",
    ),
    "pg_proc: another return type": (
        lambda aws, name, toys: (
            sql("DROP FUNCTION carto.TOY_DOUBLE(BIGINT)"),
            sql(f"{DEFINE} VARCHAR STABLE AS $$ SELECT 'x' $$ LANGUAGE sql"),
        ),
        "ApplyModule",
    ),
    "pg_proc: SQL instead of Lambda": (
        lambda aws, name, toys: (
            sql("DROP FUNCTION carto.__TOY_TIMES(BIGINT)"),
            sql(
                "CREATE FUNCTION carto.__TOY_TIMES(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT $1 $$ LANGUAGE sql"
            ),
        ),
        "ApplyModule",
    ),
    "Lambda: other code": (upload_other_code, "RestoreCode"),
    "Lambda: memory": (
        lambda aws, name, toys: configure(aws, name, MemorySize=1024),
        "UpdateFunction",
    ),
    "Lambda: timeout": (lambda aws, name, toys: configure(aws, name, Timeout=7), "UpdateFunction"),
    "Lambda: environment": (
        lambda aws, name, toys: configure(aws, name, Environment={"Variables": {"DEBUG": "1"}}),
        "UpdateFunction",
    ),
    "Lambda: log group": (
        lambda aws, name, toys: configure(aws, name, LoggingConfig={"LogGroup": "/elsewhere"}),
        "UpdateFunction",
    ),
    "Lambda: a layer": (lambda aws, name, toys: add_layer(aws, name), "UpdateFunction"),
    "Lambda: tags": (lambda aws, name, toys: untag_mark(aws, name), "TagFunction"),
    "Lambda: deleted": (
        lambda aws, name, toys: aws("lambda").delete_function(FunctionName=name),
        "CreateFunction",
    ),
    "IAM: no policy": (
        lambda aws, name, toys: aws("iam").delete_role_policy(
            RoleName=INVOKE, PolicyName="carto-at"
        ),
        "UpdateRole",
    ),
    "IAM: another policy": (
        lambda aws, name, toys: aws("iam").put_role_policy(
            RoleName=INVOKE, PolicyName="carto-at", PolicyDocument=OTHER_POLICY
        ),
        "UpdateRole",
    ),
    "IAM: another trust": (
        lambda aws, name, toys: aws("iam").update_assume_role_policy(
            RoleName=INVOKE, PolicyDocument=OTHER_TRUST
        ),
        "UpdateRole",
    ),
    "Redshift: a detached role": (
        lambda aws, name, toys: aws("redshift").modify_cluster_iam_roles(
            ClusterIdentifier="demo", RemoveIamRoles=[f"arn:aws:iam::123456789012:role/{INVOKE}"]
        ),
        "AttachRole",
    ),
    "Logs: retention": (
        lambda aws, name, toys: aws("logs").put_retention_policy(
            logGroupName="/aws/lambda/carto-at-redshift", retentionInDays=1
        ),
        "SetLogRetention",
    ),
}


@pytest.fixture
def installed(use, aws):
    """The name of the Lambda function of an installation without drift."""
    use("first")
    made = run("install")
    assert made.code == 0, made.err
    yield cloud(aws)["functions"][0]
    for version in aws("lambda").list_layer_versions(LayerName="others")["LayerVersions"]:
        aws("lambda").delete_layer_version(LayerName="others", VersionNumber=version["Version"])


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_seen_and_repaired(installed, aws, toys, drift):
    change, action = DRIFTS[drift]
    change(aws, installed, toys)
    seen = run("status", "--drift", "--exit-code")
    assert seen.code == 9, seen.err
    actions = [step["action"] for step in seen.document["data"]["drift"]]
    assert actions == ["PrepareSchema", action]
    assert run("repair").data["changed"] is True
    assert run("status", "--drift", "--exit-code").code == 0
    assert run("test").code == 0


def test_an_untouched_installation_has_no_drift(installed):
    seen = run("status", "--drift", "--exit-code")
    assert seen.code == 0
    assert seen.data["drift"] == []


def test_a_function_that_the_release_tables_forgot_is_told_and_adopted(installed):
    sql("DELETE FROM carto.__at_object WHERE name = 'TOY_DOUBLE'")
    seen = run("status", "--drift", "--exit-code")
    assert seen.code == 9
    assert "did not make: toy_double" in seen.document["data"]["drift_refused"]
    assert run("adopt", "--yes").code == 0
    assert run("status", "--drift", "--exit-code").code == 0


def test_a_thing_of_ours_that_lost_its_mark_is_told_and_left_alone(installed, aws):
    arn = aws("lambda").get_function(FunctionName=installed)["Configuration"]["FunctionArn"]
    aws("lambda").untag_resource(Resource=arn, TagKeys=["carto-at:managed"])
    try:
        seen = run("status", "--drift", "--exit-code")
    finally:
        aws("lambda").tag_resource(Resource=arn, Tags={"carto-at:managed": "true"})
    assert seen.code == 9
    assert "not made by carto-at" in seen.document["data"]["drift_refused"]


def test_a_probe_asks_which_lambda_function_answers(installed, aws):
    probe = run("status", "--probe", "--exit-code", *AS_SUPERUSER).data["probe"]
    assert probe["unreadable"] == ""
    assert probe["functions"] == [
        {
            "function": "__TOY_TIMES(BIGINT)",
            "module": "toy",
            "expected": installed,
            "answered": installed,
        }
    ]


def test_a_probe_sees_what_redshift_shows_nowhere(installed, aws, toys):
    role = aws("lambda").get_function(FunctionName=installed)["Configuration"]["Role"]
    aws("lambda").create_function(
        FunctionName="carto-at-redshift-other",
        Runtime="python3.13",
        Handler="carto_toy.handler",
        Role=role,
        Code={"ZipFile": (toys["first"] / "modules/toy.zip").read_bytes()},
    )
    invoke = f"arn:aws:iam::123456789012:role/{INVOKE}"
    sql(
        "CREATE OR REPLACE EXTERNAL FUNCTION carto.__TOY_TIMES(BIGINT) RETURNS BIGINT STABLE"
        f" LAMBDA 'carto-at-redshift-other' IAM_ROLE '{invoke}'"
    )
    assert run("status", "--drift").data["drift"] == []  # no catalog shows it
    seen = run("status", "--probe", "--exit-code", *AS_SUPERUSER)
    assert seen.code == 9
    (function,) = seen.document["data"]["probe"]["functions"]
    assert function["answered"] == "carto-at-redshift-other"
    assert function["expected"] == installed
    assert run("repair", "--redefine").data["changed"] is True
    assert run("status", "--probe", "--exit-code", *AS_SUPERUSER).code == 0
    aws("lambda").delete_function(FunctionName="carto-at-redshift-other")
    aws("logs").delete_log_group(logGroupName="/aws/lambda/carto-at-redshift-other")


def test_a_login_that_may_not_read_the_record_of_calls_is_told_what_to_do(installed):
    words = ("--sandbox", *TARGET, "--probe", "--exit-code")
    seen = carto_at("status", *words)
    assert seen.code == 0
    assert "Not probed" in seen.out
    assert "GRANT ROLE sys:monitor" in seen.out
    assert "carto-at test" in seen.out
