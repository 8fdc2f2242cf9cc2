"""The table of permissions: complete for the calls that are made, scoped to what is ours, in every partition."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions
from carto_at_installer.plan import calls
from carto_at_installer.plan import steps as s
from carto_at_installer.plan.access import Access, Place
from carto_at_installer.plan.bootstrap import bootstrap_grants, login_of, script
from carto_at_installer.plan.permissions import (
    PERMISSIONS,
    WITHOUT_PERMISSION,
    Part,
    actions_of,
    purpose_of,
)
from carto_at_installer.plan.policy_texts import MAX_CHARACTERS, Form, policy_text, size_of

AWS = Path(__file__).parents[2] / "src" / "carto_at_installer" / "aws"
ROLE = "arn:aws:iam::123456789012:role/given"
SERVICES = ("iam", "lambda", "logs", "redshift", "redshift-data", "redshift-serverless", "sts")


def methods(service):
    """The Python names of a service's operations."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def calls_in(path):
    """Every operation that a module of aws/ may call, as `service:Operation`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {
        n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    attributes = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    for service in texts & set(SERVICES):
        known = methods(service)
        for name in sorted((attributes | texts) & known.keys()):
            yield f"{service}:{known[name]}"


MADE = sorted({call for path in sorted(AWS.glob("*.py")) for call in calls_in(path)})


def test_the_calls_are_found():
    assert {
        "lambda:CreateFunction",
        "redshift-data:ExecuteStatement",
        "logs:DescribeLogGroups",
    } <= (set(MADE))
    assert len(MADE) > 35


@pytest.mark.parametrize("call", MADE)
def test_every_call_is_in_the_table(call):
    assert call in WITHOUT_PERMISSION or actions_of(call), f"{call} needs a permission"


def test_the_table_names_no_call_that_is_not_made():
    named = {call for p in PERMISSIONS for callers in p.actions.values() for call in callers}
    assert named <= set(MADE)


def test_every_kind_of_step_says_which_calls_it_makes():
    kinds = set(s.Action.__args__)
    assert set(calls._BY_ACTION) == kinds
    named = {call for each in calls._BY_ACTION.values() for call in each}
    assert all(actions_of(call) for call in named)


def options(**more):
    target = TargetOptions(
        more.pop("cluster_id", "demo"),
        more.pop("workgroup", None),
        "dev",
        more.pop("db_user", None),
    )
    return InstallOptions(AwsOptions(), target, **more)


def access(partition="aws", region="eu-west-1", *, functions=True, **more):
    return Access(Place(partition, "123456789012", region), options(**more), functions=functions)


def sids(policy):
    return [statement["Sid"] for statement in policy["Statement"]]


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")],
)
def test_arns_are_those_of_the_partition_and_nothing_is_open_that_can_be_closed(partition, region):
    policy = access(partition, region, kms_key=f"arn:{partition}:kms:{region}:1:key/k").policy()
    open_ones = []
    for statement in policy["Statement"]:
        found = statement["Resource"]
        for arn in [found] if isinstance(found, str) else found:
            if arn == "*":
                open_ones.append(statement["Sid"])
            else:
                assert arn.startswith(f"arn:{partition}:")
    assert open_ones == ["ReadOwnResults", "UseOwnSessions", "SeeLambda"]
    assert size_of(policy) < MAX_CHARACTERS


def test_what_is_given_need_not_be_made():
    full = sids(access().policy())
    assert {"MakeRoles", "AttachRoleToCluster", "PassInvokeRoleToCluster"} <= set(full)
    given = access(execution_role=ROLE, invoke_role=ROLE).policy()
    assert not {"MakeRoles", "AttachRoleToCluster", "PassInvokeRoleToCluster"} & set(sids(given))
    passing = next(s for s in given["Statement"] if s["Sid"] == "PassExecutionRole")
    assert passing["Resource"] == ROLE
    sql_only = sids(access(functions=False).policy())
    assert sql_only == [
        "DescribeCluster", "RunSql", "ReadOwnResults", "UseOwnSessions", "LogInToCluster",
        "AskAboutPermissions",
    ]  # fmt: skip


def test_a_given_role_that_is_to_be_attached_is_passed_by_its_own_arn():
    place = Place("aws", "123456789012", "eu-west-1")
    attaching = Access(place, options(invoke_role=f"{ROLE},{ROLE}2"), attaching=True).policy()
    passing = next(s for s in attaching["Statement"] if s["Sid"] == "PassInvokeRoleToCluster")
    assert passing["Resource"] == ROLE
    assert "AttachRoleToCluster" not in sids(Access(place, options(), attaching=False).policy())


def test_the_deploy_role_needs_lambda_and_logs_alone():
    away = InstallOptions(
        AwsOptions(deploy_role=ROLE), TargetOptions("demo", None, "dev"),
        execution_role=ROLE, invoke_role=f"{ROLE},{ROLE}2",
    )  # fmt: skip
    place = Place("aws", "123456789012", "eu-west-1")
    assert "AssumeDeployRole" in sids(Access(place, away).policy())
    assert "DeployFunctions" not in sids(Access(place, away).policy())
    assert sids(Access(place, away, deploying=True).policy()) == [
        "DeployFunctions", "SeeLambda", "PublishLayer", "UseLayer", "KeepLogs", "FindLogs", "PassExecutionRole",
    ]  # fmt: skip


def test_a_workgroup_and_its_namespace():
    found = sids(access(cluster_id=None, workgroup="wg").policy())
    assert {
        "DescribeWorkgroup",
        "DescribeNamespace",
        "LogInToWorkgroup",
        "AttachRoleToNamespace",
    } <= (set(found))
    assert not [sid for sid in found if "Cluster" in sid]


def test_paths_and_prefixes_are_in_the_arns():
    text = json.dumps(access(role_path="/teams/gis/", prefix="gis-redshift").policy())
    assert "role/teams/gis/gis-redshift-exec" in text
    assert "function:gis-redshift-*" in text
    assert "carto-at-redshift" not in text


def test_every_action_says_what_breaks_without_it():
    assert all(permission.breaks for permission in PERMISSIONS)
    assert "layer" in purpose_of("lambda:PublishLayerVersion")
    assert purpose_of("s3:GetObject") == ""
    assert Part.CHOOSING not in access().parts


def test_the_forms_of_a_policy():
    policy = access().policy()
    assert json.loads(policy_text(policy, Form.JSON, "1", "aws")) == policy
    template = json.loads(policy_text(policy, Form.CLOUDFORMATION, "1", "aws"))
    (resource,) = template["Resources"].values()
    assert resource["Type"] == "AWS::IAM::ManagedPolicy"
    assert resource["Properties"]["PolicyDocument"] == policy
    commands = policy_text(policy, Form.CLI, "123456789012", "aws-cn")
    assert commands.startswith("aws iam create-policy --policy-name carto-at-installer")
    assert "arn:aws-cn:iam::123456789012:policy/carto-at-installer" in commands


@pytest.mark.parametrize(
    ("caller", "login"),
    [
        ("arn:aws:iam::123456789012:user/teams/ann", "IAM:ann"),
        ("arn:aws:sts::123456789012:assumed-role/deploy/session", "IAMR:deploy"),
    ],
)
def test_the_login_of_an_identity(caller, login):
    assert login_of(caller) == login


def test_a_login_that_is_not_known_is_asked_for():
    for caller in ("", "arn:aws:iam::123456789012:root"):
        with pytest.raises(Exception, match="not known"):
            login_of(caller)


def test_what_is_there_is_not_created():
    def of(*taken):
        return [g.sql for g in bootstrap_grants("IAM:ann", None, frozenset(taken))]

    assert 'CREATE USER "IAM:ann" PASSWORD DISABLE' in of()
    assert 'CREATE ROLE "carto_at_installer"' in of("IAM:ann")
    left = of("IAM:ann", "carto_at_installer")
    assert not [sql for sql in left if sql.startswith("CREATE")]
    assert left[-1] == 'GRANT ROLE "carto_at_installer" TO "IAM:ann"'


def test_names_in_grants_are_quoted():
    text = script(bootstrap_grants('IAM:a"b', "arn:'x"))
    assert 'TO "IAM:a""b"' in text
    assert "ON 'arn:''x' TO ROLE" in text
