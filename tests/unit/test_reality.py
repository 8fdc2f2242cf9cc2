"""What the database's catalog says, laid over what is recorded."""

from types import SimpleNamespace

import pytest

from carto_at_installer.apply.reality import as_it_is, with_foreign
from carto_at_installer.core.functions import Kind
from carto_at_installer.core.releases import Installation, RecordedObject
from carto_at_installer.sql.database import DatabaseFunction
from carto_at_installer.sql.objects import SqlObject

DDL = 'CREATE OR REPLACE FUNCTION "carto".F(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT $1 * 2 $$ LANGUAGE sql'
WANTED = SqlObject("F", ("BIGINT",), "BIGINT", Kind.SQL, "m", DDL, "digest")
DESIRED = SimpleNamespace(modules=(SimpleNamespace(objects=(WANTED,)),))
RECORDED = RecordedObject("m", "F", "F(BIGINT)", "sql", "BIGINT", "digest")


def found(returns="BIGINT", language="sql", source=" SELECT  $1 * 2 "):
    return DatabaseFunction("f", ("BIGINT",), returns, language, source)


def seen(*functions):
    return as_it_is(Installation(objects=(RECORDED,)), DESIRED, functions).objects


def test_what_is_as_recorded_stays_whatever_its_blanks():
    assert seen(found()) == (RECORDED,)


def test_what_is_gone_is_left_out():
    assert seen() == ()


def test_another_body_counts_as_changed():
    (o,) = seen(found(source="SELECT $1 * 3"))
    assert (o.digest, o.returns) == ("", "BIGINT")


@pytest.mark.parametrize("function", [found(returns="VARCHAR"), found(language="plpythonu")])
def test_what_redshift_does_not_replace_is_dropped_first(function):
    (o,) = seen(function)
    assert (o.digest, o.returns, o.kind) == ("", "?", function.language)


def test_a_leftover_python_function_is_taken_over_by_dropping_it_first():
    (o,) = with_foreign(None, DESIRED, [found(language="plpythonu")]).objects
    assert (o.signature, o.returns, o.kind) == ("F(BIGINT)", "?", "plpythonu")


def test_functions_that_bear_no_name_of_ours_are_left_alone():
    other = DatabaseFunction("mine", ("BIGINT",), "BIGINT", "plpythonu")
    assert with_foreign(None, DESIRED, [other]).objects == ()
