"""Packs are found by their entry points; a broken one is reported beside those that work."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from carto_at_installer.catalog.core_pack import FunctionPack, pack
from carto_at_installer.catalog.packs import GROUP, find_packs


@pytest.fixture
def point(monkeypatch):
    """`point("name", callable)`: an entry point that loads the callable."""
    module = ModuleType("packs_for_tests")
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def make(name, maker, attribute=None):
        setattr(module, attribute or name, maker)
        return EntryPoint(name, f"{module.__name__}:{attribute or name}", GROUP)

    return make


def broken():
    raise RuntimeError("no files")


def test_the_bundled_functions_are_the_pack_core():
    (core,) = [found for found in find_packs() if found.name == "core"]
    assert core.distribution == "carto-at-redshift"
    assert "quadbin" in core.modules
    assert core.functions > 100
    assert core.fault == ""


def test_a_broken_pack_does_not_stop_the_others(point, tmp_path):
    late = FunctionPack("late", "1", 99, tmp_path)
    empty = FunctionPack("empty", "1", 1, tmp_path)
    points = [
        point("core", pack),
        point("broken", broken),
        point("late", lambda: late),
        point("other", lambda: 5),
        point("empty", lambda: empty),
    ]
    found = {each.name: each for each in find_packs(points)}
    assert found["core"].fault == ""
    assert found["broken"].fault == "RuntimeError: no files"
    assert "version 99" in found["late"].fault
    assert "not a FunctionPack" in found["other"].fault
    assert "there is no <module>/module.yaml" in found["empty"].fault
    assert found["empty"].functions == 0


def test_two_packs_of_one_name_are_faults_of_both(point):
    found = find_packs([point("core", pack), point("core", pack, "again")])
    assert [each.fault for each in found] == ["several distributions bring a pack core"] * 2
