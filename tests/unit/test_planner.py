from dataclasses import replace

import pytest

from carto_at_installer.aws.functions import DeployedFunction
from carto_at_installer.aws.log_groups import LogGroup
from carto_at_installer.aws.roles import Role
from carto_at_installer.core.bundle import Artifact
from carto_at_installer.core.errors import PreflightError
from carto_at_installer.core.functions import Kind
from carto_at_installer.core.releases import Installation, RecordedObject, Release, ReleaseState
from carto_at_installer.plan import steps as s
from carto_at_installer.plan.observed import ObservedState
from carto_at_installer.plan.planner import OWNER_TAG, make_plan
from carto_at_installer.plan.resources import (
    DesiredState,
    LambdaFunction,
    Layer,
    ManagedRole,
    ModuleSql,
    SharedLogGroup,
)
from carto_at_installer.sql.objects import SqlObject

OURS = {OWNER_TAG: "true"}
ARTIFACT = Artifact("modules/m.zip", "a" * 64, "b" * 64, 1000, 2000)
ROLES = tuple(
    ManagedRole(name, f"arn:aws:iam::1:role/{name}", {"t": 1}, {"p": 1}, OURS, "about")
    for name in ("at-exec", "at-invoke")
)
FUNCTION = LambdaFunction(
    module="m", name="at-m-12345678", artifact=ARTIFACT, runtime="python3.13", handler="h", architecture="x86_64",
    role_arn=ROLES[0].arn, memory_mb=512, timeout_s=60, environment={"A": "1"}, log_group="/aws/lambda/at",
    layer="at-layer", description="", tags={**OURS, "carto-at:install:1": "x"},
)  # fmt: skip


def sql_object(name, digest="1", returns="BIGINT", kind=Kind.SQL):
    return SqlObject(name, ("BIGINT",), returns, kind, "m", "CREATE", digest)


OBJECTS = (sql_object("__E", kind=Kind.EXTERNAL), sql_object("F"))
DESIRED = DesiredState(
    schema="carto", version="1.0", command="install", roles=ROLES, log_group=SharedLogGroup("/aws/lambda/at", 30, OURS),
    layer=Layer("at-layer", ARTIFACT, "python3.13", "x86_64"), functions=(FUNCTION,), attach_role=ROLES[1].arn,
    modules=(ModuleSql("m", OBJECTS, FUNCTION.name, ROLES[1].arn),), options={},
)  # fmt: skip
NOTHING = ObservedState({}, None, {}, {}, frozenset(), None)


def recorded(o):
    return RecordedObject("m", o.name, o.signature, o.kind, o.returns, o.digest)


LAYER_ARN = "arn:aws:lambda:r:1:layer:at-layer:1"
DEPLOYED = DeployedFunction(
    name=FUNCTION.name, arn="arn:fn", state="Active", update_status="Successful", code_sha256="", runtime="python3.13",
    handler="h", role=FUNCTION.role_arn, architecture="x86_64", memory_mb=512, timeout_s=60, layers=(LAYER_ARN,),
    environment={"A": "1"}, log_group="/aws/lambda/at", kms_key="", tags=FUNCTION.tags,
)  # fmt: skip
RELEASE = Release(1, "1.0", "install", ReleaseState.CURRENT)
STOPPED = Release(1, "1.0", "install", ReleaseState.FAILED)


def installed(release):
    return Installation(release, None, (release,), tuple(map(recorded, OBJECTS)))


INSTALLED = ObservedState(
    roles={r.name: Role(r.name, r.arn, r.trust, OURS, r.policy) for r in ROLES},
    log_group=LogGroup("/aws/lambda/at", 30),
    layers={"at-layer": "arn:aws:lambda:r:1:layer:at-layer:1"},
    functions={FUNCTION.name: DEPLOYED},
    attached=frozenset({ROLES[1].arn}),
    installation=installed(RELEASE),
)


def keys(plan):
    return [step.key for step in plan.steps]


def actions(plan):
    return {step.key: step.action for step in plan.steps}


def test_a_first_installation_creates_everything_in_an_executable_order():
    plan = make_plan(DESIRED, NOTHING)
    assert keys(plan) == [
        "schema", "role:at-exec", "role:at-invoke", "log-group", "layer", "attach-role", "function:m", "sql:m",
    ]  # fmt: skip
    seen = set()
    for step in plan.steps:
        assert set(step.after) <= seen, step.key
        seen.add(step.key)
    after = {step.key: set(step.after) for step in plan.steps}
    assert after["function:m"] >= {"role:at-exec", "layer", "log-group"}
    assert after["attach-role"] >= {"role:at-invoke"}
    assert after["sql:m"] >= {"function:m", "attach-role"}
    assert plan.release == 1


def test_nothing_to_do_is_an_empty_plan():
    assert make_plan(DESIRED, INSTALLED).empty


def test_a_new_version_without_differences_is_still_recorded():
    plan = make_plan(replace(DESIRED, version="1.1"), INSTALLED)
    assert keys(plan) == ["schema"]
    assert plan.release == 2


def test_an_unfinished_release_is_taken_up_again():
    unfinished = replace(installed(STOPPED), current=None, unfinished=STOPPED)
    plan = make_plan(DESIRED, replace(INSTALLED, installation=unfinished))
    assert keys(plan) == ["schema"]
    assert plan.release == 2


def test_only_changed_sql_is_applied():
    changed = replace(
        DESIRED, modules=(ModuleSql("m", (OBJECTS[0], sql_object("F", "2")), "n", "r"),)
    )
    plan = make_plan(changed, INSTALLED)
    assert keys(plan) == ["schema", "sql:m"]
    assert [o.name for o in actions(plan)["sql:m"].changed] == ["F"]
    assert actions(plan)["sql:m"].drops == ()


def test_a_function_that_is_no_longer_offered_is_dropped():
    changed = replace(DESIRED, modules=(ModuleSql("m", OBJECTS[:1], "n", "r"),))
    assert [o.name for o in actions(make_plan(changed, INSTALLED))["sql:m"].drops] == ["F"]


def test_another_return_type_needs_a_drop_first():
    other = sql_object("F", "2", returns="SUPER")
    plan = make_plan(
        replace(DESIRED, modules=(ModuleSql("m", (OBJECTS[0], other), "n", "r"),)), INSTALLED
    )
    assert [o.name for o in actions(plan)["sql:m"].drops] == ["F"]
    assert [o.name for o in actions(plan)["sql:m"].changed] == ["F"]


def test_a_module_outside_the_selection_is_left_alone():
    plan = make_plan(replace(DESIRED, modules=(), functions=()), INSTALLED)
    assert plan.empty


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"memory_mb": 1024}, "memory"),
        ({"timeout_s": 3}, "timeout"),
        ({"environment": {}}, "environment"),
        ({"role": "arn:other"}, "role"),
        ({"log_group": ""}, "log group"),
    ],
)
def test_settings_of_a_function_are_changed_in_place(change, named):
    observed = replace(INSTALLED, functions={FUNCTION.name: replace(DEPLOYED, **change)})
    plan = make_plan(DESIRED, observed)
    assert keys(plan) == ["schema", "function:m"]
    assert actions(plan)["function:m"].changes == (named,)


def test_a_function_shared_with_another_installation_is_marked():
    observed = replace(INSTALLED, functions={FUNCTION.name: replace(DEPLOYED, tags=OURS)})
    assert isinstance(actions(make_plan(DESIRED, observed))["function:m"], s.TagFunction)


def test_a_role_shared_with_another_installation_is_marked():
    wanted = tuple(replace(role, tags={**OURS, "carto-at:install:1": "x"}) for role in ROLES)
    plan = make_plan(replace(DESIRED, roles=wanted), INSTALLED)
    assert {type(step.action) for step in plan.steps[1:]} == {s.TagRole}


def test_a_function_that_is_still_pending_is_waited_for():
    pending = replace(DEPLOYED, state="Pending")
    plan = make_plan(DESIRED, replace(INSTALLED, functions={FUNCTION.name: pending}))
    assert actions(plan)["function:m"] == s.AwaitFunction(FUNCTION.name)


def test_the_plan_names_everything_it_may_make():
    resources = make_plan(DESIRED, NOTHING).resources
    assert resources.functions == {"m": FUNCTION.name}
    assert resources.layers == ("at-layer",)
    assert resources.roles == ("at-exec", "at-invoke")
    assert resources.attached_role == ROLES[1].arn
    assert resources.log_group == "/aws/lambda/at"


def test_a_changed_role_is_put_right():
    role = replace(INSTALLED.roles["at-exec"], policy=None)
    plan = make_plan(DESIRED, replace(INSTALLED, roles={**INSTALLED.roles, "at-exec": role}))
    action = actions(plan)["role:at-exec"]
    assert (action.trust, action.policy) == (False, True)


def test_another_retention_is_set():
    plan = make_plan(DESIRED, replace(INSTALLED, log_group=LogGroup("/aws/lambda/at", None)))
    assert isinstance(actions(plan)["log-group"], s.SetLogRetention)


def test_a_role_that_is_not_attached_is_attached_without_creating_it():
    plan = make_plan(DESIRED, replace(INSTALLED, attached=frozenset()))
    assert keys(plan) == ["schema", "attach-role"]


def test_foreign_things_of_our_names_are_refused():
    role = replace(INSTALLED.roles["at-exec"], tags={})
    with pytest.raises(PreflightError, match="role at-exec exists, but was not made by carto-at"):
        make_plan(DESIRED, replace(INSTALLED, roles={"at-exec": role}))
    function = replace(DEPLOYED, tags={})
    with pytest.raises(
        PreflightError, match="function at-m-12345678 exists, but was not made by carto-at"
    ):
        make_plan(DESIRED, replace(INSTALLED, functions={FUNCTION.name: function}))


def test_a_large_module_is_created_in_batches_but_upgraded_in_one_transaction():
    many = tuple(sql_object(f"F{n}") for n in range(80))
    desired = replace(DESIRED, modules=(ModuleSql("m", many, FUNCTION.name, ROLES[1].arn),))
    first = [step for step in make_plan(desired, NOTHING).steps if step.key.startswith("sql:")]
    assert [step.key for step in first] == ["sql:m:1", "sql:m:2", "sql:m:3"]
    assert [o for step in first for o in step.action.changed] == list(many)
    assert first[2].after[-1] == "sql:m:2"
    there = replace(
        INSTALLED, installation=replace(installed(RELEASE), objects=(recorded(many[0]),))
    )
    again = [step for step in make_plan(desired, there).steps if step.key.startswith("sql:")]
    assert [step.key for step in again] == ["sql:m"]
    assert len(again[0].action.changed) == 79
