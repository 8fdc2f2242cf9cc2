"""The placekey module through SQL, which is all of it: cross-checks with placekey and h3, fixed bugs."""

import random

import h3
import pytest
from placekey import placekey as reference

from carto_at_installer.sql.identifiers import quote_literal
from tests.functional.module_engine import (
    SQL_TYPES,
    fill_table,
    load_module,
    open_engine,
    select,
    value,
)

MODULE = load_module("placekey")
ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
PENTAGONS = {4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


def make_cell(resolution, base_cell, digits):
    number = 1 << 59 | resolution << 52 | base_cell << 45
    for place in range(15):
        digit = digits[place] if place < resolution else 7
        number |= digit << 3 * (14 - place)
    return f"{number:x}"


def make_placekey(code):
    return f"@{code[:3]}-{code[3:6]}-{code[6:]}"


@pytest.fixture(scope="module")
def cells(session):
    """Cells of resolution 10 of every base cell, some of other resolutions, and what is nearly a cell."""
    dice = random.Random(10)  # noqa: S311 (test data)
    found = [
        make_cell(10, base_cell, [dice.randrange(7) for _ in range(15)])
        for base_cell in range(122)
        for _ in range(12)
    ]
    found += [
        make_cell(resolution, dice.randrange(122), [dice.randrange(7) for _ in range(15)])
        for resolution in range(16)
        for _ in range(20)
    ]
    found += [
        make_cell(resolution, base_cell, [0] * zeros + [dice.randrange(7) for _ in range(15)])
        for base_cell in PENTAGONS
        for resolution in (0, 1, 9, 10, 15)
        for zeros in (0, 1, 5, 10)
    ]
    for cell in found[::9]:  # one bit changed anywhere
        found.append(f"{int(cell, 16) ^ 1 << dice.randrange(63):x}")
    found = sorted(set(found))
    fill_table(session, "cells", "h3 VARCHAR(20)", [(cell,) for cell in found])
    return found


@pytest.mark.parametrize("function", MODULE.functions, ids=lambda function: function.name)
def test_result_types_are_the_declared_ones(session, function):
    result = session.execute(f"SELECT carto.{function.name}(NULL)")
    assert result.columns[0].type == SQL_TYPES[function.returns]


def test_every_name_of_the_reference_is_there_and_none_needs_lambda():
    assert {function.name for function in MODULE.functions} == {
        "PLACEKEY_ASH3", "PLACEKEY_FROMH3", "PLACEKEY_ISVALID", "PLACEKEY_TOH3",
    }  # fmt: skip
    assert not any(function.external for function in MODULE.functions)


# --- cross-checks -----------------------------------------------------------------------------------------------------


def test_fromh3_of_valid_cells_equals_the_library(session, cells):
    found = dict(select(session, "h3, carto.PLACEKEY_FROMH3(h3)", "cells"))
    valid = [cell for cell in cells if h3.is_valid_cell(cell)]
    assert len(valid) > 1500
    assert {cell: found[cell] for cell in valid} == {
        cell: reference.h3_to_placekey(cell) for cell in valid
    }


def test_ash3_and_toh3_give_the_cell_back(session, cells):
    ten = [cell for cell in cells if h3.is_valid_cell(cell) and h3.get_resolution(cell) == 10]
    for name in ("PLACEKEY_ASH3", "PLACEKEY_TOH3"):
        back = dict(select(session, f"h3, carto.{name}(carto.PLACEKEY_FROMH3(h3))", "cells"))
        assert {cell: back[cell] for cell in ten} == {cell: cell for cell in ten}


def test_placekeys_of_any_code_equal_the_library(session):
    """Codes made of the letters of the words that are replaced, so that words overlap, and of padding."""
    dice = random.Random(28)  # noqa: S311 (test data)
    pieces = ["prn", "f4nny", "tw4t", "ngr", "dck", "kkk", "k", "kk", "fgt", "bch", "tw4", "p", "f"]
    codes = set()
    while len(codes) < 1500:
        code = "".join(dice.choice([*pieces, *ALPHABET]) for _ in range(9))[:9]
        codes.add(reference._clean_string(code))
    codes |= {"a" * n + "2345678bc"[n:] for n in range(3)}
    found = sorted(map(make_placekey, codes))
    fill_table(session, "placekeys", "placekey VARCHAR(20)", [(each,) for each in found])
    rows = dict(select(session, "placekey, carto.PLACEKEY_ASH3(placekey)", "placekeys"))
    assert rows == {each: reference.placekey_to_h3(each) for each in found}


def test_cells_whose_codes_hold_words_equal_the_library(session):
    """Cells of resolution 12, all of whose digits are in the code, made of codes with words in them."""
    dice = random.Random(3)  # noqa: S311 (test data)
    found = set()
    for word, _ in reference.REPLACEMENT_MAP:
        for _ in range(400):
            code = [dice.choice(ALPHABET) for _ in range(9)]
            at = dice.randrange(0, 10 - len(word))
            code[at : at + len(word)] = word
            location = (reference._decode_string("".join(code)) << 9) + 511 - 2**45
            cell = f"{0x8C << 52 | location % 2**52:x}"
            if h3.is_valid_cell(cell):
                found.add(cell)
    assert len(found) > 500
    fill_table(session, "rude", "h3 VARCHAR(20)", [(cell,) for cell in sorted(found)])
    rows = dict(select(session, "h3, carto.PLACEKEY_FROMH3(h3)", "rude"))
    assert rows == {cell: reference.h3_to_placekey(cell) for cell in found}
    assert sum("e" in each or "u" in each for each in rows.values()) > 500


# --- validity ---------------------------------------------------------------------------------------------------------

PLACE = "627-wc5-z2k"


@pytest.mark.parametrize(
    "placekey",
    [
        PLACE,
        f"@{PLACE}",
        f"222@{PLACE}",
        f"223-227@{PLACE}",
        f"22345-zzzz@{PLACE}",
        f"0abcdefgh2@{PLACE}",
        "@aaa-222-222",
        "@a27-wc5-z2k",
        "@pre-222-222",
        "@ff7-swh-m49",  # the reference's documentation has it, though no cell is there
    ],
)
def test_placekeys(session, placekey):
    assert value(session, f"carto.PLACEKEY_ISVALID({quote_literal(placekey)})") is True
    assert value(session, f"carto.PLACEKEY_ASH3({quote_literal(placekey)})") == (
        reference.placekey_to_h3(placekey)
    )


@pytest.mark.parametrize(
    "placekey",
    [
        "",
        "@",
        "abc",
        PLACE.upper(),
        f"@@{PLACE}",
        f"{PLACE}@",
        f"22@{PLACE}",
        f"222-@{PLACE}",
        f"222-222-222@{PLACE}",
        f"2220abcdefgh2@{PLACE}",
        f"2abcdefgh2@{PLACE}",
        f" @{PLACE}",
        f"@{PLACE} ",
        f"@{PLACE}\n",
        f"@{PLACE}-222",
        "@627wc5z2k",
        "@627-wc5",
        "@62-7wc-5z2",
        "@627-ac5-z2k",
        "@627-wc1-z2k",
        "@627-wc5-z2o",
        "@é27-wc5-z2k",
    ],
)
def test_what_is_not_a_placekey(session, placekey):
    assert value(session, f"carto.PLACEKEY_ISVALID({quote_literal(placekey)})") is False
    assert value(session, f"carto.PLACEKEY_ASH3({quote_literal(placekey)})") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8",
        "zz",
        "0",
        "ff283473fffffff",
        "8a2a1072b59fff",
        "8a2a1072b59ffffff",
        " 8a2a1072b59ffff",
    ],
)
def test_what_is_not_a_cell(session, text):
    assert value(session, f"carto.PLACEKEY_FROMH3({quote_literal(text)})") is None


def test_null(session):
    assert value(session, "carto.PLACEKEY_FROMH3(NULL)") is None
    assert value(session, "carto.PLACEKEY_ASH3(NULL)") is None
    assert value(session, "carto.PLACEKEY_TOH3(NULL)") is None
    assert value(session, "carto.PLACEKEY_ISVALID(NULL)") is False


def test_cells_may_be_written_in_capitals_and_with_a_leading_zero(session):
    for text in ("8A2A1072B59FFFF", "08a2a1072b59ffff"):
        assert value(session, f"carto.PLACEKEY_FROMH3('{text}')") == "@627-wc5-z2k"


# --- the reference's bugs ---------------------------------------------------------------------------------------------


def test_fromh3_is_null_exactly_for_what_h3_calls_invalid(session, cells):
    found = dict(select(session, "h3, carto.PLACEKEY_FROMH3(h3)", "cells"))
    assert {cell for cell, placekey in found.items() if placekey is not None} == {
        cell for cell in cells if h3.is_valid_cell(cell)
    }


def test_two_at_signs_are_no_placekey(session):
    for text in (f"222@222@{PLACE}", f"@222@{PLACE}", "a@b@c"):
        assert value(session, f"carto.PLACEKEY_ASH3('{text}')") is None
        assert value(session, f"carto.PLACEKEY_ISVALID('{text}')") is False


def test_letters_that_stand_for_no_word_are_no_placekey(session):
    """e and u are put in for words only; the reference's ISVALID takes them anywhere, and its ASH3 fails on them."""
    for text in ("@eee-eee-eee", "@627-we5-z2k", "@u27-wc5-z2k"):
        assert value(session, f"carto.PLACEKEY_ISVALID('{text}')") is False
        assert value(session, f"carto.PLACEKEY_ASH3('{text}')") is None
