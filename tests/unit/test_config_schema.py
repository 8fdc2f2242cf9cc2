"""The JSON Schema for editors says the same as the loader, and the file that `config init` writes is read."""

import json
import re
from pathlib import Path

import pytest
import yaml

from carto_at_installer.config import ConfigLoader, InvalidConfigError
from carto_at_installer.config.schema import FILENAME, json_schema, schema_text, shipped_schema
from carto_at_installer.config.settings import SECTIONS, SETTINGS, Kind
from carto_at_installer.config.writing import file_text, write_new
from carto_at_installer.core.errors import ConfigError

ROOT = Path(__file__).parents[2]
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
NOTES = {"$schema", "title", "description", "default", "$defs"}


def fits(schema, value, root):
    """Whether a value fits the part of JSON Schema that the shipped schema uses; unknown words are errors."""
    for word, rule in schema.items():
        match word:
            case "$ref":
                ok = fits(root["$defs"][rule.rpartition("/")[2]], value, root)
            case "type":
                names = [rule] if isinstance(rule, str) else rule
                ok = any(isinstance(value, TYPES[n]) for n in names) and not isinstance(value, bool)
            case "anyOf":
                ok = any(fits(each, value, root) for each in rule)
            case "enum":
                ok = value in rule
            case "pattern":
                ok = not isinstance(value, str) or re.search(rule, value) is not None
            case "minLength":
                ok = not isinstance(value, str) or len(value) >= rule
            case "items":
                ok = not isinstance(value, list) or all(fits(rule, each, root) for each in value)
            case "properties":
                pairs = value.items() if isinstance(value, dict) else ()
                ok = all(fits(rule[k], v, root) for k, v in pairs if k in rule)
            case "additionalProperties":
                known = schema.get("properties", {})
                more = (
                    [v for k, v in value.items() if k not in known]
                    if isinstance(value, dict)
                    else []
                )
                ok = not more if rule is False else all(fits(rule, each, root) for each in more)
            case _:
                assert word in NOTES, word
                ok = True
        if not ok:
            return False
    return True


def loads(folder, text):
    (folder / "c.yml").write_text(text, encoding="utf-8")
    loader = ConfigLoader({"V": "1024"}, folder)
    try:
        names = loader.load_config(folder / "c.yml").environments
        for name in names:
            loader.load_config(folder / "c.yml", name)
    except InvalidConfigError:
        return False
    return True


GOOD = [
    "{}",
    "aws: {region: eu-west-1, profile: p, tags: {a: b, c: null}}",
    "aws: null",
    "redshift: {cluster_id: demo, database: dev, db_user: null, schema: tools}",
    "lambda: {memory_mb: 1024, timeout_s: '${T:-60}', architecture: arm64, log_retention_days: 30}",
    "lambda: {memory_mb: '${V}', architecture: '${A:-x86_64}'}",
    "deployment: {modules: [quadbin, '*'], functions: 'a,b', exclude: [], cloud: redshift}",
    "packs: {names: [core]}",
    "environments: {dev: {aws: {region: eu-west-1}}, prod: null}",
]
BAD = [
    "[]",
    "aws: []",
    "aws: {regio: x}",
    "awss: {}",
    "redshift: {database: 5}",
    "redshift: {database: [dev]}",
    "redshift: {password: x}",
    "lambda: {memory_mb: many}",
    "lambda: {memory_mb: 1.5}",
    "lambda: {memory_mb: true}",
    "lambda: {architecture: mips}",
    "aws: {tags: {a: 1}}",
    "aws: {tags: a}",
    "deployment: {modules: [1]}",
    "deployment: {modules: {a: b}}",
    "deployment: {cloud: snowflake}",
    "packs: {names: [other]}",
    "environments: [dev]",
    "environments: {dev: {awz: {}}}",
    "environments: {dev: {environments: {}}}",
    "aws: {region: ''}",
]


@pytest.mark.parametrize("text", GOOD)
def test_schema_and_loader_take_the_same(tmp_path, text):
    schema = json_schema()
    assert fits(schema, yaml.safe_load(text), schema)
    assert loads(tmp_path, text)


@pytest.mark.parametrize("text", BAD)
def test_schema_and_loader_refuse_the_same(tmp_path, text):
    schema = json_schema()
    assert not fits(schema, yaml.safe_load(text), schema)
    assert not loads(tmp_path, text)


def test_the_shipped_schemas_are_those_of_the_settings():
    docs = ROOT / "docs" / "reference" / "schemas" / FILENAME
    assert shipped_schema() == docs.read_text(encoding="utf-8") == schema_text()
    assert json.loads(shipped_schema()) == json_schema()


def test_an_empty_file_has_every_setting_as_a_comment(tmp_path):
    text = file_text({})
    assert loads(tmp_path, text)
    for setting in SETTINGS:
        assert f"  # {setting.key}: " in text
        assert setting.flag in text
        assert setting.variable in text
    uncommented = re.sub(r"^  # (\w+: )", r"  \1", text, flags=re.MULTILINE)
    document = yaml.safe_load(uncommented)
    assert {s: set(document[s]) for s in SECTIONS} == {
        section: {s.key for s in SETTINGS if s.section == section} for section in SECTIONS
    }


def test_the_examples_in_comments_are_good_values(tmp_path):
    lines = [f"{s.section}: {{{s.key}: {s.example}}}" for s in SETTINGS if s.kind is not Kind.TEXTS]
    assert [line for line in lines if not loads(tmp_path, line)] == []


@pytest.mark.parametrize(
    "values",
    [
        {"cluster_id": "demo", "database": "dev", "memory_mb": 512},
        {"profile": "true", "database": "1: #x'\"", "db_user": "${A}", "schema": "null"},
        {"tags": {"a b": "c: d", "x": "${y}", "yes": ""}, "modules": ("quadbin", "*")},
        {"functions": ("quadbin_to*", "a[bc]"), "log_retention_days": 90},
    ],
)
def test_what_is_written_is_what_is_read(tmp_path, values):
    file = tmp_path / "new.yml"
    write_new(file, file_text(values), force=False)
    faulty = {"schema": "null"}.items() <= values.items()
    if faulty:
        with pytest.raises(InvalidConfigError, match=r"redshift\.schema"):
            ConfigLoader({}).load_config(file)
        values = {k: v for k, v in values.items() if k != "schema"}
        write_new(file, file_text(values), force=True)
    given = ConfigLoader({}).load_config(file).given
    assert {name: each.value for name, each in given.items()} == values


def test_a_file_that_is_there_is_replaced_only_on_demand(tmp_path):
    file = tmp_path / "carto-at.yml"
    write_new(file, "a", force=False)
    with pytest.raises(ConfigError, match="is there already"):
        write_new(file, "b", force=False)
    assert file.read_text() == "a"
    write_new(file, "b", force=True)
    assert file.read_text() == "b"
    with pytest.raises(ConfigError, match="cannot be written"):
        write_new(tmp_path / "no" / "file.yml", "a", force=False)
