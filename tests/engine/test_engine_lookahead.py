"""Whole relations go to Lambda in the batches that the function allows, whatever the statement looks like."""

import itertools
import json

import pytest

from carto_at_installer.sandbox.errors import LambdaCallError
from tests.engine.engine_parts import external, open_engine

_COUNTER = itertools.count()


def strict(rows):
    if [0] in rows or None in rows:
        raise LambdaCallError("division by zero")
    return [row[0] for row in rows]


@pytest.fixture(scope="module")
def parts():
    functions = {
        "double": lambda rows: [None if row is None else row[0] * 2 for row in rows],
        "next": lambda rows: [None if row is None else row[0] + 1 for row in rows],
        "strict": strict,
        "count": lambda rows: [next(_COUNTER) for _ in rows],
    }
    engine, session, service = open_engine(functions)
    for name in ("double", "next", "strict"):
        session.execute(
            external(f"public.{name}", "BIGINT", "BIGINT", name, "MAX_BATCH_ROWS 10000")
        )
    session.execute(
        external("public.counted", "BIGINT", "BIGINT", "count", "MAX_BATCH_ROWS 10000").replace(
            "STABLE", "VOLATILE"
        )
    )
    session.execute(
        "CREATE FUNCTION public.wrapped(BIGINT) RETURNS BIGINT STABLE AS"
        " $$ SELECT CASE WHEN $1 % 2 = 0 THEN public.strict($1) + 0 * $1 END $$ LANGUAGE sql"
    )
    session.execute(
        "CREATE TABLE numbers AS SELECT CAST(i AS BIGINT) AS i FROM generate_series(0, 9999) i"
    )
    yield session, service
    engine.close()


@pytest.fixture
def ask(parts):
    """`ask(sql)`: (rows, {function: the rows that were sent to it}, sizes of the batches)."""
    session, service = parts

    def run(sql):
        service.calls.clear()
        result = session.execute(sql)
        sent = {}
        for call, event in zip(service.calls, service.events, strict=True):
            sent.setdefault(call.function_name, []).extend(
                None if row is None else row[0] for row in event["arguments"]
            )
        return (
            result.rows if result else None,
            sent,
            [event["num_records"] for event in service.events],
        )

    return run


def test_batches_are_as_large_as_the_function_allows(parts, ask):
    session, _ = parts
    session.execute(
        "CREATE TABLE many AS SELECT CAST(i AS BIGINT) AS i FROM generate_series(1, 100000) i"
    )
    rows, sent, sizes = ask("SELECT sum(double(i)) FROM many")
    assert rows == [(100000 * 100001,)]
    assert sorted(sizes) == [5000] * 4 + [10000] * 8
    assert sorted(sent["double"]) == list(range(1, 100001))
    session.execute("DROP TABLE many")


def test_few_rows_are_one_batch(ask):
    assert ask("SELECT sum(double(i)) FROM numbers WHERE i < 900") == (
        [(899 * 900,)],
        {"double": list(range(900))},
        [900],
    )


def test_constants_are_asked_once_and_volatile_calls_each_for_itself(ask):
    assert ask("SELECT double(21), next(double(21))")[:2] == (
        [(42, 43)],
        {"double": [21], "next": [42]},
    )
    (row,), sent, _ = ask("SELECT counted(7), counted(7)")
    assert len(set(row)) == 2
    assert sent == {"count": [7, 7]}


def test_only_rows_that_reach_the_call_are_sent(ask):
    rows, sent, _ = ask("SELECT sum(CASE WHEN i % 10 = 3 THEN double(i) ELSE 0 END) FROM numbers")
    assert sent["double"] == [i for i in range(10000) if i % 10 == 3]
    assert rows == [(sum(2 * i for i in sent["double"]),)]
    _, sent, sizes = ask("SELECT sum(wrapped(i)) FROM numbers WHERE i > 0 AND i % 3 = 0")
    assert sent["strict"] == list(range(6, 10000, 6))
    assert sizes == [1666]


def test_calls_inside_calls_get_the_results(ask):
    rows, sent, sizes = ask("SELECT sum(next(double(i))) FROM numbers")
    assert rows == [(sum(2 * i + 1 for i in range(10000)),)]
    assert sorted(sent["next"]) == list(range(0, 20000, 2))
    assert max(sizes) == 2500


def test_a_function_of_itself_is_right_too(ask):
    rows, sent, _ = ask("SELECT sum(double(double(i))) FROM numbers")
    assert rows == [(4 * sum(range(10000)),)]
    assert None not in sent["double"]


def test_results_that_decide_over_further_calls(ask):
    rows, sent, _ = ask("SELECT i, next(i) FROM numbers WHERE double(i) > 19990 ORDER BY i")
    assert rows == [(i, i + 1) for i in range(9996, 10000)]
    assert sorted(sent["double"]) == list(range(10000))
    assert sent["next"] == [9996, 9997, 9998, 9999]
    rows, sent, _ = ask("SELECT max(CASE WHEN double(i) = 8 THEN strict(i) END) FROM numbers")
    assert rows == [(4,)]
    assert sent["strict"] == [4]


def test_what_the_filter_asked_is_not_asked_again(ask):
    rows, sent, _ = ask(
        "SELECT double(i) FROM numbers WHERE double(i) IS NOT NULL AND i < 3 ORDER BY 1"
    )
    assert rows == [(0,), (2,), (4,)]
    assert sent == {"double": [0, 1, 2]}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT double(i % 2), count(*) FROM numbers GROUP BY 1 ORDER BY 1",
            [(0, 5000), (2, 5000)],
        ),
        ("SELECT double(sum(i)) FROM numbers", [(99990000,)]),
        (
            "SELECT i % 2 FROM numbers GROUP BY 1 HAVING double(count(*)) = 10000 ORDER BY 1",
            [(0,), (1,)],
        ),
        ("SELECT double(i) FROM numbers ORDER BY next(i) DESC LIMIT 2", [(19998,), (19996,)]),
        ("SELECT count(*) FROM numbers a JOIN numbers b ON double(a.i) = next(b.i)", [(5000,)]),
        (
            "SELECT (SELECT max(double(b.i)) FROM numbers b WHERE b.i < a.i) FROM numbers a WHERE a.i = 5",
            [(8,)],
        ),
        (
            "WITH d AS (SELECT double(i) AS x FROM numbers) SELECT max(next(x)) FROM d WHERE x < 6",
            [(5,)],
        ),
        (
            "SELECT max(double(i)) FROM numbers UNION ALL SELECT max(next(i)) FROM numbers ORDER BY 1",
            [(10000,), (19998,)],
        ),
        ("SELECT count(double(i)) FROM numbers WHERE i < 0", [(0,)]),
        ("SELECT sum(double(NULL)) FROM numbers", [(None,)]),
        ("SELECT double(i) FROM numbers WHERE i < 2 AND RANDOM() >= 0 ORDER BY 1", [(0,), (2,)]),
        ("SELECT sum(coalesce(double(i), strict(i))) FROM numbers", [(99990000,)]),
    ],
)
def test_everywhere_in_a_query(ask, sql, expected):
    assert ask(sql)[0] == expected


def test_nulls_in_place_of_answers_reach_nobody(ask):
    rows, sent, _ = ask("SELECT count(strict(double(i))) FROM numbers WHERE i > 0")
    assert rows == [(9999,)]
    assert None not in sent["strict"]


def test_statements_that_change_something(parts, ask):
    session, _ = parts
    _, sent, _ = ask("CREATE TABLE doubled AS SELECT i, double(i) AS d FROM numbers WHERE i < 5000")
    assert len(sent["double"]) == 5000
    _, sent, sizes = ask("INSERT INTO doubled SELECT i, double(i) FROM numbers WHERE i >= 5000")
    assert (len(sent["double"]), max(sizes)) == (5000, 1250)
    assert ask("SELECT sum(d), count(*) FROM doubled")[0] == [(99990000, 10000)]
    _, sent, _ = ask("UPDATE doubled SET d = next(d) WHERE i < 3000")
    assert len(sent["next"]) == 3000
    _, sent, _ = ask("DELETE FROM doubled WHERE double(i) >= 10000")
    assert len(sent["double"]) == 10000
    _, sent, sizes = ask(
        "MERGE INTO doubled USING numbers ON doubled.i = numbers.i WHEN MATCHED THEN UPDATE SET d = next(doubled.d - 1)"
        " WHEN NOT MATCHED THEN INSERT VALUES (numbers.i, double(numbers.i))"
    )
    assert (len(sent["next"]), len(sent["double"]), max(sizes)) == (5000, 5000, 1250)
    session.execute("DELETE FROM doubled WHERE i >= 5000")
    assert ask("SELECT sum(d), count(*) FROM doubled")[0] == [
        (sum(range(0, 10000, 2)) + 3000, 5000)
    ]
    session.execute("CREATE VIEW seen AS SELECT double(i) AS d FROM doubled")
    rows, sent, _ = ask("SELECT sum(next(d)) FROM seen")
    assert rows == [(sum(range(0, 10000, 2)) + 5000,)]
    assert (len(sent["double"]), len(sent["next"])) == (5000, 5000)
    session.execute("CREATE OR REPLACE VIEW seen AS SELECT i, double(i) AS d FROM numbers")
    rows, sent, sizes = ask("SELECT sum(d) FROM seen WHERE i < 4000")
    assert rows == [(2 * sum(range(4000)),)]
    assert sorted(sent["double"]) == list(range(4000))
    assert sizes == [1000] * 4
    session.execute("DROP VIEW seen")
    session.execute("DROP TABLE doubled")


def test_a_volatile_function_answers_every_row_for_itself(ask):
    rows, sent, _ = ask(
        "SELECT count(DISTINCT counted(7)), count(DISTINCT counted(i % 2)) FROM numbers"
    )
    assert rows == [(10000, 10000)]
    assert len(sent["count"]) == 20000


def test_in_a_transaction_and_after_a_failure(parts, ask):
    session, _ = parts
    session.execute("BEGIN")
    assert ask("SELECT sum(double(i)) FROM numbers")[0] == [(99990000,)]
    with pytest.raises(Exception, match="division by zero"):
        ask("SELECT sum(strict(i)) FROM numbers")
    with pytest.raises(Exception, match="current transaction is aborted"):
        ask("SELECT 1")
    session.execute("ROLLBACK")
    assert ask("SELECT sum(double(i)) FROM numbers")[0] == [(99990000,)]


def test_a_replaced_function_is_seen_anew(parts, ask):
    session, _ = parts
    body = "CREATE OR REPLACE FUNCTION public.changing(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT {} $$ LANGUAGE sql"
    session.execute(body.format("public.double($1)"))
    assert ask("SELECT sum(changing(i)) FROM numbers")[0] == [(99990000,)]
    session.execute(body.format("public.next(public.double($1))"))
    rows, sent, _ = ask("SELECT sum(changing(i)) FROM numbers")
    assert rows == [(100000000,)]
    assert sorted(sent["next"]) == list(range(0, 20000, 2))


def test_the_bytes_of_a_batch(parts, ask):
    session, service = parts
    session.execute(
        external("public.sized", "VARCHAR(MAX)", "BIGINT", "length", "MAX_BATCH_SIZE 20 KB")
    )
    service.functions["length"] = lambda rows: [len(row[0]) for row in rows]
    rows, _, sizes = ask("SELECT sum(sized(repeat('x', 100 + i % 50))) FROM numbers")
    assert rows == [(sum(100 + i % 50 for i in range(10000)),)]
    payloads = [len(call.payload) for call in service.calls]
    assert max(payloads) <= 20 * 1024
    assert min(sorted(payloads)[4:]) > 18 * 1024
    assert sum(sizes) == 10000
    assert all(json.loads(call.payload) for call in service.calls)
