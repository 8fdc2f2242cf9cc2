import pytest

from carto_at_installer.apply.releases import ReleaseStore
from carto_at_installer.core.errors import SqlError, TargetError
from carto_at_installer.core.functions import Kind
from carto_at_installer.core.queries import QueryResult
from carto_at_installer.core.releases import RecordedObject, ReleaseState
from carto_at_installer.core.target import Identity
from carto_at_installer.plan.resources import ModuleSql
from carto_at_installer.plan.steps import Plan, PrepareSchema, Step
from carto_at_installer.sql.objects import SqlObject
from tests.fakes import FakeSql

CALLER = Identity("123456789012", "arn:aws:iam::123456789012:user/o'hara", "aws", "eu-west-1")
STEP = Step("schema", PrepareSchema("carto"), "Create schema carto")


def sql_object(name, ddl="CREATE ...", kind=Kind.SQL):
    return SqlObject(name, ("BIGINT",), "BIGINT", kind, "m", ddl, "d" * 64)


def release(number=1, state="current", state_version="1", version="1.0"):
    return ("release", number, version, state, '{"prefix": "p"}', state_version, "", "", "", "")


def test_a_schema_without_tables_has_no_installation():
    sql = FakeSql({"pg_class": QueryResult(rows=((0,),))})
    assert ReleaseStore(sql, "carto").read() is None


def test_another_error_is_not_taken_for_a_missing_table():
    sql = FakeSql({"pg_class": QueryResult(rows=((1,),)), "UNION": SqlError("permission denied")})
    with pytest.raises(SqlError, match="permission denied"):
        ReleaseStore(sql, "carto").read()


def test_releases_and_objects_are_read():
    rows = (
        ("object", 1, "m", "F", "F(BIGINT)", "sql", "BIGINT", "abc", "", ""),
        release(1),
        release(2, "failed"),
    )
    found = ReleaseStore(FakeSql({"UNION": QueryResult(rows=rows)}), "carto").read()
    assert found.current.number == 1
    assert found.current.options == {"prefix": "p"}
    assert found.unfinished.state is ReleaseState.FAILED
    assert found.next_number == 3
    assert found.objects == (RecordedObject("m", "F", "F(BIGINT)", "sql", "BIGINT", "abc"),)
    assert found.objects[0].types == "BIGINT"


def test_tables_of_a_newer_version_are_left_alone():
    sql = FakeSql({"UNION": QueryResult(rows=(release(state_version="99", version="9.0"),))})
    with pytest.raises(TargetError, match=r"newer carto-at \(9.0\)"):
        ReleaseStore(sql, "carto").read()


@pytest.mark.parametrize("signature", ["F(BIGINT); DROP TABLE x", "F", "G(BIGINT)", 'F("x")'])
def test_a_signature_that_somebody_changed_is_refused(signature):
    row = ("object", 1, "m", "F", signature, "sql", "BIGINT", "abc", "", "")
    with pytest.raises(TargetError, match="not the signature"):
        ReleaseStore(FakeSql({"UNION": QueryResult(rows=(row,))}), "carto").read()


def test_the_plan_is_written_before_anything_else_and_text_is_escaped():
    sql = FakeSql()
    plan = Plan("carto", "1.0", 3, (STEP,), {"prefix": "it's"})
    ReleaseStore(sql, "carto").begin(plan, CALLER)
    (statements,) = sql.transactions
    assert statements[0] == 'CREATE SCHEMA IF NOT EXISTS "carto"'
    assert len(statements) <= 40
    text = "\n".join(statements)
    assert "o''hara" in text
    assert "it''s" in text
    assert "(3, 1, 'schema', 'Create schema carto', NULL)" in text


def test_a_modules_records_replace_those_it_changes():
    module = ModuleSql(
        "m", (sql_object("E", kind=Kind.EXTERNAL), sql_object("F")), "fn-1", "arn:role"
    )
    gone = RecordedObject("m", "OLD", "OLD(BIGINT)", "sql", "BIGINT", "x")
    delete, insert = ReleaseStore(FakeSql(), "carto").module_statements(
        3, module, module.objects, [gone]
    )
    assert delete.endswith("signature IN ('E(BIGINT)', 'F(BIGINT)', 'OLD(BIGINT)')")
    assert "('m', 1, 'E', 'E(BIGINT)', 'external', 'BIGINT'" in insert
    assert insert.count("'fn-1'") == 1  # only the external function has a Lambda behind it


def test_long_records_are_split_into_statements_that_the_data_api_takes():
    objects = tuple(sql_object(f"F{n}", ddl="x" * 30_000) for n in range(9))
    module = ModuleSql("m", objects, "", "")
    statements = ReleaseStore(FakeSql(), "carto").module_statements(1, module, objects, [])
    assert len(statements) > 3
    assert all(len(statement.encode()) < 100 * 1024 for statement in statements)
    assert sum(statement.count("'F") for statement in statements[1:]) == 2 * len(objects)


def test_finishing_makes_one_release_the_current_one():
    sql = FakeSql()
    ReleaseStore(sql, "carto").finish(4, ["sql:m"])
    superseded, current, done = sql.transactions[0]
    assert "state = 'superseded' WHERE state = 'current'" in superseded
    assert "state = 'current'" in current
    assert "number = 4" in current
    assert "step IN ('sql:m')" in done
