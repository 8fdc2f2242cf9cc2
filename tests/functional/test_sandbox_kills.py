"""The sandbox killed at random moments under a load of changes: whatever was answered before is there afterwards."""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from carto_at_installer.sandbox import daemon
from tests.functional.conftest import client_for, trust, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROUNDS = 3
TARGET = {"ClusterIdentifier": "demo", "Database": "dev", "DbUser": "admin"}
CODE = zipped({"code.py": "def handler(event, context): return 1"})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "home"
    place.mkdir()
    (place / "settings.json").write_text('{"rate_limits": 0}')
    yield place
    daemon.stop(place)


def run(endpoint: str, *statements: str) -> str:
    """The status of a statement, or of a batch."""
    data = client_for(endpoint, "redshift-data")
    if len(statements) == 1:
        started = data.execute_statement(Sql=statements[0], **TARGET)
    else:
        started = data.batch_execute_statement(Sqls=list(statements), **TARGET)
    while True:
        described = data.describe_statement(Id=started["Id"])
        if described["Status"] in {"FINISHED", "FAILED", "ABORTED"}:
            return str(described["Status"])
        time.sleep(0.002)


def rows(endpoint: str, sql: str) -> list[Any]:
    data = client_for(endpoint, "redshift-data")
    started = data.execute_statement(Sql=sql, **TARGET)["Id"]
    while (status := data.describe_statement(Id=started)["Status"]) != "FINISHED":
        assert status not in {"FAILED", "ABORTED"}, data.describe_statement(Id=started)
        time.sleep(0.01)
    found: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = data.get_statement_result(Id=started, **token)
        found += [next(iter(record[0].values())) for record in page["Records"]]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


class Load:
    """Changes of several services, each in a thread of its own, until the server is gone; notes what was answered."""

    def __init__(self, endpoint: str, first: int, role: str) -> None:
        self.answered: dict[str, list[int]] = {
            "rows": [],
            "batches": [],
            "functions": [],
            "secrets": [],
        }
        clients = {name: client_for(endpoint, name) for name in ("lambda", "secretsmanager")}

        def row(number: int) -> bool:
            return run(endpoint, f"INSERT INTO public.kept VALUES ({number})") == "FINISHED"

        def batch(number: int) -> bool:
            body = f"CREATE FUNCTION public.f{number}() RETURNS INTEGER STABLE AS $$ SELECT {number} $$ LANGUAGE sql"
            return run(endpoint, body, f"INSERT INTO public.made VALUES ({number})") == "FINISHED"

        def function(number: int) -> bool:
            clients["lambda"].create_function(
                FunctionName=f"kept-{number}",
                Runtime="python3.13",
                Role=role,
                Handler="code.handler",
                Code={"ZipFile": CODE},
            )
            return True

        def secret(number: int) -> bool:
            clients["secretsmanager"].create_secret(Name=f"kept-{number}", SecretString="x")
            return True

        changes = {"rows": row, "batches": batch, "functions": function, "secrets": secret}
        self._threads = [
            threading.Thread(target=self._work, args=(kind, change, first))
            for kind, change in changes.items()
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, kind: str, change: Callable[[int], bool], number: int) -> None:
        for current in range(number, number + 10_000):
            try:
                if change(current):
                    self.answered[kind].append(current)
            except (BotoCoreError, ClientError):
                return

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def test_killed_at_random_moments_under_load(home: Path) -> None:
    moments = random.Random()  # noqa: S311 - another moment at every run
    info = daemon.start(home)
    role = client_for(info.endpoint, "iam").create_role(
        RoleName="kept", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )["Role"]["Arn"]
    assert run(info.endpoint, "CREATE TABLE public.kept (n INTEGER)") == "FINISHED"
    assert run(info.endpoint, "CREATE TABLE public.made (n INTEGER)") == "FINISHED"
    answered: dict[str, set[int]] = {}
    for turn in range(ROUNDS):
        load = Load(info.endpoint, turn * 10_000, role)
        deadline = time.monotonic() + 30
        while not all(load.answered.values()) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.5))
        os.kill(info.pid, signal.SIGKILL)
        load.join()
        for kind, numbers in load.answered.items():
            assert numbers, kind
            answered.setdefault(kind, set()).update(numbers)
        info = daemon.start(home)
        check(info.endpoint, answered)


def check(endpoint: str, answered: dict[str, set[int]]) -> None:
    """Everything that was answered is there, once; and what a transaction did is there together."""
    kept = rows(endpoint, "SELECT n FROM public.kept")
    assert len(kept) == len(set(kept))
    assert answered["rows"] <= set(kept)
    made = set(rows(endpoint, "SELECT n FROM public.made"))
    assert answered["batches"] <= made
    names = rows(endpoint, "SELECT proname FROM pg_proc WHERE proname LIKE 'f%'")
    assert {int(name[1:]) for name in names} == made
    number = max(made)
    assert rows(endpoint, f"SELECT public.f{number}()") == [number]
    pages = client_for(endpoint, "lambda").get_paginator("list_functions").paginate()
    functions = {item["FunctionName"] for page in pages for item in page["Functions"]}
    assert {f"kept-{n}" for n in answered["functions"]} <= functions
    invoked = client_for(endpoint, "lambda").invoke(
        FunctionName=f"kept-{max(answered['functions'])}"
    )
    assert invoked["Payload"].read() == b"1"
    pages = client_for(endpoint, "secretsmanager").get_paginator("list_secrets").paginate()
    secrets = {item["Name"] for page in pages for item in page["SecretList"]}
    assert {f"kept-{n}" for n in answered["secrets"]} <= secrets


LONG = (
    "SELECT COUNT(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a <> b"
)


def test_statements_that_were_answered_are_known_after_a_kill(home: Path) -> None:
    info = daemon.start(home)
    data = client_for(info.endpoint, "redshift-data")
    assert run(info.endpoint, "CREATE TABLE public.kept (n INTEGER)") == "FINISHED"
    sql = "SELECT 1 AS i, 0.1::float8 AS f, true AS b, NULL::varchar AS n, 'Zoë' AS t"
    ids = {
        "select": data.execute_statement(
            Sql=sql, ClientToken="once", StatementName="named", **TARGET
        ),
        "failed": data.execute_statement(Sql="SELECT nothing", **TARGET),
        "batch": data.batch_execute_statement(
            Sqls=["INSERT INTO public.kept VALUES (1)", "SELECT n FROM public.kept"], **TARGET
        ),
        "csv": data.execute_statement(Sql="SELECT 2 AS two", ResultFormat="CSV", **TARGET),
    }
    names = {name: started["Id"] for name, started in ids.items()}
    before = {name: ended(data, identifier) for name, identifier in names.items()}
    session = data.execute_statement(Sql="SELECT 1", SessionKeepAliveSeconds=60, **TARGET)
    ended(data, session["Id"])
    records = data.get_statement_result(Id=names["select"])["Records"]
    running = data.execute_statement(Sql=LONG, **TARGET)["Id"]
    while data.describe_statement(Id=running)["Status"] != "STARTED":
        time.sleep(0.01)
    os.kill(info.pid, signal.SIGKILL)

    data = client_for(daemon.start(home).endpoint, "redshift-data")
    for name, identifier in names.items():
        assert described(data, identifier) == before[name], name
    assert data.get_statement_result(Id=names["select"])["Records"] == records
    (row,) = data.get_statement_result(Id=f"{names['batch']}:2")["Records"]
    assert row == [{"longValue": 1}]
    assert "2" in data.get_statement_result_v2(Id=names["csv"])["Records"][0]["CSVRecords"]
    stopped = data.describe_statement(Id=running)
    assert stopped["Status"] == "ABORTED"
    assert "the sandbox was stopped" in stopped["Error"]
    listed = {each["Id"] for each in data.list_statements()["Statements"]}
    assert {*names.values(), running} <= listed
    again = data.execute_statement(Sql=sql, ClientToken="once", StatementName="named", **TARGET)
    assert again["Id"] == names["select"]
    with pytest.raises(ClientError, match="ession"):
        data.execute_statement(Sql="SELECT 1", SessionId=session["SessionId"])


def ended(data: Any, identifier: str) -> dict[str, Any]:
    while described(data, identifier)["Status"] not in {"FINISHED", "FAILED", "ABORTED"}:
        time.sleep(0.005)
    return described(data, identifier)


def described(data: Any, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = data.describe_statement(Id=identifier)
    del found["ResponseMetadata"]
    found.pop("UpdatedAt")
    for part in found.get("SubStatements", []):
        part.pop("UpdatedAt")
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's files")
def test_a_disk_that_is_full_for_a_while(home: Path) -> None:
    """No file of the running server may grow any more, as on a full disk; later there is room again."""
    info = daemon.start(home)
    assert run(info.endpoint, "CREATE TABLE public.kept (n INTEGER)") == "FINISHED"
    logs = client_for(info.endpoint, "logs")
    kept = fill(home, info, logs)
    assert kept
    number = 9999
    logs.create_log_group(logGroupName=f"/kept/{number}")
    assert run(info.endpoint, f"INSERT INTO public.kept VALUES ({number})") == "FINISHED"
    for _ in range(2):
        groups = client_for(info.endpoint, "logs").get_paginator("describe_log_groups").paginate()
        found = {group["logGroupName"] for page in groups for group in page["logGroups"]}
        assert {f"/kept/{n}" for n in kept} <= found
        assert kept <= set(rows(info.endpoint, "SELECT n FROM public.kept"))
        assert number in rows(info.endpoint, "SELECT n FROM public.kept")
        daemon.stop(home)
        info = daemon.start(home)


def fill(home: Path, info: Any, logs: Any) -> set[int]:
    """Change things until both stores refuse; what both took before."""
    kept: set[int] = set()
    room = max(file.stat().st_size for file in home.rglob("*") if file.is_file()) + 256 * 1024
    _, hard = resource.prlimit(info.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(info.pid, resource.RLIMIT_FSIZE, (room, hard))
    refused = {"state": False, "sql": False}
    try:
        for number in range(2000):
            padding = "x" * 5000
            try:
                logs.create_log_group(logGroupName=f"/kept/{number}", tags={"t": "y" * 200})
                state = True
            except ClientError as error:
                assert "cannot write its state" in str(error)  # noqa: PT017 - most calls succeed
                state, refused["state"] = False, True
            values = (
                f"INSERT INTO public.kept SELECT CASE WHEN LEN('{padding}') > 0 THEN {number} END"
            )
            table = f"CREATE TABLE public.t{number} AS SELECT '{padding}' AS t"
            sql = run(info.endpoint, values, table) == "FINISHED"
            refused["sql"] |= not sql
            if state and sql:
                kept.add(number)
            if all(refused.values()):
                return kept
        raise AssertionError(f"nothing was refused: {refused}")
    finally:
        resource.prlimit(info.pid, resource.RLIMIT_FSIZE, (hard, hard))
