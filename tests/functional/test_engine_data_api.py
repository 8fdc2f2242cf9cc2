"""The Data API over the engine, without HTTP: requests in, answers out, statements running in its workers."""

import json
import threading
import time

import botocore.session
import pytest
from botocore.validate import ParamValidator

from carto_at_installer.sandbox.data_api.archive import Archive
from carto_at_installer.sandbox.data_api.service import DataApi
from carto_at_installer.sandbox.engine import Cluster, Engine
from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.identity import Caller

ROLE = "arn:aws:iam::123456789012:role/caller"
ME = Caller("arn:aws:sts::123456789012:assumed-role/deployer/one", "AROAX:one", "123456789012")
ME_AGAIN = Caller(
    "arn:aws:sts::123456789012:assumed-role/deployer/two", "AROAX:two", "123456789012"
)
OTHER = Caller("arn:aws:iam::123456789012:user/other", "AIDAY", "123456789012")
ENDED = {"FINISHED", "FAILED", "ABORTED"}
MODEL = botocore.session.get_session().get_service_model("redshift-data")


class Targets:
    """One database; the user is what DbUser says."""

    def __init__(self, call):
        self.opened = Engine(
            ":memory:",
            "dev",
            call,
            Cluster("arn:aws:redshift:eu-west-1:123456789012:namespace:x"),
        )

    def engine(self, request):
        if request.get("ClusterIdentifier") != "demo":
            raise AwsServiceError(
                "ValidationException", "Redshift endpoint doesn't exist in this region."
            )
        return self.opened

    def database_user(self, request, caller):
        return request.get("DbUser") or f"IAMR:{caller.arn.split('/')[1]}"


class SlowLambda:
    """Waits until it is told to answer."""

    def __init__(self):
        self.go = threading.Event()
        self.called = threading.Event()

    def __call__(self, call):
        self.called.set()
        self.go.wait(20)
        size = json.loads(call.payload)["num_records"]
        return json.dumps(json.dumps({"results": [1] * size})).encode()


@pytest.fixture(scope="module")
def slow():
    return SlowLambda()


@pytest.fixture(scope="module")
def api(slow, tmp_path_factory):
    targets = Targets(slow)
    archive = Archive(tmp_path_factory.mktemp("archive") / "statements.sqlite")
    api = DataApi(targets, archive, "us-east-1")
    yield api
    slow.go.set()
    api.close()
    targets.opened.close()


def call(api, operation, caller=ME, **request):
    """One request, its answer checked against botocore's model of the service."""
    model = MODEL.operation_model(operation)
    report = ParamValidator().validate(request, model.input_shape)
    assert not report.has_errors(), report.generate_report()
    answer = api.handle(operation, request, caller)
    assert set(answer) <= set(model.output_shape.members), answer
    return answer


def wait(api, identifier, caller=ME):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = call(api, "DescribeStatement", caller, Id=identifier)
        if found["Status"] in ENDED:
            return found
        time.sleep(0.01)
    raise AssertionError(found)


def execute(api, sql, **more):
    target = (
        {}
        if "SessionId" in more
        else {"ClusterIdentifier": "demo", "Database": "dev", "DbUser": "admin"}
    )
    return wait(api, call(api, "ExecuteStatement", Sql=sql, **(target | more))["Id"])


def batch(api, *sqls, **more):
    target = {"ClusterIdentifier": "demo", "Database": "dev", "DbUser": "admin"}
    return wait(api, call(api, "BatchExecuteStatement", Sqls=list(sqls), **(target | more))["Id"])


def records(api, described):
    return call(api, "GetStatementResult", Id=described["Id"])["Records"]


def test_a_query_and_its_typed_fields(api):
    done = execute(
        api,
        "SELECT 1 AS i, 2.5::float8 AS f, true AS b, 'x' AS v, 1.50 AS d, NULL AS n, json_parse('[1]') AS s",
    )
    assert (done["Status"], done["HasResultSet"], done["ResultRows"]) == ("FINISHED", True, 1)
    assert done["Duration"] > 0
    answer = call(api, "GetStatementResult", Id=done["Id"])
    assert answer["Records"] == [
        [{"longValue": 1}, {"doubleValue": 2.5}, {"booleanValue": True}, {"stringValue": "x"},
         {"stringValue": "1.50"}, {"isNull": True}, {"stringValue": "[1]"}]
    ]  # fmt: skip
    assert [column["typeName"] for column in answer["ColumnMetadata"]] == [
        "int4", "float8", "bool", "varchar", "numeric", "int4", "super",
    ]  # fmt: skip
    assert [column["name"] for column in answer["ColumnMetadata"]] == [
        "i",
        "f",
        "b",
        "v",
        "d",
        "n",
        "s",
    ]


def test_submitting_answers_at_once_and_names_the_target(api):
    answer = call(api, "ExecuteStatement", Sql="SELECT 1", ClusterIdentifier="demo", Database="dev")
    assert set(answer) == {"Id", "CreatedAt", "ClusterIdentifier", "Database", "DbUser"}
    assert answer["DbUser"] == "IAMR:deployer"
    assert wait(api, answer["Id"])["Status"] == "FINISHED"


def test_long_polling_waits_for_the_end(api):
    answer = call(
        api, "ExecuteStatement", Sql="SELECT 1", ClusterIdentifier="demo", WaitTimeSeconds=10
    )
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)


def test_an_error_is_the_databases_text(api):
    failed = execute(api, "SELECT 1/0")
    assert (failed["Status"], failed["Error"]) == ("FAILED", "ERROR: Divide by zero")
    with pytest.raises(AwsServiceError) as caught:
        records(api, failed)
    assert caught.value.code == "ResourceNotFoundException"
    assert "does not have result" in caught.value.message


def test_large_results_come_in_pages(api):
    done = execute(
        api, "SELECT i, repeat('x', 100) AS t FROM generate_series(1, 25000) i ORDER BY i"
    )
    token, seen, pages = None, [], 0
    while True:
        more = {"NextToken": token} if token else {}
        answer = call(api, "GetStatementResult", Id=done["Id"], **more)
        seen += [row[0]["longValue"] for row in answer["Records"]]
        pages += 1
        token = answer.get("NextToken")
        if not token:
            break
    assert seen == list(range(1, 25001))
    assert pages > 2
    assert answer["TotalNumRows"] == 25000
    with pytest.raises(AwsServiceError, match="Invalid NextToken"):
        call(api, "GetStatementResult", Id=done["Id"], NextToken="nonsense")


def test_rows_have_at_most_64_kb(api):
    assert execute(api, "SELECT REPEAT('x', 65536)")["Status"] == "FINISHED"
    failed = execute(api, "SELECT REPEAT('x', 65536), 1 AS y")
    assert failed["Status"] == "FAILED"
    assert "rows of up to 64 KB" in failed["Error"]


def test_results_as_csv(api):
    done = execute(api, "SELECT 1 AS a, 'x,y' AS b, NULL AS c", ResultFormat="CSV")
    answer = call(api, "GetStatementResultV2", Id=done["Id"])
    assert answer["Records"] == [{"CSVRecords": 'a,b,c\r\n1,"x,y",\r\n'}]
    with pytest.raises(AwsServiceError, match="GetStatementResultV2"):
        records(api, done)


def test_a_batch_is_one_transaction(api):
    done = batch(
        api,
        "CREATE SCHEMA one",
        "CREATE TABLE one.t (a INT)",
        "INSERT INTO one.t VALUES (1)",
        "SELECT * FROM one.t",
    )
    assert done["Status"] == "FINISHED"
    assert [part["Status"] for part in done["SubStatements"]] == ["FINISHED"] * 4
    assert [part["HasResultSet"] for part in done["SubStatements"]] == [False, False, False, True]
    assert records(api, {"Id": f"{done['Id']}:4"}) == [[{"longValue": 1}]]


def test_a_failing_batch_takes_everything_back(api):
    failed = batch(
        api, "CREATE SCHEMA two", "CREATE TABLE two.t (a INT)", "SELECT nothing", "SELECT 1"
    )
    assert [part["Status"] for part in failed["SubStatements"]] == [
        "FINISHED",
        "FINISHED",
        "FAILED",
        "ABORTED",
    ]
    assert failed["Status"] == "FAILED"
    assert failed["SubStatements"][2]["Error"] == 'ERROR: column "nothing" does not exist'
    assert 'ERROR: column "nothing" does not exist' in failed["Error"]
    done = execute(api, "SELECT count(*) FROM pg_namespace WHERE nspname = 'two'")
    assert records(api, done) == [[{"longValue": 0}]]


def test_a_batch_in_auto_commit_keeps_what_worked(api):
    failed = batch(
        api,
        "CREATE SCHEMA three",
        "SELECT nothing",
        "CREATE TABLE three.t (a INT)",
        ExecutionMode="AUTO_COMMIT",
    )
    assert [part["Status"] for part in failed["SubStatements"]] == [
        "FINISHED",
        "FAILED",
        "FINISHED",
    ]
    assert execute(api, "SELECT * FROM three.t")["Status"] == "FINISHED"


def test_parameters(api):
    done = execute(
        api, "SELECT :a || 'b', :n + 1::int, '10:30'::varchar",
        Parameters=[{"name": "a", "value": "it's"}, {"name": "n", "value": "4"}],
    )  # fmt: skip
    assert records(api, done)[0][:2] == [{"stringValue": "it'sb"}, {"longValue": 5}]
    with pytest.raises(AwsServiceError, match="not used in the SQL statement: zz"):
        execute(
            api, "SELECT :a", Parameters=[{"name": "a", "value": "1"}, {"name": "zz", "value": "1"}]
        )
    done = batch(api, "SELECT :a", "SELECT 2", Parameters=[{"name": "a", "value": "1"}])
    assert done["Status"] == "FINISHED"


def test_sessions_keep_their_state(api):
    first = execute(api, "CREATE TEMP TABLE mine (a INT)", SessionKeepAliveSeconds=60)
    session = first["SessionId"]
    for sql in ("BEGIN", "INSERT INTO mine VALUES (7)", "COMMIT"):
        assert execute(api, sql, SessionId=session)["Status"] == "FINISHED"
    done = execute(api, "SELECT a FROM mine", SessionId=session)
    assert records(api, done) == [[{"longValue": 7}]]
    assert done["Database"] == "dev"
    assert execute(api, "SELECT a FROM mine")["Status"] == "FAILED"
    with pytest.raises(AwsServiceError) as caught:
        call(
            api,
            "ExecuteStatement",
            Sql="SELECT 1",
            SessionId="00000000-0000-0000-0000-000000000000",
        )
    assert caught.value.code == "ResourceNotFoundException"


def test_dml_reports_the_rows_it_changed(api):
    execute(api, "CREATE TABLE changed AS SELECT i FROM generate_series(1, 4) i")
    done = execute(api, "UPDATE changed SET i = 0 WHERE i > 1")
    assert (done["HasResultSet"], done["ResultRows"]) == (False, 3)


def test_a_call_that_does_not_fit_is_named_with_its_types_in_a_batch_too(api):
    ddl = "CREATE FUNCTION strict_one(BIGINT) RETURNS BIGINT IMMUTABLE AS $$ SELECT $1 $$ LANGUAGE sql"
    failed = batch(api, ddl, "SELECT strict_one(1.5::float8)")
    assert "function strict_one(double precision) does not exist" in failed["Error"]


def test_sessions_expire(api):
    session = execute(api, "SELECT 1", SessionKeepAliveSeconds=1)["SessionId"]
    time.sleep(1.1)
    with pytest.raises(AwsServiceError, match="expired"):
        execute(api, "SELECT 1", SessionId=session)


def test_a_client_token_makes_a_request_once(api):
    execute(api, "CREATE TABLE counted (a INT)")
    execute(api, "GRANT INSERT ON counted TO PUBLIC")
    request = {
        "Sql": "INSERT INTO counted VALUES (1)",
        "ClusterIdentifier": "demo",
        "Database": "dev",
        "ClientToken": "t1",
    }
    first, second = (call(api, "ExecuteStatement", **request) for _ in range(2))
    assert first["Id"] == second["Id"]
    assert wait(api, first["Id"])["Status"] == "FINISHED"
    assert records(api, execute(api, "SELECT count(*) FROM counted")) == [[{"longValue": 1}]]
    with pytest.raises(AwsServiceError, match="ClientToken"):
        call(api, "ExecuteStatement", **(request | {"Sql": "SELECT 1"}))


def test_statements_pass_through_their_states_and_can_be_cancelled(api, slow):
    execute(
        api,
        f"CREATE EXTERNAL FUNCTION wait_for(INT) RETURNS INT STABLE LAMBDA 'x' IAM_ROLE '{ROLE}' RETRY_TIMEOUT 0",
    )
    slow.called.clear()
    identifier = call(api, "ExecuteStatement", Sql="SELECT wait_for(1)", ClusterIdentifier="demo")[
        "Id"
    ]
    assert slow.called.wait(10)
    assert call(api, "DescribeStatement", Id=identifier)["Status"] == "STARTED"
    assert call(api, "ListStatements", Status="STARTED")["Statements"][0]["Id"] == identifier
    assert call(api, "CancelStatement", Id=identifier) == {"Status": True}
    slow.go.set()
    done = wait(api, identifier)
    assert done["Status"] == "ABORTED"
    assert "cancelled" in done["Error"]
    with pytest.raises(AwsServiceError, match="already in ABORTED state"):
        call(api, "CancelStatement", Id=identifier)


def test_a_running_query_can_be_cancelled(api):
    sql = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE (a.a * b.b) % 7 = 3"
    identifier = call(api, "ExecuteStatement", Sql=sql, ClusterIdentifier="demo")["Id"]
    time.sleep(0.3)
    call(api, "CancelStatement", Id=identifier)
    assert wait(api, identifier)["Status"] == "ABORTED"


def test_statements_are_seen_by_their_role_only(api):
    done = execute(api, "SELECT 1", StatementName="mine-1")
    assert call(api, "DescribeStatement", ME_AGAIN, Id=done["Id"])["Status"] == "FINISHED"
    with pytest.raises(AwsServiceError, match="Query does not exist"):
        call(api, "DescribeStatement", OTHER, Id=done["Id"])
    listed = call(api, "ListStatements", StatementName="mine", MaxResults=5)["Statements"]
    assert [each["Id"] for each in listed] == [done["Id"]]
    assert call(api, "ListStatements", OTHER)["Statements"] == []
    mine = call(api, "ListStatements", ME_AGAIN, StatementName="mine", RoleLevel=False)
    assert mine["Statements"] == []
    page = call(api, "ListStatements", MaxResults=2)
    assert len(page["Statements"]) == 2
    again = call(api, "ListStatements", MaxResults=2, NextToken=page["NextToken"])
    assert page["Statements"][-1]["Id"] != again["Statements"][0]["Id"]


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("ExecuteStatement", {"Sql": "  ", "ClusterIdentifier": "demo"}, "empty"),
        ("ExecuteStatement", {"ClusterIdentifier": "demo"}, "Value null at 'sql'"),
        (
            "ExecuteStatement",
            {"Sql": "x" * 102_401, "ClusterIdentifier": "demo"},
            "larger than 100kB",
        ),
        (
            "BatchExecuteStatement",
            {"Sqls": ["SELECT 1"] * 41, "ClusterIdentifier": "demo"},
            "less than or equal to 40",
        ),
        (
            "ExecuteStatement",
            {"Sql": "SELECT 1", "ClusterIdentifier": "nope"},
            "Redshift endpoint doesn't exist",
        ),
        (
            "ExecuteStatement",
            {"Sql": "SELECT 1", "ClusterIdentifier": "demo", "WaitTimeSeconds": 31},
            "WaitTimeSeconds",
        ),
        (
            "DescribeStatement",
            {"Id": "00000000-0000-0000-0000-000000000000"},
            "Query does not exist",
        ),
        ("PurgeStatements", {"Database": "dev"}, "redshift-data:PurgeStatements"),
        (
            "ListTables",
            {"Database": "no", "ClusterIdentifier": "demo"},
            'database "no" does not exist',
        ),
        (
            "ListTables",
            {"Database": "dev", "ClusterIdentifier": "demo", "DbUser": "nobody"},
            'FATAL: user "nobody" does not exist',
        ),
        (
            "ExecuteStatement",
            {"Sql": "SELECT 1", "ClusterIdentifier": "demo", "DbUser": "nobody"},
            'FATAL: user "nobody" does not exist',
        ),
    ],
)
def test_bad_requests_are_refused(api, operation, request_, message):
    with pytest.raises(AwsServiceError) as caught:
        api.handle(operation, request_, ME)
    assert message in caught.value.message


def test_what_a_database_holds(api):
    target = {"ClusterIdentifier": "demo", "Database": "dev", "DbUser": "admin"}
    for sql in (
        "CREATE SCHEMA listed",
        "CREATE TABLE listed.t (a INT NOT NULL, b VARCHAR(7) DEFAULT 'x', c DECIMAL(8,3))",
        "CREATE VIEW listed.v AS SELECT a FROM listed.t",
    ):
        assert execute(api, sql)["Status"] == "FINISHED"
    assert call(api, "ListDatabases", **target) == {"Databases": ["dev"]}
    assert call(api, "ListSchemas", **target, SchemaPattern="lis%") == {"Schemas": ["listed"]}
    assert "pg_catalog" in call(api, "ListSchemas", **target)["Schemas"]
    first = call(api, "ListTables", **target, SchemaPattern="listed", MaxResults=1)
    assert first["Tables"] == [{"schema": "listed", "name": "t", "type": "TABLE"}]
    rest = call(api, "ListTables", **target, SchemaPattern="listed", NextToken=first["NextToken"])
    assert rest == {"Tables": [{"schema": "listed", "name": "v", "type": "VIEW"}]}
    described = call(api, "DescribeTable", **target, Schema="listed", Table="t")
    shown = [
        (
            each["name"],
            each["typeName"],
            each["length"],
            each["precision"],
            each["scale"],
            each["nullable"],
        )
        for each in described["ColumnList"]
    ]
    assert shown == [
        ("a", "int4", 0, 0, 0, 0),
        ("b", "varchar", 7, 7, 0, 1),
        ("c", "numeric", 0, 8, 3, 1),
    ]
    assert described["TableName"] == "t"
    assert "'x'" in described["ColumnList"][1]["columnDefault"]
    assert call(api, "DescribeTable", **target, Table="absent")["ColumnList"] == []
