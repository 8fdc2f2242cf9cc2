"""The documentation of the catalog is true: its example loads and runs, the tests it names exist."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

from carto_at_installer.catalog import parts, reader
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.core.functions import Kind, Volatility

ROOT = Path(__file__).parents[2]
AUTHORING = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
COMPATIBILITY = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def example(tmp_path):
    """The complete module of docs/authoring.md, written to disk."""
    for path, text in FILE.findall(AUTHORING):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tmp_path / "functions"


def test_the_example_for_authors_loads(example):
    (module,) = load_catalog(example).modules
    hexadecimal, palette = module.functions
    assert hexadecimal.volatility is Volatility.IMMUTABLE
    assert palette.external is not None
    assert palette.external.signature == "__COLORS_PALETTE(INTEGER)"
    assert [example.error for example in palette.examples] == ["", "Invalid size"]


def test_the_procedure_for_authors_loads(example):
    (block,) = re.findall(r"^```sql\n(BEGIN\n.*?)^```$", AUTHORING, re.DOTALL | re.MULTILINE)
    (entry,) = re.findall(r"^```yaml\n(  - name.*?)^```$", AUTHORING, re.DOTALL | re.MULTILINE)
    description = example / "colors" / "module.yaml"
    description.write_text(f"{description.read_text(encoding='utf-8')}\n{entry}", encoding="utf-8")
    (example.parent / "sql" / "colors" / "colors_table.sql").write_text(block, encoding="utf-8")
    (module,) = load_catalog(example).modules
    assert module.functions[-1].kind is Kind.PROCEDURE
    assert module.functions[-1].requires == ("COLORS_PALETTE",)


def test_the_example_for_authors_answers(example, monkeypatch):
    monkeypatch.syspath_prepend(str(example / "colors"))
    monkeypatch.delitem(sys.modules, "carto_colors", raising=False)
    handler = importlib.import_module("carto_colors").handler
    event = {
        "external_function": "carto.__colors_palette",
        "num_records": 2,
        "arguments": [[2], [None]],
    }
    answer = json.loads(handler(event, None))
    assert [answer["success"], answer["results"]] == [True, ['["ff0000", "00ffff"]', None]]
    wrong = json.loads(handler(event | {"num_records": 1, "arguments": [[65]]}, None))
    assert wrong["success"] is False
    assert "Invalid size" in wrong["error_msg"]


@pytest.mark.parametrize(
    "keys",
    [
        reader._MODULE_KEYS,
        reader._LAMBDA_KEYS,
        reader._FUNCTION_KEYS,
        parts._EXTERNAL_KEYS,
        parts._EXAMPLE_KEYS,
        parts._ARGUMENT_KEYS,
    ],
)
def test_every_key_is_documented(keys):
    assert [key for key in keys if not re.search(rf"\b{key}\b", AUTHORING)] == []


def test_the_tests_that_the_compatibility_page_names_exist():
    named = set(re.findall(r"`(test_\w+)`", COMPATIBILITY))
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )
    assert len(named) > 10
    assert named - set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE)) == set()
