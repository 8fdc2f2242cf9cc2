"""`carto-at config`, and configurations under the other commands."""

import json
import re
import shlex
from pathlib import Path

import pytest

from carto_at_installer.config.settings import SETTINGS
from tests.functional.commands import carto_at

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
FILE = """\
aws:
  region: eu-west-1
redshift:
  cluster_id: from-file
  database: dev
lambda:
  log_retention_days: 90
deployment:
  modules: [quadbin]
environments:
  prod:
    redshift: {cluster_id: production, schema: tools}
  serverless:
    redshift: {workgroup: my-group}
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty working directory, and an environment without our variables."""
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def file(here):
    path = here / "carto-at.yml"
    path.write_text(FILE, encoding="utf-8")
    return path


def show(*words, environment=None):
    """Value and source text of each setting."""
    outcome = carto_at("config", "show", "--output", "json", *words, environment=environment)
    settings = outcome.data["settings"]
    return {name: (each["value"], each["source"]["text"]) for name, each in settings.items()}


def test_each_source_goes_before_the_next(file):
    assert show()["redshift.schema"] == ("carto", "default")
    assert show()["redshift.cluster_id"] == ("from-file", "carto-at.yml:4")
    variables = {"CARTO_AT_CLUSTER_ID": "from-variable"}
    found = show(environment=variables)["redshift.cluster_id"]
    assert found == ("from-variable", "variable CARTO_AT_CLUSTER_ID")
    found = show("--cluster-id", "from-flag", environment=variables)["redshift.cluster_id"]
    assert found == ("from-flag", "flag --cluster-id")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("CARTO_AT_TAGS", "a=1,b=x y", {"a": "1", "b": "x y"}),
        ("CARTO_AT_MODULES", "a, b", ["a", "b"]),
        ("CARTO_AT_LOG_RETENTION_DAYS", "7", 7),
        ("CARTO_AT_ARCHITECTURE", "arm64", "arm64"),
        ("CARTO_AT_DATABASE", "other", "other"),
        ("CARTO_AT_DATABASE", "", "dev"),
    ],
)
def test_variables_of_every_type(file, name, text, value):
    found = show(environment={name: text})
    assert value in [each for each, _ in found.values()]


def test_environments_are_chosen_by_flag_or_variable(file):
    assert show("--env", "prod")["redshift.cluster_id"] == ("production", "carto-at.yml:12")
    assert show(environment={"CARTO_AT_ENV": "prod"})["redshift.schema"][0] == "tools"
    assert show("--env", "prod")["aws.region"] == ("eu-west-1", "carto-at.yml:2")
    outcome = carto_at("config", "show", "--env", "prd")
    assert outcome.code == 3
    assert "did you mean 'prod'?" in outcome.err


def test_a_file_may_be_named_by_flag_or_variable(file, here):
    other = here / "other.yml"
    file.rename(other)
    assert show()["redshift.cluster_id"] == (None, "default")
    for found in (
        show("--config", "other.yml"),
        show("--config", str(other)),
        show(environment={"CARTO_AT_CONFIG": "other.yml"}),
        show("--output", "json", "--env", "prod", "--config", "other.yml"),
    ):
        assert found["aws.region"][0] == "eu-west-1"


def test_what_excludes_each_other_is_decided_by_the_higher_place(file):
    found = show("--workgroup", "typed")
    assert found["redshift.workgroup"] == ("typed", "flag --workgroup")
    assert found["redshift.cluster_id"][0] is None
    assert "redshift.workgroup is named at a higher place" in found["redshift.cluster_id"][1]
    assert show("--env", "serverless")["redshift.cluster_id"][0] is None
    found = show("--functions", "h3_center")
    assert found["deployment.modules"][0] == []
    assert found["deployment.functions"][0] == ["h3_center"]
    both = show("--workgroup", "typed", "--cluster-id", "typed-too")
    assert (both["redshift.workgroup"][0], both["redshift.cluster_id"][0]) == ("typed", "typed-too")


def test_show_prints_a_table_and_sources_on_demand(file):
    plain = carto_at("config", "show").out
    assert re.search(r"^aws\.region +eu-west-1$", plain, re.MULTILINE)
    explained = carto_at("config", "show", "--explain").out
    assert re.search(r"^aws\.region +eu-west-1 +carto-at\.yml:2$", explained, re.MULTILINE)


def test_faults_of_a_file_end_every_command_with_file_and_line(file):
    file.write_text("redshift:\n  cluster_id: a\n  databse: dev\n", encoding="utf-8")
    for command in (["config", "validate"], ["config", "show"], ["install"], ["sql", "SELECT 1"]):
        outcome = carto_at(*command)
        assert outcome.code == 3, outcome
        assert "carto-at.yml:3: redshift: unknown key 'databse'" in outcome.err
        assert "did you mean 'database'" in outcome.err
    document = carto_at("plan", "--output", "json").document
    assert document["command"] == "plan"
    assert document["errors"][0]["code"] == "config"


def test_help_needs_no_good_file(file):
    file.write_text("not: [good", encoding="utf-8")
    assert carto_at("install", "--help").code == 0


def test_validate_checks_every_environment(file):
    good = carto_at("config", "validate", "--output", "json").data
    assert good["environments"] == ["prod", "serverless"]
    file.write_text(FILE.replace("my-group", "NO"), encoding="utf-8")
    outcome = carto_at("config", "validate")
    assert outcome.code == 3
    assert "carto-at.yml:14: redshift.workgroup: 'NO' is not a workgroup name" in outcome.err
    assert carto_at("config", "validate", "--env", "prod").code == 0


def test_validate_warns_of_what_is_missing_and_refuses_contradictions(file, here):
    file.write_text("aws: {region: eu-west-1}", encoding="utf-8")
    outcome = carto_at("config", "validate")
    assert outcome.code == 0
    assert "does not name redshift.cluster_id or redshift.workgroup" in outcome.err
    file.write_text("redshift: {cluster_id: a, workgroup: abc, database: d}", encoding="utf-8")
    assert carto_at("config", "validate").code == 3
    file.unlink()
    assert "There is no carto-at.yml here" in carto_at("config", "validate").err


def test_init_writes_a_file_that_works(here):
    words = (
        "--cluster-id",
        "demo",
        "--database",
        "dev",
        "--tag",
        "team=gis",
        "--modules",
        "quadbin,h3",
    )
    made = carto_at("config", "init", *words, "--output", "json").data
    assert made == {
        "file": "carto-at.yml",
        "given": ["cluster_id", "database", "modules", "tags"],
    }
    found = show()
    assert found["redshift.cluster_id"][0] == "demo"
    assert found["aws.tags"][0] == {"team": "gis"}
    assert found["deployment.modules"][0] == ["quadbin", "h3"]
    assert carto_at("config", "validate").code == 0
    again = carto_at("config", "init")
    assert (again.code, "is there already" in again.err) == (3, True)
    assert carto_at("config", "init", "--force").code == 0
    assert show()["redshift.cluster_id"] == (None, "default")


def test_init_takes_flags_alone_and_checks_them(here):
    environment = {"CARTO_AT_CLUSTER_ID": "of-this-shell"}
    made = carto_at("config", "init", "a.yml", "--output", "json", environment=environment).data
    assert made["given"] == []
    outcome = carto_at("config", "init", "b.yml", "--region", "Frankfurt")
    assert (outcome.code, Path("b.yml").exists()) == (2, False)
    outcome = carto_at("config", "init", "b.yml", "--secret-arn", "hunter2")
    assert outcome.code == 2
    assert "hunter2" not in outcome.err + outcome.out


def test_the_schema_is_printed_for_editors(here):
    printed = json.loads(carto_at("config", "schema").out)
    assert printed["title"] == "Configuration of carto-at"
    assert carto_at("config", "schema", "--output", "json").data == printed


def test_a_missing_target_names_the_environments(file):
    file.write_text("environments:\n  dev: {}\n  prod: {}\n", encoding="utf-8")
    outcome = carto_at("install")
    assert outcome.code == 2
    assert "Missing: a cluster or workgroup" in outcome.err
    assert "--env dev or --env prod" in outcome.err


def run_documented(line):
    """What a line of the documentation prints: `[NAME=value ...] carto-at WORDS [| grep -E PATTERN]`."""
    words = shlex.split(line)
    pattern = None
    if "|" in words:
        words, rest = words[: words.index("|")], words[words.index("|") + 1 :]
        assert rest[:2] == ["grep", "-E"]
        pattern = rest[2]
    variables = {}
    while "=" in words[0]:
        name, _, variables[name] = words.pop(0).partition("=")
    assert words[0] == "carto-at"
    outcome = carto_at(*words[1:], environment=variables)
    lines = (outcome.out + outcome.err).splitlines()
    return [each for each in lines if pattern is None or re.search(pattern, each)]


def test_the_documentation_is_true(here):
    text = DOCS.read_text(encoding="utf-8")
    blocks = re.findall(
        r"^(?:`([\w./-]+)`:\n\n)?```(yaml|console)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    )
    examples = 0
    for name, language, body in blocks:
        if language == "yaml":
            (here / name).parent.mkdir(exist_ok=True)
            (here / name).write_text(body, encoding="utf-8")
            continue
        for example in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            command, *expected = example.splitlines()
            assert run_documented(command) == expected, command
            examples += 1
    assert examples > 12


def test_every_setting_and_the_program_of_the_documentation(here, file, capsys):
    text = DOCS.read_text(encoding="utf-8")
    for setting in SETTINGS:
        assert f"| `{setting.path}` |" in text
        assert f"`{setting.variable}`" in text
    (program,) = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    exec(compile(program, str(DOCS), "exec"), {})  # noqa: S102 - the documentation's own program
    assert capsys.readouterr().out == (
        "eu-west-1 None production dev\ntools carto-at-redshift 90\n"
    )
