from carto_at_installer.core.errors import SqlError
from carto_at_installer.core.functions import Example, Function, Kind, Volatility
from carto_at_installer.core.queries import Column, QueryResult
from carto_at_installer.verify.smoke import run_smoke_tests, smoke_tests
from tests.fakes import FakeSql, Recorder


def function(name, *examples):
    return Function(name, "m", Kind.SQL, (), "BIGINT", Volatility.STABLE, "s", examples=examples)


def one_row(*values):
    columns = tuple(Column(f"e{n}", "int8") for n, _ in enumerate(values))
    return QueryResult(columns, (tuple(values),))


F = function("F", Example("SELECT {{ schema }}.F(1)", 1), Example("SELECT {{ schema }}.F(2)", 2))
G = function(
    "G",
    Example("SELECT {{ schema }}.G()", has_result=False, error="bad"),
    Example("SELECT {{ schema }}.G(1)", [1]),
)


def test_the_first_example_with_a_value_of_each_function_is_asked():
    assert [t.sql for t in smoke_tests([F, G], "carto")] == [
        'SELECT "carto".F(1)',
        'SELECT "carto".G(1)',
    ]


def test_every_example_can_be_asked():
    assert len(smoke_tests([F, G], "carto", every_example=True)) == 4


def test_many_examples_are_asked_in_one_query():
    sql = FakeSql({"SELECT (": one_row(1, "[1]")})
    assert run_smoke_tests(sql, smoke_tests([F, G], "c"), Recorder()) == []
    assert sql.queries == ['SELECT ("c".F(1)) AS e1, ("c".G(1)) AS e2']


def test_a_wrong_answer_is_named_with_both_values():
    sql = FakeSql({"SELECT (": one_row(7, "[1]")})
    (failure,) = run_smoke_tests(sql, smoke_tests([F, G], "c"), Recorder())
    assert failure.describe() == 'F: SELECT "c".F(1) should answer 1, but answers 7'


def test_when_the_joint_query_fails_each_is_asked_alone():
    refused = SqlError("function g does not exist")
    sql = FakeSql({"SELECT (": SqlError("no"), ".F(1)": one_row(1), ".G(1)": refused})
    (failure,) = run_smoke_tests(sql, smoke_tests([F, G], "c"), Recorder())
    assert failure.test.function == "G"
    assert "function g does not exist" in failure.describe()


def test_a_query_over_rows_is_asked_alone_and_compared_row_by_row():
    rows = function("R", Example("SELECT a, {{ schema }}.R(a) FROM (SELECT 1 AS a) t", [[1, 2]]))
    answer = QueryResult((Column("a", "int4"), Column("r", "int8")), ((1, 2),))
    sql = FakeSql({"FROM": answer})
    assert run_smoke_tests(sql, smoke_tests([rows], "c"), Recorder()) == []


def test_an_expected_error_must_come():
    tests = smoke_tests([G], "c", every_example=True)
    assert (
        run_smoke_tests(
            FakeSql({"G(1)": one_row("[1]"), "G()": SqlError("so bad!")}), tests, Recorder()
        )
        == []
    )
    (failure,) = run_smoke_tests(
        FakeSql({"G(1)": one_row("[1]"), "G()": one_row(1)}), tests, Recorder()
    )
    assert "should answer bad" in failure.describe()
