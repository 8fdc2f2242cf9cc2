"""Probes: each stands for itself, and their schema is dropped whatever happens. And what reports hide."""

from __future__ import annotations

from pathlib import Path

import pytest

from carto_at_installer.core.errors import SqlError
from carto_at_installer.core.queries import QueryResult
from carto_at_installer.core.redaction import redacted
from carto_at_installer.verify.probes import PROBES, disagreeing, run_probes


class Refusing:
    """A database that makes and drops schemas, and refuses everything else in its own way."""

    def __init__(self, failure):
        self.statements = []
        self._failure = failure

    def query(self, sql, parameters=None):
        raise self._failure

    def transaction(self, statements):
        self.statements += statements
        if not any(s.startswith(("CREATE SCHEMA", "DROP SCHEMA")) for s in statements):
            raise self._failure


def test_what_a_database_refuses_is_an_answer():
    sql = Refusing(SqlError("permission denied\n for language exfunc"))
    answers = run_probes(sql, "123456789012", "aws")
    assert [answer.probe for answer in answers] == [probe.name for probe in PROBES]
    found = {answer.probe: answer for answer in answers}
    assert found["lambda-64"].answer == "refused: permission denied for language exfunc"
    assert found["usage-visible"].answer.startswith("could not be asked")
    assert found["usage-visible"].agrees is None
    assert "not installed" in found["bigint-to-lambda"].answer
    assert "lambda-64" in {answer.probe for answer in disagreeing(answers)}


def test_the_schema_goes_even_when_a_probe_crashes():
    sql = Refusing(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        run_probes(sql, "123456789012", "aws")
    created, *_, dropped = sql.statements
    assert dropped == f"DROP SCHEMA {created.removeprefix('CREATE SCHEMA ')} CASCADE"


def test_floats_that_do_not_survive_as_text_are_named():
    class Losing(Refusing):
        def query(self, sql, parameters=None):
            return QueryResult((), (("0.1000001",),))

    answers = run_probes(Losing(SqlError("no")), "123456789012", "aws")
    (floats,) = (answer for answer in answers if answer.probe == "float-texts")
    assert floats.agrees is False
    assert "0.1000001" in floats.answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::<account>:role/x"),
        (
            "arn:aws:sts::123456789012:assumed-role/Admin/jane@example.com (x)",
            "arn:aws:sts::<account>:assumed-role/<name> (x)",
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/pw-AbC",
            "arn:aws:secretsmanager:eu-west-1:<account>:secret:<secret>",
        ),
        ("key AKIAIOSFODNN7EXAMPLE", "key <key>"),
        ("ask jane.doe@example.com", "ask <address>"),
        ("my.abc123.eu-west-1.redshift.amazonaws.com:5439", "<endpoint>:5439"),
        ("digest 1234567890123 and 12345678901", "digest 1234567890123 and 12345678901"),
        (f"{Path.home()}/x", "~/x"),
    ],
)
def test_what_gives_away_who_and_where_is_taken_out(text, expected):
    assert redacted(text) == expected
    assert redacted({"a": [text, (text,)], "n": 1}) == {"a": [expected, (expected,)], "n": 1}


@pytest.mark.parametrize(
    ("answer", "agrees"), [("955370592962716399", True), ("955370592962716416", False)]
)
def test_a_number_that_lambda_rounds_is_found(answer, agrees):
    class Rounding(Refusing):
        def query(self, sql, parameters=None):
            return QueryResult((), ((answer,),))

    answers = run_probes(Rounding(SqlError("no")), "123456789012", "aws", toolbox="carto")
    found = {each.probe: each for each in answers}
    assert found["bigint-from-lambda"].agrees is agrees
    assert found["bigint-to-lambda"].agrees is False
