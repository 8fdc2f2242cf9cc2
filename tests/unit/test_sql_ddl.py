"""The DDL of single objects, and digests that see meaning alone."""

import pytest

from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.functions import Argument, External, Function, Kind, Volatility
from carto_at_installer.sql import ddl

ROLE = "arn:aws:iam::123456789012:role/first"
OTHER = "arn:aws:iam::210987654321:role/second"
EXTERNAL = External(
    name="__F",
    arguments=(Argument("a", "BIGINT"), Argument("b", "VARCHAR(MAX)")),
    returns="VARCHAR(MAX)",
    volatility=Volatility.STABLE,
    max_batch_rows=95,
    max_batch_size_kb=1024,
)


def function(**changes):
    values = {
        "name": "F",
        "module": "m",
        "kind": Kind.SQL,
        "arguments": (Argument("a", "BIGINT"),),
        "returns": "SUPER",
        "volatility": Volatility.STABLE,
        "summary": "",
    }
    return Function(**(values | changes))


def test_external_function_in_canonical_order():
    text = ddl.create_external_function("carto", EXTERNAL, ddl.LambdaTarget("fn-1", (ROLE, OTHER)))
    assert text == (
        'CREATE OR REPLACE EXTERNAL FUNCTION "carto".__F(BIGINT, VARCHAR(MAX))\n'
        "RETURNS VARCHAR(MAX) STABLE\n"
        "LAMBDA 'fn-1'\n"
        f"IAM_ROLE '{ROLE},{OTHER}'\n"
        "RETRY_TIMEOUT 20000\n"
        "MAX_BATCH_ROWS 95\n"
        "MAX_BATCH_SIZE 1024 KB"
    )


def test_default_role_is_a_word():
    text = ddl.create_external_function("carto", EXTERNAL, ddl.LambdaTarget("fn", ("default",)))
    assert "\nIAM_ROLE default\n" in text


@pytest.mark.parametrize(
    "target",
    [
        ddl.LambdaTarget("fn'; DROP", (ROLE,)),
        ddl.LambdaTarget("f" * 65, (ROLE,)),
        ddl.LambdaTarget("fn", ("x' y",)),
        ddl.LambdaTarget("fn", ("default", ROLE)),
    ],
)
def test_targets_that_redshift_would_not_take(target):
    with pytest.raises(UsageError):
        ddl.create_external_function("carto", EXTERNAL, target)


def test_external_functions_need_a_role_and_are_never_immutable():
    with pytest.raises(ValueError, match="needs a role"):
        ddl.create_external_function("carto", EXTERNAL, ddl.LambdaTarget("fn", ()))
    values = {name: getattr(EXTERNAL, name) for name in EXTERNAL.__slots__}
    immutable = External(**(values | {"volatility": Volatility.IMMUTABLE}))
    with pytest.raises(ValueError, match="IMMUTABLE"):
        ddl.create_external_function("carto", immutable, ddl.LambdaTarget("fn", (ROLE,)))


def test_sql_function():
    text = ddl.create_sql_function("carto", function(), "SELECT $1 + 1")
    assert text == (
        'CREATE OR REPLACE FUNCTION "carto".F(BIGINT)\nRETURNS SUPER STABLE\nAS $$\n  SELECT $1 + 1\n$$ LANGUAGE sql'
    )


@pytest.mark.parametrize(
    ("body", "tag"),
    [("SELECT '$$'", "$body1$"), ("SELECT '$$', '$body1$'", "$body2$"), ("SELECT $1", "$$")],
)
def test_dollar_quotes_that_do_not_occur_in_the_body(body, tag):
    text = ddl.create_sql_function("carto", function(), body)
    assert text.count(tag) - body.count(tag) == 2
    assert text.split(tag)[1].strip() == body


def test_drop_grant_and_schema():
    assert (
        ddl.drop_function("carto", "F", ["BIGINT", "SUPER"])
        == 'DROP FUNCTION "carto".F(BIGINT, SUPER) RESTRICT'
    )
    assert ddl.drop_function("carto", "V", []) == 'DROP FUNCTION "carto".V() RESTRICT'
    assert ddl.create_schema('a"b') == 'CREATE SCHEMA IF NOT EXISTS "a""b"'
    assert (
        ddl.grant_usage("carto", ddl.to_role("analysts"))
        == 'GRANT USAGE ON SCHEMA "carto" TO ROLE "analysts"'
    )
    assert (
        ddl.grant_execute("carto", ddl.TO_PUBLIC)
        == 'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "carto" TO PUBLIC'
    )
    assert (
        ddl.grant_execute_on("carto", "F", ["BIGINT"], ddl.to_group("g"))
        == 'GRANT EXECUTE ON FUNCTION "carto".F(BIGINT) TO GROUP "g"'
    )
    assert ddl.grant_usage("carto", ddl.to_user("u")).endswith('TO "u"')


SAME = [
    "CREATE FUNCTION f(BIGINT) AS $$ SELECT $1 + 1 $$",
    "CREATE  FUNCTION f ( BIGINT )\nAS $body$SELECT   $1+1 -- plus one\n$body$",
    "/* a /* nested */ comment */ CREATE FUNCTION f(BIGINT) AS $$ SELECT $1 + 1 $$",
]
OTHERS = [
    "CREATE FUNCTION f(BIGINT) AS $$ SELECT $1 + 2 $$",
    "CREATE FUNCTION f(INTEGER) AS $$ SELECT $1 + 1 $$",
    "CREATE FUNCTION f(BIGINT) AS $$ SELECT '$1 + 1' $$",
    "CREATE FUNCTION f(BIGINT) AS $$ SELECT ' $1 + 1' $$",
]


def test_digests_are_blind_to_blanks_comments_and_tags_alone():
    assert len({ddl.ddl_digest(text) for text in SAME}) == 1
    assert len({ddl.ddl_digest(text) for text in [*SAME, *OTHERS]}) == 1 + len(OTHERS)


def test_compact_keeps_literals():
    assert ddl.compact("SELECT  1 --x\n , 'a  -- b' /* c */ || $$ d  e $$") == (
        "SELECT 1 , 'a  -- b' || $$ d e $$"
    )
