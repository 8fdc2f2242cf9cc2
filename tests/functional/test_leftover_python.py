"""Functions of a toolbox of former times: found, shown, set aside and replaced by adopt, and put back by whoever goes.

Among them are Python functions, which Redshift keeps and neither runs nor makes any more.
"""

import json

import pytest

from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.test_crashes import ALL, CHANGING, Moment, killed, recorded
from tests.functional.world import fresh_sandbox

DOUBLE, TIMES, OTHER, OWN = (
    f"CREATE FUNCTION carto.{head} AS $$ {body} $$ LANGUAGE plpythonu"
    for head, body in (
        ("toy_double(value BIGINT) RETURNS BIGINT STABLE", "return 2 * value"),
        ("toy_times(value BIGINT) RETURNS VARCHAR(MAX) STABLE", "return times(value)"),
        ("toy_times(value BIGINT, times INT) RETURNS BIGINT STABLE", "return times * value"),
        ("my_score(x FLOAT) RETURNS FLOAT IMMUTABLE", "return x / 2"),
    )
)
ORIGINAL = {
    "toy_double(bigint)": "plpythonu",
    "toy_times(bigint)": "plpythonu",
    "toy_times(bigint, integer)": "plpythonu",
    "my_score(double precision)": "plpythonu",
}


def admin(statement):
    """Run a statement as the administrator of the database."""
    return sql(statement, "--db-user", "admin")


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """A sandbox in which functions in plpythonu can still be made."""
    home = tmp_path_factory.mktemp("sandbox")
    (home / "settings.json").write_text(json.dumps({"python_functions": True}))
    with fresh_sandbox(home) as made:
        sql("SELECT 1")  # makes the user of the IAM identity known
        admin('GRANT USAGE ON LANGUAGE plpythonu TO "IAM:sandbox"')
        yield made


@pytest.fixture
def schema(use):
    """The schema of a toolbox of former times, with a function of its user; it is empty in the end."""
    use("first")
    sql("CREATE SCHEMA carto")
    for statement in (DOUBLE, TIMES, OTHER, OWN):
        sql(statement)
    yield
    if carto_at("status", "--sandbox", *TARGET).code == 0:
        assert run("uninstall", "--yes").code == 0
    admin("DROP SCHEMA carto CASCADE")


def languages():
    rows = sql(
        "SELECT p.proname || '(' || oidvectortypes(p.proargtypes) || ')', l.lanname FROM pg_proc p"
        " JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'carto' AND LEFT(p.proname, 7) <> '__toy_t'"
    )
    return dict(rows)


def test_they_are_found_and_nothing_is_installed_over_them(schema):
    failed = carto_at("sql", "--sandbox", *TARGET, "SELECT carto.toy_double(4)")
    assert failed.code != 0
    assert "Python UDFs are not supported anymore" in failed.err
    checked = {each["check"]: each for each in run("check").document["data"]["checks"]}
    assert checked["Python functions"]["status"] == "fail"
    assert "toy_double(bigint)" in checked["Python functions"]["reason"]
    assert "my_score" not in checked["Python functions"]["reason"]
    assert "carto-at adopt" in checked["Python functions"]["fix"]
    refused = run("install")
    assert refused.code == 4
    assert "carto-at adopt" in refused.err
    assert languages() == ORIGINAL


def test_adopt_sets_them_aside_and_uninstall_gives_them_their_names_back(schema):
    sql("CREATE VIEW public.doubles AS SELECT carto.toy_double(4) AS d WITH NO SCHEMA BINDING")
    sql("CREATE GROUP readers", "--db-user", "admin")
    sql("REVOKE EXECUTE ON FUNCTION carto.toy_double(BIGINT) FROM PUBLIC")
    sql("GRANT EXECUTE ON FUNCTION carto.toy_double(BIGINT) TO GROUP readers")
    planned = run("adopt", "--dry-run").data
    adopted = run("adopt", "--yes")
    assert adopted.code == 0, adopted.err
    assert adopted.data["steps"] == planned["steps"]
    assert languages() == {
        "toy_double(bigint)": "sql",
        "toy_times(bigint)": "sql",
        "toy_times(bigint, integer)": "plpythonu",
        "my_score(double precision)": "plpythonu",
        "__at_before_1_toy_double(bigint)": "plpythonu",
        "__at_before_1_toy_times(bigint)": "plpythonu",
    }
    assert sql("SELECT d, carto.TOY_TIMES(4) FROM public.doubles") == [[8, 12]]
    assert run("status", "--drift").data["drift"] == []
    assert run("install").data["changed"] is False
    assert run("uninstall", "--yes").code == 0
    assert languages() == ORIGINAL
    assert holders("toy_double") == ["readers"]
    sql("DROP VIEW public.doubles")


def holders(name):
    rows = admin(
        "SELECT identity_name FROM svv_function_privileges WHERE namespace_name = 'carto'"
        f" AND function_name = '{name}' AND privilege_type = 'EXECUTE' ORDER BY 1"
    )
    return [row[0] for row in rows if row[0] != "IAM:sandbox"]


def test_an_adoption_that_fails_puts_them_back(schema, use):
    use("wrong")
    failed = run("adopt", "--yes")
    assert failed.code != 0
    assert "should answer 999" in failed.err
    assert "Everything was put back" in failed.err
    assert languages() == ORIGINAL


def test_a_view_that_is_bound_to_one_stops_adopt_before_anything_is_changed(schema):
    sql("CREATE VIEW public.bound AS SELECT carto.toy_double(4) AS d")
    refused = run("adopt", "--yes")
    assert refused.code == 4
    assert "public.bound" in refused.err
    assert languages() == ORIGINAL
    sql("DROP VIEW public.bound")
    assert run("adopt", "--yes").code == 0


def test_those_of_another_user_are_his_to_rename(schema):
    admin("DROP FUNCTION carto.toy_double(BIGINT)")
    admin(DOUBLE)
    refused = run("adopt", "--yes")
    assert refused.code == 4
    assert "TOY_DOUBLE(BIGINT) belong to admin" in refused.err
    assert 'OWNER TO "IAM:sandbox"' in refused.err
    assert languages() == ORIGINAL
    assert run("status").code == 4  # nothing was begun
    admin('ALTER FUNCTION carto.toy_double(BIGINT) OWNER TO "IAM:sandbox"')
    assert run("adopt", "--yes").code == 0


def test_one_in_sql_is_replaced_under_its_views_and_comes_back_too(schema):
    sql("DROP FUNCTION carto.toy_double(BIGINT)")
    sql(
        "CREATE FUNCTION carto.toy_double(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT -$1 $$ LANGUAGE sql"
    )
    sql("CREATE VIEW public.bound AS SELECT carto.toy_double(4) AS d")
    assert run("adopt", "--yes").code == 0
    assert sql("SELECT d FROM public.bound") == [[8]]
    sql("DROP VIEW public.bound")
    assert run("uninstall", "--yes").code == 0
    assert sql("SELECT carto.toy_double(4)") == [[-4]]
    assert languages() == {**ORIGINAL, "toy_double(bigint)": "sql"}


# An adoption makes as many changing calls as an installation.
CRASHES = range(1, CHANGING["install"] + 1) if ALL else (8, 9, 10)


@pytest.mark.parametrize("number", CRASHES)
@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_2_a_crash_of_adopt_loses_nothing(schema, number, way):
    killed(Moment("adopt", number, ("after", "lost")[number % 2], every=False))
    state = recorded()
    if state and state["unfinished"]:
        back = run(way)
        assert back.code == 0, back.err
    if run("status").code == 0:
        assert sql("SELECT carto.toy_double(4), carto.TOY_TIMES(4)") == [[8, 12]]
        kept = [name for name in languages() if name.endswith("_toy_double(bigint)")]
        assert len(kept) == 1
        assert run("uninstall", "--yes").code == 0
    assert languages() == ORIGINAL


def test_prune_drops_them_when_nobody_can_go_back_to_them(schema, use):
    assert run("adopt", "--yes").code == 0
    assert run("prune").data["changed"] is False
    use("second")
    assert run("upgrade").code == 0
    assert "__at_before_1_toy_double(bigint)" in languages()
    pruned = run("prune", "--keep-releases", "1")
    assert pruned.code == 0, pruned.err
    assert not [name for name in languages() if name.startswith("__at_before")]
    assert run("uninstall", "--yes").code == 0
    assert "toy_double(bigint)" not in languages()


def test_a_rollback_to_the_release_before_an_adoption_puts_back_what_it_set_aside(use):
    use("first")
    assert run("install").code == 0
    sql(
        "CREATE FUNCTION carto.toy_new(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT -$1 $$ LANGUAGE sql"
    )
    use("second")
    refused = run("upgrade")
    assert refused.code == 4
    assert "toy_new" in refused.err
    assert run("adopt", "--yes").code == 0
    assert sql("SELECT carto.toy_new(4)") == [[4]]
    rolled = run("rollback")
    assert rolled.code == 0, rolled.err
    assert sql("SELECT carto.toy_new(4), carto.TOY_TIMES(4)") == [[-4, 12]]
    sql("DROP FUNCTION carto.toy_new(BIGINT)")
