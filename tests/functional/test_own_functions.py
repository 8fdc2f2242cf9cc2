"""Own modules beside those of the package, in one bundle, and installed from it."""

from __future__ import annotations

import pytest

from carto_at_installer.__about__ import __version__
from carto_at_installer.bundle.archives import unpack
from carto_at_installer.bundle.builder import Sources
from carto_at_installer.bundle.extension import extend
from carto_at_installer.bundle.resources import (
    VARIABLE,
    bundle_root,
    load_manifest,
    own_bundle_root,
    verify,
)
from carto_at_installer.catalog.faults import InvalidCatalogError
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.core.errors import BundleError
from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.toy import toy_bundle

YAML = """
module: {module}
title: Own
lambda: {{package: carto_own}}
functions:
  - name: OWN_HALF
    arguments: [{{name: cell, type: BIGINT}}]
    returns: BIGINT
    summary: Half of the resolution of a cell.
    template: own_half.sql
    external: {{name: __OWN_HALF, max_batch_rows: 1000, max_batch_size: 1 MB}}
    examples: [{{sql: "SELECT {{{{ schema }}}}.OWN_HALF(5207251884775047167)", result: 2}}]
"""
CODE = """
from carto_at_runtime import external_function, handler, int64


@external_function("__OWN_HALF", int64("number"))
def half(number):
    return number // 2
"""
TEMPLATE = "SELECT {{ schema }}.__OWN_HALF({{ schema }}.QUADBIN_RESOLUTION({{ cell }}))"


@pytest.fixture
def own(tmp_path):
    """`own("mine", template=...)`: the sources of a module of that name."""

    def write(module="own", template=TEMPLATE):
        sources = Sources(tmp_path / "mine", tmp_path / "sql")
        package = sources.functions / module / "carto_own"
        package.mkdir(parents=True)
        (sources.sql / module).mkdir(parents=True)
        (sources.functions / module / "module.yaml").write_text(YAML.format(module=module))
        (package / "__init__.py").write_text(CODE)
        (sources.sql / module / "own_half.sql").write_text(template)
        return sources

    return write


def test_a_bundle_holds_the_toolbox_and_own_functions(own, tmp_path, monkeypatch):
    core = load_manifest(own_bundle_root())
    built = extend(own_bundle_root(), own(), tmp_path / "out", None)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "out"))
    root = bundle_root()
    manifest = verify(root)
    assert [module.name for module in built.added] == ["own"]
    assert manifest.modules.keys() == {*core.modules, "own"}
    assert {name: manifest.modules[name] for name in core.modules} == core.modules
    assert manifest.layers == core.layers
    names = {m.path for m in unpack(root / manifest.modules["own"].artifact.path, "own")}
    assert {"carto_own/__init__.py", "carto_at_runtime/__init__.py"} < names
    (half,) = (f for f in load_catalog(root / "catalog").functions if f.name == "OWN_HALF")
    assert half.requires == ("QUADBIN_RESOLUTION",)


def test_faults_name_the_authors_files(own, tmp_path):
    sources = own(template="SELECT {{ schema }}.QUADBIN_RESOLUTIN({{ cell }})")
    with pytest.raises(InvalidCatalogError) as raised:
        extend(own_bundle_root(), sources, tmp_path / "out", None)
    assert "sql/own/own_half.sql:1: function OWN_HALF: calls QUADBIN_RESOLUTIN" in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_module_of_the_toolbox_is_not_replaced(own, tmp_path):
    with pytest.raises(InvalidCatalogError, match="the toolbox has a module 'quadbin' of its own"):
        extend(own_bundle_root(), own("quadbin"), tmp_path / "out", None)


def test_a_folder_without_modules_is_a_fault(tmp_path):
    with pytest.raises(InvalidCatalogError, match=r"no <module>/module\.yaml"):
        extend(own_bundle_root(), Sources(tmp_path, tmp_path / "sql"), tmp_path / "out", None)


def test_files_of_others_are_never_deleted(own, tmp_path):
    letter = tmp_path / "out" / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("dear")
    with pytest.raises(BundleError, match=r"letter\.txt"):
        extend(own_bundle_root(), own(), letter.parent, None)
    assert letter.read_text() == "dear"


@pytest.mark.parametrize(
    ("version", "reason"), [(None, "there is no bundle in it"), ("0.0.9", "this is " + __version__)]
)
def test_a_bundle_that_cannot_be_used_is_refused(tmp_path, monkeypatch, version, reason):
    if version:
        text = (own_bundle_root() / "manifest.json").read_text()
        other = text.replace(f'"version": "{__version__}"', f'"version": "{version}"')
        (tmp_path / "manifest.json").write_text(other)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(BundleError, match=reason) as raised:
        bundle_root()
    assert "packs build" in raised.value.hint


SIX = """
module: own
title: Own
lambda: {package: carto_own, layer: false}
functions:
  - name: OWN_SIX
    arguments: [{name: value, type: BIGINT}]
    returns: BIGINT
    summary: Six times a number.
    template: own_half.sql
    external: {name: __OWN_HALF, max_batch_rows: 1000, max_batch_size: 1 MB}
    examples: [{sql: "SELECT {{ schema }}.OWN_SIX(1)", result: 6}]
"""
PLAIN = """
import json


def external_function(name):
    return lambda function: function


@external_function("__OWN_HALF")
def handler(event, context):
    rows = [row[0] * 2 for row in event["arguments"]]
    return json.dumps({"success": True, "num_records": len(rows), "results": rows})
"""


@pytest.fixture
def small(aws, own, tmp_path, monkeypatch):
    """The sources of a module that calls the toolbox, which is of three functions here."""
    toolbox = toy_bundle(tmp_path / "toy", version=__version__, factor=3)
    monkeypatch.setattr("carto_at_installer.bundle.resources.own_bundle_root", lambda: toolbox)
    sources = own(template="SELECT {{ schema }}.__OWN_HALF({{ schema }}.TOY_TIMES({{ value }}))")
    (sources.functions / "own" / "module.yaml").write_text(SIX)
    (sources.functions / "own" / "carto_own" / "__init__.py").write_text(PLAIN)
    return sources


def build(sources, out):
    return carto_at(
        *("packs", "build", str(sources.functions), "--out", str(out), "--output", "json")
    ).data


def test_own_functions_are_installed_changed_and_outlast_the_toolbox_alone(
    small, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    assert build(small, out) == {"bundle": str(out), "modules": ["own"], "functions": 1}
    monkeypatch.setenv(VARIABLE, str(out))
    assert run("install").data["smoke_tests"] == 3
    assert sql("SELECT carto.OWN_SIX(7)") == [[42]]
    assert run("test").code == 0

    code = small.functions / "own" / "carto_own" / "__init__.py"
    code.write_text(PLAIN.replace("* 2", "* 4"))
    build(small, out)
    assert run("install").code == 5
    assert sql("SELECT carto.OWN_SIX(7)") == [[42]]
    description = small.functions / "own" / "module.yaml"
    description.write_text(SIX.replace("result: 6", "result: 12"))
    build(small, out)
    assert run("install").data["smoke_tests"] == 1
    assert sql("SELECT carto.OWN_SIX(7)") == [[84]]

    monkeypatch.delenv(VARIABLE)
    assert run("upgrade").data["changed"] is False
    assert sql("SELECT carto.OWN_SIX(7)") == [[84]]
    assert carto_at("uninstall", "--sandbox", *TARGET, "--yes").code == 0
