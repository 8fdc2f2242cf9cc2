"""Procedures in the catalog: read, checked, made into DDL, and kept out of what can only be done with functions."""

from types import SimpleNamespace

import pytest

from carto_at_installer.apply.reality import DatabaseFunction, as_it_is
from carto_at_installer.catalog.faults import InvalidCatalogError
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.core.functions import ArgumentMode, Kind
from carto_at_installer.core.releases import Installation, RecordedObject
from carto_at_installer.plan.examples import smoke_example
from carto_at_installer.sql.ddl import (
    LambdaTarget,
    drop_object,
    grant_execute_procedures,
)
from carto_at_installer.sql.objects import module_objects
from carto_at_installer.sql.templates import Templates
from carto_at_installer.verify.smoke import smoke_tests
from tests.unit.catalog_files import MODULE, write_pack

PROCEDURE = """\
  - name: DEMO_FILL
    arguments:
      - {name: source, type: VARCHAR(MAX)}
      - {name: target, type: VARCHAR(MAX), mode: INOUT}
      - {name: rows_made, type: BIGINT, mode: OUT}
    summary: Fills a table.
    procedure: demo_fill.sql
    examples:
      - sql: CALL {{ schema }}.DEMO_FILL('a', 'b')
        result: [b, 1]
"""
BLOCK = """\
-- Fills it.
DECLARE
  n BIGINT := 0;
BEGIN
  SELECT {{ schema }}.DEMO_TWICE(21) INTO n;
  rows_made := n;
  IF source = '  two  blanks ' THEN target := {{ source }}; END IF;
END;
"""
TARGET = LambdaTarget("carto-at-demo", ("arn:aws:iam::123456789012:role/invoke",))


def pack(folder, procedure=PROCEDURE, block=BLOCK):
    files = {"functions/demo/module.yaml": MODULE + procedure, "sql/demo/demo_fill.sql": block}
    return write_pack(folder, **files)


def objects(folder):
    (module,) = load_catalog(folder).modules
    return module_objects(module, Templates(folder.parent / "sql"), "carto", TARGET)


def test_a_procedure_is_read(tmp_path):
    procedure = load_catalog(pack(tmp_path)).functions[-1]
    assert procedure.kind is Kind.PROCEDURE
    assert [each.mode for each in procedure.arguments] == [
        ArgumentMode.IN,
        ArgumentMode.INOUT,
        ArgumentMode.OUT,
    ]
    assert procedure.signature == "DEMO_FILL(VARCHAR(MAX), VARCHAR(MAX))"
    assert procedure.requires == ("DEMO_TWICE",)
    assert procedure.external is None


def test_its_ddl_comes_last_and_says_whose_rights_it_has(tmp_path):
    last = objects(pack(tmp_path))[-1]
    assert (last.kind, last.signature) == (
        Kind.PROCEDURE,
        "DEMO_FILL(VARCHAR(MAX), VARCHAR(MAX))",
    )
    assert last.ddl == (
        'CREATE OR REPLACE PROCEDURE "carto".DEMO_FILL'
        "(source IN VARCHAR(MAX), target INOUT VARCHAR(MAX), rows_made OUT BIGINT)\n"
        "AS $$\n"
        '  DECLARE n BIGINT := 0; BEGIN SELECT "carto".DEMO_TWICE(21) INTO n; rows_made := n;'
        " IF source = '  two  blanks ' THEN target := source; END IF; END;\n"
        "$$ LANGUAGE plpgsql SECURITY INVOKER"
    )


def test_comments_do_not_change_its_digest(tmp_path):
    one = objects(pack(tmp_path / "one"))[-1]
    other = objects(pack(tmp_path / "other", block=BLOCK.replace("-- Fills it.", "/* */")))[-1]
    assert one.digest == other.digest


def test_it_is_never_asked_after_an_installation(tmp_path):
    procedure = load_catalog(pack(tmp_path)).functions[-1]
    assert smoke_example(procedure) is None
    assert smoke_tests([procedure], "carto") == []
    assert smoke_tests([procedure], "carto", every_example=True) == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("mode: OUT", "mode: BOTH", "the mode is IN, OUT or INOUT, not 'BOTH'"),
        ("    summary", "    returns: BIGINT\n    summary", "a procedure has no 'returns'"),
        ("    summary", "    volatility: STABLE\n    summary", "a procedure has no 'volatility'"),
        (
            "    summary",
            "    template: demo_twice.sql\n    summary",
            "a procedure has no 'template'",
        ),
        (
            "CALL {{",
            "SELECT {{",
            "an example of a procedure is one CALL, but it starts with 'SELECT'",
        ),
        ("'b')", "'b'); CALL x()", "it has to be one statement"),
        (".DEMO_FILL(", ".DEMO_TWICE(", "its example does not call {{ schema }}.DEMO_FILL"),
        ("demo_fill.sql", "demo_emty.sql", "there is no template sql/demo/demo_emty.sql"),
        ("demo_fill.sql", "../fill.sql", "the procedure '../fill.sql' is not the name of a file"),
    ],
)
def test_faults_of_the_description(tmp_path, old, new, reason):
    with pytest.raises(InvalidCatalogError) as caught:
        load_catalog(pack(tmp_path, PROCEDURE.replace(old, new)))
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("SELECT 1", "a procedure's body is one block, but it starts with 'select'"),
        ("DECLARE n INT; n := 1; END", "there is no BEGIN"),
        ("BEGIN NULL;", "it ends with 'null', not with END"),
        ("", "it starts with ''"),
        ("BEGIN x := 'a; END", "does not end"),
        ("BEGIN x := {{ schema }}.DEMO_TWIC(1); END", "calls DEMO_TWIC, which no module has"),
        ("BEGIN x := {{ sorce }}; END", "'sorce' is not defined"),
    ],
)
def test_faults_of_the_block(tmp_path, block, reason):
    with pytest.raises(InvalidCatalogError) as caught:
        load_catalog(pack(tmp_path, block=block))
    assert reason in caught.value.message


def test_functions_have_no_modes(tmp_path):
    with pytest.raises(InvalidCatalogError, match="unknown key 'mode'"):
        load_catalog(
            write_pack(
                tmp_path,
                **{
                    "functions/demo/module.yaml": MODULE.replace(
                        "type: BIGINT}", "type: BIGINT, mode: OUT}"
                    )
                },
            )
        )


def test_dropping_and_granting():
    types = ("VARCHAR(MAX)",)
    drop = 'DROP PROCEDURE "carto".DEMO_FILL(VARCHAR(MAX))'
    assert drop_object(Kind.PROCEDURE, "carto", "DEMO_FILL", types) == drop
    assert drop_object("plpgsql", "carto", "DEMO_FILL", types) == drop
    for kind in (Kind.SQL, Kind.EXTERNAL, "exfunc"):
        assert drop_object(kind, "carto", "F", types).startswith("DROP FUNCTION ")
    assert grant_execute_procedures("carto", "PUBLIC") == (
        'GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA "carto" TO PUBLIC'
    )


@pytest.mark.parametrize(("language", "returns"), [("plpgsql", ""), ("sql", "?")])
def test_what_the_catalogs_show_for_a_procedure(language, returns):
    """A procedure with an INOUT argument has that argument's type as its result in pg_proc, others have none."""
    recorded = RecordedObject(
        "demo", "DEMO_FILL", "DEMO_FILL(VARCHAR(MAX))", "procedure", "", "digest"
    )
    found = DatabaseFunction("demo_fill", ("VARCHAR",), "VARCHAR", language)
    installation = as_it_is(Installation(objects=(recorded,)), SimpleNamespace(modules=()), [found])
    assert [o.returns for o in installation.objects] == [returns]
