"""A module's SQL objects: order, digests, and the golden DDL of the bundled ones."""

import os
from pathlib import Path

import pytest
from docs.generate.catalog import catalog

from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.core.errors import CatalogError
from carto_at_installer.core.functions import Kind
from carto_at_installer.sql.calls import called_functions, in_creation_order
from carto_at_installer.sql.ddl import LambdaTarget
from carto_at_installer.sql.objects import module_objects, modules_in_order
from carto_at_installer.sql.templates import Templates
from tests.unit.catalog_files import FILES, write_pack

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "quadbin.sql"
TARGET = LambdaTarget(
    "carto-at-redshift-quadbin-0123abcd", ("arn:aws:iam::123456789012:role/carto-at-invoke",)
)


def objects_of(folder, schema="carto"):
    module = load_catalog(folder).modules[0]
    return module_objects(module, Templates(folder.parent / "sql"), schema, TARGET)


def test_externals_come_first_and_callees_before_their_callers(tmp_path):
    twice = "SELECT GET_ARRAY_LENGTH({{ schema }}.DEMO_COUNT({{ number }}))"
    folder = write_pack(tmp_path, **{"sql/demo/demo_twice.sql": twice, "sql/demo/macros.sql": None})
    objects = objects_of(folder)
    assert [each.name for each in objects] == ["__DEMO_COUNT", "DEMO_COUNT", "DEMO_TWICE"]
    assert [each.kind for each in objects] == [Kind.EXTERNAL, Kind.SQL, Kind.SQL]
    assert [each.signature for each in objects] == [
        "__DEMO_COUNT(INTEGER)",
        "DEMO_COUNT(INTEGER)",
        "DEMO_TWICE(BIGINT)",
    ]
    assert load_catalog(folder).modules[0].functions[0].requires == ("DEMO_COUNT",)


def test_comments_in_templates_do_not_change_the_digest(tmp_path):
    before = {each.name: each for each in objects_of(write_pack(tmp_path / "a"))}
    commented = FILES["sql/demo/demo_twice.sql"].replace("-- twice", "-- two times\n\n")
    edited = write_pack(tmp_path / "b", **{"sql/demo/demo_twice.sql": commented})
    after = {each.name: each for each in objects_of(edited)}
    assert {name: each.digest for name, each in before.items()} == {
        name: each.digest for name, each in after.items()
    }


def test_the_schema_is_quoted_everywhere(tmp_path):
    for each in objects_of(write_pack(tmp_path), schema='a"b'):
        assert '"a""b".' in each.ddl


def test_a_statement_that_the_data_api_would_refuse(tmp_path):
    long = "SELECT {{ number }} || '" + "x" * 100_000 + "'"
    folder = write_pack(tmp_path, **{"sql/demo/demo_twice.sql": long, "sql/demo/macros.sql": None})
    with pytest.raises(CatalogError, match="the Data API takes 100000"):
        objects_of(folder)


def test_externals_need_a_lambda_function(tmp_path):
    folder = write_pack(tmp_path)
    module = load_catalog(folder).modules[0]
    with pytest.raises(ValueError, match="needs a Lambda function"):
        module_objects(module, Templates(folder.parent / "sql"), "carto", None)


def test_calls_are_found_by_schema():
    sql = """SELECT "carto".F("carto".g(1)) || "other".H(2) || '"carto".I(3)' || ST_X(4)"""
    assert called_functions(sql, "carto") == ("F", "G")


def test_creation_order_is_stable_and_refuses_circles():
    assert in_creation_order("abcd", {"a": "d", "b": "", "d": "c"}) == ("c", "d", "a", "b")
    with pytest.raises(CatalogError, match="b -> c -> b"):
        in_creation_order("abc", {"a": "b", "b": "c", "c": "b"})


def test_modules_come_after_those_they_require(tmp_path):
    other = """\
module: alpha
title: Alpha
functions:
  - name: ALPHA
    arguments: [{name: number, type: BIGINT}]
    returns: BIGINT
    summary: Calls the other module.
    template: alpha.sql
    examples: [{sql: 'SELECT {{ schema }}.ALPHA(1)', result: 2}]
"""
    folder = write_pack(
        tmp_path,
        **{
            "functions/alpha/module.yaml": other,
            "sql/alpha/alpha.sql": "SELECT {{ schema }}.DEMO_TWICE({{ number }})",
        },
    )
    catalog = load_catalog(folder)
    assert [module.name for module in catalog.modules] == ["alpha", "demo"]
    assert [module.name for module in modules_in_order(catalog)] == ["demo", "alpha"]


def test_golden_ddl_of_quadbin():
    """The DDL of every quadbin object, reviewed as a whole.

    After an intended change: CARTO_AT_UPDATE_GOLDEN=1 python -m pytest tests/unit/test_sql_objects.py
    """
    quadbin = next(module for module in catalog().modules if module.name == "quadbin")
    objects = module_objects(quadbin, Templates(ROOT / "sql"), "carto", TARGET)
    text = "".join(f"{each.ddl};\n\n" for each in objects)
    if os.environ.get("CARTO_AT_UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
