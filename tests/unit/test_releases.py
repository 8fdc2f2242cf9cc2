import json

import pytest

from carto_at_installer.apply.releases import ReleaseStore
from carto_at_installer.core.errors import SqlError, TargetError
from carto_at_installer.core.functions import Kind
from carto_at_installer.core.queries import QueryResult
from carto_at_installer.core.releases import RecordedObject, ReleaseState, Resources
from carto_at_installer.core.target import Identity
from carto_at_installer.plan.resources import ModuleSql
from carto_at_installer.plan.steps import Plan, PrepareSchema, Step
from carto_at_installer.sql.objects import SqlObject
from tests.fakes import FakeSql

CALLER = Identity("123456789012", "arn:aws:iam::123456789012:user/o'hara", "aws", "eu-west-1")
STEP = Step("schema", PrepareSchema("carto"), "Create schema carto")
RESOURCES = Resources({"m": "fn-1"}, ("layer-1",), ("exec", "invoke"), "arn:role", "/logs")
PLAN = Plan("carto", "1.0", "install", 3, (STEP,), {"prefix": "it's"}, RESOURCES)


def sql_object(name, ddl="CREATE ...", kind=Kind.SQL):
    return SqlObject(name, ("BIGINT",), "BIGINT", kind, "m", ddl, "d" * 64)


def release(number=1, state="current", state_version="1", version="1.0"):
    options, resources = '{"prefix": "p"}', json.dumps(RESOURCES.document())
    return (
        "release", number, str(number), version, "install", state, state_version, "arn:me", options, resources,
        "0", "2026-01-01", "", "",
    )  # fmt: skip


def recorded(signature="F(BIGINT)"):
    return ("object", 1, "m", "F", signature, "sql", "BIGINT", "abc", "", "", "", "", "", "")


def reading(*rows):
    return ReleaseStore(FakeSql({"UNION": QueryResult(rows=rows)}), "carto").read()


def test_a_schema_without_tables_has_no_installation():
    sql = FakeSql({"pg_class": QueryResult(rows=((0,),))})
    assert ReleaseStore(sql, "carto").read() is None


def test_another_error_is_not_taken_for_a_missing_table():
    sql = FakeSql({"pg_class": QueryResult(rows=((1,),)), "UNION": SqlError("permission denied")})
    with pytest.raises(SqlError, match="permission denied"):
        ReleaseStore(sql, "carto").read()


def test_releases_and_objects_are_read():
    found = reading(recorded(), release(1), release(2, "failed"))
    assert found.current.number == 1
    assert found.current.options == {"prefix": "p"}
    assert found.current.resources == RESOURCES
    assert found.unfinished.state is ReleaseState.FAILED
    assert found.next_number == 3
    assert [r.number for r in found.kept] == [2, 1]
    assert found.objects == (RecordedObject("m", "F", "F(BIGINT)", "sql", "BIGINT", "abc"),)
    assert found.objects[0].types == "BIGINT"


def test_a_release_that_failed_before_the_current_one_is_not_unfinished():
    assert reading(release(1, "failed"), release(2)).unfinished is None


def test_tables_of_a_newer_version_are_left_alone():
    with pytest.raises(TargetError, match=r"newer carto-at \(9.0\)"):
        reading(release(state_version="99", version="9.0"))


@pytest.mark.parametrize("signature", ["F(BIGINT); DROP TABLE x", "F", "G(BIGINT)", 'F("x")'])
def test_a_signature_that_somebody_changed_is_refused(signature):
    with pytest.raises(TargetError, match="not the signature"):
        reading(recorded(signature))


def test_the_plan_is_written_before_anything_else_and_text_is_escaped():
    statements = ReleaseStore(FakeSql(), "carto").beginning(PLAN, CALLER)
    text = "\n".join(statements)
    assert "o''hara" in text
    assert "it''s" in text
    assert '"functions": {"m": "fn-1"}' in text
    assert "(3, 1, 'schema', 'Create schema carto', NULL)" in text
    assert len(statements) <= 35  # together with the lease in one transaction of the Data API


def test_a_modules_records_replace_those_it_changes():
    examples = {"F(BIGINT)": '{"sql": "SELECT 1"}'}
    objects = (sql_object("E", kind=Kind.EXTERNAL), sql_object("F"))
    module = ModuleSql("m", objects, "fn-1", "arn:role", examples)
    gone = RecordedObject("m", "OLD", "OLD(BIGINT)", "sql", "BIGINT", "x")
    update, insert = ReleaseStore(FakeSql(), "carto").module_statements(3, module, objects, [gone])
    assert "SET replaced_in = 3" in update
    assert update.endswith("signature IN ('E(BIGINT)', 'F(BIGINT)', 'OLD(BIGINT)')")
    assert "('m', 1, 'E', 'E(BIGINT)', 'external', 'BIGINT'" in insert
    assert insert.count("'fn-1'") == 1  # only the external function has a Lambda behind it
    assert insert.count("SELECT 1") == 1


def test_long_records_are_split_into_statements_that_the_data_api_takes():
    objects = tuple(sql_object(f"F{n}", ddl="x" * 30_000) for n in range(9))
    module = ModuleSql("m", objects, "", "")
    statements = ReleaseStore(FakeSql(), "carto").module_statements(1, module, objects, [])
    assert len(statements) > 3
    assert all(len(statement.encode()) < 100 * 1024 for statement in statements)
    assert sum(statement.count("'F") for statement in statements[1:]) == 2 * len(objects)


def test_finishing_makes_one_release_the_current_one():
    closed, superseded, current = ReleaseStore(FakeSql(), "carto").finishing(PLAN)
    assert "state = 'rolled-back' WHERE state = 'failed' AND number < 3" in closed
    assert "state = 'superseded' WHERE state = 'current'" in superseded
    assert "state = 'current'" in current
    assert "number = 3" in current


def test_a_message_is_cut_to_what_a_column_holds():
    (statement,) = ReleaseStore(FakeSql(), "carto").failing(3, "é" * 100_000)
    assert len(statement.encode()) < 5000


def test_a_snapshot_is_what_a_release_held():
    row = ("m", "F", "F(BIGINT)", "sql", "BIGINT", "abc", "", "", "CREATE ...", "{}")
    sql = FakeSql(
        {"release <= 2 AND (replaced_in IS NULL OR replaced_in > 2)": QueryResult(rows=(row,))}
    )
    (found,) = ReleaseStore(sql, "carto").snapshot(2)
    assert (found.ddl, found.example) == ("CREATE ...", "{}")
