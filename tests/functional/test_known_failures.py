"""Every known failure happens in the sandbox, and `carto-at` explains it; where it cannot, a fault brings the words.

By faults, because the sandbox has no such network, signatures, account limits or clock: `no-path`, `role-in-progress`,
`clock`, `code-signing`, `code-storage`, `roles-full`, `credentials-refused`, `action-denied` (which test_policy.py
provokes in earnest). Those that carto-at waits minutes for are told apart in tests/unit/test_explanations.py alone:
`role-not-ready`, `throttled-api`, `conflict`.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.core.explanations import KNOWN, explain, explain_code
from carto_at_installer.sandbox import daemon, faults
from tests.functional.commands import TARGET, carto_at
from tests.functional.toy import toy_bundle
from tests.functional.world import fresh_sandbox, make_cluster, trust

ROLE = "arn:aws:iam::123456789012:role/"
REDSHIFT = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
ADMIN = (*TARGET, "--db-user", "admin")
ANSWERS = {
    "object": "return {'success': True, 'results': [1]}",
    "count": "return json.dumps({'success': True, 'results': []})",
    "type": "return json.dumps({'success': True, 'results': ['x']})",
    "refusal": "return json.dumps({'success': False, 'error_msg': 'longitude 200 is out of range'})",
    "failing": "raise ValueError('broken')",
    "slow": "import time; time.sleep(5)",
    "dying": "import os; os._exit(1)",
    "large": "return json.dumps({'success': True, 'results': ['x' * 7_000_000]})",
    "long": "return json.dumps({'success': True, 'results': ['x' * 66_000]})",
    "good": "return json.dumps({'success': True, 'results': [1 for _ in event['arguments']]})",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    bundle = toy_bundle(tmp_path_factory.mktemp("toy"), version="0.1.0", factor=3)
    with (
        fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: bundle)
        set_up(made)
        yield made


def policy(*actions, on="*"):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(client, name, *services, may=("lambda:InvokeFunction",), attached=True):
    iam = client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(*services))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*may))
    if attached:
        client("redshift").modify_cluster_iam_roles(
            ClusterIdentifier="demo", AddIamRoles=[ROLE + name]
        )


def set_up(client):
    """Functions that answer wrongly, and roles that lack something."""
    role(client, "invoke", *REDSHIFT)
    role(client, "loose", *REDSHIFT, attached=False)
    role(client, "distrusting", "lambda.amazonaws.com")
    role(client, "powerless", *REDSHIFT, may=("s3:ListAllMyBuckets",))
    role(client, "exec", "lambda.amazonaws.com", attached=False)
    for name, body in ANSWERS.items():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("code.py", f"import json\ndef handler(event, context):\n    {body}\n")
        client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE + "exec",
            Handler="code.handler",
            Timeout=1,
            Code={"ZipFile": buffer.getvalue()},
        )


def create(name, lambda_name, *, role="invoke", types="BIGINT", returns="BIGINT"):
    named = role if role == "default" else f"'{ROLE}{role}'"
    return (
        f"CREATE EXTERNAL FUNCTION {name}({types}) RETURNS {returns} STABLE LAMBDA '{lambda_name}'"
        f" IAM_ROLE {named} RETRY_TIMEOUT 0"
    )


def as_user(client, *words):
    """A command of a user who may do everything in AWS, and nothing in the database."""
    iam = client("iam")
    if "nobody" not in [user["UserName"] for user in iam.list_users()["Users"]]:
        iam.create_user(UserName="nobody")
        iam.put_user_policy(UserName="nobody", PolicyName="p", PolicyDocument=policy("*"))
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    info = daemon.start(Path(os.environ["CARTO_AT_SANDBOX_HOME"]))
    environment = {**client_environment(info.endpoint), "AWS_ACCESS_KEY_ID": key["AccessKeyId"]}
    done = carto_at(*words, "--output", "json", environment=environment)
    iam.delete_access_key(UserName="nobody", AccessKeyId=key["AccessKeyId"])
    return done


def sql(*statements, target=ADMIN):
    return carto_at("sql", "--sandbox", *target, "--output", "json", *statements)


def explained(done, code):
    """Check that a command failed with that explanation."""
    assert done.code != 0
    (error, *_) = done.document["errors"]
    assert explain_code(code).fix[:25] in error["hint"], error
    assert "Traceback" not in done.err
    PROVEN.add(code)


PROVEN = set()
QUERIES = {
    "empty-format": (create("f1", "object"), "SELECT f1(1)"),
    "wrong-count": (create("f2", "count"), "SELECT f2(1)"),
    "wrong-type": (create("f3", "type"), "SELECT f3(1)"),
    "row-refused": (create("f4", "refusal"), "SELECT f4(1)"),
    "lambda-failed": (create("f5", "failing"), "SELECT f5(1)"),
    "lambda-timeout": (create("f6", "slow"), "SELECT f6(1)"),
    "lambda-died": (create("f7", "dying"), "SELECT f7(1)"),
    "response-too-large": (
        create("f8", "large", returns="VARCHAR(65535)"),
        "SELECT f8(1)",
    ),
    "text-too-long": (create("f9", "long", returns="VARCHAR(65535)"), "SELECT f9(1)"),
    "lambda-missing": (create("f10", "nosuch"), "SELECT f10(1)"),
    "role-not-attached": (create("f11", "good", role="loose"), "SELECT f11(1)"),
    "role-not-trusting": (create("f12", "good", role="distrusting"), "SELECT f12(1)"),
    "invoke-denied": (create("f13", "good", role="powerless"), "SELECT f13(1)"),
    "chain-broken": (create("f14", "good", role=f"invoke,{ROLE}powerless"), "SELECT f14(1)"),
    "no-default-role": (create("f15", "good", role="default"), "SELECT f15(1)"),
    "not-finite": (create("f16", "good", types="FLOAT8"), "SELECT f16('NaN'::FLOAT8)"),
    "name-too-long": (create("f17", "x" * 65),),
    "python-udf": (
        "CREATE FUNCTION f18(BIGINT) RETURNS BIGINT STABLE AS $$ return 1 $$ LANGUAGE plpythonu",
    ),
    "boolean-cast": ("SELECT CAST(true AS VARCHAR(9))",),
    "super-argument": (
        create("f27", "good"),
        "SELECT f27(c) FROM (SELECT JSON_PARSE('[1, 2]') AS cells) AS t, t.cells AS c",
    ),
    "catalog-function": ("SELECT pg_get_function_arguments(1)",),
    "statement-too-long": (f"SELECT '{'x' * 110_000}'",),
    "dependent-views": (
        create("f19", "good"),
        "CREATE VIEW v19 AS SELECT f19(1) AS x",
        "DROP FUNCTION f19(BIGINT)",
    ),
}


@pytest.mark.parametrize("code", QUERIES)
def test_queries(client, code):
    explained(sql(*QUERIES[code]), code)


def test_throttled_functions(client):
    made = sql(create("f20", "good"))
    assert made.code == 0, made.err
    home = Path(os.environ["CARTO_AT_SANDBOX_HOME"])
    with faults.during(home, faults.throttled("lambda:Invoke", times=0)):
        explained(sql("SELECT f20(1)"), "throttled-lambda")


@pytest.mark.parametrize("code", ["no-path", "role-in-progress"])
def test_words_that_a_fault_brings_to_a_query(client, code):
    known = next(each for each in KNOWN if each.code == code)
    home = Path(os.environ["CARTO_AT_SANDBOX_HOME"])
    with faults.during(home, faults.failed_statement(known.seen, where="SELECT 55")):
        explained(sql("SELECT 55"), code)


def test_a_login_without_rights(client):
    made = sql(create("theirs", "good"), "CREATE SCHEMA closed")
    assert made.code == 0, made.err
    run = ("sql", *TARGET)
    explained(as_user(client, *run, create("mine", "good")), "language-exfunc")
    explained(as_user(client, *run, "CREATE TABLE closed.t (x INT)"), "permission-denied")
    explained(as_user(client, *run, "DROP FUNCTION theirs(BIGINT)"), "not-owner")


def test_roles_that_were_revoked_from_public(client):
    database = ("--workgroup", "demo-serverless", "--database", "dev")
    secret = client("secretsmanager").create_secret(
        Name="admin", SecretString=json.dumps({"username": "admin", "password": "x"})
    )["ARN"]
    done = sql(
        "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL",
        'CREATE USER "IAM:nobody" PASSWORD DISABLE',
        'GRANT USAGE ON LANGUAGE exfunc TO "IAM:nobody"',
        target=(*database, "--secret-arn", secret),
    )
    assert done.code == 0, done.err
    explained(as_user(client, "sql", *database, create("mine", "good")), "assumerole")


def test_a_database_that_does_not_exist(client):
    explained(
        sql("SELECT 1", target=("--cluster-id", "demo", "--database", "nosuch")), "no-database"
    )


def test_a_user_who_does_not_exist(client):
    place = ("--cluster-id", "demo", "--database", "dev", "--db-user", "nobody")
    explained(sql("SELECT 1", target=place), "no-user")


def test_a_paused_cluster(client):
    make_cluster(client, "asleep")
    client("redshift").pause_cluster(ClusterIdentifier="asleep")
    explained(
        sql("SELECT 1", target=("--cluster-id", "asleep", "--database", "dev")), "no-endpoint"
    )


def test_too_many_statements_in_a_batch(client):
    with pytest.raises(Exception, match="40") as error:
        client("redshift-data").batch_execute_statement(
            ClusterIdentifier="demo", Database="dev", Sqls=["SELECT 1"] * 41
        )
    found = explain(str(error.value))
    assert found is not None
    assert found.code == "batch-too-long"
    PROVEN.add(found.code)


@pytest.mark.parametrize(
    ("code", "operation", "error"),
    [
        ("credentials-expired", "sts:GetCallerIdentity", "ExpiredToken"),
        ("credentials-refused", "sts:GetCallerIdentity", "InvalidClientTokenId"),
        ("clock", "sts:GetCallerIdentity", "SignatureDoesNotMatch"),
        ("action-denied", "redshift:DescribeClusters", "AccessDenied"),
        ("code-signing", "lambda:CreateFunction", "CodeVerificationFailedException"),
        ("code-storage", "lambda:CreateFunction", "CodeStorageExceededException"),
        ("roles-full", "redshift:ModifyClusterIamRoles", "InvalidParameterValue"),
    ],
)
def test_words_that_a_fault_brings_to_an_installation(client, code, operation, error):
    known = next(each for each in KNOWN if each.code == code)
    message = known.seen.partition(": ")[2] if known.seen.startswith(error) else known.seen
    home = Path(os.environ["CARTO_AT_SANDBOX_HOME"])
    words = ("--schema", code.replace("-", ""), "--prefix", code)
    with faults.during(home, faults.error(operation, error, message, times=0)):
        done = carto_at(
            "install", "--sandbox", *TARGET, *words, "--skip-validation", "--output", "json"
        )
    explained(done, code)


def test_more_executions_than_the_account_has(client):
    done = carto_at(
        "install", "--sandbox", *TARGET, "--schema", "reserved", "--prefix", "reserved",
        "--reserved-concurrency", "950", "--skip-validation", "--output", "json",
    )  # fmt: skip
    explained(done, "reserved-too-much")


def test_all_that_are_recognised_were_provoked(client):
    """The last test of the file; names those that only unit tests know."""
    waited_for = {"role-not-ready", "throttled-api", "conflict"}
    assert {known.code for known in KNOWN if known.patterns} - waited_for == PROVEN
