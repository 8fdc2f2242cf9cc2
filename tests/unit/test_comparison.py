import pytest

from carto_at_installer.verify.comparison import matches


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, 1),
        (None, None),
        (True, True),
        ("a", "a"),
        (0.1 + 0.2, 0.3),
        (3, 3.0),
        ([1, 2], "[1,2]"),
        ({"z": 4, "x": 1}, '{"x":1,"z":4}'),
        (12.5, "12.50"),
        ([[1, "a"], [2, None]], [[1, "a"], [2, None]]),
        (5256684166837174271, "5256684166837174271"),
    ],
)
def test_equal_answers(expected, actual):
    assert matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, 2),
        (None, 0),
        (True, 1),
        (1, True),
        (False, None),
        ("1", 1),
        (0.3, 0.3001),
        ([1, 2], "[2,1]"),
        ([1, 2], "[1,2,3]"),
        ({"a": 1}, '{"a":1,"b":2}'),
        ([1], "not json"),
        (5256684166837174271, 5256684166837174272),
    ],
)
def test_different_answers(expected, actual):
    assert not matches(expected, actual)


def test_unordered_arrays_are_compared_with_their_repetitions():
    assert matches([1, 2, 2], "[2,1,2]", unordered=True)
    assert not matches([1, 2, 2], "[2,1,1]", unordered=True)
