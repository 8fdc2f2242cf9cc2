"""Every kind of fault, set by `carto-at sandbox fault add`, and what an AWS client meets then."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError

from carto_at_installer.sandbox import daemon
from carto_at_installer.sandbox.faults import Kind
from tests.functional.commands import carto_at
from tests.functional.conftest import client_for, trust, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TARGET = {"ClusterIdentifier": "demo", "Database": "dev", "DbUser": "admin"}
SLEEPER = "import time\ndef handler(event, context):\n    time.sleep(event or 0)\n    return 1\n"


class Aws:
    """Clients of one sandbox, and a function `sleeper` in it."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.role = self("iam").create_role(
            RoleName="sleeper", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
        )["Role"]["Arn"]
        self.create("sleeper", self.role)

    def __call__(self, service: str) -> Any:
        return client_for(self._endpoint, service)

    def create(self, name: str, role: str) -> None:
        functions = self("lambda")
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="code.handler",
            Timeout=2,
            Code={"ZipFile": zipped({"code.py": SLEEPER})},
        )
        functions.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.02}
        )

    def invoke(self, seconds: float = 0) -> Any:
        answer = self("lambda").invoke(FunctionName="sleeper", Payload=json.dumps(seconds))
        return json.loads(answer["Payload"].read())

    def sql(self, text: str) -> tuple[str, str]:
        data = self("redshift-data")
        identifier = data.execute_statement(Sql=text, **TARGET)["Id"]
        while True:
            found = data.describe_statement(Id=identifier)
            if found["Status"] in {"FINISHED", "FAILED", "ABORTED"}:
                return found["Status"], found.get("Error", "")
            time.sleep(0.01)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("home")
    (place / "settings.json").write_text('{"rate_limits": 0}')
    yield place
    daemon.stop(place)


@pytest.fixture(scope="module")
def aws(home: Path) -> Aws:
    return Aws(daemon.start(home).endpoint)


def lost(call: Callable[[], object]) -> None:
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        call()


def refused(call: Callable[[], object], text: str) -> None:
    with pytest.raises(ClientError, match=text):
        call()


def seconds(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def meets_error(aws: Aws) -> None:
    aws("redshift").describe_clusters()
    refused(aws("redshift").describe_clusters, "InternalFailure.*on fire")


def meets_throttle(aws: Aws) -> None:
    for _ in range(2):
        refused(aws("lambda").list_functions, "TooManyRequestsException")
    aws("lambda").list_functions()


def meets_delay(aws: Aws) -> None:
    assert seconds(aws("sts").get_caller_identity) >= 0.3


def meets_drop(aws: Aws) -> None:
    lost(lambda: aws("logs").create_log_group(logGroupName="/kinds/drop"))
    assert groups(aws, "/kinds/drop") == []


def meets_lose_reply(aws: Aws) -> None:
    lost(lambda: aws("logs").create_log_group(logGroupName="/kinds/reply"))
    assert groups(aws, "/kinds/reply") == ["/kinds/reply"]


def meets_expire(aws: Aws) -> None:
    aws("iam").list_roles()
    for _ in range(2):
        refused(aws("iam").list_roles, "ExpiredToken")


def meets_kill_worker(aws: Aws) -> None:
    assert aws.invoke(1.5)["errorType"] == "Runtime.ExitError"
    assert aws.invoke() == 1


def meets_slow_worker(aws: Aws) -> None:
    assert seconds(aws.invoke) >= 0.5


def meets_abort(aws: Aws) -> None:
    assert aws.sql("SELECT 41") == ("ABORTED", "ERROR: Query cancelled on user's request")
    assert aws.sql("SELECT 41")[0] == "FINISHED"


def meets_failure(aws: Aws) -> None:
    assert aws.sql("SELECT 42") == ("FAILED", "ERROR: disk full")


def meets_pause(aws: Aws) -> None:
    status, error = aws.sql("SELECT 43")
    assert (status, "pausing" in error) == ("FAILED", True)
    refused(lambda: aws.sql("SELECT 1"), "not available: it is paus")
    until(aws, "paused")
    aws("redshift").resume_cluster(ClusterIdentifier="demo")
    until(aws, "available")
    assert aws.sql("SELECT 43")[0] == "FINISHED"


def meets_young_role(aws: Aws) -> None:
    role = aws("iam").create_role(
        RoleName="kinds-young", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )["Role"]["Arn"]
    refused(lambda: aws.create("young", role), "cannot be assumed by Lambda")
    time.sleep(0.6)
    aws.create("young", role)


def groups(aws: Aws, prefix: str) -> list[str]:
    found = aws("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [group["logGroupName"] for group in found]


def until(aws: Aws, status: str) -> None:
    deadline = time.monotonic() + 10
    describe = aws("redshift").describe_clusters
    while describe(ClusterIdentifier="demo")["Clusters"][0]["ClusterStatus"] != status:
        assert time.monotonic() < deadline
        time.sleep(0.02)


KINDS = {
    Kind.ERROR: (
        "redshift:DescribeClusters --code InternalFailure --message on\u00a0fire --call 2",
        meets_error,
    ),
    Kind.THROTTLE: ("lambda:List* --times 2", meets_throttle),
    Kind.DELAY: ("sts:GetCallerIdentity --seconds 0.3", meets_delay),
    Kind.DROP: ("logs:CreateLogGroup --where /kinds/", meets_drop),
    Kind.LOSE_REPLY: ("logs:CreateLogGroup --where /kinds/", meets_lose_reply),
    Kind.EXPIRE: ("iam:* --call 2", meets_expire),
    Kind.KILL_WORKER: ("--where sleeper --seconds 0.2", meets_kill_worker),
    Kind.SLOW_WORKER: ("--where sleeper --seconds 0.5", meets_slow_worker),
    Kind.ABORT_STATEMENT: ("--where 41", meets_abort),
    Kind.FAIL_STATEMENT: ("--where 42 --message disk\u00a0full", meets_failure),
    Kind.PAUSE_CLUSTER: ("--where 43", meets_pause),
    Kind.ROLE_NOT_READY: ("--where kinds-young --seconds 0.6", meets_young_role),
}
"""The options of each kind (a no-break space stands for a blank in one), and what a client sees."""


def test_every_kind_is_tried() -> None:
    assert set(KINDS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_of_fault(home: Path, aws: Aws, kind: Kind) -> None:
    options, meet = KINDS[kind]
    environment = {"CARTO_AT_SANDBOX_HOME": str(home)}
    words = [word.replace("\u00a0", " ") for word in options.split(" ")]
    added = carto_at("sandbox", "fault", "add", kind, *words, environment=environment)
    assert added.code == 0, added.err
    try:
        meet(aws)
        listed = carto_at("sandbox", "fault", "list", "--output", "json", environment=environment)
        assert [fault["hits"] > 0 for fault in listed.data["faults"]] == [True]
    finally:
        carto_at("sandbox", "fault", "clear", environment=environment)
