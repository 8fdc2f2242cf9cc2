"""What the database's catalog says, laid over what is recorded."""

from types import SimpleNamespace

import pytest

from carto_at_installer.apply.reality import as_it_is, with_foreign
from carto_at_installer.core.functions import Kind
from carto_at_installer.core.releases import Installation, RecordedObject
from carto_at_installer.sql.aside import put_back, set_aside, those_set_aside
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


@pytest.mark.parametrize(
    ("function", "copied"),
    [
        (found(language="plpythonu"), False),
        (found(language="exfunc"), False),
        (found(returns="VARCHAR"), False),
        (found(source="SELECT -$1"), True),
    ],
)
def test_functions_of_others_are_set_aside_and_only_those_in_sql_as_copies(function, copied):
    installation = with_foreign(None, DESIRED, [function])
    (o,), (foreign,) = installation.objects, installation.foreign
    assert (o.signature, o.digest, o.kind) == ("F(BIGINT)", "", function.language)
    assert (foreign.signature, foreign.copied) == ("F(BIGINT)", copied)
    (statement,) = set_aside("carto", 3, [foreign])
    if copied:
        assert 'FUNCTION "carto"."__at_before_3_f"(BIGINT)' in statement
        assert "SELECT -$1" in statement
    else:
        assert statement == 'ALTER FUNCTION "carto".F(BIGINT) RENAME TO "__at_before_3_f"'


def test_what_says_the_same_as_ours_is_not_set_aside():
    installation = with_foreign(None, DESIRED, [found()])
    assert [o.digest for o in installation.objects] == [""]
    assert installation.foreign == ()


def test_what_was_set_aside_twice_is_put_back_as_it_was_first():
    names = ("__at_before_7_f", "__at_before_3_f", "__at_before_5_f", "__at_release", "f")
    functions = [DatabaseFunction(name, ("BIGINT",), "BIGINT", "sql") for name in names]
    (first,) = those_set_aside(functions)
    assert (first.release, first.name) == (3, "f")
    assert put_back("carto", first) == (
        'ALTER FUNCTION "carto"."__at_before_3_f"(BIGINT) RENAME TO "f"'
    )


def test_functions_that_bear_no_name_of_ours_are_left_alone():
    other = DatabaseFunction("mine", ("BIGINT",), "BIGINT", "plpythonu")
    assert with_foreign(None, DESIRED, [other]).objects == ()
