from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError

from carto_at_installer.sandbox import faults
from carto_at_installer.sandbox.server import Sandbox
from carto_at_installer.sandbox.settings import Settings
from tests.functional.conftest import client_for, trust, zipped


@pytest.fixture
def book(sandbox: Any) -> Any:
    """The faults of the shared sandbox, which are gone after the test."""
    yield sandbox.faults
    sandbox.faults.clear()


def code_of(error: Any) -> str:
    return str(error.value.response["Error"]["Code"])


def run_sql(client: Any, *statements: str) -> dict[str, Any]:
    data = client("redshift-data")
    target = {"ClusterIdentifier": "demo", "Database": "dev", "DbUser": "admin"}
    if len(statements) == 1:
        started = data.execute_statement(Sql=statements[0], **target)
    else:
        started = data.batch_execute_statement(Sqls=list(statements), **target)
    while True:
        described: dict[str, Any] = data.describe_statement(Id=started["Id"])
        if described["Status"] in {"FINISHED", "FAILED", "ABORTED"}:
            return described
        time.sleep(0.01)


def test_the_nth_call_fails_with_the_error_of_the_service(client: Any, book: Any) -> None:
    book.add(faults.error("lambda:ListFunctions", "ServiceException", "no luck", call=2))
    client("lambda").list_functions()
    with pytest.raises(ClientError, match="no luck") as error:
        client("lambda").list_functions()
    assert code_of(error) == "ServiceException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    client("lambda").list_functions()
    (state,) = book.states()
    assert (state.seen, state.hits) == (3, 1)


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("lambda", "list_functions", "TooManyRequestsException"),
        ("redshift", "describe_clusters", "Throttling"),
        ("iam", "list_roles", "Throttling"),
        ("s3", "list_buckets", "SlowDown"),
        ("logs", "describe_log_groups", "ThrottlingException"),
        ("secretsmanager", "list_secrets", "ThrottlingException"),
        ("redshift-serverless", "list_workgroups", "ThrottlingException"),
    ],
)
def test_throttling_and_expiry_in_the_words_of_each_service(
    client: Any, book: Any, service: str, call: str, code: str
) -> None:
    book.add(faults.throttled(f"{service}:*"), faults.expired(call=2, times=1))
    ask = getattr(client(service), call)
    with pytest.raises(ClientError) as error:
        ask()
    assert code_of(error) == code
    with pytest.raises(ClientError, match="expired") as error:
        ask()
    assert code_of(error).startswith("ExpiredToken")
    ask()


def test_aws_clients_repeat_what_was_throttled(sandbox: Any, client: Any, book: Any) -> None:
    book.add(faults.throttled("lambda:ListFunctions", times=2))
    patient = boto3.client(
        "lambda",
        endpoint_url=sandbox.endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"mode": "standard", "total_max_attempts": 4}),
    )
    answer = patient.list_functions()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_a_connection_is_lost_before_or_after_the_work(client: Any, book: Any) -> None:
    logs, place = client("logs"), {"logGroupName": "/fault/group"}
    book.add(
        faults.dropped("logs:CreateLogGroup"), faults.lost_reply("logs:CreateLogGroup", call=2)
    )
    for expected in ([], ["/fault/group"]):
        with pytest.raises((ConnectionClosedError, HTTPClientError)):
            logs.create_log_group(**place)
        groups = logs.describe_log_groups(logGroupNamePrefix="/fault/")["logGroups"]
        assert [group["logGroupName"] for group in groups] == expected
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(**place)


def test_a_lost_reply_of_moto_too(client: Any, book: Any) -> None:
    book.add(faults.lost_reply("iam:CreateRole", where="fault-role"))
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        client("iam").create_role(
            RoleName="fault-role", AssumeRolePolicyDocument=trust("ec2.amazonaws.com")
        )
    assert client("iam").get_role(RoleName="fault-role")["Role"]["RoleName"] == "fault-role"
    assert book.states()[0].hits == 1


def test_a_delay(client: Any, book: Any) -> None:
    book.add(faults.delayed("sts:GetCallerIdentity", 0.2))
    started = time.monotonic()
    client("sts").get_caller_identity()
    assert time.monotonic() - started >= 0.2


def test_faults_see_only_what_they_are_about(client: Any, book: Any) -> None:
    book.add(faults.error("logs:Describe*", "LimitExceededException", where="/some?thing"))
    client("logs").describe_log_groups(logGroupNamePrefix="/other")
    with pytest.raises(ClientError):
        client("logs").describe_log_groups(logGroupNamePrefix="/SOME-THING/else")


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("lambda:CreateFunctoin", "did you mean CreateFunction"),
        ("lamda:CreateFunction", "no service lamda; it has iam"),
        ("lambda", "not of the form"),
        ("iam:Lost*", "no operation"),
    ],
)
def test_unknown_operations_are_refused(book: Any, operation: str, message: str) -> None:
    with pytest.raises(faults.FaultError, match=message):
        book.add(faults.throttled("lambda:*"), faults.throttled(operation))
    assert book.states() == ()


def test_s3_operations_are_told_apart(client: Any, book: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="fault-bucket")
    book.add(faults.error("s3:PutObject", "InternalError", where="fault-bucket"))
    s3.list_objects_v2(Bucket="fault-bucket")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="fault-bucket", Key="a/b", Body=b"x")
    assert code_of(error) == "InternalError"
    s3.put_object(Bucket="fault-bucket", Key="a/b", Body=b"x")


def test_workers_die_and_dawdle(client: Any, book: Any, make_function: Any) -> None:
    make_function("faulty", "def handler(event, context): return 1", Timeout=1)
    book.add(
        faults.killed_worker(where="faulty"),
        faults.slow_worker(0.2, call=2, where="faulty"),
        faults.slow_worker(5, call=3, where="faulty"),
    )
    invoke = client("lambda").invoke
    died = invoke(FunctionName="faulty")
    assert json.loads(died["Payload"].read())["errorType"] == "Runtime.ExitError"
    started = time.monotonic()
    assert invoke(FunctionName="faulty")["Payload"].read() == b"1"
    assert time.monotonic() - started >= 0.2
    late = json.loads(invoke(FunctionName="faulty")["Payload"].read())
    assert "Task timed out after 1.00 seconds" in late["errorMessage"]
    assert invoke(FunctionName="faulty")["Payload"].read() == b"1"


def test_a_worker_dies_in_the_middle(client: Any, book: Any, make_function: Any) -> None:
    source = "import time\ndef handler(event, context): print('begun'); time.sleep(5)"
    make_function("faulty-middle", source, Timeout=10)
    book.add(faults.killed_worker(where="faulty-middle", after_seconds=0.3))
    died = client("lambda").invoke(FunctionName="faulty-middle", LogType="Tail")
    assert died["FunctionError"] == "Unhandled"
    assert b"SIGKILL" in died["Payload"].read()


def test_statements_are_aborted_and_fail(client: Any, book: Any) -> None:
    book.add(
        faults.aborted(where="fault_a"),
        faults.failed_statement("disk full", where="fault_b", call=2),
    )
    aborted = run_sql(client, "CREATE TABLE fault_a (a INTEGER)")
    assert (aborted["Status"], aborted["Error"]) == (
        "ABORTED",
        "ERROR: Query cancelled on user's request",
    )
    failed = run_sql(client, "CREATE TABLE fault_b (a INTEGER)", "SELECT * FROM fault_b")
    assert failed["Status"] == "FAILED"
    assert "disk full" in failed["Error"]
    assert [part["Status"] for part in failed["SubStatements"]] == ["FINISHED", "FAILED"]
    assert run_sql(client, "SELECT * FROM fault_b")["Status"] == "FAILED"  # it was rolled back
    assert run_sql(client, "CREATE TABLE fault_a (a INTEGER)")["Status"] == "FINISHED"


def test_the_cluster_pauses_in_the_middle(client: Any, book: Any) -> None:
    redshift = client("redshift", "eu-west-3")
    book.add(faults.paused(where="SELECT 2"))

    def regional(service: str) -> Any:
        return client(service, "eu-west-3")

    described = run_sql(regional, "SELECT 1", "SELECT 2")
    assert described["Status"] == "FAILED"
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED"]
    with pytest.raises(ClientError, match="not available: it is paus"):
        run_sql(regional, "SELECT 1")
    time.sleep(0.06)
    redshift.resume_cluster(ClusterIdentifier="demo")
    time.sleep(0.06)
    assert run_sql(regional, "SELECT 1")["Status"] == "FINISHED"


def test_new_roles_cannot_be_assumed_at_once(client: Any, book: Any) -> None:
    book.add(faults.role_not_ready(0.5, where="fault-young"))
    role = client("iam").create_role(
        RoleName="fault-young", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )["Role"]["Arn"]

    def create() -> None:
        client("lambda").create_function(
            FunctionName="fault-young",
            Runtime="python3.13",
            Role=role,
            Handler="code.handler",
            Code={"ZipFile": zipped({"code.py": "def handler(event, context): return 1"})},
        )

    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        create()
    time.sleep(0.5)
    create()
    assert book.states()[0].hits == 1


def test_the_pace_of_aws(tmp_path: Any) -> None:
    pace = Settings(latency_seconds=0.1, lambda_pending_seconds=0.4, role_ready_seconds=1)
    slow = Sandbox(tmp_path, settings=pace)
    slow.start()
    try:
        iam, functions = (client_for(slow.endpoint.url, name) for name in ("iam", "lambda"))
        started = time.monotonic()
        functions.list_functions()
        iam.list_roles()
        assert time.monotonic() - started >= 0.2
        role = iam.create_role(
            RoleName="slow", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
        )
        wanted = {
            "FunctionName": "slow",
            "Runtime": "python3.13",
            "Role": role["Role"]["Arn"],
            "Handler": "code.handler",
            "Code": {"ZipFile": zipped({"code.py": "def handler(event, context): return 1"})},
        }
        with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
            functions.create_function(**wanted)
        time.sleep(1)
        assert functions.create_function(**wanted)["State"] == "Pending"
        assert functions.get_function(FunctionName="slow")["Configuration"]["State"] == "Pending"
        time.sleep(0.4)
        assert functions.get_function(FunctionName="slow")["Configuration"]["State"] == "Active"
    finally:
        slow.close()


def test_faults_of_a_running_server(tmp_path: Any) -> None:
    from carto_at_installer.sandbox import daemon  # noqa: PLC0415
    from carto_at_installer.sandbox.daemon import SandboxError  # noqa: PLC0415

    with pytest.raises(SandboxError, match="not running"):
        faults.states(tmp_path)
    info = daemon.start(tmp_path)
    try:
        assert (tmp_path / "server.json").stat().st_mode & 0o077 == 0
        assert info.token not in repr(info)
        with faults.during(tmp_path, faults.throttled("sts:*"), faults.aborted()) as book:
            with pytest.raises(ClientError, match="Rate exceeded"):
                boto3.client(
                    "sts",
                    endpoint_url=info.endpoint,
                    region_name="us-east-1",
                    aws_access_key_id="a",
                    aws_secret_access_key="b",
                    config=Config(retries={"total_max_attempts": 1}),
                ).get_caller_identity()
            assert [state.hits for state in book.states()] == [1, 0]
        assert faults.states(tmp_path) == ()
        with pytest.raises(SandboxError, match="did you mean"):
            faults.add(tmp_path, faults.throttled("lambda:Invokee"))
        with pytest.raises(SandboxError, match="owner"):
            type(book)(info.port, "guessed").states()
    finally:
        daemon.stop(tmp_path)
