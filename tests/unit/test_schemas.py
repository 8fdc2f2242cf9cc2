"""The published JSON Schemas are those of the code, and are schemas."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from carto_at_installer.cli.schemas import schema_files, schemas
from tests.documents import check_document, check_event

FOLDER = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


@pytest.mark.parametrize("name", list(schema_files()))
def test_the_published_schema_is_that_of_the_code(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_files()[name]


@pytest.mark.parametrize("schema", schemas().values(), ids=list(schemas()))
def test_each_is_a_schema(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


def test_a_document_that_lacks_a_member_is_found():
    document = {
        "schema": "carto-at/v1", "command": "list", "status": "success", "exit_code": 0,
        "data": {}, "errors": [], "warnings": [],
    }  # fmt: skip
    with pytest.raises(jsonschema.ValidationError, match="'functions' is a required property"):
        check_document(document)
    document["data"] = {"functions": [], "surprise": 1}
    check_document(document)
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        check_document(document, closed=True)


def test_an_event_of_an_unknown_type_is_found():
    with pytest.raises(jsonschema.ValidationError):
        check_event({"schema": "carto-at/events/v1", "type": "other", "time": "now"})
