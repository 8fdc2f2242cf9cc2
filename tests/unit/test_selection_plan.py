"""Installing a part never drops or breaks the rest, and what is covered adds up."""

import json
from dataclasses import replace

import pytest

from carto_at_installer.catalog.select import narrowed
from carto_at_installer.core.errors import PreflightError
from carto_at_installer.core.functions import Example
from carto_at_installer.core.releases import Installation, Release, ReleaseState
from carto_at_installer.plan.coverage import Coverage, coverage_of, recorded_coverage
from carto_at_installer.plan.examples import recorded_examples
from carto_at_installer.plan.planner import make_plan
from carto_at_installer.plan.resources import ModuleSql
from tests.unit.test_planner import DESIRED, INSTALLED, OBJECTS, actions, keys, recorded, sql_object
from tests.unit.test_selection_catalog import CATALOG, function, module

OTHER, GONE, OVERLOAD = sql_object("OTHER"), sql_object("GONE"), sql_object("F")
OVERLOAD = replace(OVERLOAD, types=("VARCHAR(MAX)",))
ORDER = tuple(o.signature for o in (*OBJECTS, OTHER))


def part(*objects, order=ORDER):
    return ModuleSql("m", objects, "n", "r", order=order)


def planned(sql, *there, **more):
    current = Release(1, "1.0", "install", ReleaseState.CURRENT)
    installation = Installation(current, None, (current,), tuple(map(recorded, there)))
    desired = replace(DESIRED, modules=(sql,), **more)
    return make_plan(desired, replace(INSTALLED, installation=installation))


def test_what_is_not_selected_stays():
    assert planned(part(OBJECTS[1]), *OBJECTS, OTHER).empty


def test_only_what_differs_of_the_part_is_applied():
    plan = planned(part(sql_object("F", "2")), *OBJECTS, OTHER)
    assert keys(plan) == ["schema", "sql:m"]
    assert [o.name for o in actions(plan)["sql:m"].changed] == ["F"]
    assert actions(plan)["sql:m"].drops == ()


def test_what_is_no_longer_offered_goes_with_the_whole_module_only():
    assert planned(part(OBJECTS[1]), *OBJECTS, GONE).empty
    plan = planned(part(*OBJECTS, OTHER), *OBJECTS, OTHER, GONE)
    assert [o.name for o in actions(plan)["sql:m"].drops] == ["GONE"]


def test_another_signature_of_a_selected_function_goes():
    plan = planned(part(OBJECTS[1]), *OBJECTS, OVERLOAD)
    assert [o.signature for o in actions(plan)["sql:m"].drops] == ["F(VARCHAR(MAX))"]


def test_what_others_call_is_not_changed_in_shape():
    sql = part(sql_object("F", "2", returns="SUPER"))
    outside = {"F": frozenset({"OTHER", "NOT_INSTALLED"})}
    with pytest.raises(PreflightError) as raised:
        planned(sql, *OBJECTS, OTHER, outside=outside)
    assert "F(BIGINT) changes its arguments or its result; OTHER, installed" in raised.value.message
    assert "--functions f,other" in raised.value.hint
    assert not planned(sql, *OBJECTS, outside=outside).empty


def test_positions_are_those_in_the_whole_module():
    assert [part(OTHER, OBJECTS[0]).position(o) for o in (OTHER, OBJECTS[0])] == [3, 1]
    assert ModuleSql("m", OBJECTS, "", "").position(OBJECTS[1]) == 2


@pytest.mark.parametrize(
    ("chosen", "covered"),
    [
        ({f.name for f in CATALOG.functions}, {"modules": "", "functions": ""}),
        ({"PLAIN", "H3_CENTER"}, {"modules": "plain", "functions": "H3_CENTER"}),
        (
            {"H3_FROM", "H3_CENTER", "QUADBIN_PLAIN"},
            {"modules": "h3", "functions": "QUADBIN_PLAIN"},
        ),
    ],
)
def test_coverage_is_recorded_as_modules_and_single_functions(chosen, covered):
    found = coverage_of(narrowed(CATALOG, chosen), CATALOG)
    assert found.record() == {**covered, "exclude": ""}
    assert recorded_coverage(found.record()).record() == found.record()


@pytest.mark.parametrize(
    ("before", "recorded"),
    [
        ({"modules": "h3", "functions": "A"}, {"modules": "h3,m", "functions": "A,B"}),
        ({"modules": "", "functions": ""}, {"modules": "", "functions": ""}),
    ],
)
def test_coverage_adds_up_over_releases(before, recorded):
    current = Release(1, "0.9", "install", ReleaseState.CURRENT, options=before)
    observed = replace(INSTALLED, installation=Installation(current, None, (current,), ()))
    coverage = Coverage(everything=False, modules=frozenset({"m"}), functions=frozenset({"B"}))
    plan = make_plan(replace(DESIRED, coverage=coverage, options={"prefix": "x"}), observed)
    assert dict(plan.options) == {"prefix": "x", **recorded, "exclude": ""}


def test_recorded_examples_call_what_the_function_itself_needs():
    far = Example("SELECT {{ schema }}.A({{ schema }}.FAR(1))", 1)
    near = Example("SELECT {{ schema }}.A({{ schema }}.NEAR(1))", 2)
    a = replace(function("A", "m", requires=("NEAR",)), examples=(far, near))
    b = replace(function("B", "m"), examples=(replace(far, sql=far.sql.replace("A", "B", 1)),))
    family = module("m", a, b, function("NEAR", "m"), function("FAR", "m"))
    found = recorded_examples(family, replace(CATALOG, modules=(family,)))
    assert {name: json.loads(text)["result"] for name, text in found.items()} == {
        "A()": 2,
        "B()": 1,
    }
