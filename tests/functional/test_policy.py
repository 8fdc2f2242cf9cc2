"""`carto-at policy` and `bootstrap-sql` are enough and no more: with permissions enforced, each part is needed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import boto3
import pytest

from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.sandbox import daemon
from tests.functional.commands import carto_at
from tests.functional.toy import toy_bundle
from tests.functional.world import make_cluster

CLUSTER = ("--cluster-id", "demo", "--database", "dev")
AS_ADMIN = (*CLUSTER, "--db-user", "admin")
WORKGROUP = ("--workgroup", "demo-serverless", "--database", "dev")
REDSHIFT = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys")
    return (
        toy_bundle(folder / "a", version="0.1.0", factor=3, layer=True),
        toy_bundle(folder / "b", version="0.1.1", factor=5, layer=True),
    )


class World:
    """A sandbox that enforces permissions, and the commands of users in it."""

    def __init__(self, endpoint, bundles, patch):
        self.endpoint = endpoint
        self._bundles = bundles
        self._patch = patch
        self.admin = "sandbox"

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.admin,
            aws_secret_access_key="sandbox",
        )

    def user(self, name, policy):
        """A user with a policy; returns the key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]

    def use(self, version):
        """The package in that version."""
        root = self._bundles[version]
        number = json.loads((root / "manifest.json").read_text())["version"]
        self._patch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: root)
        self._patch.setattr("carto_at_installer.__about__.__version__", number)

    def run(self, key, *words):
        environment = {**client_environment(self.endpoint), "AWS_ACCESS_KEY_ID": key}
        return carto_at(*words, "--output", "json", environment=environment)

    def policy(self, *words):
        self.use(0)
        return self.run(self.admin, "policy", *words).data["policy"]

    def life(self, key, target, shape):
        """Install, look, upgrade, go back, uninstall; stops at the first failure and returns its outcome."""
        schema = shape[shape.index("--schema") : shape.index("--schema") + 2]
        steps = (
            (0, ("install", *target, *shape, "--skip-validation", "--on-failure", "stop")),
            (0, ("sql", *target, "SELECT 1", "SELECT 2")),
            (0, ("status", *target, *schema)),
            (1, ("upgrade", *target, *schema, "--skip-validation", "--on-failure", "stop")),
            (1, ("rollback", *target, *schema)),
            (1, ("uninstall", *target, *schema, "--yes")),
        )
        for version, words in steps:
            self.use(version)
            done = self.run(key, *words)
            if done.code:
                return done
        return done


@pytest.fixture(scope="module")
def world(tmp_path_factory, bundles):
    home = tmp_path_factory.mktemp("enforcing")
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(Path(home) / "no-config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(Path(home) / "no-credentials"))
        info = daemon.start(home, enforce_iam=True)
        try:
            yield World(info.endpoint, bundles, patch)
        finally:
            daemon.stop(home)


def shape_of(name):
    return ("--schema", name, "--prefix", f"{name}-redshift")


def without(policy, sid):
    return {**policy, "Statement": [s for s in policy["Statement"] if s["Sid"] != sid]}


def actions(policy, sid):
    (statement,) = (s for s in policy["Statement"] if s["Sid"] == sid)
    return set(statement["Action"])


def refused(done):
    """The action that a failure names."""
    text = " ".join(error["message"] for error in done.document["errors"])
    assert "is not authorized to perform: " in text, text
    return text.partition("is not authorized to perform: ")[2].partition(" on resource")[0]


def superuser(world, target, statements):
    """Run statements as the administrator of the database; what is there already is fine."""
    as_admin = (*target, "--db-user", "admin") if "--cluster-id" in target else (
        *target, "--secret-arn", secret_of(world)
    )  # fmt: skip
    for statement in statements:
        done = world.run(world.admin, "sql", *as_admin, statement)
        assert done.code == 0 or "already exists" in done.err, done.err


def secret_of(world):
    client = world.client("secretsmanager")
    names = [s["ARN"] for s in client.list_secrets()["SecretList"]]
    if names:
        return names[0]
    text = json.dumps({"username": "admin", "password": "x"})
    return client.create_secret(Name="admin", SecretString=text)["ARN"]


def bootstrapped(world, target, login, *, leave_out=None):
    """Run what bootstrap-sql prints, but for one statement."""
    printed = world.run(world.admin, "bootstrap-sql", *target, "--login", login).data
    statements = [each["sql"] for each in printed["statements"]]
    superuser(world, target, [s for s in statements if leave_out is None or leave_out not in s])


# --- exactly this is enough -------------------------------------------------------------------------------------------


def test_with_exactly_the_policy_a_whole_life_works_on_a_cluster(world):
    shape = shape_of("whole")
    key = world.user("whole", world.policy(*AS_ADMIN, *shape))
    done = world.life(key, AS_ADMIN, shape)
    assert done.code == 0, done.err


def test_checks_pass_with_exactly_the_policy(world):
    shape = shape_of("checked")
    key = world.user("checked", world.policy(*AS_ADMIN, *shape))
    world.use(0)
    done = world.run(key, "check", *AS_ADMIN, *shape)
    assert done.code == 0, done.err
    assert not [c for c in done.document["data"]["checks"] if c["status"] == "unknown"]


def test_with_the_policy_and_the_grants_a_login_without_rights_works_on_a_workgroup(world):
    shape = shape_of("serverless")
    key = world.user("serverless", world.policy(*WORKGROUP, *shape))
    world.use(0)
    first = world.run(key, "install", *WORKGROUP, *shape, "--skip-validation")
    assert first.code != 0, "a login without grants cannot install"
    bootstrapped(world, WORKGROUP, "IAM:serverless")
    done = world.life(key, WORKGROUP, shape)
    assert done.code == 0, done.err


def test_a_role_is_asked_about_by_its_own_arn(world):
    iam = world.client("iam")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_role(RoleName="deployer", Path="/teams/", AssumeRolePolicyDocument=trust)[
        "Role"
    ]["Arn"]
    shape = shape_of("assumed")
    policy = without(world.policy(*AS_ADMIN, *shape), "KeepLogs")
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=json.dumps(policy))
    key = world.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    world.use(0)
    environment = {
        **client_environment(world.endpoint),
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_SESSION_TOKEN": key["SessionToken"],
    }
    done = carto_at("check", *AS_ADMIN, *shape, "--output", "json", environment=environment)
    (asked,) = (c for c in done.document["data"]["checks"] if c["check"] == "Permissions")
    assert asked["status"] == "fail"
    assert "logs:CreateLogGroup" in asked["reason"]
    assert "log group" in asked["reason"]


# --- the variants -----------------------------------------------------------------------------------------------------


def test_with_roles_made_by_an_administrator(world):
    iam, shape = world.client("iam"), shape_of("premade")
    for name, services in (("exec", ("lambda.amazonaws.com",)), ("invoke", REDSHIFT)):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": list(services)},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.create_role(RoleName=f"premade-{name}", AssumeRolePolicyDocument=trust)
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    iam.put_role_policy(
        RoleName="premade-invoke",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    arn = "arn:aws:iam::123456789012:role/premade-"
    world.client("redshift").modify_cluster_iam_roles(
        ClusterIdentifier="demo", AddIamRoles=[f"{arn}invoke"]
    )
    given = (*shape, "--execution-role-arn", f"{arn}exec", "--invoke-role-arn", f"{arn}invoke")
    policy = world.policy(*AS_ADMIN, *given)
    assert not [s for s in policy["Statement"] if "iam:CreateRole" in s["Action"]]
    key = world.user("premade", policy)
    checked = world.run(key, "check", *AS_ADMIN, *given).document["data"]["checks"]
    assert {c["status"] for c in checked if c["plane"] == "invoke role"} <= {"pass", "skipped"}
    done = world.life(key, AS_ADMIN, given)
    assert done.code == 0, done.err


def test_sql_only_for_functions_that_need_no_lambda(world):
    shape = (*shape_of("plain"), "--functions", "toy_double")
    policy = world.policy(*AS_ADMIN, *shape)
    assert not [s for s in policy["Statement"] if str(s["Action"]).count("lambda:")]
    key = world.user("plain", policy)
    done = world.life(key, AS_ADMIN, shape)
    assert done.code == 0, done.err


def test_the_half_in_the_database_takes_what_the_documentation_says(world):
    """The policy `sql` with the statement of docs/permissions.md, after somebody else made the half in AWS."""
    page = Path("docs/permissions.md").read_text(encoding="utf-8")
    looking = json.loads(page.partition("```json\n")[2].partition("```")[0])
    shape = shape_of("halves")
    world.use(0)
    made = world.run(world.admin, "install", "--lambdas-only", *AS_ADMIN, *shape)
    assert made.code == 0, made.err
    policy = world.policy(*AS_ADMIN, *shape, "--variant", "sql")
    policy["Statement"].append(looking)
    key = world.user("halves", policy)
    done = world.run(key, "install", "--sql-only", *AS_ADMIN, *shape)
    assert done.code == 0, done.err
    schema = ("--schema", "halves")
    done = world.run(key, "uninstall", *AS_ADMIN, *schema, "--keep-lambdas", "--yes")
    assert done.code == 0, done.err


def test_functions_in_another_account_by_a_role_that_is_assumed_and_a_chain(world):
    """The sandbox has one account: here it is the caller who may do nothing with Lambda, but assume who may."""
    iam, shape, arn = world.client("iam"), shape_of("away"), "arn:aws:iam::123456789012:role/away-"

    def role(name, principal, policy):
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.create_role(RoleName=f"away-{name}", AssumeRolePolicyDocument=trust)
        iam.put_role_policy(
            RoleName=f"away-{name}", PolicyName="p", PolicyDocument=json.dumps(policy)
        )

    def may(action):
        allow = {"Effect": "Allow", "Action": action, "Resource": "*"}
        return {"Version": "2012-10-17", "Statement": [allow]}

    given = (
        *shape, "--deploy-role-arn", f"{arn}deploy", "--execution-role-arn", f"{arn}exec",
        "--invoke-role-arn", f"{arn}first,{arn}last",
    )  # fmt: skip
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    role("deploy", root, world.policy(*AS_ADMIN, *given, "--variant", "deploy"))
    role("exec", {"Service": "lambda.amazonaws.com"}, may("logs:PutLogEvents"))
    role("first", {"Service": list(REDSHIFT)}, may("sts:AssumeRole"))
    role("last", {"AWS": f"{arn}first"}, may("lambda:InvokeFunction"))
    world.client("redshift").modify_cluster_iam_roles(
        ClusterIdentifier="demo", AddIamRoles=[f"{arn}first"]
    )
    policy = world.policy(*AS_ADMIN, *given)
    assert not [s for s in policy["Statement"] if "lambda:" in str(s["Action"])]
    key = world.user("away", policy)
    forgotten = world.run(key, "install", *AS_ADMIN, *given, "--skip-validation")
    assert forgotten.code == 0, forgotten.err
    status = world.run(key, "status", *AS_ADMIN, "--schema", "away")
    assert f"--deploy-role-arn {arn}deploy" in status.document["errors"][0]["hint"]
    target = (*AS_ADMIN, "--deploy-role-arn", f"{arn}deploy")
    removed = world.run(key, "uninstall", *target, "--schema", "away", "--yes")
    assert removed.code == 0, removed.err
    done = world.life(key, target, tuple(w for w in given if w not in target))
    assert done.code == 0, done.err
    helpless = world.user("helpless", without(policy, "AssumeDeployRole"))
    assert refused(world.run(helpless, "install", *AS_ADMIN, *given, "--skip-validation")) == (
        "sts:AssumeRole"
    )


# --- and no less ------------------------------------------------------------------------------------------------------

ON_CLUSTER = (
    "DescribeCluster", "RunSql", "ReadOwnResults", "UseOwnSessions", "LogInToClusterAsUser", "DeployFunctions",
    "SeeLambda", "PublishLayer", "UseLayer", "KeepLogs", "FindLogs", "PassExecutionRole", "MakeRoles",
    "AttachRoleToCluster", "PassInvokeRoleToCluster",
)  # fmt: skip
ON_WORKGROUP = (
    "DescribeWorkgroup", "DescribeNamespace", "LogInToWorkgroup", "AttachRoleToNamespace", "PassRolesToNamespace",
)  # fmt: skip


def fails_without(world, sid, target, *more):
    """Live with a policy that lacks one statement; returns the policy and the action that was refused."""
    name = sid.lower()[:20]
    shape = (*shape_of(name), *more)
    policy = world.policy(*target, *shape)
    key = world.user(name, without(policy, sid))
    if "--workgroup" in target and "--secret-arn" not in target:
        bootstrapped(world, target, f"IAM:{name}")
    return policy, refused(world.life(key, target, shape))


@pytest.mark.parametrize("sid", ON_CLUSTER)
def test_without_a_statement_the_missing_action_is_named(world, sid):
    policy, action = fails_without(world, sid, AS_ADMIN)
    assert action in actions(policy, sid)


def test_these_are_all_statements(world):
    found = {s["Sid"] for s in world.policy(*AS_ADMIN)["Statement"]}
    assert found == {*ON_CLUSTER, "AskAboutPermissions"}
    found = {s["Sid"] for s in world.policy(*WORKGROUP)["Statement"]}
    assert set(ON_WORKGROUP) == found - {*ON_CLUSTER, "AskAboutPermissions"}


@pytest.mark.parametrize("sid", ON_WORKGROUP)
def test_without_a_statement_on_a_workgroup_the_missing_action_is_named(world, sid):
    policy, action = fails_without(world, sid, WORKGROUP)
    assert action in actions(policy, sid)


def test_without_the_login_to_a_cluster(world):
    policy, action = fails_without(world, "LogInToCluster", CLUSTER)
    assert action in actions(policy, "LogInToCluster")


def test_without_the_secret(world):
    target = (*WORKGROUP, "--secret-arn", secret_of(world))
    policy, action = fails_without(world, "LogInWithSecret", target)
    assert action in actions(policy, "LogInWithSecret")


def test_without_the_key(world):
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111"
    policy, action = fails_without(world, "UseKey", AS_ADMIN, "--kms-key", key)
    assert action in actions(policy, "UseKey")


def test_without_permission_to_ask_the_check_names_what_it_lacks(world):
    shape = shape_of("silent")
    policy = without(world.policy(*AS_ADMIN, *shape), "AskAboutPermissions")
    key = world.user("silent", policy)
    world.use(0)
    done = world.run(key, "check", *AS_ADMIN, *shape)
    (asked,) = (c for c in done.document["data"]["checks"] if c["check"] == "Permissions")
    assert (done.code, asked["status"]) == (0, "unknown")
    assert "iam:SimulatePrincipalPolicy" in asked["reason"]


# --- grants -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leave_out", "text"),
    [
        ("LANGUAGE exfunc", "permission denied for language exfunc"),
        ("CREATE SCHEMA", "permission denied for database dev"),
        ("GRANT ROLE", "permission denied"),
    ],
)
def test_without_a_grant_the_installation_is_refused_and_explained(world, leave_out, text):
    """`CREATE OR REPLACE EXTERNAL FUNCTION` is documented as needed, but not enforced by the sandbox."""
    name = leave_out.lower().replace(" ", "")
    database = ("--cluster-id", f"g{name}", "--database", "dev")
    make_cluster(world.client, f"g{name}")
    shape = shape_of(name)
    key = world.user(name, world.policy(*database, *shape))
    bootstrapped(world, database, f"IAM:{name}", leave_out=leave_out)
    world.use(0)
    done = world.run(key, "install", *database, *shape, "--skip-validation")
    assert done.code != 0
    assert text in done.document["errors"][0]["message"]
    assert "bootstrap-sql" in done.document["errors"][0]["hint"]
    checked = world.run(key, "check", *database, *shape)
    assert checked.code == 4
    superuser(world, database, [_missing(world, database, f"IAM:{name}", leave_out)])
    done = world.life(key, database, shape)
    assert done.code == 0, done.err


def _missing(world, database, login, text):
    printed = world.run(world.admin, "bootstrap-sql", *database, "--login", login).data
    (statement,) = (each["sql"] for each in printed["statements"] if text in each["sql"])
    return statement
