"""Installing, upgrading and listing parts: nothing outside the selection is dropped, changed or broken."""

import json

import pytest

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.toy import toy_bundle
from tests.functional.world import EMPTY, cloud, fresh_sandbox


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys")
    return {
        "first": toy_bundle(folder / "a", version="0.1.0", factor=3),
        "second": toy_bundle(folder / "b", version="0.1.1", factor=5, new=True),
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def use(client, versions, monkeypatch):
    """Installs a version of the toy pack from now on; after the test everything is uninstalled, and nothing is left."""

    def choose(version):
        root = versions[version]
        number = json.loads((root / "manifest.json").read_text())["version"]
        monkeypatch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: root)
        monkeypatch.setattr("carto_at_installer.__about__.__version__", number)

    yield choose
    monkeypatch.undo()
    if carto_at("status", "--sandbox", *TARGET).code == 0:
        assert run("uninstall", "--yes").code == 0
    assert cloud(client) == EMPTY


def objects():
    """Name, release and Lambda function of every recorded object, in the order of creation."""
    return sql(
        "SELECT name, release, lambda_name FROM carto.__at_object WHERE replaced_in IS NULL ORDER BY position"
    )


def recorded_options():
    rows = sql("SELECT options FROM carto.__at_release WHERE state = 'current'")
    options = json.loads(rows[0][0])
    return {key: options[key] for key in ("modules", "functions", "exclude")}


def times():
    return sql("SELECT carto.TOY_TIMES(4)")[0][0]


def test_a_function_without_lambda_installs_without_touching_the_account(use, client):
    use("first")
    done = run("install", "--functions", "toy_double").data
    assert [step["key"] for step in done["steps"]] == ["schema", "sql:toy"]
    assert done["functions"] == ["TOY_DOUBLE"]
    assert cloud(client) == EMPTY
    assert [name for name, *_ in objects()] == ["TOY_DOUBLE"]
    assert run("install", "--functions", "TOY_D*").data["changed"] is False


def test_what_is_outside_the_selection_stays_as_it_is(use, client):
    use("first")
    run("install")
    before, lambdas = objects(), cloud(client)["functions"]
    use("second")
    done = run("install", "--functions", "toy_double,toy_new").data
    assert [step["key"] for step in done["steps"]] == ["schema", "sql:toy"]
    assert cloud(client)["functions"] == lambdas
    after = {name: (release, function) for name, release, function in objects()}
    outside = {name: (release, function) for name, release, function in before if "TIMES" in name}
    assert {name: after[name] for name in outside} == outside
    assert after["TOY_NEW"] == (2, "")
    assert times() == 12
    tested = run("test").data
    assert (tested["passed"], tested["failed"]) == (3, 0)
    assert run("test", "--functions", "*_new").data["passed"] == 1
    assert run("test", "--functions", "toy_nwe").code == 2
    assert recorded_options() == {"modules": "", "functions": "", "exclude": ""}
    upgraded = run("upgrade").data
    assert upgraded["selection"]["functions"] == ["TOY_DOUBLE", "TOY_NEW", "TOY_TIMES"]
    assert times() == 20


def test_upgrade_brings_up_to_date_what_several_commands_have_installed(use):
    use("first")
    run("install", "--functions", "toy_times")
    assert recorded_options() == {"modules": "", "functions": "TOY_TIMES", "exclude": ""}
    use("second")
    upgraded = run("upgrade").data
    assert upgraded["selection"]["functions"] == ["TOY_TIMES"]
    assert [name for name, *_ in objects()] == ["__TOY_TIMES", "TOY_TIMES"]
    assert times() == 20
    run("install", "--functions", "toy_new")
    assert recorded_options()["functions"] == "TOY_NEW,TOY_TIMES"
    run("install", "--modules", "toy")
    assert recorded_options() == {"modules": "", "functions": "", "exclude": ""}
    assert len(objects()) == 4


def test_a_rollback_of_a_part_brings_back_that_part(use):
    use("first")
    run("install", "--exclude", "toy_double")
    use("second")
    run("install", "--functions", "toy_times,toy_new")
    assert times() == 20
    assert run("rollback").code == 0
    assert times() == 12
    assert [name for name, *_ in objects()] == ["__TOY_TIMES", "TOY_TIMES"]


def test_pruning_keeps_what_the_rest_still_uses(use, client):
    use("first")
    run("install")
    use("second")
    run("install", "--functions", "toy_new")
    run("install", "--functions", "toy_new", "--log-retention-days", "7")
    run("prune", "--yes", "--keep", "1")
    assert len(cloud(client)["functions"]) == 1
    assert times() == 12


def test_what_cannot_be_chosen_changes_nothing(use, client):
    use("first")
    for words, text in [
        (["--functions", "toy_doubel"], "Did you mean TOY_DOUBLE"),
        (["--modules", "toys"], "Did you mean toy"),
        (["--exclude", "toy"], "Nothing is left"),
        (["--packs", "other"], "The pack 'other' cannot be used"),
        (["--cloud", "snowflake"], "--cloud"),
    ]:
        outcome = run("install", *words)
        assert outcome.code == 2
        error = outcome.document["errors"][0]
        assert text in f"{error['message']} {error['hint']}"
    assert cloud(client) == EMPTY


def test_memory_and_timeout_of_the_flags_go_before_those_of_the_module(use, client):
    use("first")
    run("install", "--memory-mb", "256")
    name = cloud(client)["functions"][0]
    settings = client("lambda").get_function_configuration(FunctionName=name)
    assert (settings["MemorySize"], settings["Timeout"]) == (256, 60)
    assert run("install", "--memory-mb", "256", "--timeout-s", "9").data["changed"] is True
    assert client("lambda").get_function_configuration(FunctionName=name)["Timeout"] == 9
    assert run("install", "--memory-mb", "64").code == 2


def test_a_configuration_is_all_that_install_needs(use, tmp_path, monkeypatch):
    use("first")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "carto-at.yml").write_text(
        "redshift: {cluster_id: demo, database: dev}\n"
        "environments: {small: {deployment: {functions: [toy_double]}}}\n"
    )
    done = carto_at("install", "--sandbox", "--env", "small", "--output", "json").data
    assert done["functions"] == ["TOY_DOUBLE"]
    found = carto_at("sql", "--sandbox", "--output", "json", "SELECT carto.TOY_DOUBLE(4)")
    assert found.data["rows"] == [[8]]
    again = carto_at("plan", "--sandbox", "--env", "small", "--functions", "toy_times").out
    assert "Create Lambda function" in again


def test_dependencies_are_added_and_said(client):
    words = ("--sandbox", *TARGET, "--functions", "quadbin_fromgeogpoint")
    text = carto_at("plan", *words).out
    assert "QUADBIN_FROMLONGLAT, called by QUADBIN_FROMGEOGPOINT" in text
    selection = carto_at("plan", *words, "--output", "json").data["selection"]
    assert selection == {
        "functions": ["QUADBIN_FROMGEOGPOINT", "QUADBIN_FROMLONGLAT"],
        "added": [{"function": "QUADBIN_FROMLONGLAT", "needed_by": ["QUADBIN_FROMGEOGPOINT"]}],
    }


def test_list_shows_what_fits():
    def listed(*words):
        found = carto_at("list", "--output", "json", *words).data["functions"]
        return sorted({f["name"] for f in found})

    assert listed("--functions", "quadbin_*quadkey", "--exclude", "*from*") == ["QUADBIN_TOQUADKEY"]
    assert (
        listed("quadbin")
        == listed("--modules", "QUADB*")
        == listed("--cloud", "redshift", "QUADBIN")
    )
    assert "QUADBIN_KRING" not in listed("--exclude", "quadbin")
