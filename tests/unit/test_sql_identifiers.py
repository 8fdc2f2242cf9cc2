"""Names and literals that go into SQL text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carto_at_installer.core.errors import UsageError
from carto_at_installer.sql.identifiers import (
    function_name,
    lambda_name,
    quote_identifier,
    quote_literal,
    role_arn,
    role_name,
    schema_name,
)
from carto_at_installer.sql.statements import tokens

ARN = "arn:aws:iam::123456789012:role/service-role/carto-at-invoke"


@pytest.mark.parametrize("name", ["carto", "_c", "carto_at$1", "españa", "c" * 127])
def test_identifiers_are_taken(name):
    assert schema_name(name) == name


def test_names_are_folded_as_redshift_folds_them():
    assert schema_name("Carto") == "carto"
    assert function_name("quadbin_kring") == "QUADBIN_KRING"
    assert role_name("Analysts") == "analysts"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty"),
        ("my schema", "it contains ' '"),
        ("1carto", "does not start with a letter"),
        ("$carto", "does not start with a letter"),
        ('car"to', "it contains '\"'"),
        ("carto;drop schema public", "it contains ';'"),
        ("c" * 128, "longer than 127 bytes"),
        ("ñ" * 64, "longer than 127 bytes"),
        ("Select", "is a reserved word"),
        ("user", "is a reserved word"),
        ("pg_toolbox", "belongs to Redshift itself"),
        ("PG_CATALOG", "belongs to Redshift itself"),
        ("information_schema", "belongs to Redshift itself"),
    ],
)
def test_refused_schema_names_say_why_and_what_to_do(name, reason):
    with pytest.raises(UsageError) as caught:
        schema_name(name)
    assert reason in caught.value.message
    assert "carto" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["", "a" * 65, "with space", "a:alias", "a'b", "ñ"])
def test_refused_lambda_names(name):
    with pytest.raises(UsageError):
        lambda_name(name)


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "default",
        "carto-at-invoke",
        "arn:aws:iam::123:role/x",
        "arn:aws:iam::123456789012:user/x",
        ARN + "'",
        ARN + ",x",
        ARN + "\n",
    ],
)
def test_refused_role_arns(arn):
    with pytest.raises(UsageError):
        role_arn(arn)


def test_partitions_of_role_arns():
    for arn in (
        ARN,
        ARN.replace("arn:aws:", "arn:aws-cn:"),
        ARN.replace("arn:aws:", "arn:aws-us-gov:"),
    ):
        assert role_arn(arn) == arn


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_quoted_text_is_one_token_and_nothing_else(text):
    literal = [*tokens(quote_literal(text))]
    assert [(token.kind, token.text) for token in literal] == [("string", quote_literal(text))]
    identifier = [*tokens(quote_identifier(text))]
    assert [token.kind for token in identifier] == ["quoted"]


def test_backslashes_and_quotes_are_escaped():
    assert quote_literal("it's \\n") == "'it''s \\\\n'"
    assert quote_identifier('a"b') == '"a""b"'


def test_zero_bytes_are_refused():
    for quote in (quote_literal, quote_identifier):
        with pytest.raises(UsageError):
            quote("a\0b")
