"""Results to the response that Redshift reads: what a JSON library would write, byte for byte where it matters."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carto_at_runtime.errors import InvocationError, ResponseTooLargeError, RowError
from carto_at_runtime.limits import MAX_RESPONSE_BYTES, capacity, check_fits
from carto_at_runtime.ragged import RaggedArray, RaggedRecords
from carto_at_runtime.results import failure, join, rendering, response


def read(results, rows, kept=None):
    made = rendering(results, rows if kept is None else len(kept))
    posted = response(rows, join(made, rows, None if kept is None else np.array(kept, np.int64)))
    document = json.loads(posted)
    assert isinstance(document, str)
    return json.loads(document)


def columns(rows):
    offsets = np.cumsum([0, *map(len, rows)])
    return np.array([value for row in rows for value in row]), offsets


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (np.array([1, -(2**63), 2**63 - 1]), ["1", "-9223372036854775808", "9223372036854775807"]),
        (np.array([1, -2], np.int32), [1, -2]),
        (np.array([True, False]), [True, False]),
        (np.array([0.1, -1e-300, 1e22, 5.0]), [0.1, -1e-300, 1e22, 5.0]),
        (["a", None, 'q"\\\n', "é\u2028😀"], ["a", None, 'q"\\\n', "é\u2028😀"]),
    ],
)
def test_columns_are_written_as_a_json_string_that_holds_json(results, expected):
    document = read(results, len(expected))
    assert document == {"success": True, "num_records": len(expected), "results": expected}


def test_rows_that_were_not_computed_are_null():
    assert read(np.array([7, 8]), 4, [1, 3])["results"] == [None, "7", None, "8"]
    assert read(["x"], 2, [0])["results"] == ["x", None]
    assert read(np.array([True]), 2, [1])["results"] == [None, True]
    values, offsets = columns([[1, 2], []])
    assert read(RaggedArray(values, offsets), 3, [0, 2])["results"] == ["[1,2]", None, "[]"]


ROWS = st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5), min_size=1, max_size=6)
CELL_ROWS = st.lists(
    st.lists(st.integers(10**18, 10**19 // 2), min_size=1, max_size=300), min_size=1, max_size=6
)


@given(st.one_of(ROWS, CELL_ROWS), st.randoms(use_true_random=False))
def test_ragged_rows_are_written_as_json_arrays(rows, dice):
    values, offsets = columns(rows)
    values = values.astype(np.int64)
    expected = [json.dumps(row, separators=(",", ":")) for row in rows]
    assert read(RaggedArray(values, offsets), len(rows))["results"] == expected

    distances = np.arange(len(values))
    records = RaggedRecords({"index": values, 'a"b': distances, "c": values[::-1]}, offsets)
    expected = [
        json.dumps(
            [
                {"index": int(values[at]), 'a"b': at, "c": int(values[::-1][at])}
                for at in range(offsets[row], offsets[row + 1])
            ],
            separators=(",", ":"),
        )
        for row in range(len(rows))
    ]
    assert read(records, len(rows))["results"] == expected

    total = len(rows) + 2
    kept = sorted(dice.sample(range(total), len(rows)))
    scattered = [None] * total
    for row, piece in zip(kept, expected, strict=True):
        scattered[row] = piece
    assert read(records, total, kept)["results"] == scattered


@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("items", [1, 9])
@pytest.mark.parametrize("least", [0, 1, 5, 95, 10**18])
def test_records_of_one_form_are_filled_in(rows, items, least):
    values = least + np.arange(rows * items) % 4
    records = RaggedRecords({"index": values, "distance": values % 3}, np.arange(rows + 1) * items)
    found = [json.loads(text) for text in read(records, rows)["results"]]
    pairs = [{"index": one, "distance": one % 3} for one in values.tolist()]
    assert found == [pairs[row * items : (row + 1) * items] for row in range(rows)]


def test_ragged_floats_read_back_the_same():
    table = np.array([[0.1, -1.5e-7], [1e300, 2.0]])
    assert [
        json.loads(row) for row in read(RaggedArray.of_table(table), 2)["results"]
    ] == table.tolist()


def test_numbers_that_json_cannot_hold_are_refused_with_their_row():
    with pytest.raises(RowError, match="row 1: the result is not a finite number"):
        rendering(np.array([1.0, np.nan]), 2)
    with pytest.raises(RowError, match="row 2: the result holds a number that is not finite"):
        rendering(RaggedArray(np.array([1.0, np.inf]), np.array([0, 1, 1, 2])), 3)


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (np.array([1, 2]), "returned 2 results for 3 rows"),
        (["a"], "returned 1 results for 3 rows"),
        (RaggedArray(np.array([1]), np.array([0, 1])), "returned 1 results for 3 rows"),
        (None, "cannot be sent as a column: NoneType"),
        ([1, 2, 3], "cannot be sent as a column: list with int in it; it takes a list of texts"),
        (np.array([["a"]]), "cannot be sent as a column: array of <U1"),
        (np.array([1j]), "cannot be sent as a column: array of complex128"),
    ],
)
def test_what_is_not_a_result_per_row_is_refused(results, message):
    with pytest.raises(InvocationError, match=message):
        rendering(results, 3)


def test_a_response_over_the_limit_is_refused_with_the_way_out():
    rows = [["x" * 1000]] * 7000
    made = rendering([row[0] for row in rows], 7000)
    with pytest.raises(
        ResponseTooLargeError,
        match=r"7000 rows take 70\d+ bytes, .* 6291456 .* MAX_BATCH_ROWS .* to 6\d\d\d or less",
    ):
        response(7000, join(made, 7000, None))
    with pytest.raises(ResponseTooLargeError, match="the result of one row takes 7000"):
        response(1, [b"x" * 7_000_000])


def test_the_advised_number_of_rows_fits():
    made = ["x" * 997] * 7000
    with pytest.raises(ResponseTooLargeError) as caught:
        response(7000, rendering(made, 7000).joined())
    fitting = int(str(caught.value).split(" to ")[1].split()[0])
    assert len(response(fitting, rendering(made[:fitting], fitting).joined())) <= MAX_RESPONSE_BYTES


def test_sizes_known_beforehand_are_refused_before_the_work():
    limit = capacity(20)
    check_fits(np.array([], np.int64), 20, lambda row, items: f"{row} {items}")
    check_fits(np.array([limit]), 20, lambda row, items: f"{row} {items}")
    with pytest.raises(RowError, match=f"row 1: row 1 has {limit + 1}"):
        check_fits(np.array([1, limit + 1]), 20, lambda row, items: f"row {row} has {items}")
    with pytest.raises(ResponseTooLargeError, match="2 rows"):
        check_fits(np.array([limit, limit]), 20, lambda row, items: f"{row} {items}")


def test_failures_can_carry_any_text():
    posted = json.loads(json.loads(failure('half a pair \ud800 and "quotes"', 3)))
    assert posted == {
        "success": False,
        "error_msg": 'half a pair ? and "quotes"',
        "num_records": 3,
        "results": [],
    }
