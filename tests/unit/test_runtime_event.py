"""Events to columns: the fast ways and the careful way give the same, and faults are named."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carto_at_runtime.columns import (
    ROOM,
    Kind,
    boolean,
    columns_from_rows,
    float64,
    int32,
    int64,
    text,
)
from carto_at_runtime.errors import InvocationError, RowError
from carto_at_runtime.event import decode, read_event
from carto_at_runtime.registry import ExternalFunction, Registry, dispatch_key

INT64_MAX = 2**63 - 1


def function(*arguments):
    return ExternalFunction("f", arguments, lambda *_: None)


def event(rows, **changes):
    return {"external_function": "s.f", "num_records": len(rows), "arguments": rows} | changes


def both_ways(arguments, document):
    """Decode the document as bytes and as a dict; check that both agree; return values with None for NULL."""
    seen = []
    for payload in (json.dumps(document).encode(), document):
        try:
            batch = decode(function(*arguments), read_event(payload))
        except InvocationError as error:
            seen.append(str(error))
            continue
        columns = [
            [
                None if column.nulls is not None and column.nulls[row] else value
                for row, value in enumerate(list(column.values))
            ]
            for column in batch.columns
        ]
        seen.append((batch.rows, columns))
    assert seen[0] == seen[1]
    return seen[0]


INTEGERS = (int64("a"), int32("b"))


@pytest.mark.parametrize(
    ("arguments", "rows", "columns"),
    [
        (INTEGERS, [[1, 2], [-3, 4]], [[1, -3], [2, 4]]),
        (INTEGERS, [["1", "2"], [" 3 ", "+4"]], [[1, 3], [2, 4]]),
        (INTEGERS, [["1", "2"], ["3", "4"]], [[1, 3], [2, 4]]),
        (INTEGERS, [[1, None], None, [None, 4]], [[1, None, None], [None, None, 4]]),
        (INTEGERS, [[1, None], [None, 4]], [[1, None], [None, 4]]),
        (INTEGERS, [[1.0, "2.0"], [1e3, "-1e2"]], [[1, 1000], [2, -100]]),
        ((int64("a"),), [[INT64_MAX], [-INT64_MAX - 1]], [[INT64_MAX, -INT64_MAX - 1]]),
        ((int64("a"),), [[INT64_MAX], [-INT64_MAX], None], [[INT64_MAX, -INT64_MAX, None]]),
        ((int64("a"),), [[2**53 + 1], [-(2**53) - 1]], [[2**53 + 1, -(2**53) - 1]]),
        ((int64("a"),), [1, None, "3"], [[1, None, 3]]),
        ((int64("a"),), [7], [[7]]),
        ((text("a"),), ["x", None, ["null"]], [["x", None, "null"]]),
        ((text("a"), int32("b")), [['é\u2028"\\', 1], None], [['é\u2028"\\', None], [1, None]]),
        ((float64("a"), int64("b")), [["1.5", 2], [0.1, "3"]], [[1.5, 0.1], [2, 3]]),
        (
            (float64("a"), int64("b")),
            [[None, None], ["-0.0", 2**60 + 1]],
            [[None, 0.0], [None, 2**60 + 1]],
        ),
        ((boolean("a"),), [[True], ["f"], None, [0]], [[True, False, None, False]]),
        ((boolean("a"), float64("b")), [[1, 1], ["true", 2]], [[True, True], [1.0, 2.0]]),
        ((int64("a"), int32("b", default=5)), [[1], [2, 3]], [[1, 2], [5, 3]]),
        ((), [[], []], []),
        ((), [None, None], []),
        ((int64("a"),), [], [[]]),
    ],
)
def test_rows_become_columns(arguments, rows, columns):
    assert both_ways(arguments, event(rows)) == (len(rows), columns)


@pytest.mark.parametrize(
    ("arguments", "rows", "message"),
    [
        (INTEGERS, [[1, 2], [3]], "row 1: expected 2 arguments (a, b), got 1"),
        (INTEGERS, [[1], [2, 3, 4]], "row 0: expected 2 arguments (a, b), got 1"),
        (INTEGERS, [5, 6], "row 0: expected 2 arguments"),
        (
            INTEGERS,
            [[1, [2]], [3, 4]],
            "row 0: Invalid value for argument b: [2] is not an INTEGER",
        ),
        (
            INTEGERS,
            [[1, 2], [3, 4.5]],
            "row 1: Invalid value for argument b: 4.5 is not an INTEGER",
        ),
        (
            INTEGERS,
            [[1, 2], [3, "x"]],
            "row 1: Invalid value for argument b: 'x' is not an INTEGER",
        ),
        (INTEGERS, [[1, 2], ["1_0", 1]], "'1_0' is not a BIGINT"),
        (INTEGERS, [[1, 2], ["null", 1]], "'null' is not a BIGINT"),
        (INTEGERS, [["1-2", 2]], "'1-2' is not a BIGINT"),
        (INTEGERS, [["", 2]], "'' is not a BIGINT"),
        (INTEGERS, [[True, 2]], "True is not a BIGINT"),
        (INTEGERS, [[1, 2**31]], "2147483648 is out of the range of an INTEGER"),
        (INTEGERS, [[1, -(2**31) - 1]], "out of the range of an INTEGER"),
        (INTEGERS, [[2**63, 1]], "9223372036854775808 is out of the range of a BIGINT"),
        (INTEGERS, [[-(2**63) - 1, 1]], "out of the range of a BIGINT"),
        (INTEGERS, [[10**40, 1]], "out of the range of a BIGINT"),
        (INTEGERS, [["9" * 5000, 1]], "out of the range of a BIGINT"),
        (INTEGERS, [[1e17, 1]], "1e+17 is not a BIGINT"),
        ((float64("a"), int64("b")), [[1.5, 1e17]], "1e+17 is not a BIGINT"),
        ((float64("a"),), [["x"]], "'x' is not a DOUBLE PRECISION"),
        ((float64("a"),), [["1_0"]], "'1_0' is not a DOUBLE PRECISION"),
        (
            (float64("a"),),
            [[1.0], ["NaN"]],
            "row 1: Invalid value for argument a: 'NaN' is not a finite number",
        ),
        ((float64("a"),), [["-Infinity"]], "not a finite number"),
        ((float64("a"),), [["1e400"]], "not a finite number"),
        ((float64("a"),), [[True]], "True is not a DOUBLE PRECISION"),
        (
            (float64("a"), int64("b")),
            [["null", 1], [None, None]],
            "'null' is not a DOUBLE PRECISION",
        ),
        ((text("a"),), [[5]], "5 is not a VARCHAR"),
        ((boolean("a"),), [["yes"]], "'yes' is not a BOOLEAN"),
        ((boolean("a"),), [[2]], "2 is not a BOOLEAN"),
        ((), [[1]], "row 0: expected 0 arguments (), got 1"),
    ],
)
def test_a_wrong_value_is_named_with_its_row(arguments, rows, message):
    seen = both_ways(arguments, event(rows))
    assert isinstance(seen, str)
    assert message in seen


def test_text_that_looks_like_structure_is_not_taken_for_it():
    assert "not a BIGINT" in both_ways((int64("a"),), event([["1],[2"]]))
    assert "not a BIGINT" in both_ways((int64("a"),), event([["1,2"]]))


def test_nan_and_infinity_tokens_of_python_json_are_refused_with_their_row():
    payload = b'{"external_function":"f","num_records":2,"arguments":[[1.0],[NaN]]}'
    with pytest.raises(RowError, match=r"row 1: .*nan is not a finite number"):
        decode(function(float64("a")), read_event(payload))


@pytest.mark.parametrize("absent", [{}, {"arguments": None}, {"arguments": []}])
def test_a_function_of_no_arguments_has_as_many_rows_as_num_records_says(absent):
    document = {"external_function": "f", "num_records": 3} | absent
    assert both_ways((), document) == (3, [])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([1], "the event is not a JSON object"),
        ({}, "not an event of Amazon Redshift"),
        ({"key1": "value1"}, "not an event of Amazon Redshift"),
        ({"external_function": 5}, "not an event of Amazon Redshift"),
        (event([[1, 2]], num_records=2), "has 1 rows of arguments, but says num_records 2"),
        (event([[1, 2], [1, 2]], num_records=1), "has 2 rows of arguments, but says num_records 1"),
        (event([[1, 2]], num_records="x"), "num_records is not a number of rows: 'x'"),
        (event([[1, 2]], num_records=-1), "num_records is not a number of rows"),
        (event([], arguments={"a": 1}), "arguments are not a list"),
        (event([], arguments=None, num_records=2), "no arguments, but the function takes 2 (a, b)"),
        ({"external_function": "f"}, "neither arguments nor num_records"),
    ],
)
def test_what_is_not_an_event_is_refused(document, message):
    seen = both_ways(INTEGERS, document)
    assert isinstance(seen, str)
    assert message in seen


def test_an_absurd_num_records_is_only_a_mismatch():
    seen = both_ways(INTEGERS, event([[1, 2]], num_records=10**18))
    assert "has 1 rows of arguments, but says num_records 1000000000000000000" in seen


def test_num_records_may_be_missing():
    document = event([[1, 2], [3, 4]])
    del document["num_records"]
    assert both_ways(INTEGERS, document) == (2, [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    "payload", [b"", b"{", b'{"external_function": "f"}x', b"\xff", b"[" * 100_000]
)
def test_bytes_that_are_not_json_are_refused(payload):
    with pytest.raises(InvocationError, match="the event is not"):
        read_event(payload)


def test_blanks_in_the_text_do_not_matter():
    payload = (
        b' {"external_function":"f", "num_records": 2,\n"arguments" : [ [1 , 2],\t[ 3,null ] ] } '
    )
    batch = decode(function(*INTEGERS), read_event(payload))
    assert batch.columns[0].values.tolist() == [1, 3]
    assert batch.columns[1].nulls.tolist() == [False, True]


ANY_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.integers(-5, 5),
    st.sampled_from([INT64_MAX, -INT64_MAX, -INT64_MAX - 1, 2**53, 2**31, 2**31 - 1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.from_regex(r"\A[-+ ]?[0-9]{1,21}(\.[0-9]*)?(e[0-9])?\Z"),
    st.sampled_from(["null", "NaN", "true", "1],[2", "[", '"', "inf"]),
)


@given(
    st.lists(st.sampled_from(Kind), min_size=1, max_size=3).flatmap(
        lambda kinds: st.tuples(
            st.just(kinds),
            st.lists(
                st.one_of(st.none(), st.lists(ANY_VALUE, min_size=len(kinds), max_size=len(kinds))),
                max_size=4,
            ),
        )
    )
)
def test_bytes_and_dicts_always_decode_alike(case):
    kinds, rows = case
    makers = {
        Kind.INT64: int64,
        Kind.INT32: int32,
        Kind.FLOAT64: float64,
        Kind.BOOLEAN: boolean,
        Kind.TEXT: text,
    }
    arguments = [makers[kind](f"a{place}") for place, kind in enumerate(kinds)]
    both_ways(arguments, event(rows))


@given(
    st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1)), max_size=8
    )
)
def test_every_integer_arrives_exactly(rows):
    seen = both_ways(INTEGERS, event([list(row) for row in rows]))
    assert seen == (len(rows), [[a for a, _ in rows], [b for _, b in rows]])


def test_columns_have_the_documented_types():
    columns = columns_from_rows(
        [int64("a"), int32("b"), float64("c"), boolean("d"), text("e")], [[1, 2, 3, True, "x"]]
    )
    assert [getattr(column.values, "dtype", list) for column in columns] == [
        np.int64,
        np.int64,
        np.float64,
        np.bool_,
        list,
    ]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("carto.__quadbin_kring", "__quadbin_kring"),
        ("__QUADBIN_KRING", "__quadbin_kring"),
        ('"dev"."my.schema"."__QUADBIN_KRING"', "__quadbin_kring"),
        ("dev.carto.f", "f"),
        ('s."a""b"', 'a"b'),
        (' s . "F" ', "f"),
    ],
)
def test_functions_are_found_by_the_last_part_of_their_name(name, key):
    assert dispatch_key(name) == key


@pytest.mark.parametrize("name", ["", "s.", '""', "a b"])
def test_what_is_not_a_name_is_refused(name):
    with pytest.raises(InvocationError, match=r"not the name of a function|unknown"):
        Registry().find(name)


def test_a_name_is_registered_once():
    registry = Registry()
    registry.external_function("F")(lambda rows: rows)
    with pytest.raises(ValueError, match="registered twice"):
        registry.external_function("f")


def test_defaults_come_last():
    with pytest.raises(ValueError, match="b needs a default, as a has one"):
        Registry().external_function("f", int64("a", default=1), int64("b"))


@pytest.mark.parametrize("long", [1, 2000])
@pytest.mark.parametrize(
    "rooms", [[" ", " "], ["", "  "], ["a", 'b"c'], ["\\", "],[1,2"], [None, " "], [" ", ' ","']]
)
def test_room_is_not_looked_at(rooms, long):
    """Whatever the blanks hold, the numbers before them are read."""
    rows = [[2**60 + 1, 3], [-4, 5]]
    rows = [[*row, room and room * long] for row, room in zip(rows, rooms, strict=True)]
    for spaces in ((",", ":"), (", ", ": ")):
        payload = json.dumps(event(rows), separators=spaces).encode()
        batch = decode(function(int64("a"), int32("b"), ROOM), read_event(payload))
        assert [column.values.tolist() for column in batch.columns[:2]] == [[2**60 + 1, -4], [3, 5]]
        assert len(batch.columns[2].values) == 2


@pytest.mark.parametrize(
    "second", [[12, 5, "   "], [12, 5, "  x"], ["12", 5, " "], [12, ",", "   "]]
)
@pytest.mark.parametrize("many", [1, 3])
def test_even_room_is_cut_from_all_rows(second, many):
    """Rows of one length, whose blanks are alike, or only look so."""
    rows = [[99, 3, "   "], second] * many
    payload = json.dumps(event(rows), separators=(",", ":")).encode()
    taking = function(int64("a"), int32("b"), ROOM)
    if second[1] == ",":
        with pytest.raises(RowError):
            decode(taking, read_event(payload))
    else:
        batch = decode(taking, read_event(payload))
        assert [c.values.tolist() for c in batch.columns[:2]] == [[99, 12] * many, [3, 5] * many]


def test_blanks_of_another_place_are_no_room():
    taking = function(int64("a"), int32("b"), ROOM)
    long = " " * 2000
    for rows in (
        [[1, "   ", 2]] * 2,
        [[1, long, 2], [1, long, 34]],
        [[1, 2, "   ", 4]] * 2,
        [["   "]] * 2,
    ):
        payload = json.dumps(event(rows), separators=(",", ":")).encode()
        with pytest.raises(RowError):
            decode(taking, read_event(payload))
