"""The catalogue of known failures: every entry is recognised by the service's words, and no other takes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from docs.generate import troubleshooting

from carto_at_installer.aws.failures import translated
from carto_at_installer.cli.root import COMMANDS
from carto_at_installer.core.errors import TargetError
from carto_at_installer.core.explanations import KNOWN, explain, explain_code, hint_for
from carto_at_installer.core.functions import Example
from carto_at_installer.verify.smoke import SmokeFailure, SmokeTest, smoke_error

RECOGNISED = [known for known in KNOWN if known.patterns]
FACTS = 18
"""How many pain points of Lambda functions in Redshift users report in public."""


def test_the_catalogue_is_large_enough_and_its_codes_are_unique():
    codes = [known.code for known in KNOWN]
    assert len(set(codes)) == len(codes) > FACTS


@pytest.mark.parametrize("known", RECOGNISED, ids=lambda known: known.code)
def test_the_words_of_the_service_are_recognised(known):
    found = explain(known.seen)
    assert found is not None
    assert found.code == known.code
    assert "{" not in found.hint


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.code)
def test_explanations_are_short_and_name_commands_that_exist(known):
    assert known.cause.endswith(".")
    assert len(known.cause) < 260
    assert known.fix
    for command in re.findall(r"carto-at ([a-z-]+)", f"{known.cause} {known.fix}"):
        assert command in {
            *COMMANDS,
            "keeps",
            "installs",
            "never",
            "waits",
            "repeated",
            "does",
            "made",
        }


def test_other_texts_are_not_explained():
    assert explain("ERROR: division by zero") is None
    assert hint_for("ERROR: syntax error at or near FROM") == ""


def test_names_of_the_failure_are_in_the_explanation():
    found = explain("User: x is not authorized to perform: lambda:CreateFunction on resource: y")
    assert found is not None
    assert "lambda:CreateFunction" in found.cause


def test_errors_of_aws_carry_the_explanation():
    answer = {
        "Error": {"Code": "CodeStorageExceededException", "Message": "Code storage limit exceeded."}
    }
    with pytest.raises(TargetError) as error, translated("create the function"):
        raise ClientError(answer, "CreateFunction")
    assert error.value.hint == explain_code("code-storage").hint


def test_smoke_tests_explain_errors_and_silent_nulls():
    test = SmokeTest("F", "m", "SELECT 1", Example("SELECT 1", 1))
    silent = SmokeFailure(test, actual=None)
    assert silent.hint == explain_code("silent-null").hint
    assert SmokeFailure(test, actual=2).hint == ""
    error = smoke_error("They fail", [SmokeFailure(test, error="Empty format"), silent])
    assert explain_code("empty-format").hint in error.hint
    assert explain_code("silent-null").hint in error.hint
    assert "carto-at logs" in smoke_error("They fail", [SmokeFailure(test, actual=2)]).hint


def test_the_page_holds_every_entry():
    page = troubleshooting.files()["troubleshooting.md"]
    assert page == (Path(troubleshooting.__file__).parents[1] / "troubleshooting.md").read_text()
    for known in KNOWN:
        assert f"### {known.title}\n" in page
        assert known.seen in page
