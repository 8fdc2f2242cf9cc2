"""Installing, upgrading and listing parts: nothing outside the selection is dropped, changed or broken."""

import json

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.world import EMPTY, cloud


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


def test_a_function_without_lambda_installs_without_touching_the_account(use, aws):
    use("first")
    done = run("install", "--functions", "toy_double").data
    assert [step["key"] for step in done["steps"]] == ["schema", "sql:toy"]
    assert done["functions"] == ["TOY_DOUBLE"]
    assert cloud(aws) == EMPTY
    assert [name for name, *_ in objects()] == ["TOY_DOUBLE"]
    assert run("install", "--functions", "TOY_D*").data["changed"] is False


def test_what_is_outside_the_selection_stays_as_it_is(use, aws):
    use("first")
    run("install")
    before, lambdas = objects(), cloud(aws)["functions"]
    use("second")
    done = run("install", "--functions", "toy_double,toy_new").data
    assert [step["key"] for step in done["steps"]] == ["schema", "sql:toy"]
    assert cloud(aws)["functions"] == lambdas
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


def test_pruning_keeps_what_the_rest_still_uses(use, aws):
    use("first")
    run("install")
    use("second")
    run("install", "--functions", "toy_new")
    run("install", "--functions", "toy_new", "--log-retention-days", "7")
    run("prune", "--yes", "--keep", "1")
    assert len(cloud(aws)["functions"]) == 1
    assert times() == 12


def test_what_cannot_be_chosen_changes_nothing(use, aws):
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
    assert cloud(aws) == EMPTY


def test_memory_and_timeout_of_the_flags_go_before_those_of_the_module(use, aws):
    use("first")
    run("install", "--memory-mb", "256")
    name = cloud(aws)["functions"][0]
    settings = aws("lambda").get_function_configuration(FunctionName=name)
    assert (settings["MemorySize"], settings["Timeout"]) == (256, 60)
    assert run("install", "--memory-mb", "256", "--timeout-s", "9").data["changed"] is True
    assert aws("lambda").get_function_configuration(FunctionName=name)["Timeout"] == 9
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


def test_dependencies_are_added_and_said(aws):
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
