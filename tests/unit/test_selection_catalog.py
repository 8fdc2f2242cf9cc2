"""Choosing functions: names, patterns, exclusions, dependencies, clouds."""

from dataclasses import replace

import pytest

from carto_at_installer.catalog.select import (
    callers_outside,
    narrowed,
    reached_names,
    select,
    sql_names,
)
from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.functions import (
    Catalog,
    External,
    Function,
    Kind,
    LambdaSettings,
    Module,
    Volatility,
)
from carto_at_installer.core.options import SelectionOptions


def function(name, module, *, requires=(), external=False, **more):
    half = External(f"__{name}", (), "BIGINT", Volatility.STABLE, 1, 1) if external else None
    return Function(
        name, module, Kind.SQL, (), "BIGINT", Volatility.STABLE, "", external=half, requires=requires, **more
    )  # fmt: skip


def module(name, *functions, package="p"):
    return Module(name, name, "", functions, LambdaSettings(package) if package else None)


CATALOG = Catalog(
    "core",
    "1.0",
    (
        module(
            "quadbin",
            function("QUADBIN_PLAIN", "quadbin"),
            function("QUADBIN_RING", "quadbin", external=True),
            function("QUADBIN_RINGS", "quadbin", requires=("QUADBIN_RING", "QUADBIN_PLAIN")),
            function("QUADBIN_TOP", "quadbin", requires=("QUADBIN_RINGS",)),
        ),
        module(
            "h3",
            function("H3_CENTER", "h3"),
            function("H3_FROM", "h3", requires=("QUADBIN_PLAIN",)),
        ),
        module("plain", function("PLAIN", "plain"), package=""),
    ),
)
ALL = {f.name for f in CATALOG.functions}


def names(**wishes):
    return set(select(CATALOG, SelectionOptions(**wishes)).names)


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        ({}, ALL),
        ({"modules": ("h3",)}, {"H3_CENTER", "H3_FROM", "QUADBIN_PLAIN"}),
        ({"modules": (" H3 ",)}, {"H3_CENTER", "H3_FROM", "QUADBIN_PLAIN"}),
        ({"modules": ("*",)}, ALL),
        ({"modules": ("p*",)}, {"PLAIN"}),
        ({"functions": ("h3_center",)}, {"H3_CENTER"}),
        ({"functions": ("carto.H3_Center",)}, {"H3_CENTER"}),
        ({"functions": ("__quadbin_ring",)}, {"QUADBIN_RING"}),
        ({"functions": ("quadbin_*ing",)}, {"QUADBIN_RING"}),
        ({"functions": ("*_[cp]*",)}, {"H3_CENTER", "QUADBIN_PLAIN"}),
        ({"functions": ("H3_?ROM",)}, {"H3_FROM", "QUADBIN_PLAIN"}),
        ({"modules": ("plain",), "functions": ("h3_center",)}, {"PLAIN", "H3_CENTER"}),
        ({"functions": ("quadbin_top",)}, ALL - {"H3_CENTER", "H3_FROM", "PLAIN"}),
        ({"exclude": ("quadbin_top", "h3")}, ALL - {"QUADBIN_TOP", "H3_CENTER", "H3_FROM"}),
        ({"exclude": ("*_top",)}, ALL - {"QUADBIN_TOP"}),
        ({"modules": ("quadbin",), "exclude": ("*_top",)}, {"QUADBIN_PLAIN", "QUADBIN_RING", "QUADBIN_RINGS"}),
        ({"only": ("QUADBIN_PLAIN", "GONE")}, {"QUADBIN_PLAIN"}),
        ({"only": (), "modules": ("h3",)}, set()),
        ({"only": ("PLAIN",), "modules": ("h3",)}, set()),
    ],
)  # fmt: skip
def test_what_is_chosen(wishes, chosen):
    assert names(**wishes) == chosen


def test_what_is_added_says_for_whom():
    selected = select(CATALOG, SelectionOptions(functions=("quadbin_top",)))
    assert {each.name: each.needed_by for each in selected.added} == {
        "QUADBIN_RINGS": ("QUADBIN_TOP",),
        "QUADBIN_RING": ("QUADBIN_RINGS",),
        "QUADBIN_PLAIN": ("QUADBIN_RINGS",),
    }
    assert select(CATALOG, SelectionOptions(modules=("quadbin",))).added == ()


def test_a_listing_adds_nothing():
    wishes = SelectionOptions(functions=("quadbin_top",))
    assert select(CATALOG, wishes, closed=False).names == {"QUADBIN_TOP"}


@pytest.mark.parametrize(
    ("wishes", "message", "hint"),
    [
        ({"modules": ("quadbim",)}, "There is no module 'quadbim'.", "Did you mean quadbin?"),
        ({"modules": ("zzz",)}, "There is no module 'zzz'.", "The modules are h3, plain, quadbin."),
        ({"functions": ("quadbin_tob",)}, "no function 'quadbin_tob'", "QUADBIN_TOP"),
        ({"functions": ("zz*",)}, "No function fits 'zz*'.", "carto-at list"),
        ({"exclude": ("quadbin_tob",)}, "There is no module or function", "QUADBIN_TOP"),
        ({"exclude": ("*",)}, "Nothing is left", "--exclude"),
        (
            {"exclude": ("quadbin_plain",)},
            "QUADBIN_PLAIN is excluded, but H3_FROM, QUADBIN_RINGS need it",
            "Exclude those too",
        ),
        (
            {"functions": ("quadbin_rings",), "exclude": ("quadbin_ring",)},
            "QUADBIN_RING is excluded, but QUADBIN_RINGS needs it",
            "Exclude that function too",
        ),
    ],
)
def test_what_cannot_be_chosen_names_the_closest(wishes, message, hint):
    with pytest.raises(UsageError) as raised:
        names(**wishes)
    assert message in raised.value.message
    assert hint in raised.value.hint


def test_a_recorded_choice_passes_over_what_is_gone():
    wishes = {"modules": ("h3", "gone"), "functions": ("gone", "plain"), "lenient": True}
    assert names(**wishes) == {"H3_CENTER", "H3_FROM", "QUADBIN_PLAIN", "PLAIN"}


def test_functions_of_other_clouds_are_left_out():
    elsewhere = replace(CATALOG.modules[1], functions=(function("H3_X", "h3", clouds=("other",)),))
    catalog = replace(CATALOG, modules=(CATALOG.modules[0], elsewhere))
    assert "H3_X" not in select(catalog, SelectionOptions()).names
    assert select(catalog, SelectionOptions(cloud="other")).names == {"H3_X"}


def test_a_part_without_external_functions_needs_no_lambda():
    part = narrowed(CATALOG, {"QUADBIN_PLAIN", "H3_CENTER"})
    assert [(m.name, m.lambda_settings) for m in part.modules] == [("quadbin", None), ("h3", None)]
    assert narrowed(CATALOG, {"QUADBIN_RING"}).modules[0].lambda_settings is not None


def test_who_calls_what_from_outside():
    assert callers_outside(CATALOG, {"QUADBIN_RING", "QUADBIN_RINGS"}) == {
        "QUADBIN_RINGS": {"QUADBIN_TOP"}
    }
    found = callers_outside(CATALOG, {"QUADBIN_RING"})
    assert found == {"QUADBIN_RING": {"QUADBIN_RINGS"}, "__QUADBIN_RING": {"QUADBIN_RINGS"}}


def test_names_of_sql_objects():
    assert sql_names(narrowed(CATALOG, {"QUADBIN_RING"})) == {"QUADBIN_RING", "__QUADBIN_RING"}
    assert reached_names(CATALOG, "QUADBIN_RINGS") == {
        "QUADBIN_RINGS", "QUADBIN_RING", "__QUADBIN_RING", "QUADBIN_PLAIN",
    }  # fmt: skip
