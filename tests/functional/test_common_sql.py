"""The common module through SQL: the version of what is installed."""

import pytest

from carto_at_installer.__about__ import __version__
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.sql.objects import module_objects
from carto_at_installer.sql.templates import Templates, example_sql
from tests.functional.module_engine import ROOT, load_module, open_engine, value

MODULE = load_module("common")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, session = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", MODULE)
    yield session
    engine.close()


def test_the_version_is_that_of_the_package(session):
    assert value(session, "carto.VERSION_CORE()") == __version__
    [example] = MODULE.functions[0].examples
    assert session.execute(example_sql(example, "carto")).rows == [(example.result,)]
    assert session.execute("SELECT carto.VERSION_CORE()").columns[0].type == "varchar"


def test_a_pack_of_another_version_says_so():
    catalog = load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql", version="7.8.9")
    module = next(module for module in catalog.modules if module.name == "common")
    [version] = module_objects(module, Templates(ROOT / "sql", catalog.version), "carto", None)
    assert "SELECT '7.8.9'" in version.ddl
    assert "IMMUTABLE" in version.ddl
