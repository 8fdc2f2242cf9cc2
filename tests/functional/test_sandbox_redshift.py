from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from carto_at_installer.sandbox import faults
from tests.functional.conftest import ACCOUNT, trust

if TYPE_CHECKING:
    from collections.abc import Callable

HANDLER = """
import json
def handler(event, context):
    if event["external_function"].endswith("broken"):
        raise ValueError("out of order")
    results = [None if row is None or row[0] is None else row[0] * 2 for row in event["arguments"]]
    return json.dumps({"success": True, "num_records": len(results), "results": results})
"""


def role(client: Any, name: str, *services: str, allow: Any = "*") -> str:
    arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust(*services))
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": allow}
    client("iam").put_role_policy(
        RoleName=name,
        PolicyName="invoke",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return str(arn["Role"]["Arn"])


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_the_demo_cluster(client: Any) -> None:
    (cluster,) = client("redshift").describe_clusters(ClusterIdentifier="demo")["Clusters"]
    assert cluster["ClusterStatus"] == "available"
    assert cluster["ClusterAvailabilityStatus"] == "Available"
    assert (cluster["DBName"], cluster["MasterUsername"]) == ("dev", "admin")
    assert cluster["EnhancedVpcRouting"] is False
    assert cluster["Endpoint"]["Port"] == 5439
    assert cluster["ClusterNamespaceArn"].startswith(
        "arn:aws:redshift:us-east-1:123456789012:namespace:"
    )
    assert cluster["ClusterCreateTime"].year >= 2024


def test_unknown_clusters(client: Any) -> None:
    redshift = client("redshift")
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault, match=r"Cluster nope not found\."):
        redshift.describe_clusters(ClusterIdentifier="nope")


def test_clusters_come_and_go(client: Any) -> None:
    redshift = client("redshift")
    made = redshift.create_cluster(
        ClusterIdentifier="Passing",
        NodeType="ra3.large",
        MasterUsername="boss",
        MasterUserPassword="Passw0rd1",
        DBName="gis",
        Tags=[{"Key": "k", "Value": "v"}],
    )["Cluster"]
    assert (made["ClusterIdentifier"], made["ClusterStatus"]) == ("passing", "creating")
    with pytest.raises(redshift.exceptions.ClusterAlreadyExistsFault):
        redshift.create_cluster(
            ClusterIdentifier="passing", NodeType="ra3.large", MasterUsername="boss"
        )
    status = lambda: redshift.describe_clusters(ClusterIdentifier="passing")["Clusters"][0]  # noqa: E731
    wait_until(lambda: status()["ClusterStatus"] == "available")
    assert (status()["DBName"], status()["Tags"]) == ("gis", [{"Key": "k", "Value": "v"}])
    assert (
        redshift.pause_cluster(ClusterIdentifier="passing")["Cluster"]["ClusterStatus"] == "pausing"
    )
    wait_until(lambda: status()["ClusterStatus"] == "paused")
    with pytest.raises(redshift.exceptions.InvalidClusterStateFault, match="is paused"):
        redshift.modify_cluster_iam_roles(ClusterIdentifier="passing", AddIamRoles=[])
    with pytest.raises(ClientError, match="not available: it is paused"):
        client("redshift-data").execute_statement(
            ClusterIdentifier="passing", Database="gis", DbUser="boss", Sql="SELECT 1"
        )
    assert (
        redshift.resume_cluster(ClusterIdentifier="passing")["Cluster"]["ClusterStatus"]
        == "resuming"
    )
    wait_until(lambda: status()["ClusterStatus"] == "available")
    redshift.delete_cluster(ClusterIdentifier="passing", SkipFinalClusterSnapshot=True)
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        status()


def test_clusters_are_changed(client: Any) -> None:
    redshift = client("redshift")
    redshift.create_cluster(ClusterIdentifier="moving", NodeType="ra3.large", MasterUsername="boss")
    shown = lambda: redshift.describe_clusters(ClusterIdentifier="moving")["Clusters"][0]  # noqa: E731
    available = lambda: shown()["ClusterStatus"] == "available"  # noqa: E731
    wait_until(available)
    assert (shown()["EnhancedVpcRouting"], shown()["PendingActions"]) == (False, [])
    changed = redshift.modify_cluster(ClusterIdentifier="moving", EnhancedVpcRouting=True)[
        "Cluster"
    ]
    assert (changed["ClusterStatus"], changed["EnhancedVpcRouting"]) == ("modifying", False)
    assert changed["PendingModifiedValues"] == {"EnhancedVpcRouting": True}
    wait_until(available)
    assert (shown()["EnhancedVpcRouting"], shown()["PendingModifiedValues"]) == (True, {})
    resized = redshift.modify_cluster(ClusterIdentifier="moving", NumberOfNodes=4)["Cluster"]
    assert (resized["ClusterStatus"], resized["ClusterAvailabilityStatus"]) == (
        "resizing",
        "Modifying",
    )
    with pytest.raises(redshift.exceptions.InvalidClusterStateFault, match="is resizing"):
        redshift.reboot_cluster(ClusterIdentifier="moving")
    wait_until(available)
    assert shown()["NumberOfNodes"] == 4
    rebooting = redshift.reboot_cluster(ClusterIdentifier="moving")["Cluster"]
    assert rebooting["ClusterStatus"] == "rebooting"
    wait_until(available)
    with pytest.raises(ClientError, match="does not emulate changing NewClusterIdentifier"):
        redshift.modify_cluster(ClusterIdentifier="moving", NewClusterIdentifier="moved")


@pytest.mark.parametrize(
    ("status", "availability"),
    [
        ("maintenance", "Maintenance"),
        ("storage-full", "Unavailable"),
        ("hardware-failure", "Failed"),
        ("rotating-keys", "Modifying"),
    ],
)
def test_states_that_no_call_leads_to(client: Any, status: str, availability: str) -> None:
    redshift = client("redshift", "eu-south-1")
    arn = "arn:aws:redshift:eu-south-1:123456789012:cluster:demo"
    tags = {
        "sandbox:ClusterStatus": status,
        "sandbox:ClusterRevisionNumber": "55555",
        "sandbox:PendingActions": "reboot upgrade",
    }
    redshift.create_tags(
        ResourceName=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )
    (shown,) = redshift.describe_clusters(ClusterIdentifier="demo")["Clusters"]
    assert (shown["ClusterStatus"], shown["ClusterAvailabilityStatus"]) == (status, availability)
    assert (shown["ClusterRevisionNumber"], shown["PendingActions"]) == (
        "55555",
        ["reboot", "upgrade"],
    )
    statement = {"ClusterIdentifier": "demo", "Database": "dev", "Sql": "SELECT 1"}
    with pytest.raises(ClientError, match=f"not available: it is {status}"):
        client("redshift-data", "eu-south-1").execute_statement(**statement)
    redshift.delete_tags(ResourceName=arn, TagKeys=list(tags))
    (shown,) = redshift.describe_clusters(ClusterIdentifier="demo")["Clusters"]
    assert (shown["ClusterStatus"], shown["PendingActions"]) == ("available", [])


def test_workgroups_are_changed(client: Any) -> None:
    serverless = client("redshift-serverless", "eu-south-1")
    name = {"workgroupName": "demo-serverless"}
    shown = lambda: serverless.get_workgroup(**name)["workgroup"]  # noqa: E731
    changed = serverless.update_workgroup(**name, enhancedVpcRouting=True)["workgroup"]
    assert (changed["status"], changed["enhancedVpcRouting"]) == ("MODIFYING", False)
    with pytest.raises(serverless.exceptions.ConflictException):
        serverless.update_workgroup(**name, baseCapacity=32)
    wait_until(lambda: shown()["status"] == "AVAILABLE")
    assert shown()["enhancedVpcRouting"] is True
    made = serverless.create_workgroup(
        workgroupName="old",
        namespaceName="demo-serverless",
        tags=[
            {"key": "sandbox:patchVersion", "value": "185"},
            {"key": "sandbox:status", "value": "DELETING"},
        ],
    )["workgroup"]
    assert (made["patchVersion"], made["status"]) == ("185", "DELETING")
    serverless.delete_workgroup(workgroupName="old")


def test_what_a_cluster_cannot_be_made_with(client: Any) -> None:
    with pytest.raises(ClientError, match="does not emulate HsmConfigurationIdentifier"):
        client("redshift").create_cluster(
            ClusterIdentifier="x",
            NodeType="ra3.large",
            MasterUsername="boss",
            HsmConfigurationIdentifier="h",
        )


@pytest.mark.parametrize("name", ["1st", "a--b", "a-", "a_b", "../x", "a" * 64])
def test_bad_names_of_clusters(client: Any, name: str) -> None:
    with pytest.raises(ClientError, match="ClusterIdentifier is not a valid identifier"):
        client("redshift").create_cluster(
            ClusterIdentifier=name, NodeType="ra3.large", MasterUsername="boss"
        )


def test_roles_are_added_and_removed(client: Any) -> None:
    redshift = client("redshift")
    first, second = (role(client, name, "redshift.amazonaws.com") for name in ("r-one", "r-two"))
    redshift.create_cluster(ClusterIdentifier="roles", NodeType="ra3.large", MasterUsername="boss")
    shown = lambda: redshift.describe_clusters(ClusterIdentifier="roles")["Clusters"][0]  # noqa: E731
    wait_until(lambda: shown()["ClusterStatus"] == "available")
    added = redshift.modify_cluster_iam_roles(ClusterIdentifier="roles", AddIamRoles=[first])
    assert added["Cluster"]["IamRoles"] == [{"IamRoleArn": first, "ApplyStatus": "adding"}]
    redshift.modify_cluster_iam_roles(
        ClusterIdentifier="roles", AddIamRoles=[second], DefaultIamRoleArn=second
    )
    wait_until(lambda: {item["ApplyStatus"] for item in shown()["IamRoles"]} == {"in-sync"})
    assert {item["IamRoleArn"] for item in shown()["IamRoles"]} == {first, second}
    assert shown()["DefaultIamRoleArn"] == second
    redshift.modify_cluster_iam_roles(ClusterIdentifier="roles", RemoveIamRoles=[second])
    assert shown()["IamRoles"][1] == {"IamRoleArn": second, "ApplyStatus": "removing"}
    wait_until(lambda: [item["IamRoleArn"] for item in shown()["IamRoles"]] == [first])
    assert "DefaultIamRoleArn" not in shown()
    with pytest.raises(ClientError, match="not valid or does not exist"):
        redshift.modify_cluster_iam_roles(
            ClusterIdentifier="roles", AddIamRoles=["arn:aws:iam::123456789012:role/none"]
        )


def test_credentials(client: Any) -> None:
    redshift = client("redshift")
    given = redshift.get_cluster_credentials(ClusterIdentifier="demo", DbUser="ann", DbName="dev")
    assert given["DbUser"] == "IAM:ann"
    assert len(given["DbPassword"]) > 20
    own = redshift.get_cluster_credentials_with_iam(ClusterIdentifier="demo", DbName="dev")
    assert own["DbUser"] == "IAM:sandbox"
    serverless = client("redshift-serverless").get_credentials(workgroupName="demo-serverless")
    assert serverless["dbUser"] == "IAM:sandbox"


def test_serverless(client: Any) -> None:
    serverless = client("redshift-serverless")
    workgroup = serverless.get_workgroup(workgroupName="demo-serverless")["workgroup"]
    assert (workgroup["status"], workgroup["namespaceName"]) == ("AVAILABLE", "demo-serverless")
    assert re.fullmatch(
        r"arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/[0-9a-f-]{36}",
        workgroup["workgroupArn"],
    )
    namespace = serverless.get_namespace(namespaceName="demo-serverless")["namespace"]
    assert (namespace["dbName"], namespace["adminUsername"], namespace["iamRoles"]) == (
        "dev",
        "admin",
        [],
    )
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.get_workgroup(workgroupName="nope")
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.get_namespace(namespaceName="nope")


def test_update_namespace_replaces_the_roles(client: Any) -> None:
    serverless = client("redshift-serverless")
    first, second = (role(client, f"s-{n}", "redshift-serverless.amazonaws.com") for n in "ab")
    serverless.create_namespace(namespaceName="spaced")
    serverless.create_workgroup(workgroupName="grouped", namespaceName="spaced", baseCapacity=16)
    shown = lambda: serverless.get_namespace(namespaceName="spaced")["namespace"]  # noqa: E731
    serverless.update_namespace(namespaceName="spaced", iamRoles=[first])
    with pytest.raises(serverless.exceptions.ConflictException):
        serverless.update_namespace(namespaceName="spaced", iamRoles=[first, second])
    wait_until(lambda: shown()["status"] == "AVAILABLE")
    assert shown()["iamRoles"] == [f"IamRole(applyStatus=in-sync, iamRoleArn={first})"]
    serverless.update_namespace(namespaceName="spaced", iamRoles=[second], defaultIamRoleArn=second)
    wait_until(lambda: shown()["status"] == "AVAILABLE")
    assert [text.rpartition("=")[2].rstrip(")") for text in shown()["iamRoles"]] == [second]
    assert shown()["defaultIamRoleArn"] == second
    with pytest.raises(ClientError, match="does not emulate changing adminUsername"):
        serverless.update_namespace(namespaceName="spaced", adminUsername="x")
    with pytest.raises(serverless.exceptions.ConflictException):
        serverless.delete_namespace(namespaceName="spaced")
    serverless.delete_workgroup(workgroupName="grouped")
    serverless.delete_namespace(namespaceName="spaced")
    assert "spaced" not in [n["namespaceName"] for n in serverless.list_namespaces()["namespaces"]]


class Sql:
    """Runs statements on one target through the Data API and gives rows, or raises what the database says."""

    def __init__(self, client: Any, **target: str) -> None:
        self._api = client("redshift-data")
        self._target = {"Database": "dev", **target}

    def __call__(self, sql: str) -> list[list[Any]]:
        identifier = self._api.execute_statement(Sql=sql, **self._target)["Id"]
        wait_until(
            lambda: self._describe(identifier)["Status"] in {"FINISHED", "FAILED", "ABORTED"}, 20
        )
        described = self._describe(identifier)
        if described["Status"] != "FINISHED":
            raise LookupError(described["Error"])
        if not described["HasResultSet"]:
            return []
        records = self._api.get_statement_result(Id=identifier)["Records"]
        return [[next(iter(field.values())) for field in record] for record in records]

    def _describe(self, identifier: str) -> Any:
        return self._api.describe_statement(Id=identifier)


@pytest.fixture(scope="module")
def sql(client: Any) -> Sql:
    return Sql(client, ClusterIdentifier="demo", DbUser="admin")


@pytest.fixture(scope="module")
def invoke_role(client: Any, sql: Sql) -> str:
    """A role that is attached to the demo cluster, and an external function's Lambda beside it."""
    arn = role(
        client,
        "calls-double",
        "redshift.amazonaws.com",
        allow=["arn:aws:lambda:us-east-1:123456789012:function:double*"],
    )
    client("redshift").modify_cluster_iam_roles(
        ClusterIdentifier="demo", AddIamRoles=[arn], DefaultIamRoleArn=arn
    )
    time.sleep(0.1)
    sql("CREATE SCHEMA calls")
    return arn


def external(sql: Sql, name: str, role_clause: str, function: str) -> None:
    sql(
        f"CREATE OR REPLACE EXTERNAL FUNCTION calls.{name}(INTEGER) RETURNS INTEGER STABLE "
        f"LAMBDA '{function}' IAM_ROLE {role_clause}"
    )


def test_an_external_function_calls_lambda(sql: Sql, invoke_role: str, make_function: Any) -> None:
    made = make_function("double", HANDLER)
    external(sql, "twice", f"'{invoke_role}'", "double")
    assert sql("SELECT calls.twice(21)") == [[42]]
    external(sql, "twice", "default", made["FunctionArn"])
    assert sql("SELECT calls.twice(4)") == [[8]]
    external(sql, "broken", f"'{invoke_role}'", "double")
    with pytest.raises(LookupError, match="ValueError: out of order"):
        sql("SELECT calls.broken(1)")


def test_batches_and_the_size_of_responses(
    client: Any, sql: Sql, invoke_role: str, make_function: Any
) -> None:
    source = """
import json
def handler(event, context):
    rows = event["arguments"]
    return json.dumps({"results": [f"{len(rows):0{max(0, row[0])}d}" for row in rows]})
"""
    make_function("double-size", source, Timeout=20)
    ddl = (
        "CREATE OR REPLACE EXTERNAL FUNCTION calls.size(INTEGER) RETURNS VARCHAR(MAX) STABLE"
        f" LAMBDA 'double-size' IAM_ROLE '{invoke_role}' RETRY_TIMEOUT 0 "
    )
    sql(f"{ddl} MAX_BATCH_ROWS 10000")
    sql("CREATE TABLE calls.sizes AS SELECT i FROM generate_series(1, 100000) AS s(i)")
    counted = "SELECT calls.size(-i) AS n, COUNT(*) FROM calls.sizes GROUP BY 1"
    assert sorted(sql(counted)) == [["10000", 80000], ["5000", 20000]]
    large = "SELECT COUNT(calls.size(2000 + i % 2)) FROM calls.sizes WHERE i <= 8000"
    sql(f"{ddl} MAX_BATCH_ROWS 2000")
    assert sql(large) == [[8000]]
    sql(f"{ddl} MAX_BATCH_ROWS 10000")
    too_large = "SELECT COUNT(calls.size(4000 + i % 2)) FROM calls.sizes WHERE i <= 8000"
    with pytest.raises(LookupError, match="Response payload size exceeded maximum allowed payload"):
        sql(too_large)


def test_a_function_that_does_not_exist(sql: Sql, invoke_role: str) -> None:
    external(sql, "missing", f"'{invoke_role}'", "double-missing")
    with pytest.raises(LookupError, match="Function not found: arn:aws:lambda:us-east-1"):
        sql("SELECT calls.missing(1)")


def test_a_role_that_may_not_invoke(sql: Sql, invoke_role: str, make_function: Any) -> None:
    make_function("other", HANDLER)
    external(sql, "forbidden", f"'{invoke_role}'", "other")
    with pytest.raises(
        LookupError,
        match=r"calls-double/.* is not authorized to perform: lambda:Inv.* on resource: .*:function:other",
    ):
        sql("SELECT calls.forbidden(1)")


def test_a_role_that_is_not_attached(client: Any, sql: Sql, invoke_role: str) -> None:
    loose = role(client, "loose", "redshift.amazonaws.com")
    assert loose != invoke_role
    external(sql, "loose", f"'{loose}'", "double")
    with pytest.raises(LookupError, match="is not associated to cluster demo"):
        sql("SELECT calls.loose(1)")


def test_a_role_that_does_not_trust_redshift(client: Any, sql: Sql, invoke_role: str) -> None:
    wrong = role(client, "wrong-trust", "ec2.amazonaws.com")
    assert wrong != invoke_role
    client("redshift").modify_cluster_iam_roles(ClusterIdentifier="demo", AddIamRoles=[wrong])
    time.sleep(0.1)
    external(sql, "distrusted", f"'{wrong}'", "double")
    with pytest.raises(LookupError, match=f"Not authorized to get credentials of role {wrong}"):
        sql("SELECT calls.distrusted(1)")


def test_a_chain_of_roles(client: Any, sql: Sql, invoke_role: str, make_function: Any) -> None:
    make_function("chained", HANDLER)
    iam = client("iam")
    last = role(client, "last-link", "ec2.amazonaws.com")
    external(sql, "chained", f"'{invoke_role},{last}'", "chained")
    with pytest.raises(LookupError, match="not authorized to perform: sts:AssumeRole"):
        sql("SELECT calls.chained(1)")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": last}
    iam.put_role_policy(
        RoleName="calls-double",
        PolicyName="chain",
        PolicyDocument=json.dumps({"Statement": statement, "Version": "2012-10-17"}),
    )
    with pytest.raises(LookupError, match=f"Not authorized to get credentials of role {last}"):
        sql("SELECT calls.chained(1)")
    trusting = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": invoke_role}, "Action": "sts:AssumeRole"}
        ],
    }
    iam.update_assume_role_policy(RoleName="last-link", PolicyDocument=json.dumps(trusting))
    assert sql("SELECT calls.chained(3)") == [[6]]


def test_throttled_functions_are_retried_until_the_timeout(
    client: Any, sql: Sql, invoke_role: str, make_function: Any
) -> None:
    make_function("double-none", HANDLER)
    client("lambda").put_function_concurrency(
        FunctionName="double-none", ReservedConcurrentExecutions=0
    )
    external(sql, "throttled", f"'{invoke_role}' RETRY_TIMEOUT 200", "double-none")
    with pytest.raises(LookupError, match=r"(?i)rate exceeded"):
        sql("SELECT calls.throttled(1)")
    client("lambda").delete_function_concurrency(FunctionName="double-none")


def test_serverless_statements_and_calls(client: Any, make_function: Any) -> None:
    make_function("double-serverless", HANDLER)
    arn = role(
        client, "serverless-calls", "redshift.amazonaws.com", "redshift-serverless.amazonaws.com"
    )
    client("redshift-serverless").update_namespace(namespaceName="demo-serverless", iamRoles=[arn])
    time.sleep(0.1)
    secret = client("secretsmanager").create_secret(
        Name="demo-admin", SecretString=json.dumps({"username": "admin", "password": "x"})
    )["ARN"]
    sql = Sql(client, WorkgroupName="demo-serverless", SecretArn=secret)
    assert sql("SELECT current_user") == [["admin"]]
    sql("CREATE SCHEMA calls")
    external(sql, "twice", f"'{arn}'", "double-serverless")
    assert sql("SELECT calls.twice(5)") == [[10]]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"ClusterIdentifier": "nope", "DbUser": "admin"}, "Redshift endpoint doesn't exist in this region."),
        ({"WorkgroupName": "nope"}, "Redshift endpoint doesn't exist in this region."),
        ({"ClusterIdentifier": "demo", "WorkgroupName": "demo-serverless"}, "not both"),
        ({}, "must be provided"),
        ({"ClusterIdentifier": "demo", "Database": "nope", "DbUser": "admin"}, 'database "nope" does not exist'),
        ({"ClusterIdentifier": "demo", "Database": "../x", "DbUser": "admin"}, "does not exist"),
        ({"WorkgroupName": "demo-serverless", "DbUser": "admin"}, "not supported"),
        (
            {
                "WorkgroupName": "demo-serverless",
                "SecretArn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:no",
            },
            "can't find the specified secret",
        ),
    ],
    ids=range(8),
)  # fmt: skip
def test_targets_that_do_not_exist(client: Any, target: dict[str, str], text: str) -> None:
    with pytest.raises(ClientError) as error:
        client("redshift-data").execute_statement(
            **{"Sql": "SELECT 1", "Database": "dev", **target}
        )
    assert error.value.response["Error"]["Code"] == "ValidationException"
    assert text in error.value.response["Error"]["Message"]


def test_the_database_user_of_an_iam_identity(client: Any) -> None:
    assert Sql(client, ClusterIdentifier="demo")("SELECT current_user") == [["IAM:sandbox"]]
    arn = role(client, "analyst", "ec2.amazonaws.com")
    trusting = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    client("iam").update_assume_role_policy(
        RoleName="analyst",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusting]}),
    )
    given = client("sts").assume_role(RoleArn=arn, RoleSessionName="s")["Credentials"]

    def as_analyst(service: str) -> Any:
        return client(service, key=given["AccessKeyId"])

    assert as_analyst("sts").get_caller_identity()["Arn"].endswith("assumed-role/analyst/s")
    assert Sql(as_analyst, ClusterIdentifier="demo")("SELECT current_user") == [["IAMR:analyst"]]


def test_regions_have_databases_of_their_own(client: Any, sql: Sql) -> None:
    sql("CREATE TABLE only_here (x INTEGER)")

    def elsewhere(service: str) -> Any:
        return client(service, region="eu-west-1")

    with pytest.raises(LookupError, match="only_here"):
        Sql(elsewhere, ClusterIdentifier="demo", DbUser="admin")("SELECT * FROM only_here")


@pytest.fixture
def faulty(sandbox: Any) -> Any:
    """The faults of the sandbox, which are gone after the test."""
    yield sandbox.faults
    sandbox.faults.clear()


def test_calls_from_sql_meet_faults(
    sql: Sql, invoke_role: str, make_function: Any, faulty: Any
) -> None:
    make_function("double-faulty", HANDLER)
    external(sql, "faulty", f"'{invoke_role}'", "double-faulty")
    about = {"where": "double-faulty"}
    faulty.add(faults.throttled("lambda:Invoke", times=2, **about), faults.expired("lambda:*"))
    assert sql("SELECT calls.faulty(1)") == [[2]], "Redshift asks again; its credentials last"
    assert [state.hits for state in faulty.states()] == [2, 0]
    faulty.clear()
    for code in ("EC2ThrottledException", "ServiceException"):
        faulty.add(faults.error("lambda:Invoke", code, **about))
        assert sql("SELECT calls.faulty(1)") == [[2]]
    faulty.add(faults.error("lambda:Invoke", "AccessDeniedException", "not today", **about))
    with pytest.raises(LookupError, match="not today"):
        sql("SELECT calls.faulty(1)")
    faulty.add(faults.killed_worker(**about))
    with pytest.raises(LookupError, match="exited with error"):
        sql("SELECT calls.faulty(1)")
    faulty.add(faults.role_not_ready(3600, where="calls-double"))
    with pytest.raises(LookupError, match="Not authorized to get credentials of role"):
        sql("SELECT calls.faulty(1)")
    faulty.clear()
    assert sql("SELECT calls.faulty(1)") == [[2]]
