"""The Data API client against a fake of the service's client: states, failures, sessions, sizes."""

from types import SimpleNamespace

import pytest

from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.retries import telling
from carto_at_installer.core.errors import SqlError
from carto_at_installer.core.options import TargetOptions
from carto_at_installer.core.queries import Column

TARGET = TargetOptions("demo", None, "dev", db_user="admin")


class FakeService:
    """The redshift-data client: statements end in the states given, after `pending` looks at them."""

    def __init__(self, *, long_poll=False, pending=0, failing=None):
        self.calls = []
        self.pending = pending
        self.failing = failing or {}
        members = {"Id": 1, **({"WaitTimeSeconds": 1} if long_poll else {})}
        shape = SimpleNamespace(input_shape=SimpleNamespace(members=members))
        self.meta = SimpleNamespace(service_model=SimpleNamespace(operation_model=lambda _: shape))
        self._statements = {}

    def client(self, service):
        assert service == "redshift-data"
        return self

    def execute_statement(self, **request):
        return self._submit("execute", request, [request["Sql"]])

    def batch_execute_statement(self, **request):
        return self._submit("batch", request, request["Sqls"])

    def _submit(self, kind, request, sqls):
        self.calls.append((kind, request))
        number = f"id-{len(self.calls)}"
        self._statements[number] = (sqls, self.pending)
        waited = {"Status": "FINISHED"} if "WaitTimeSeconds" in request and not self.pending else {}
        return {
            "Id": number,
            **waited,
            **({"SessionId": "s-1"} if "SessionKeepAliveSeconds" in request else {}),
        }

    def describe_statement(self, **request):
        self.calls.append(("describe", request))
        sqls, pending = self._statements[request["Id"]]
        if pending:
            self._statements[request["Id"]] = (sqls, pending - 1)
            return {"Id": request["Id"], "Status": "STARTED"}
        parts = [self._part(sql) for sql in sqls]
        bad = next((part for part in parts if part["Status"] != "FINISHED"), {"Status": "FINISHED"})
        has_rows = len(sqls) == 1 and sqls[0].startswith("SELECT")
        return {"Id": request["Id"], "HasResultSet": has_rows, "SubStatements": parts, **bad}

    def _part(self, sql):
        for text, error in self.failing.items():
            if text in sql:
                return {"Status": "FAILED", "Error": error, "QueryString": sql}
        return {"Status": "FINISHED", "QueryString": sql}

    def cancel_statement(self, **request):
        self.calls.append(("cancel", request))

    def get_paginator(self, name):
        assert name == "get_statement_result"
        pages = [
            {
                "ColumnMetadata": [{"name": "a", "typeName": "int8"}],
                "Records": [[{"longValue": 1}]],
            },
            {
                "ColumnMetadata": [{"name": "a", "typeName": "int8"}],
                "Records": [[{"isNull": True}]],
            },
        ]
        return SimpleNamespace(paginate=lambda Id: pages)  # noqa: N803

    def kinds(self):
        return [kind for kind, _ in self.calls]


def test_rows_of_all_pages_come_back_typed():
    answer = DataApi(FakeService(), TARGET).query("SELECT a FROM t")
    assert answer.columns == (Column("a", "int8"),)
    assert answer.rows == ((1,), (None,))


def test_the_target_and_the_login_are_named():
    service = FakeService()
    DataApi(service, TARGET).query("SELECT 1")
    request = service.calls[0][1]
    assert request == {
        "Sql": "SELECT 1",
        "ClusterIdentifier": "demo",
        "Database": "dev",
        "DbUser": "admin",
    }


def test_parameters_are_passed_beside_the_sql():
    service = FakeService()
    DataApi(service, TARGET).query("SELECT :a", {"a": "1"})
    assert service.calls[0][1]["Parameters"] == [{"name": "a", "value": "1"}]


def test_it_waits_until_the_statement_has_ended():
    service = FakeService(pending=2)
    DataApi(service, TARGET).execute("CREATE TABLE t (a INT)")
    assert service.kinds() == ["execute", "describe", "describe", "describe"]


def test_long_polling_is_used_where_botocore_knows_it():
    service = FakeService(long_poll=True, pending=1)
    DataApi(service, TARGET).execute("CREATE TABLE t (a INT)")
    assert [request["WaitTimeSeconds"] > 0 for _, request in service.calls] == [True] * 3


def test_a_statement_that_does_not_end_is_cancelled():
    service = FakeService(pending=1000)
    with pytest.raises(SqlError, match="did not end"):
        DataApi(service, TARGET, timeout_s=0.1).execute("VACUUM")
    assert service.kinds()[-1] == "cancel"


def test_the_error_is_the_databases_own_with_its_statement():
    service = FakeService(failing={"boom": "ERROR: permission denied for language exfunc"})
    with pytest.raises(SqlError, match="permission denied for language exfunc") as error:
        DataApi(service, TARGET).execute("CREATE boom")
    assert error.value.sqltext == "CREATE boom"
    assert "--db-user" in error.value.hint


def test_the_failed_statement_of_a_batch_is_named():
    service = FakeService(failing={"second": "ERROR: syntax error"})
    with pytest.raises(SqlError, match="syntax error") as error:
        DataApi(service, TARGET).transaction(["first", "second", "third"])
    assert error.value.sqltext == "second"
    assert service.calls[0][1]["Sqls"] == ["first", "second", "third"]


def test_more_statements_than_a_batch_takes_run_between_begin_and_commit_in_one_session():
    service = FakeService()
    DataApi(service, TARGET).transaction([f"s{n}" for n in range(41)])
    sent = [request for kind, request in service.calls if kind == "execute"]
    assert [request["Sql"] for request in sent] == [
        "BEGIN",
        *(f"s{n}" for n in range(41)),
        "COMMIT",
    ]
    assert "SessionId" not in sent[0]
    assert all(request["SessionId"] == "s-1" for request in sent[1:])
    assert all("ClusterIdentifier" not in request for request in sent[1:])


def test_a_long_transaction_that_fails_is_rolled_back():
    service = FakeService(failing={"s40": "ERROR: no"})
    with pytest.raises(SqlError, match="no"):
        DataApi(service, TARGET).transaction([f"s{n}" for n in range(41)])
    sent = [request["Sql"] for kind, request in service.calls if kind == "execute"]
    assert sent[-1] == "ROLLBACK"
    assert "COMMIT" not in sent


def test_a_transaction_that_meets_another_one_is_repeated():
    service = FakeService(failing={"boom": "ERROR: 1023 DETAIL: Serializable isolation violation"})
    api, told = DataApi(service, TARGET), []

    def heal(reason):
        told.append(reason)
        service.failing = {}

    with telling(heal):
        api.transaction(["boom"])
    assert told == ["the transaction met another one and is repeated"]
    assert service.kinds().count("batch") == 2


def test_an_open_transaction_does_not_outlive_its_client_for_long():
    service = FakeService()
    DataApi(service, TARGET).transaction([f"s{n}" for n in range(41)])
    assert {
        request["SessionKeepAliveSeconds"] for kind, request in service.calls if kind == "execute"
    } == {30}


def test_the_end_of_a_quick_statement_needs_no_second_call_where_botocore_can_wait():
    service = FakeService(long_poll=True)
    DataApi(service, TARGET).transaction(["first"])
    assert service.kinds() == ["batch"]


def test_a_statement_over_100_kb_is_refused_before_it_is_sent():
    service = FakeService()
    with pytest.raises(SqlError, match="too long"):
        DataApi(service, TARGET).execute("SELECT '" + "x" * 102_400 + "'")
    assert service.calls == []
