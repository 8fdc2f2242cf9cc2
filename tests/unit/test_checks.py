"""Every check by itself: what it says to facts that are well, and to facts that are not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from carto_at_installer.aws.clock import Clock
from carto_at_installer.aws.credentials import CredentialSources
from carto_at_installer.aws.functions import AccountLimits
from carto_at_installer.aws.simulation import Refusal
from carto_at_installer.checks import (
    all_checks,
    caller,
    environment,
    identity,
    invoke_role,
    lambdas,
    schema,
    target,
)
from carto_at_installer.checks.login import Login, has_system_privilege, may_use_language
from carto_at_installer.checks.outcome import Check, Plane, Status, failed, passed
from carto_at_installer.checks.runner import refuse_failures, run_checks
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.errors import PreflightError, TargetError
from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions
from carto_at_installer.core.queries import QueryResult
from carto_at_installer.core.target import Deployment, Identity, Target
from carto_at_installer.plan.access import Access, Place
from carto_at_installer.sql.database import DatabaseFunction

ACCOUNT = "123456789012"
IDENTITY = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "aws", "us-east-1")
TARGET = Target(
    Deployment.CLUSTER,
    "demo",
    f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:demo",
    "available",
    available=True,
    database="dev",
    version="1.0.200",
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
ACCESS = Access(
    Place.of(IDENTITY), InstallOptions(AwsOptions(), TargetOptions("demo", None, "dev"))
)
FUNCTION = SimpleNamespace(name="carto-at-redshift-toy-12345678")


class Sql:
    """A database that answers texts that occur in a statement; everything else is empty."""

    def __init__(self, answers=()):
        self._answers = dict(answers)

    def query(self, sql, parameters=None):
        rows = next((rows for text, rows in self._answers.items() if text in sql), ())
        if isinstance(rows, Exception):
            raise rows
        return QueryResult((), tuple(rows))


def changed(**values):
    """The target, with other values."""
    given = {name: getattr(TARGET, name) for name in TARGET.__dataclass_fields__}
    return Target(**{**given, **values})


def facts(**given):
    """Facts that are well, with others instead of some."""
    options = InstallOptions(
        AwsOptions(), TargetOptions("demo", None, "dev"), **given.pop("options", {})
    )
    usual = {
        "options": options,
        "identity": IDENTITY,
        "target": TARGET,
        "login": Login("IAM:ann", superuser=False),
        "sql": Sql(),
        "tools": {},
        "wanted_tools": frozenset(),
        "desired": SimpleNamespace(
            functions=(FUNCTION,), roles=(), modules=(), schema="carto", attach_role=ROLE + "x"
        ),
        "plan": SimpleNamespace(steps=()),
        "observed": SimpleNamespace(functions={}, roles={}, installation=None),
        "lambda_account": AccountLimits(1000, 1000, 10**11, 0),
        "clock_skew": 0.0,
    }
    return SimpleNamespace(**{**usual, **given})


# --- running ----------------------------------------------------------------------------------------------------------


def outcome(look, given=None, **more):
    (answer,) = run_checks([Check("one", Plane.LAMBDA, look, **more)], given or facts())
    return answer


def crash(_):
    raise ZeroDivisionError("by zero")


def refused(_):
    raise TargetError("AWS denies it", hint="Ask.")


class Unreachable:
    """Facts of which the target cannot be had."""

    @property
    def target(self):
        raise TargetError("There is no cluster demo")


class Unwritten:
    """Facts of a choice that cannot be."""

    @property
    def desired(self):
        raise TargetError("There is no module")


def test_the_same_advice_is_given_once():
    checks = [Check(name, Plane.LAMBDA, lambda _: failed("no", "Do it.")) for name in ("a", "b")]
    with pytest.raises(PreflightError) as error:
        refuse_failures(run_checks(checks, facts()))
    assert (error.value.message, error.value.hint) == ("a: no\nb: no", "Do it.")


def test_a_crash_is_unknown_and_hides_nothing():
    checks = [
        Check("crashes", Plane.LAMBDA, crash),
        Check("refused", Plane.LAMBDA, refused),
        Check("fails", Plane.LAMBDA, lambda _: failed("no", "Do it.")),
        Check("works", Plane.LAMBDA, lambda _: passed("yes")),
    ]
    outcomes = run_checks(checks, facts())
    assert [o.status.value for o in outcomes] == ["unknown", "unknown", "fail", "pass"]
    assert outcomes[0].reason == "the check itself failed: ZeroDivisionError: by zero"
    assert outcomes[1].fix == "Ask."
    with pytest.raises(PreflightError) as error:
        refuse_failures(outcomes)
    assert (error.value.message, error.value.hint) == ("fails: no", "Do it.")
    assert error.value.exit_code == 4


def test_what_needs_a_missing_fact_is_skipped_and_its_own_check_fails():
    assert outcome(lambda f: passed("fine"), Unreachable(), needs=("target",)).status == "skipped"
    seen = outcome(lambda f: passed("fine"), Unwritten(), needs=("desired",))
    assert seen.reason == "what is to be made is not known"
    own = outcome(lambda f: f.target, Unreachable(), decisive=True)
    assert (own.status, own.reason) == (Status.FAIL, "There is no cluster demo")


def test_listeners_hear_of_all_checks_and_of_each_answer():
    heard = []

    class Listener:
        def began(self, checks):
            heard.append(len(checks))

        def answered(self, outcome):
            heard.append(outcome.check)

    check = Check("one", Plane.LAMBDA, lambda _: passed("yes"))
    run_checks([check], facts(), Listener())
    assert heard == [1, "one"]


def test_names_are_unique_within_a_plane_and_planes_come_in_order():
    named = [(check.plane, check.name) for check in all_checks()]
    assert len(set(named)) == len(named)
    planes = list(dict.fromkeys(plane for plane, _ in named))
    assert planes == list(Plane)


# --- one by one -------------------------------------------------------------------------------------------------------


def views(*rows):
    drop = SimpleNamespace(name="TOY_TIMES")
    action = schema.ApplyModule(None, (), (drop,))
    return {
        "plan": SimpleNamespace(steps=(SimpleNamespace(action=action),)),
        "sql": Sql({"pg_views": rows}),
    }


LATE_BINDING = (
    "public.sums",
    "CREATE VIEW sums AS SELECT carto.toy_times(1) WITH NO SCHEMA BINDING",
)


def uploading(size):
    function = SimpleNamespace(artifact=SimpleNamespace(size=size))
    action = lambdas.CreateFunction(function, None)
    return SimpleNamespace(steps=(SimpleNamespace(action=action),))


def in_schema(*functions):
    wanted = SimpleNamespace(name="TOY_TIMES")
    desired = SimpleNamespace(
        functions=(), schema="carto", modules=(SimpleNamespace(objects=(wanted,)),)
    )
    return {"desired": desired, "functions_in_schema": functions}


def granted(*holders, kind="svv_language_privileges"):
    rows = [("CREATE OR REPLACE EXTERNAL FUNCTION", *h) for h in holders]
    return {"sql": Sql({kind: holders if "language" in kind else rows})}


def reserving(*replaced):
    action = lambdas.ReserveConcurrency("new", 50, replaced)
    return SimpleNamespace(steps=(SimpleNamespace(action=action),))


SUPERUSER = {"login": Login("admin", superuser=True)}
NO_LAMBDA = {"desired": SimpleNamespace(functions=(), attach_role=None)}
LONG = SimpleNamespace(functions=(SimpleNamespace(name="x" * 65),))
FOREIGN = SimpleNamespace(functions={"a": SimpleNamespace(tags={})}, roles={}, installation=None)
OTHER_ROLE = SimpleNamespace(functions={}, roles={"r": SimpleNamespace(tags={})}, installation=None)
PYTHON_UDF = DatabaseFunction("toy_times", ("BIGINT",), "BIGINT", "plpythonu")
SQL_UDF = DatabaseFunction("toy_times", ("BIGINT",), "BIGINT", "sql")
ATTACHED = {ROLE + "mine": "in-sync"}
MINE = {"options": {"invoke_role": ROLE + "mine"}}
CASES = [
    (environment.check_clock, {}, "pass", "agrees"),
    (environment.check_clock, {"clock_skew": None}, "unknown", "did not tell"),
    (environment.check_clock, {"clock_skew": -90.0}, "warn", "90 seconds behind"),
    (environment.check_clock, {"clock_skew": 400.0}, "fail", "AWS refuses"),
    (environment.CHECKS[-1].look, {"tools": {"npm": "/usr/bin/npm"}}, "pass", "/usr/bin/npm"),
    (environment.CHECKS[-1].look, {}, "skipped", "not needed"),
    (environment.CHECKS[-1].look, {"wanted_tools": {"npm"}}, "fail", "option needs it"),
    (target.check_target, {}, "pass", "available"),
    (
        target.check_target,
        {"target": changed(status="paused", available=False)},
        "fail",
        "is paused",
    ),
    (target.check_target, {"target": changed(maintenance=True)}, "fail", "maintenance"),
    (
        target.check_target,
        {"target": changed(status="modifying", available=False)},
        "fail",
        "modifying",
    ),
    (
        target.check_target,
        {"target": changed(status="available, prep-for-resize")},
        "warn",
        "resize",
    ),
    (target.check_network, {}, "pass", "own network"),
    (target.check_network, {"target": changed(enhanced_vpc_routing=True)}, "warn", "path"),
    (target.check_version, {}, "pass", "1.0.200"),
    (target.check_version, {"target": changed(version="")}, "unknown", "version"),
    (target.check_database, {}, "pass", "IAM:ann, not a superuser"),
    (target.check_language, NO_LAMBDA, "skipped", "Lambda"),
    (target.check_language, SUPERUSER, "pass", "superuser"),
    (target.check_language, {}, "fail", "IAM:ann may not use the language exfunc"),
    (target.check_language, granted(("user", "IAM:ann")), "pass", "granted"),
    (target.check_external_functions, NO_LAMBDA, "skipped", "Lambda"),
    (target.check_external_functions, SUPERUSER, "pass", "superuser"),
    (target.check_external_functions, {}, "warn", "lacks the system privilege"),
    (
        target.check_external_functions,
        granted(("public", "public"), kind="svv_system_privileges"),
        "pass",
        "granted",
    ),
    (target.check_schema_rights, SUPERUSER, "pass", "superuser"),
    (
        target.check_schema_rights,
        {"sql": Sql({"pg_namespace": [(1,)], "has_schema": [(True, True)]})},
        "pass",
        "may create in",
    ),
    (
        target.check_schema_rights,
        {"sql": Sql({"pg_namespace": [(1,)], "has_schema": [(True, False)]})},
        "fail",
        "lacks CREATE",
    ),
    (
        target.check_schema_rights,
        {
            "sql": Sql(
                {"pg_namespace": [(1,)], "__at_release": [("bob",)], "has_schema": [(True, True)]}
            )
        },
        "fail",
        "belongs to bob; IAM:ann may not change it",
    ),
    (
        target.check_schema_rights,
        {
            "sql": Sql(
                {
                    "pg_namespace": [(1,)],
                    "__at_release": [("IAM:ann",)],
                    "has_schema": [(True, True)],
                }
            )
        },
        "pass",
        "may create in",
    ),
    (
        target.check_schema_rights,
        {"sql": Sql({"pg_namespace": [(0,)], "has_database": [(True,)]})},
        "pass",
        "may create the schema",
    ),
    (
        target.check_schema_rights,
        {"sql": Sql({"pg_namespace": [(0,)], "has_database": [(False,)]})},
        "fail",
        "may not create the schema",
    ),
    (invoke_role.check_default_role, {}, "skipped", "not chosen"),
    (
        invoke_role.check_default_role,
        {"options": {"invoke_role": "default"}},
        "fail",
        "has no default IAM role",
    ),
    (
        invoke_role.check_default_role,
        {"options": {"invoke_role": "default"}, "target": changed(default_role=ROLE + "d")},
        "pass",
        "role/d",
    ),
    (invoke_role.check_attached, {}, "skipped", "creates it"),
    (invoke_role.check_attached, MINE, "warn", "not attached"),
    (invoke_role.check_attached, {**MINE, "target": changed(roles=ATTACHED)}, "pass", "in sync"),
    (
        invoke_role.check_attached,
        {**MINE, "target": changed(roles={ROLE + "mine": "adding"})},
        "warn",
        "is adding",
    ),
    (invoke_role.check_chain, {}, "skipped", "no chain"),
    (invoke_role.check_room, {}, "pass", "0 of 50"),
    (
        invoke_role.check_room,
        {"target": changed(roles={f"{ROLE}{n}": "in-sync" for n in range(50)})},
        "fail",
        "50 roles attached already",
    ),
    (
        invoke_role.check_room,
        {"target": changed(roles={ROLE + "x": "in-sync"})},
        "pass",
        "none is added",
    ),
    (invoke_role.check_assume_role, SUPERUSER, "pass", "superuser"),
    (
        invoke_role.check_assume_role,
        {"sql": Sql({"has_assumerole": [(True,)]})},
        "pass",
        "may use",
    ),
    (
        invoke_role.check_assume_role,
        {"sql": Sql({"has_assumerole": [(False,)]})},
        "fail",
        "ASSUMEROLE",
    ),
    (lambdas.check_concurrency, {}, "pass", "1000 of 1000"),
    (
        lambdas.check_concurrency,
        {"lambda_account": AccountLimits(10, 10, 1, 0)},
        "warn",
        "throttled",
    ),
    (
        lambdas.check_concurrency,
        {"plan": reserving(), "lambda_account": AccountLimits(149, 149, 1, 0)},
        "fail",
        "fewer than 100",
    ),
    (
        lambdas.check_concurrency,
        {"plan": reserving("old"), "lambda_account": AccountLimits(149, 149, 1, 0)},
        "pass",
        "149 of 149",
    ),
    (lambdas.check_code_storage, {}, "pass", "100.0 GB"),
    (
        lambdas.check_code_storage,
        {"plan": uploading(3_000_000), "lambda_account": AccountLimits(1000, 1000, 10**11, 10**11)},
        "fail",
        "3.0 MB are needed",
    ),
    (lambdas.check_names, {}, "pass", "30 of 64"),
    (lambdas.check_names, {"desired": LONG}, "fail", "65 characters"),
    (lambdas.check_names, NO_LAMBDA, "skipped", "Lambda"),
    (lambdas.check_foreign, {}, "pass", "nothing of others"),
    (lambdas.check_foreign, {"observed": FOREIGN}, "fail", "Lambda function a"),
    (lambdas.check_foreign, {"observed": OTHER_ROLE}, "fail", "the role r"),
    (schema.check_foreign_objects, in_schema(), "pass", "stands in the way"),
    (schema.check_foreign_objects, in_schema(SQL_UDF), "fail", "toy_times"),
    (schema.check_python_functions, in_schema(SQL_UDF), "pass", "no Python function"),
    (schema.check_python_functions, in_schema(PYTHON_UDF), "fail", "toy_times(bigint)"),
    (schema.check_views, {}, "pass", "no view"),
    (schema.check_views, views(LATE_BINDING), "pass", "no view"),
    (schema.check_views, views(), "pass", "no view"),
    (schema.check_views, views(("public.sums", "SELECT carto.toy_times(1)")), "fail", "sums"),
]


@pytest.mark.parametrize(
    ("look", "given", "status", "text"),
    CASES,
    ids=[f"{look.__name__}-{status}-{n}" for n, (look, _, status, _) in enumerate(CASES)],
)
def test_a_check_says(look, given, status, text):
    answer = look(facts(**given))
    assert (answer.status.value, text in answer.reason) == (status, True), answer
    assert (answer.fix != "") or status in {"pass", "skipped", "unknown"}


@pytest.mark.parametrize(
    ("layers", "partition", "status", "text"),
    [
        (("arm64",), "aws", "pass", "arm64"),
        (("x86_64",), "aws", "fail", "no layer for arm64"),
        (("arm64",), "aws-cn", "unknown", "AWS does not tell"),
    ],
)
def test_the_package_must_have_a_layer_for_the_architecture(
    monkeypatch, layers, partition, status, text
):
    manifest = SimpleNamespace(layers=layers)
    monkeypatch.setattr(lambdas, "read_manifest", lambda _: manifest)
    given = facts(
        desired=SimpleNamespace(functions=("f",), layer="layer"),
        options={"architecture": Architecture.ARM64},
        identity=SimpleNamespace(partition=partition, region="cn-north-1"),
        root=None,
    )
    answer = lambdas.check_architecture(given)
    assert (answer.status.value, text in answer.reason) == (status, True), answer


def test_python_must_be_new_enough():
    assert environment.check_python((3, 11, 0)).status == "pass"
    assert environment.check_python((3, 10, 9)).status == "fail"


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        ('FATAL: database "nope" does not exist', "list-databases"),
        ("password authentication failed", "--db-user"),
    ],
)
def test_a_database_that_cannot_be_entered(error, fix):
    class Closed:
        options = facts().options
        target = TARGET

        @property
        def login(self):
            raise TargetError(error)

    answer = target.check_database(Closed())
    assert answer.status == "fail"
    assert fix in answer.fix


@pytest.mark.parametrize(
    ("sources", "status"),
    [
        (CredentialSources("x"), "pass"),
        (CredentialSources("x", "p", "--profile"), "pass"),
        (CredentialSources("x", "p", "AWS_PROFILE", "AKIA1", "AKIA1"), "pass"),
        (CredentialSources("x", "p", "AWS_PROFILE", "AKIA1", "AKIA2"), "warn"),
        (CredentialSources("x", "p", "--profile", "AKIA1", ""), "warn"),
    ],
)
def test_a_profile_and_keys_in_the_environment(sources, status):
    assert identity.judge_sources(sources).status == status


def test_which_source_wins_is_said():
    kept = identity.judge_sources(CredentialSources("x", "p", "AWS_PROFILE", "AKIA1", "AKIA2"))
    assert "AWS_ACCESS_KEY_ID is used" in kept.reason
    asked = identity.judge_sources(CredentialSources("x", "p", "--profile", "AKIA1", "AKIA2"))
    assert "the profile p is used" in asked.reason


def test_privileges_come_through_roles_of_roles():
    login = Login("IAM:ann", superuser=False)
    database = Sql(
        {
            "svv_language_privileges": [("role", "base")],
            "svv_system_privileges": [("CREATE SCHEMA", "role", "base")],
            "svv_user_grants": [("top",)],
            "svv_role_grants": [("top", "middle"), ("middle", "base")],
        }
    )
    assert may_use_language(database, login, "exfunc")
    assert has_system_privilege(database, login, "CREATE SCHEMA")
    assert not has_system_privilege(database, login, "DROP FUNCTION")


def test_refusals_of_iam_name_the_action_and_what_it_breaks():
    certain = Refusal("lambda:CreateFunction", "arn", "no policy allows it", certain=True)
    answer = caller.judge_refusals([certain], ACCESS, 5)
    assert answer.status == "fail"
    assert "lambda:CreateFunction: no policy allows it; without it carto-at cannot create" in (
        answer.reason
    )
    assert '"Action":["lambda:CreateFunction"]' in answer.fix
    vague = Refusal("lambda:CreateFunction", "arn", "no policy allows it", certain=False)
    assert caller.judge_refusals([vague], ACCESS, 5).status == "warn"
    assert caller.judge_refusals([], ACCESS, 5).status == "pass"


@pytest.mark.parametrize(
    ("principal", "who", "expected"),
    [
        ({"Service": "redshift.amazonaws.com"}, "redshift.amazonaws.com", True),
        ({"Service": ["redshift.amazonaws.com"]}, "redshift-serverless.amazonaws.com", False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ROLE + "a", True),
        ({"AWS": [ROLE + "a"]}, ROLE + "a", True),
        ({"AWS": [ROLE + "b"]}, ROLE + "a", False),
        ("*", ROLE + "a", True),
    ],
)
def test_whom_a_trust_policy_trusts(principal, who, expected):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    assert invoke_role.trusts({"Statement": [statement]}, who) is expected
    denied = {**statement, "Effect": "Deny"}
    assert invoke_role.trusts({"Statement": [denied]}, who) is False


def test_the_clock_is_read_from_answers_and_refusals():
    clock = Clock()
    clock._note(response_dict={"headers": {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}})
    assert clock.skew is not None
    assert clock.skew > 10**9
    other = Clock()
    other._note(response_dict=None)
    other._note(response_dict={"headers": {"Date": "no date"}})
    assert other.skew is None
