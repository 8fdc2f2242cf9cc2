import json
import threading

import pytest

from carto_at_installer.sandbox.engine import Cluster, Engine
from carto_at_installer.sandbox.errors import LambdaCallError, RedshiftError
from tests.engine.engine_parts import CLUSTER, ROLE, external, open_engine


@pytest.fixture(scope="module")
def parts():
    functions = {
        "echo": lambda rows: [None if row is None else json.dumps(row) for row in rows],
        "first": lambda rows: [None if row is None else row[0] for row in rows],
        "text": lambda rows: [None if row is None else str(row[0]) for row in rows],
        "short": lambda rows: rows[1:],
        "long": lambda rows: ["x" * row[0] for row in rows],
        "object": lambda rows: [{"a": 1} for _ in rows],
    }
    engine, session, service = open_engine(functions)
    yield session, service
    engine.close()


@pytest.fixture
def run(parts):
    session, service = parts
    service.calls.clear()

    def execute(sql):
        result = session.execute(sql)
        return result.rows if result else None

    return execute


def test_the_payload_has_the_documented_fields(parts, run):
    run(external("public.Echo_Two", "BIGINT, VARCHAR(MAX)", "VARCHAR(MAX)", "echo"))
    rows = run("SELECT echo_two(9223372036854775807, 'a\"b\u00e9')")
    assert json.loads(rows[0][0]) == [9223372036854775807, 'a"bé']
    call = parts[1].calls[0]
    event = json.loads(call.payload)
    assert list(event) == [
        "request_id", "cluster", "user", "database", "external_function", "query_id", "num_records", "arguments",
    ]  # fmt: skip
    assert event["cluster"] == CLUSTER
    assert (event["user"], event["database"], event["num_records"]) == ("admin", "dev", 1)
    assert event["external_function"] == "public.echo_two"
    assert (call.function_name, call.role_arns, call.user) == ("echo", (ROLE,), "admin")


def test_a_row_of_nulls_is_null_and_a_null_among_values_is_null(parts, run):
    run(external("two", "INT, INT", "VARCHAR(MAX)", "echo"))
    run(
        "CREATE TABLE pairs AS SELECT 1 AS i, 1 AS a, 2 AS b UNION ALL SELECT 2, 3, NULL UNION ALL SELECT 3, NULL, NULL"
    )
    assert run("SELECT two(a, b) FROM pairs ORDER BY i") == [("[1, 2]",), ("[3, null]",), (None,)]
    arguments = [row for event in parts[1].events for row in event["arguments"]]
    assert sorted(map(str, arguments)) == ["None", "[1, 2]", "[3, None]"]


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("SMALLINT", "7::smallint", 7),
        ("DOUBLE PRECISION", "0.1::float8", 0.1),
        ("BOOLEAN", "true", True),
        ("DECIMAL(10,2)", "1.25", 1.25),
        ("DATE", "'2024-02-29'::date", "2024-02-29"),
        ("TIMESTAMP", "'2024-02-29 01:02:03.5'::timestamp", "2024-02-29 01:02:03.5"),
        ("CHAR(4)", "'ab'", "ab  "),
        ("VARCHAR(3)", "'abcdef'", "abc"),
    ],
)
def test_types_are_encoded_as_documented(parts, run, kind, value, sent):
    run(external("one", kind, "VARCHAR(MAX)", "echo"))
    run(f"SELECT one({value})")
    run(f"DROP FUNCTION one({kind})")
    assert parts[1].events[-1]["arguments"] == [[sent]]


@pytest.mark.parametrize(
    ("returns", "argument", "expected"),
    [
        ("BIGINT", "9223372036854775807", 9223372036854775807),
        ("DOUBLE PRECISION", "0.5", 0.5),
        ("SMALLINT", "5", 5),
        ("VARCHAR(MAX)", "5", "5"),
        ("DATE", "2024-02-29", "2024-02-29"),
        ("TIMESTAMP", "2024-02-29 01:02:03", "2024-02-29 01:02:03"),
        ("DECIMAL(5,2)", "1.5", "1.50"),
        ("BOOLEAN", "true", True),
    ],
)
def test_results_are_typed_and_numbers_may_come_as_texts(run, returns, argument, expected):
    run(
        external(
            f"back_{returns.split('(')[0].replace(' ', '_')}", "VARCHAR(MAX)", returns, "first"
        )
    )
    name = f"back_{returns.split('(')[0].replace(' ', '_')}"
    assert run(f"SELECT {name}('{argument}'), {name}(NULL)") == [(expected, None)]


def test_a_result_of_the_wrong_type_fails(run):
    run(external("bad_number", "VARCHAR(MAX)", "INTEGER", "first"))
    with pytest.raises(RedshiftError, match="a result is not of the type integer"):
        run("SELECT bad_number('x')")
    with pytest.raises(RedshiftError, match="2147483648 is out of range"):
        run("SELECT bad_number('2147483648')")
    run(external("bad_text", "INT", "VARCHAR(MAX)", "object"))
    with pytest.raises(RedshiftError, match="dict instead of a string"):
        run("SELECT bad_text(1)")


def test_a_wrong_number_of_results_fails_in_the_documented_form(run):
    run(external("bad_count", "INT", "INT", "short"))
    with pytest.raises(RedshiftError) as caught:
        run("SELECT bad_count(1)")
    assert "expected 1 records, got 0" in str(caught.value)
    assert "\n  code:      32004\n" in str(caught.value)


def test_texts_larger_than_65535_bytes_are_refused(run):
    run(external("text_of", "INT", "VARCHAR(MAX)", "long"))
    assert run("SELECT len(text_of(65535))") == [(65535,)]
    with pytest.raises(RedshiftError, match="String value exceeds the max size of 65535 bytes"):
        run("SELECT len(text_of(65536))")


def test_batches_keep_to_the_number_of_rows(parts, run):
    run(external("some", "INT", "INT", "first", "MAX_BATCH_ROWS 300"))
    run("CREATE TABLE many AS SELECT i FROM generate_series(1, 5000) i")
    parts[1].calls.clear()
    assert run("SELECT sum(some(i)) FROM many") == [(12502500,)]
    sizes = [event["num_records"] for event in parts[1].events]
    assert sum(sizes) == 5000
    assert max(sizes) == 300


def test_batches_keep_to_the_number_of_bytes(parts, run):
    run(external("wide", "VARCHAR(MAX)", "VARCHAR(MAX)", "first", "MAX_BATCH_SIZE 10 KB"))
    run("CREATE TABLE wides AS SELECT repeat('\u00e9', 1000) AS t FROM generate_series(1, 50) i")
    parts[1].calls.clear()
    assert run("SELECT count(wide(t)) FROM wides") == [(50,)]
    assert all(len(call.payload) <= 10 * 1024 for call in parts[1].calls)
    with pytest.raises(RedshiftError, match="does not fit into MAX_BATCH_SIZE"):
        run("SELECT wide(repeat('x', 20000))")


class Throttled:
    """A Lambda that is throttled so many times before it answers."""

    def __init__(self, times):
        self.left = times
        self.calls = 0
        self.lock = threading.Lock()

    def __call__(self, call):
        with self.lock:
            self.calls += 1
            self.left -= 1
            if self.left >= 0:
                raise LambdaCallError("Rate Exceeded.", retryable=True)
        size = json.loads(call.payload)["num_records"]
        return json.dumps(json.dumps({"results": [1] * size})).encode()


def test_throttled_calls_are_repeated_within_the_retry_timeout():
    service = Throttled(2)
    engine = Engine(":memory:", "dev", service, Cluster(CLUSTER))
    session = engine.session("admin")
    session.execute(external("f", "INT", "INT", "x", "RETRY_TIMEOUT 2000"))
    assert session.execute("SELECT f(1)").rows == [(1,)]
    assert service.calls == 3
    session.execute(external("f", "INT", "INT", "x", "RETRY_TIMEOUT 0"))
    service.left, service.calls = 9, 0
    with pytest.raises(RedshiftError) as caught:
        session.execute("SELECT f(1)")
    assert "Rate Exceeded.; Exception: TooManyRequestsException; ShouldRetry: 1" in str(
        caught.value
    )
    assert "code:      32103" in str(caught.value)
    assert service.calls == 1
    engine.close()


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (json.dumps({"success": True, "results": [1]}).encode(), "Empty format"),
        (b"not json", "the payload is not JSON"),
        (json.dumps(json.dumps({"success": False, "error_msg": "no luck"})).encode(), "no luck"),
        (json.dumps(json.dumps({"success": True})).encode(), "'results' is not an array"),
    ],
)
def test_responses_that_are_not_what_redshift_wants(response, message):
    engine = Engine(":memory:", "dev", lambda _: response, Cluster(CLUSTER))
    session = engine.session("admin")
    session.execute(external("f", "INT", "INT", "x"))
    with pytest.raises(RedshiftError) as caught:
        session.execute("SELECT f(1)")
    assert message in str(caught.value).splitlines()[0]
    assert f"  error:  {str(caught.value).splitlines()[0]}" in str(caught.value)
    engine.close()


def test_a_cancelled_statement_stops_between_calls():
    engine = Engine(":memory:", "dev", Throttled(1000), Cluster(CLUSTER))
    session = engine.session("admin")
    session.execute(external("f", "INT", "INT", "x"))
    timer = threading.Timer(0.2, session.cancel)
    timer.start()
    with pytest.raises(RedshiftError, match="cancelled on user's request"):
        session.execute("SELECT f(1)")
    timer.join()
    engine.close()
