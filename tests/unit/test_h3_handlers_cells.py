"""Cells, rings, families and sets of the h3 module: whole invocations and column arithmetic against the H3 library."""

import json
from itertools import pairwise

import h3.api.basic_int as h3
import numpy as np
import pytest
from h3 import H3BaseException
from hypothesis import given
from hypothesis import strategies as st

from carto_h3 import cells, handler, rings
from tests.unit.handler_calls import BothWays, refusal
from tests.unit.handler_calls import answer as answer_of

ASKED = BothWays(handler)

MADRID = 0x84390CBFFFFFFFF
PENTAGON = h3.get_pentagons(4)[0]
CELLS = st.builds(h3.latlng_to_cell, st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 15))
PENTAGONS = st.builds(
    lambda resolution, number: h3.get_pentagons(resolution)[number],
    st.integers(0, 15),
    st.integers(0, 11),
)
ANY_CELL = st.one_of(CELLS, PENTAGONS)


def results(function, *rows):
    return answer_of(ASKED, f"__H3_{function}", *rows)


def cell_lists(function, *rows):
    """The results of a function that answers texts with commas between them."""
    return [
        None if text is None else [int(cell, 16) for cell in text.split(",")]
        for text in results(function, *rows)
    ]


def with_distances(*rows):
    return [
        [(int(item[:15], 16), int(item[16:])) for item in text.split(",")]
        for text in results("KRING_DISTANCES", *rows)
    ]


def error(function, *rows):
    return refusal(ASKED, f"__H3_{function}", *rows)


# --- bits -------------------------------------------------------------------------------------------------------------


@given(
    st.lists(ANY_CELL, min_size=1, max_size=5),
    st.lists(st.integers(0, 63), max_size=2),
    st.integers(-(2**63), 2**63 - 1),
)
def test_validity_is_as_the_library_has_it(found, flips, anything):
    numbers = list(found)
    for cell in found:
        for bit in flips:
            flipped = cell ^ 1 << bit
            numbers.append(flipped - (1 << 64) if flipped >> 63 else flipped)
    numbers.append(anything)
    known = cells.is_valid(np.array(numbers, np.int64))
    assert known.tolist() == [number >= 0 and h3.is_valid_cell(number) for number in numbers]


def test_validity_of_every_digit_and_base_cell():
    numbers = []
    for base in range(128):
        root = 0x08001FFFFFFFFFFF & ~(127 << 45) | base << 45
        numbers.append(root)
        for resolution in (1, 7, 15):
            for digit in range(8):
                for place in (1, resolution):
                    used = [0] * (place - 1) + [digit] + [0] * (resolution - place)
                    tail = (1 << 45 - 3 * resolution) - 1
                    bits = sum(each << 45 - 3 * (n + 1) for n, each in enumerate(used))
                    frame = root >> 45 << 45
                    numbers.append(frame | resolution << 52 | bits | tail)
    known = cells.is_valid(np.array(numbers, np.int64)).tolist()
    assert known == [h3.is_valid_cell(number) for number in numbers]
    assert 0 < sum(known) < len(known)


@given(st.lists(ANY_CELL, min_size=1, max_size=8), st.data())
def test_families_are_as_the_library_has_them(found, data):
    column = np.array(found, np.int64)
    own = [h3.get_resolution(cell) for cell in found]
    assert cells.resolution(column).tolist() == own
    assert cells.is_pentagon(column).tolist() == [h3.is_pentagon(cell) for cell in found]
    up = [data.draw(st.integers(0, z)) for z in own]
    down = [data.draw(st.integers(z, min(15, z + 3))) for z in own]
    assert cells.parent(column, np.array(up)).tolist() == list(map(h3.cell_to_parent, found, up))
    values, offsets = cells.children(column, np.array(down))
    families = [values[a:b].tolist() for a, b in pairwise(offsets)]
    assert families == [sorted(h3.cell_to_children(c, z)) for c, z in zip(found, down, strict=True)]
    owners = np.repeat(column, np.diff(offsets))
    assert cells.parent(values, cells.resolution(owners)).tolist() == owners.tolist()
    assert cells.is_valid(values).all()


def test_counts_of_cells_are_as_the_library_has_them():
    counts = cells.cell_count(np.arange(16)).tolist()
    assert counts == [h3.get_num_cells(resolution) for resolution in range(16)]


@given(st.lists(ANY_CELL, min_size=1, max_size=8))
def test_texts_and_numbers(found):
    column = np.array(found, np.int64)
    (joined,) = cells.texts(column, np.array([0, len(found)]))
    assert joined.split(",") == [h3.int_to_str(cell) for cell in found]
    assert cells.from_texts(joined.split(",")).tolist() == found
    assert cells.from_texts(joined.upper().split(",")).tolist() == found


def test_texts_of_rows_without_cells_are_empty():
    column = np.array([MADRID], np.int64)
    assert cells.texts(column, np.array([0, 0, 1, 1])) == ["", "84390cbffffffff", ""]


def test_texts_that_are_no_numbers_are_no_cells():
    texts = [
        "",
        "84390cbfffffffg",
        "84390cbfffffff",
        "884390cbffffffff",
        "84390cbffffffé",
        "é" * 15,
    ]
    assert cells.from_texts([*texts, "84390cbffffffff"]).tolist() == [0] * len(texts) + [MADRID]
    assert cells.from_texts(texts[-5:]).tolist() == [0] * 5
    assert cells.from_texts([]).tolist() == []


# --- disks and rings --------------------------------------------------------------------------------------------------


def test_disks_are_in_the_documented_order():
    expected = (
        "84390cbffffffff,84390c9ffffffff,84390c1ffffffff,84390c3ffffffff,84390ddffffffff,"
        "84392b7ffffffff,84392b5ffffffff"
    )
    assert results("KRING", (MADRID, 1), (MADRID, 0)) == [expected, "84390cbffffffff"]


@given(st.lists(st.tuples(ANY_CELL, st.integers(0, 5)), min_size=1, max_size=5))
def test_disks_have_the_cells_of_the_library_ring_by_ring(rows):
    found = cell_lists("KRING", *rows)
    labelled = with_distances(*rows)
    numbers = [json.loads(text) for text in results("KRING_INT", *rows)]
    records = [json.loads(text) for text in results("KRING_DISTANCES_INT", *rows)]
    assert numbers == found
    for (origin, size), disk, pairs, objects in zip(rows, found, labelled, records, strict=True):
        assert sorted(disk) == sorted(h3.grid_disk(origin, size))
        assert [cell for cell, _ in pairs] == disk
        assert objects == [{"index": cell, "distance": far} for cell, far in pairs]
        distances = [far for _, far in pairs]
        assert distances == sorted(distances)
        for far in range(size + 1):
            ring = {cell for cell, distance in pairs if distance == far}
            inner = set(h3.grid_disk(origin, far - 1)) if far else set()
            assert ring == set(h3.grid_disk(origin, far)) - inner


@given(ANY_CELL, st.integers(1, 4), st.data())
def test_disks_are_symmetric(origin, size, data):
    (disk,) = with_distances((origin, size))
    other, far = data.draw(st.sampled_from(disk))
    (back,) = with_distances((other, size))
    assert (origin, far) in back


def test_sizes_of_disks_away_from_pentagons():
    counts = [len(disk) for disk in cell_lists("KRING", *((MADRID, size) for size in range(6)))]
    assert counts == [3 * size * (size + 1) + 1 for size in range(6)]


@pytest.mark.parametrize("resolution", [0, 1, 2])
def test_disks_as_large_as_the_earth_have_every_cell_once(resolution):
    origin = h3.latlng_to_cell(40, -3, resolution)
    rows = [(origin, size) for size in (100, 1000, 2**31 - 1)]
    whole, *others = cell_lists("KRING", *rows)
    assert len(whole) == len(set(whole)) == h3.get_num_cells(resolution)
    assert others == [whole] * 2
    (pairs,) = with_distances((origin, 2**31 - 1))
    distances = dict(pairs)
    for cell, far in distances.items():
        nearby = [distances[each] for each in h3.grid_disk(cell, 1) if each != cell]
        assert far == 0 or min(nearby) == far - 1


def test_pentagons_among_other_rows():
    rows = [(MADRID, 1), (PENTAGON, 1), (h3.grid_disk(PENTAGON, 2)[-1], 2), (MADRID, 2)]
    found = cell_lists("KRING", *rows)
    assert [len(disk) for disk in found] == [7, 6, len(h3.grid_disk(*rows[2])), 19]
    assert found[0] == cell_lists("KRING", rows[0])[0]
    assert found[3] == cell_lists("KRING", rows[3])[0]


@given(CELLS, st.integers(0, 6))
def test_hollow_rings_are_the_outermost_cells_of_disks(origin, size):
    (pairs,) = with_distances((origin, size))
    around = [cell for cell, far in pairs if far == size]
    if size and any(map(h3.is_pentagon, (cell for cell, _ in pairs))):
        assert "encountered a pentagon" in error("HEXRING", (origin, size))
        return
    (ring,) = cell_lists("HEXRING", (origin, size))
    assert sorted(ring) == sorted(around)
    assert [json.loads(text) for text in results("HEXRING_INT", (origin, size))] == [ring]
    if size:
        assert all(map(h3.are_neighbor_cells, ring, ring[1:] + ring[:1]))


def test_hollow_rings_are_in_the_documented_order():
    expected = (
        "84392b5ffffffff,84390c9ffffffff,84390c1ffffffff,84390c3ffffffff,84390ddffffffff,"
        "84392b7ffffffff"
    )
    assert results("HEXRING", (MADRID, 1), (MADRID, 0)) == [expected, "84390cbffffffff"]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_hollow_rings_refuse_pentagons_wherever_they_are(size):
    assert results("HEXRING", (PENTAGON, 0)) == [h3.int_to_str(PENTAGON)]
    for origin in h3.grid_disk(PENTAGON, size):
        assert "row 1: Failed to get hexring (encountered a pentagon" in error(
            "HEXRING", (MADRID, 1), (origin, size)
        )
    for origin in h3.grid_ring(PENTAGON, size + 1):
        assert len(cell_lists("HEXRING", (origin, size))[0]) == 6 * size


def test_hollow_rings_as_large_as_the_earth_are_refused():
    origin = h3.latlng_to_cell(40, -3, 1)
    assert "pentagon" in error("HEXRING", (origin, 17))
    assert "Invalid input size: should be at most 2000" in error("HEXRING", (MADRID, 2001))
    large = h3.latlng_to_cell(40, -3, 15)
    assert len(cell_lists("HEXRING", (large, rings.MAX_HOLLOW_SIZE))[0]) == 12_000


DISK_FUNCTIONS = (
    "KRING", "KRING_INT", "KRING_DISTANCES", "KRING_DISTANCES_INT", "HEXRING", "HEXRING_INT",
)  # fmt: skip


@pytest.mark.parametrize("function", DISK_FUNCTIONS)
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((None, 1), "Invalid input origin"),
        ((MADRID, None), "Invalid input size"),
        ((0, 1), "Invalid input origin"),
        ((-5, 1), "Invalid input origin"),
        ((MADRID + 1, 1), "Invalid input origin"),
        ((MADRID, -1), "Invalid input size"),
    ],
)
def test_bad_rings_are_refused_in_the_documented_words(function, row, message):
    name = f"__h3_{function.lower()}"
    assert error(function, (MADRID, 1), row) == f"{name}: Error processing row 1: {message}"


@pytest.mark.parametrize("function", DISK_FUNCTIONS[:4])
def test_disks_that_do_not_fit_are_refused_before_they_are_made(function):
    fine = h3.latlng_to_cell(40, -3, 15)
    message = error(function, (fine, 2**31 - 1))
    assert "row 0: a ring of size 2147483647 has up to" in message
    assert "more than one response of Lambda (6 MB) holds" in message
    assert "MAX_BATCH_ROWS" in error(function, *[(fine, 180)] * 40)


def test_the_largest_disks_fit():
    fine = h3.latlng_to_cell(40, -3, 15)
    for function, size in (("KRING", 361), ("KRING_INT", 331), ("KRING_DISTANCES", 315)):
        assert len(results(function, (fine, size))) == 1
        assert "holds" in error(function, (fine, size + 2))


@given(ANY_CELL, st.integers(0, 4), st.data())
def test_distances_are_steps(origin, size, data):
    (pairs,) = with_distances((origin, size))
    other, far = data.draw(st.sampled_from(pairs))
    forth, back = results("DISTANCE", (origin, other), (other, origin))
    for found in (forth, back):
        assert found is None or int(found) == far
    if not any(h3.is_pentagon(cell) for cell, _ in pairs):
        assert forth == str(far)


def _below(random, cell, resolution):
    while h3.get_resolution(cell) < resolution:
        cell = int(random.choice(h3.cell_to_children(cell)))
    return cell


def _distance_of_libh3(origin, destination):
    try:
        return h3.grid_distance(origin, destination)
    except H3BaseException:
        return None


def test_distances_within_base_cells_are_those_of_libh3():
    random = np.random.default_rng(7)
    pairs = [
        (_below(random, base, resolution), _below(random, base, resolution))
        for resolution in range(0, 16, 3)
        for base in sorted(h3.get_res0_cells())
    ] + [(_below(random, MADRID, z), _below(random, MADRID, z)) for z in range(4, 16)]
    found, told = rings.distances(*np.array(pairs).T)
    answers = [steps if known else None for steps, known in zip(found.tolist(), told, strict=True)]
    assert answers == [_distance_of_libh3(*pair) for pair in pairs]
    assert None in answers
    assert max(filter(None, answers)) > 1_000_000


def test_distances_that_there_are_not():
    finer = h3.cell_to_children(MADRID, 5)[0]
    rows = [
        (MADRID, MADRID), (MADRID, finer), (0, MADRID), (MADRID, -1), (None, MADRID),
        (MADRID, None), (MADRID, h3.latlng_to_cell(-40, 176, 4)),
    ]  # fmt: skip
    assert results("DISTANCE", *rows) == ["0"] + [None] * 6


# --- families and sets ------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(ANY_CELL, st.integers(0, 3)), min_size=1, max_size=5))
def test_children(rows):
    asked = [(cell, h3.get_resolution(cell) + deeper) for cell, deeper in rows]
    for (cell, resolution), found in zip(asked, cell_lists("TOCHILDREN", *asked), strict=True):
        if resolution > 15:
            assert found is None
        else:
            assert found == sorted(h3.cell_to_children(cell, resolution))


def test_children_that_there_are_not():
    rows = [
        (MADRID, 3), (MADRID, 16), (MADRID, -1), (0, 5), (None, 5), (MADRID, None), (MADRID, 4),
    ]  # fmt: skip
    assert cell_lists("TOCHILDREN", *rows) == [None] * 6 + [[MADRID]]


def test_children_that_do_not_fit():
    message = error("TOCHILDREN", (MADRID, 5), (MADRID, 15))
    assert "row 1: a cell of resolution 4 has 1977326743 descendants at resolution 15" in message
    assert "H3_TOCHILDREN of the cell as a BIGINT" in message
    assert len(cell_lists("TOCHILDREN", (MADRID, 10))[0]) == 7**6


def sets(function, *rows):
    asked = [(json.dumps(first), *rest) for first, *rest in rows]
    answers = results(function, *asked)
    return [None if text is None else json.loads(text.replace("~", '"')) for text in answers]


def as_texts(numbers):
    return [h3.int_to_str(number) for number in numbers]


@given(st.lists(st.tuples(ANY_CELL, st.integers(1, 3), st.data()), min_size=1, max_size=3))
def test_sets_are_compacted_as_the_library_does(cases):
    asked = []
    for cell, deeper, data in cases:
        resolution = min(15, h3.get_resolution(cell) + deeper)
        family = h3.cell_to_children(cell, resolution)
        family += h3.grid_disk(family[0], 2)
        dropped = set(data.draw(st.lists(st.sampled_from(family), max_size=2)))
        asked.append([each for each in dict.fromkeys(family) if each not in dropped])
    expected = [sorted(h3.compact_cells(numbers)) for numbers in asked]
    assert sets("COMPACT", *((numbers,) for numbers in asked)) == expected
    # What is there twice counts once, and the order does not matter.
    twice = [(as_texts(numbers + numbers[::-1]),) for numbers in asked]
    assert sets("COMPACT", *twice) == [as_texts(numbers) for numbers in expected]
    finest = [max(map(h3.get_resolution, numbers), default=0) for numbers in asked]
    back = sets("UNCOMPACT", *zip(expected, finest, strict=True))
    assert back == [sorted(numbers) for numbers in asked]


def test_sets_of_several_resolutions_are_compacted():
    family = h3.cell_to_children(MADRID, 5)
    mixed = [*family[1:], *h3.cell_to_children(family[0], 7)]
    inside = [MADRID, family[3], h3.cell_to_children(family[0], 8)[5]]
    assert sets("COMPACT", (mixed,), (inside,), ([*mixed[1:], MADRID],)) == [[MADRID]] * 3
    assert sets("COMPACT", (mixed[1:],)) == [sorted([*family[2:], family[0]])]
    assert sets("UNCOMPACT", (inside, 8)) == [sorted(h3.cell_to_children(MADRID, 8))]


def test_the_whole_earth_is_its_base_cells():
    everything = [cell for base in h3.get_res0_cells() for cell in h3.cell_to_children(base, 2)]
    (found,) = sets("COMPACT", (everything,))
    assert found == sorted(h3.get_res0_cells())


def test_sets_are_answered_as_they_came():
    rows = [([MADRID],), ([],), (as_texts([MADRID]),), ([MADRID, h3.int_to_str(MADRID)],)]
    text = "84390cbffffffff"
    assert sets("COMPACT", *rows) == [[MADRID], [], [text], [text]]
    assert sets("UNCOMPACT", *((row[0], 4) for row in rows)) == [[MADRID], [], [text], [text]]
    assert results("COMPACT", (None,), ("[]",)) == [None, "[]"]
    assert results("UNCOMPACT", (None, 3), ("[]", None), ("[]", 3)) == [None, None, "[]"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ('["84390cbffffffff", "madrid"]', "Invalid input cell: 'madrid'"),
        ("[5]", "Invalid input cell: 5"),
        ("[-1]", "Invalid input cell: -1"),
        ("[1e300]", "Invalid input cell: 1e+300"),
        ("[595478781590765567.0]", "Invalid input cell: 5.954787815907656e+17"),
        ("[99999999999999999999]", "Invalid input cell: 1e+20"),
        ("[null]", "Invalid input cell: None"),
        ("[true]", "Invalid input cell: True"),
        ("[[]]", "Invalid input cell: []"),
        ('"84390cbffffffff"', "is not an array of cells"),
        ("{}", "Invalid input: '{}' is not an array of cells"),
        ("null", "Invalid input: 'null' is not an array of cells"),
        ("[", "Invalid input: '[' is not an array of cells"),
    ],
)
def test_bad_sets_are_refused(array, message):
    assert f"__h3_compact: Error processing row 1: {message}" in error(
        "COMPACT", ("[]",), (array,)
    ) or message in error("COMPACT", ("[]",), (array,))
    assert message in error("UNCOMPACT", ("[]", 5), (array, 5))


@pytest.mark.parametrize("resolution", [-1, 3, 16])
def test_uncompact_refuses_resolutions_that_there_are_not(resolution):
    message = error("UNCOMPACT", (json.dumps([MADRID]), resolution))
    assert (
        "row 0: Invalid resolution: should be between 4 (that of the finest cell) and 15" in message
    )


def test_uncompact_refuses_what_does_not_fit():
    message = error("UNCOMPACT", (json.dumps([MADRID]), 15))
    assert "the cells are 1977326743 at resolution 15, more than one response" in message
