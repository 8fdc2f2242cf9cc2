"""Whole invocations: dispatch, NULL policies, and errors that name the function, the row and the reason."""

from __future__ import annotations

import gc
import json
import logging

import numpy as np
import pytest

from carto_at_runtime import (
    NULL_MASK,
    Invocation,
    RaggedArray,
    Registry,
    RowError,
    int64,
    null_error,
    reject,
    text,
)


@pytest.fixture
def registry():
    return Registry()


def invoke(registry, name, rows, **changes):
    """Send the event as bytes and as a dict; check that the answers are the same; return the document."""
    document = {
        "external_function": f"carto.{name}",
        "num_records": len(rows),
        "arguments": rows,
    } | changes
    handler = Invocation(registry)
    answer = handler(document, None)
    assert isinstance(answer, str)
    posted = handler(json.dumps(document).encode(), None)
    assert isinstance(posted, bytes)
    assert json.loads(posted) == answer
    return json.loads(answer)


def test_a_function_gets_columns_and_returns_one(registry):
    @registry.external_function("__ADD", int64("a"), int64("b"))
    def add(a, b):
        return a + b

    answer = invoke(registry, "__add", [[1, 2], [2**60, 1]])
    assert answer == {"success": True, "num_records": 2, "results": ["3", str(2**60 + 1)]}
    assert add(np.array([1]), np.array([2])).tolist() == [3]


def test_null_makes_the_result_null_and_is_never_seen(registry):
    @registry.external_function("f", int64("a"), text("b"))
    def concatenate(a, b):
        assert None not in b
        return [f"{number}{letters}" for number, letters in zip(a, b, strict=True)]

    rows = [[1, "x"], [None, "y"], None, [3, None], [4, "z"]]
    assert invoke(registry, "f", rows)["results"] == ["1x", None, None, None, "4z"]
    assert invoke(registry, "f", [None, [1, None]])["results"] == [None, None]
    assert invoke(registry, "f", [])["results"] == []


def test_null_can_be_an_error_of_its_row(registry):
    registry.external_function(
        "f", int64("a", on_null=null_error("Invalid a")), int64("b"), nulls=null_error()
    )(lambda a, b: a + b)
    answer = invoke(registry, "f", [[1, 2], [1, None]])
    assert answer["error_msg"] == "f: Error processing row 1: NULL argument passed to UDF"
    answer = invoke(registry, "f", [[1, 2], [3, 4], None])
    assert answer["error_msg"] == "f: Error processing row 2: Invalid a"


def test_null_can_be_shown_as_a_mask(registry):
    @registry.external_function("f", int64("a"), int64("b"), nulls=NULL_MASK)
    def first(a, b):
        return np.where(a.is_null, np.where(b.is_null, -1, b.values), a.values)

    assert invoke(registry, "f", [[1, 2], [None, 3], None])["results"] == ["1", "3", "-1"]


def test_a_function_of_no_arguments_gets_the_number_of_rows(registry):
    registry.external_function("f")(lambda rows: ["v1"] * rows)
    assert invoke(registry, "f", [], num_records=2)["results"] == ["v1", "v1"]


def test_the_first_bad_row_is_reported_though_another_was_found_first(registry):
    @registry.external_function("f", int64("a"), int64("b"))
    def check(a, b):
        reject(a < 0, "a is negative")
        reject(b < 0, lambda row: f"b is {b[row]}")
        return a

    assert (
        invoke(registry, "f", [[1, 1], [1, -2], [-1, 1]])["error_msg"]
        == "f: Error processing row 1: b is -2"
    )
    assert (
        invoke(registry, "f", [None, [1, 1], None, [-1, 1]])["error_msg"]
        == "f: Error processing row 3: a is negative"
    )


def test_the_row_of_an_unforeseen_error_is_found(registry, caplog):
    @registry.external_function("f", int64("a"))
    def broken(a):
        if (a == 13).any():
            raise ZeroDivisionError("float division by zero")
        return a

    answer = invoke(registry, "f", [[1], None, [13], [13]])
    assert answer == {
        "success": False,
        "error_msg": "f: Error processing row 2: ZeroDivisionError: float division by zero",
        "num_records": 4,
        "results": [],
    }
    assert "Traceback" in caplog.text
    assert "Traceback" not in answer["error_msg"]


def test_an_error_without_text_is_named_by_its_type(registry, caplog):
    @registry.external_function("f", int64("a"))
    def broken(a):
        raise KeyError

    assert invoke(registry, "f", [[1]])["error_msg"] == "f: Error processing row 0: KeyError"
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (KeyError("size"), "KeyError: 'size'"),
        (IndexError("list index out of range"), "IndexError: list index out of range"),
        (ValueError("the ring is not closed"), "the ring is not closed"),
    ],
)
def test_a_fault_of_code_shows_its_type_and_a_refusal_its_text(registry, error, shown):
    @registry.external_function("f", int64("a"))
    def broken(a):
        raise error

    assert invoke(registry, "f", [[1]])["error_msg"] == f"f: Error processing row 0: {shown}"


def test_what_the_batch_cannot_take_is_done_row_by_row(registry):
    @registry.external_function("f", int64("a"))
    def small_batches_only(a):
        if len(a) > 1:
            raise MemoryError("too much at once")
        return RaggedArray(np.repeat(a, 2), np.array([0, 2]))

    assert invoke(registry, "f", [[1], None, [3]])["results"] == ["[1,1]", None, "[3,3]"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_result_count_that_does_not_match_is_an_error(registry, count):
    registry.external_function("f", int64("a"))(lambda _: np.arange(count))
    answer = invoke(registry, "f", [[1], [2]])
    assert answer["error_msg"] == f"f: the function returned {count} results for 2 rows"


def test_an_unknown_function_names_the_known_ones(registry):
    registry.external_function("__ONE", int64("a"))(lambda a: a)
    registry.external_function("__two", int64("a"))(lambda a: a)
    message = invoke(registry, "three", [[1]])["error_msg"]
    assert "unknown external function 'carto.three'" in message
    assert "__one, __two" in message


def test_num_records_is_told_in_errors_too(registry):
    assert invoke(registry, "f", [[1], [2], [3]])["num_records"] == 3


def test_a_response_that_is_too_large_names_the_setting(registry):
    registry.external_function("f", int64("a"))(lambda a: ["x" * 4_000_000] * len(a))
    message = invoke(registry, "f", [[1], [2]])["error_msg"]
    assert "f: the results of 2 rows take" in message
    assert "MAX_BATCH_ROWS of this external function to 1 or less" in message


def test_a_row_error_out_of_order_does_not_loop(registry):
    @registry.external_function("f", int64("a"))
    def confused(a):
        raise RowError(len(a) + 5, "lost")

    assert "lost" in invoke(registry, "f", [[1]])["error_msg"]


def test_the_probe_tells_what_runs(registry, monkeypatch):
    registry.external_function("__ONE", int64("a"))(lambda a: a)
    monkeypatch.setenv("CARTO_AT_MODULE", "quadbin")
    monkeypatch.setenv("CARTO_AT_DIGEST", "abc")
    monkeypatch.delenv("CARTO_AT_VERSION", raising=False)
    answer = json.loads(Invocation(registry)({"carto_at_probe": True}, None))
    assert answer["success"] is True
    assert answer["functions"] == ["__one"]
    assert (answer["module"], answer["digest"], answer["version"]) == ("quadbin", "abc", None)
    assert answer["packages"]["numpy"] == np.__version__
    assert json.loads(json.loads(Invocation(registry)(b'{"carto_at_probe": true}'))) == answer


def test_the_collector_is_as_it_was_afterwards(registry):
    seen = []

    @registry.external_function("f", int64("a"))
    def note(a):
        seen.append(gc.isenabled())
        return a

    was_on = gc.isenabled()
    invoke(registry, "f", [[1]])
    assert not any(seen)
    assert gc.isenabled() == was_on


def test_bad_rows_are_logged_without_a_traceback(registry, caplog):
    registry.external_function("f", int64("a"))(lambda a: reject(a < 0, "negative") or a)
    with caplog.at_level(logging.INFO):
        invoke(registry, "f", [[-1]], query_id=77)
    assert "row 0: negative" in caplog.text
    assert "query 77" in caplog.text
    assert "Traceback" not in caplog.text
