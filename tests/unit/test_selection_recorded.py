"""Parts of what is installed are chosen from the records alone."""

import pytest

from carto_at_installer.catalog.recorded import recorded_catalog, with_own_externals
from carto_at_installer.catalog.select import callers_outside, select
from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.options import SelectionOptions
from carto_at_installer.core.releases import RecordedObject


def recorded(name, kind="sql", calls=(), module="m"):
    body = " + ".join(f'"tools".{each}(1)' for each in calls) or "1"
    ddl = f'CREATE OR REPLACE FUNCTION "tools".{name}(BIGINT) RETURNS BIGINT AS $$SELECT {body}$$'
    return RecordedObject(module, name, f"{name}(BIGINT)", kind, "BIGINT", "", ddl=ddl)


OBJECTS = (
    recorded("__OWN", "external"),
    recorded("__SHARED", "external"),
    recorded("A", calls=("__OWN", "__SHARED")),
    recorded("B", calls=("__SHARED", "NOT_OURS")),
    recorded("C", calls=("A",), module="other"),
)
CATALOG = recorded_catalog(OBJECTS, "tools")


def chosen(**wishes):
    return select(CATALOG, SelectionOptions(**wishes), closed=False).names


def test_names_patterns_and_modules_choose_what_is_installed():
    assert chosen() == {"__OWN", "__SHARED", "A", "B", "C"}
    assert chosen(modules=("other",), functions=("[b]",)) == {"B", "C"}
    assert chosen(exclude=("__*", "other")) == {"A", "B"}
    with pytest.raises(UsageError, match="no function 'D'"):
        chosen(functions=("D",))


def test_calls_are_read_from_the_definitions():
    assert {f.name: f.requires for f in CATALOG.functions if f.requires} == {
        "A": ("__OWN", "__SHARED"),
        "B": ("__SHARED",),
        "C": ("A",),
    }
    assert callers_outside(CATALOG, {"A"}) == {"A": {"C"}}


def test_external_functions_go_with_the_last_that_calls_them():
    assert with_own_externals(CATALOG, {"A"}) == {"A", "__OWN"}
    assert with_own_externals(CATALOG, {"A", "B"}) == {"A", "B", "__OWN", "__SHARED"}
