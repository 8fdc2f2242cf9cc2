"""Upgrade, rollback, drift, repair, adopt, uninstall, leases and stops, each guarantee by its name."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from carto_at_installer.apply.connection import connect
from carto_at_installer.apply.lease import Lease
from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.core.errors import LockHeldError
from carto_at_installer.core.options import AwsOptions, TargetOptions
from carto_at_installer.sandbox import daemon, faults
from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.world import EMPTY, cloud


def answer(value=4):
    return sql(f"SELECT carto.TOY_TIMES({value})")[0][0]


def test_1_running_again_after_success_makes_no_mutating_call(use):
    use("first")
    assert run("install").data["changed"]
    for command in ("install", "upgrade", "repair"):
        again = run(command).data
        assert again["changed"] is False
        assert again["aws_calls"]["mutating"] == 0


def test_3_upgrade_and_rollback_switch_versions_without_an_upload(use):
    use("first")
    run("install")
    assert answer() == 12
    use("second")
    planned = run("upgrade", "--dry-run").data
    upgraded = run("upgrade").data
    assert planned["steps"] == upgraded["steps"]
    assert [step["key"] for step in upgraded["steps"]] == ["schema", "function:toy", "sql:toy"]
    assert answer() == 20
    assert sql("SELECT carto.TOY_NEW(1)") == [[1]]
    back = run("rollback").data
    assert [step["key"] for step in back["steps"]] == ["schema", "sql:toy"]
    assert answer() == 12
    assert "TOY_NEW" not in str(sql("SELECT UPPER(proname) FROM pg_proc WHERE proname LIKE 'toy%'"))
    forward = run("rollback", "2").data
    assert forward["release"] == 4
    assert answer() == 20
    releases = run("history").data["releases"]
    assert [(r["number"], r["command"], r["state"]) for r in releases] == [
        (4, "rollback", "current"),
        (3, "rollback", "superseded"),
        (2, "upgrade", "superseded"),
        (1, "install", "superseded"),
    ]


def test_an_upgrade_changes_only_the_module_that_is_different(use, aws):
    def still():
        functions = aws("lambda").list_functions()["Functions"]
        return [f for f in functions if "-still-" in f["FunctionName"]]

    use("two modules")
    run("install")
    before, oids = still(), sql("SELECT oid FROM pg_proc WHERE proname LIKE '%still%' ORDER BY 1")
    use("one of two changed")
    steps = [step["key"] for step in run("upgrade").data["steps"]]
    assert steps == ["schema", "function:toy", "sql:toy"]
    assert still() == before
    assert sql("SELECT oid FROM pg_proc WHERE proname LIKE '%still%' ORDER BY 1") == oids
    assert (answer(), sql("SELECT carto.STILL_TIMES(4)")) == (20, [[28]])


def test_a_part_cannot_be_installed_past_a_release_that_stopped_half_way(use):
    use("two modules")
    home = daemon.default_home()
    faults.add(home, faults.Fault(faults.Kind.FAIL_STATEMENT, where="TOY_DOUBLE", times=9))
    stopped = run("install", "--on-failure", "stop")
    faults.clear(home)
    assert stopped.code == 6, stopped.err
    part = run("install", "--modules", "still")
    assert part.code == 4
    assert "Release 1 (install) stopped half-way" in part.err
    assert "carto-at resume" in part.err
    assert run("resume").code == 0
    assert (answer(), sql("SELECT carto.STILL_TIMES(4)")) == (12, [[28]])


def test_a_release_that_is_not_there_cannot_be_gone_back_to(use):
    use("first")
    run("install")
    nowhere = run("rollback")
    assert nowhere.code == 2
    assert "no release before 1" in nowhere.err
    assert "Release 7 cannot be gone back to" in run("rollback", "7").err


def test_a_downgrade_is_refused_unless_it_is_allowed(use):
    use("first")
    run("install")
    use("older")
    refused = run("upgrade")
    assert refused.code == 2
    assert "older version 0.0.9" in refused.err
    assert answer() == 12
    assert run("upgrade", "--allow-downgrade").code == 0
    assert answer() == 8


def test_7_a_failing_smoke_test_puts_the_release_back_and_says_which_example_failed(use, aws):
    use("first")
    run("install")
    use("wrong")
    failed = run("upgrade")
    assert failed.code == 5
    assert "TOY_TIMES(4) should answer 999, but answers 28" in failed.err
    assert "release 1 (0.1.0) is in use again" in failed.err
    assert answer() == 12
    assert run("status").data["current"]["version"] == "0.1.0"
    assert run("status").data["unfinished"] is None


def test_7_a_first_installation_that_fails_leaves_nothing(use, aws):
    use("wrong")
    assert run("install").code == 5
    assert cloud(aws) == EMPTY
    assert carto_at("status", "--sandbox", *TARGET).code == 4


def test_when_everything_was_put_back_nobody_is_told_to_continue(use, aws):
    use("first")
    refusal = faults.error(
        "lambda:CreateFunction", "InvalidParameterValueException", "no such thing"
    )
    with faults.during(daemon.default_home(), refusal):
        failed = run("install")
    assert failed.code == 5
    assert "no such thing" in failed.err
    assert "nothing is left of it" in failed.err
    assert "carto-at resume" not in failed.err
    assert cloud(aws) == EMPTY


def test_7_on_failure_keep_keeps_the_release_and_says_so(use):
    use("wrong")
    kept = run("install", "--on-failure", "keep")
    assert kept.code == 7
    assert answer() == 28
    assert run("status").data["current"]["version"] == "0.1.2"
    assert run("test").code == 7


def test_7_on_failure_stop_stops_and_can_be_resumed_or_rolled_back(use, aws):
    use("first")
    run("install")
    use("wrong")
    assert run("upgrade", "--on-failure", "stop").code == 7
    stopped = run("status").data
    assert stopped["current"]["number"] == 1
    assert stopped["unfinished"]["number"] == 2
    for command in ("resume", "rollback"):
        assert run(command, "--dry-run").data["changed"] is False
    assert run("status").data["unfinished"]["number"] == 2
    assert run("rollback").code == 0
    assert answer() == 12
    assert run("status").data["unfinished"] is None


def test_the_recorded_examples_can_be_asked_without_the_package(use, monkeypatch):
    use("first")
    run("install")
    monkeypatch.setattr(
        "carto_at_installer.bundle.resources.bundle_root", lambda: pytest.fail("read")
    )
    assert run("test").data == {**run("test").data, "passed": 2, "failed": 0}


def test_uninstall_removes_everything_of_ours_from_state_alone(use, aws, monkeypatch):
    use("first")
    run("install")
    use("second")
    run("upgrade")
    monkeypatch.setattr(
        "carto_at_installer.bundle.resources.bundle_root", lambda: pytest.fail("read")
    )
    assert run("uninstall", "--yes").code == 0
    assert cloud(aws) == EMPTY
    assert sql("SELECT nspname FROM pg_namespace WHERE nspname = 'carto'") == []


def test_5_uninstall_keeps_what_users_have_put_into_the_schema(use, aws):
    use("first")
    run("install")
    sql("CREATE TABLE carto.mine (a INTEGER)")
    sql("INSERT INTO carto.mine VALUES (1)")
    assert run("uninstall", "--yes").code == 0
    assert sql("SELECT a FROM carto.mine") == [[1]]
    sql("DROP TABLE carto.mine")
    sql("DROP SCHEMA carto")
    assert cloud(aws) == EMPTY


def test_5_uninstall_leaves_what_another_installation_uses(use, aws):
    use("first")
    run("install")
    run("install", "--schema", "other")
    assert run("uninstall", "--yes").code == 0
    assert sql("SELECT other.TOY_TIMES(4)") == [[12]]
    assert len(cloud(aws)["functions"]) == 1
    assert run("uninstall", "--yes", "--schema", "other").code == 0


def test_uninstall_can_leave_the_lambdas(use, aws):
    use("first")
    run("install")
    before = cloud(aws)
    assert run("uninstall", "--yes", "--keep-lambdas").code == 0
    assert cloud(aws) == before
    assert run("install").code == 0  # takes them up again, and can remove them


def test_prune_deletes_what_only_old_releases_use(use, aws):
    for version in ("older", "first", "second"):
        use(version)
        run("install")
    assert len(cloud(aws)["functions"]) == 3
    assert run("prune", "--dry-run").data["changed"] is False
    run("prune")
    assert len(cloud(aws)["functions"]) == 2
    run("prune", "--keep-releases", "1")
    assert len(cloud(aws)["functions"]) == 1
    assert answer() == 20
    assert run("rollback").code == 2


def test_diff_shows_deployed_against_bundled_definitions(use):
    use("first")
    run("install")
    assert run("diff").data["differences"] == []
    use("second")
    found = {d["signature"]: d["change"] for d in run("diff").data["differences"]}
    assert found == {"__TOY_TIMES(BIGINT)": "changed", "TOY_NEW(BIGINT)": "added"}
    one = run("diff", "toy_new").data["differences"]
    assert [d["signature"] for d in one] == ["TOY_NEW(BIGINT)"]
    assert "+CREATE OR REPLACE FUNCTION" in one[0]["diff"]


def test_adopt_takes_over_functions_of_others(use):
    use("first")
    sql("CREATE SCHEMA carto")
    sql(
        "CREATE FUNCTION carto.toy_double(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT $1 $$ LANGUAGE sql"
    )
    sql(
        "CREATE FUNCTION carto.toy_times(BIGINT) RETURNS VARCHAR STABLE AS $$ SELECT 'x' $$ LANGUAGE sql"
    )
    refused = run("install")
    assert refused.code == 4
    assert "did not make: toy_double, toy_times" in refused.err
    assert run("adopt", "--yes").code == 0
    assert answer() == 12
    assert run("status", "--drift").data["drift"] == []
    assert run("uninstall", "--yes").code == 0
    assert sql("SELECT carto.TOY_DOUBLE(4), carto.TOY_TIMES(4)") == [[4, "x"]]
    sql("DROP SCHEMA carto CASCADE")


def test_an_installation_whose_tables_were_lost_is_adopted_again(use, aws):
    use("first")
    run("install")
    before = cloud(aws)
    for table in ("release", "step", "object", "lease"):
        sql(f"DROP TABLE carto.__at_{table}")
    assert run("status").code == 4
    sql("CREATE VIEW public.seen AS SELECT carto.TOY_TIMES(4) AS t")
    adopted = run("adopt", "--yes")
    assert adopted.code == 0
    assert [step["subject"].get("set_aside") for step in adopted.data["steps"]] == [None, []]
    assert cloud(aws) == before
    assert run("test").code == 0
    assert sql("SELECT t FROM public.seen") == [[12]]
    sql("DROP VIEW public.seen")


def test_lost_release_tables_are_made_anew_from_the_tags_of_the_lambda_functions(use, aws):
    use("first")
    run("install", "--prefix", "other-redshift")
    before = cloud(aws)
    assert "nothing is lost" in run("repair", "--rebuild-state").err
    for table in ("release", "step", "object", "lease"):
        sql(f"DROP TABLE carto.__at_{table}")
    assert run("repair", "--rebuild-state").code == 0
    assert cloud(aws) == before
    assert run("status").data["current"]["options"]["prefix"] == "other-redshift"
    assert run("status", "--drift").data["drift"] == []
    assert run("uninstall", "--yes").code == 0
    assert "bears the mark" in run("repair", "--rebuild-state").err


def test_6_views_on_our_functions_survive_upgrade_and_rollback(use):
    use("first")
    run("install")
    sql("CREATE VIEW public.times AS SELECT carto.TOY_TIMES(4) AS t, carto.TOY_DOUBLE(1) AS d")
    use("second")
    run("upgrade")
    assert sql("SELECT t, d FROM public.times") == [[20, 2]]
    run("rollback")
    assert sql("SELECT t, d FROM public.times") == [[12, 2]]
    blocked = run("uninstall", "--yes")
    assert blocked.code == 4
    assert "public.times" in blocked.err
    assert run("status").data["unfinished"] is None  # nothing was begun
    sql("DROP VIEW public.times")
    assert run("uninstall", "--yes").code == 0


def test_6_callers_never_break_while_versions_change(use):
    use("first")
    run("install")
    sql("CREATE VIEW public.pairs AS SELECT carto.TOY_TIMES(4) AS a, carto.TOY_TIMES(8) AS b")
    queries = ("SELECT carto.TOY_TIMES(4), carto.TOY_TIMES(8)", "SELECT a, b FROM public.pairs")
    stop, seen, errors = threading.Event(), [], []

    def load(connection):
        while not stop.is_set():
            try:
                seen.extend(tuple(connection.sql.query(q).rows[0]) for q in queries)
            except Exception as error:  # noqa: BLE001 - every error counts
                errors.append(str(error))

    callers = [threading.Thread(target=load, args=(connect_here(),)) for _ in range(3)]
    for caller in callers:
        caller.start()
    try:
        use("second")
        assert run("upgrade").code == 0
        assert run("rollback").code == 0
    finally:
        stop.set()
        for caller in callers:
            caller.join(30)
        sql("DROP VIEW public.pairs")
    assert errors == []
    assert set(seen) <= {(12, 24), (20, 40)}
    assert len(seen) > 10


def connect_here():
    """A connection to the sandbox's demo cluster, in this process."""
    info = daemon.status(daemon.default_home())
    before = dict(os.environ)
    os.environ.update(client_environment(info.endpoint))
    try:
        return connect(AwsOptions(), TargetOptions("demo", None, "dev"), "carto")
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_4_two_installers_at_once_one_wins_and_the_other_names_it(use):
    use("first")
    run("install")
    connection = connect_here()
    lease = Lease(connection.sql, connection.store.tables, holder="arn:someone", command="upgrade")
    lease.take([])
    use("second")
    second = run("upgrade")
    assert second.code == 8
    assert "`carto-at upgrade` by arn:someone" in second.err
    assert f"process {os.getpid()}" in second.err
    assert answer() == 12
    assert run("unlock", "--dry-run").data["unlocked"] is False
    assert run("status").data["lease"]["holder"] == "arn:someone"
    unlocked = carto_at("unlock", "--sandbox", *TARGET, "--yes")
    assert "`carto-at status` says whether something is unfinished" in unlocked.out
    assert run("upgrade").code == 0


def test_4_a_lease_ends_by_itself(use):
    use("first")
    run("install")
    connection = connect_here()
    lease = Lease(
        connection.sql, connection.store.tables, holder="arn:dead", command="upgrade", seconds=1
    )
    lease.take([])
    time.sleep(2)
    use("second")
    assert run("upgrade").code == 0


def test_4_who_wakes_up_after_its_lease_was_taken_stops_before_the_next_step(use):
    use("first")
    run("install")
    connection = connect_here()
    now = [time.time()]
    tables = connection.store.tables
    sleeper = Lease(
        connection.sql,
        tables,
        holder="arn:sleeper",
        command="upgrade",
        seconds=1,
        clock=lambda: now[0],
    )
    sleeper.take([])
    time.sleep(2)
    other = Lease(connection.sql, tables, holder="arn:other", command="rollback")
    other.take([])
    now[0] += 60
    with pytest.raises(LockHeldError, match="was taken: `carto-at rollback` by arn:other"):
        sleeper.confirm()
    other.confirm()
    connection.sql.transaction([other.release_statement()])


SLOW_ROLES = """
import sys, time
from pathlib import Path
import carto_at_installer.bundle.resources as resources
resources.bundle_root = lambda: Path(sys.argv[1])
from carto_at_installer.apply import operation
from carto_at_installer.aws import roles
lease, create = operation.Lease, roles.create_role
operation.Lease = lambda *words, **names: lease(*words, **{**names, "seconds": int(sys.argv[2])})
def slow(*words):
    sys.stdout.write("STEP\\n")  # in one piece: roles are made side by side
    sys.stdout.flush()
    time.sleep(2)
    return create(*words)
roles.create_role = slow
from carto_at_installer.cli import main
main(sys.argv[3:])
"""


def slow_installation(bundle, *, lease_s=120):
    """A process that installs and is in the middle of a step that takes two seconds."""
    words = [str(bundle), str(lease_s), "install", "--sandbox", *TARGET]
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW_ROLES, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline().strip() == "STEP"
    return child


def test_9_ctrl_c_once_lets_the_step_end_and_names_the_next_command(use, toys):
    use("first")
    child = slow_installation(toys["first"])
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 130
    assert "Stopped after" in err
    assert "carto-at resume" in err
    assert run("status").data["unfinished"]["number"] == 1
    assert run("resume").code == 0
    assert answer() == 12


def test_9_ctrl_c_twice_ends_at_once_and_can_still_be_resumed(use, toys):
    use("first")
    child = slow_installation(toys["first"])
    child.send_signal(signal.SIGINT)
    while "Stopping" not in child.stderr.readline():
        pass
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 130
    assert "Aborted" in err
    assert run("status").data["unfinished"]["number"] == 1
    assert run("unlock", "--yes").code == 0
    assert run("resume").code == 0
    assert answer() == 12


def test_4_a_stopped_process_that_wakes_up_after_its_lease_was_taken_does_no_further_step(
    use, toys, aws
):
    use("first")
    child = slow_installation(toys["first"], lease_s=2)
    child.send_signal(signal.SIGSTOP)
    time.sleep(3)
    assert run("resume").code == 0  # the lease has ended by itself
    made = cloud(aws)
    child.send_signal(signal.SIGCONT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 8, err
    assert "The lease of this process" in err
    assert cloud(aws) == made
    assert run("status").data["unfinished"] is None
    assert answer() == 12


def test_privileges_survive_where_a_function_has_to_be_dropped(use):
    use("first")
    run("install")
    sql("CREATE USER ana PASSWORD DISABLE", "--db-user", "admin")
    sql("DROP FUNCTION carto.TOY_DOUBLE(BIGINT)")
    sql(
        "CREATE FUNCTION carto.TOY_DOUBLE(BIGINT) RETURNS VARCHAR STABLE AS $$ SELECT 'x' $$ LANGUAGE sql"
    )
    sql("GRANT EXECUTE ON FUNCTION carto.TOY_DOUBLE(BIGINT) TO ana")
    sql("REVOKE EXECUTE ON FUNCTION carto.TOY_DOUBLE(BIGINT) FROM PUBLIC")
    privileges = (
        "SELECT identity_type, identity_name FROM svv_function_privileges"
        " WHERE namespace_name = 'carto' AND function_name = 'toy_double'"
    )
    admin = ("--db-user", "admin")  # who sees the privileges of others
    assert sql(privileges, *admin) == [["user", "ana"]]
    assert run("repair", *admin).data["changed"] is True
    assert sql("SELECT carto.TOY_DOUBLE(4)", *admin) == [[8]]
    assert sql(privileges, *admin) == [["user", "ana"]]
    assert run("uninstall", "--yes", *admin).code == 0  # whose functions they are now


def test_8_no_secret_is_in_the_state_or_the_output(use, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "very-secret-token")
    use("first")
    path = tmp_path / "plan.json"
    run("plan", "--out", str(path))
    done = run("install")
    state = json.dumps(
        [sql(f"SELECT * FROM carto.__at_{name}") for name in ("release", "step", "object")]
    )
    for text in (done.out, done.err, state, path.read_text()):
        assert "very-secret" not in text
        assert "SECRET" not in text.upper().replace("SECRET_ARN", "")


def test_5_things_without_our_mark_are_not_touched(use, aws):
    use("first")
    run("install")
    name = cloud(aws)["functions"][0]
    arn = aws("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    tags = aws("lambda").list_tags(Resource=arn)["Tags"]
    aws("lambda").untag_resource(Resource=arn, TagKeys=list(tags))
    assert run("uninstall", "--yes").code == 0
    assert cloud(aws)["functions"] == [name]
    aws("lambda").delete_function(FunctionName=name)
    aws("logs").delete_log_group(logGroupName="/aws/lambda/carto-at-redshift")


def test_3_a_saved_plan_is_carried_out_exactly_or_not_at_all(use, tmp_path):
    use("first")
    path = tmp_path / "plan.json"
    planned = run("plan", "--out", str(path)).data
    applied = carto_at("install", "--sandbox", "--plan", str(path), "--output", "json").data
    assert applied["steps"] == planned["steps"]
    assert answer() == 12
    changed = carto_at("install", "--sandbox", "--plan", str(path))
    assert changed.code == 4
    assert "The world has changed since the plan was made" in changed.err
    use("second")
    other = carto_at("install", "--sandbox", "--plan", str(path))
    assert other.code == 4
    assert answer() == 12


def test_3_a_plan_that_was_changed_by_hand_is_refused(use, tmp_path):
    use("first")
    path = tmp_path / "plan.json"
    run("plan", "--out", str(path))
    path.write_text(path.read_text().replace("at-redshift", "at-elsewhere"))
    refused = carto_at("install", "--sandbox", "--plan", str(path))
    assert refused.code == 2
    assert "changed by hand" in refused.err
    path.write_text("{}")
    assert "is not a plan" in carto_at("install", "--sandbox", "--plan", str(path)).err
