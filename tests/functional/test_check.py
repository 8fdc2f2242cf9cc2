"""`carto-at check` against the sandbox: what is well is said, and what is not, with what to do about it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.sandbox import daemon, faults
from tests.functional.commands import TARGET, carto_at, sql
from tests.functional.toy import toy_bundle
from tests.functional.world import fresh_sandbox, make_cluster, trust

REDSHIFT = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
INVOKE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
}
NOTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}
ROLE = "arn:aws:iam::123456789012:role/"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return toy_bundle(tmp_path_factory.mktemp("toy"), version="0.1.0", factor=3)


@pytest.fixture(scope="module")
def client(tmp_path_factory, bundle):
    with (
        fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: bundle)
        yield made


PROGRAM = "from carto_at_installer.cli import main; main()"


def checked(*words, target=TARGET):
    """The outcome of `check`, and its answers by name."""
    done = carto_at("check", "--sandbox", *target, "--output", "json", *words)
    answers = {each["check"]: each for each in done.document["data"].get("checks", [])}
    return done, answers


def make_role(client, name, *services, policy=INVOKE, trusted=None):
    """A role, and the policy of what it may do."""
    document = trusted or trust(*services)
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
    client("iam").put_role_policy(
        RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy)
    )
    return ROLE + name


def attach(client, arn, **more):
    client("redshift").modify_cluster_iam_roles(ClusterIdentifier="demo", AddIamRoles=[arn], **more)
    for _ in range(100):
        (cluster,) = client("redshift").describe_clusters(ClusterIdentifier="demo")["Clusters"]
        if {"IamRoleArn": arn, "ApplyStatus": "in-sync"} in cluster["IamRoles"]:
            return
        time.sleep(0.05)
    raise AssertionError(cluster["IamRoles"])


def test_a_fresh_sandbox_is_ready_and_nothing_is_changed(client):
    done, answers = checked()
    assert done.code == 0, done.err
    bad = [a for a in answers.values() if a["status"] in {"fail", "warn"}]
    assert bad == []
    assert done.document["data"]["aws_calls"]["mutating"] == 0
    assert answers["Caller"]["reason"].startswith("arn:aws:iam::123456789012:user/sandbox")
    assert answers["Clock"]["status"] == "pass"
    assert answers["boto3"]["status"] == "pass"
    assert answers["Permissions"]["status"] == "pass"
    assert answers["Database"]["reason"].endswith("IAM:sandbox, not a superuser")


def test_a_workgroup_is_ready_too(client):
    done, answers = checked(target=("--workgroup", "demo-serverless", "--database", "dev"))
    assert done.code == 0, done.err
    assert answers["State"]["reason"] == "The workgroup demo-serverless is available"


def test_every_failure_is_shown_with_its_fix_and_the_exit_code_is_4(client):
    done, answers = checked(target=("--cluster-id", "nosuch", "--database", "dev"))
    assert done.code == 4
    assert answers["State"]["status"] == "fail"
    assert "describe-clusters" in answers["State"]["fix"]
    assert answers["Database"]["status"] == "skipped"
    assert answers["Caller"]["status"] == "pass"
    text = carto_at("check", "--sandbox", "--cluster-id", "nosuch", "--database", "dev")
    assert text.code == 4
    assert "skipped  target - Database" in text.err
    assert "This will not work yet" in text.out


def test_a_paused_cluster(client):
    make_cluster(client, "asleep")
    client("redshift").pause_cluster(ClusterIdentifier="asleep")
    for _ in range(100):
        (cluster,) = client("redshift").describe_clusters(ClusterIdentifier="asleep")["Clusters"]
        if cluster["ClusterStatus"] == "paused":
            break
        time.sleep(0.05)
    _, answers = checked(target=("--cluster-id", "asleep", "--database", "dev"))
    assert answers["State"]["status"] == "fail"
    assert "resume-cluster --cluster-identifier asleep" in answers["State"]["fix"]


def test_a_cluster_with_enhanced_vpc_routing(client):
    make_cluster(client, "routed", EnhancedVpcRouting=True)
    _, answers = checked(target=("--cluster-id", "routed", "--database", "dev"))
    assert answers["Network"]["status"] == "warn"
    assert "com.amazonaws.us-east-1.sts" in answers["Network"]["fix"]


def test_a_database_that_does_not_exist(client):
    _, answers = checked(target=("--cluster-id", "demo", "--database", "nosuch"))
    assert answers["Database"]["status"] == "fail"


def test_no_credentials(client, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = carto_at("check", *TARGET, "--region", "us-east-1", "--output", "json")
    answers = {each["check"]: each for each in done.document["data"]["checks"]}
    assert done.code == 4
    assert answers["Credentials"]["status"] == "fail"
    assert answers["Caller"]["status"] == "fail"
    assert answers["State"]["status"] == "skipped"


def test_a_profile_beside_keys_in_the_environment(client, tmp_path):
    (tmp_path / "config").write_text("[profile other]\naws_access_key_id = AKIAOTHER\n")
    info = daemon.start(Path(os.environ["CARTO_AT_SANDBOX_HOME"]))
    environment = {
        **client_environment(info.endpoint),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_PROFILE": "other",
    }
    done = carto_at("check", *TARGET, "--output", "json", environment=environment)
    answers = {each["check"]: each for each in done.document["data"]["checks"]}
    assert answers["Sources"]["status"] == "warn"
    assert "AWS_ACCESS_KEY_ID is used" in answers["Sources"]["reason"]


def test_a_package_that_was_tampered_with(client, bundle, tmp_path, monkeypatch):
    copy = tmp_path / "bundle"
    shutil.copytree(bundle, copy)
    zips = sorted((copy / "modules").glob("*.zip"))
    zips[0].write_bytes(b"other")
    monkeypatch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: copy)
    done, answers = checked()
    assert done.code == 4
    assert answers["Package"]["status"] == "fail"
    assert "toy.zip" in answers["Package"]["reason"]


def test_a_role_that_trusts_nobody_may_not_invoke_and_is_not_attached(client):
    arn = make_role(client, "useless", "lambda.amazonaws.com", policy=NOTHING)
    done, answers = checked("--invoke-role-arn", arn)
    assert done.code == 4
    assert answers["Attached"]["status"] == "warn"
    assert f"--add-iam-roles {arn}" in answers["Attached"]["fix"]
    assert answers["Trust"]["status"] == "fail"
    assert "update-assume-role-policy --role-name useless" in answers["Trust"]["fix"]
    assert answers["May invoke"]["status"] == "fail"
    assert "put-role-policy --role-name useless" in answers["May invoke"]["fix"]


def test_a_role_that_is_as_it_should_be(client):
    arn = make_role(client, "useful", *REDSHIFT)
    attach(client, arn, DefaultIamRoleArn=arn)
    for chosen in (arn, "default"):
        done, answers = checked("--invoke-role-arn", chosen)
        assert done.code == 0, done.err
        assert {answers[n]["status"] for n in ("Attached", "Trust", "May invoke")} == {"pass"}
    assert answers["Default role"]["status"] == "pass"


def test_serverless_needs_its_own_service_in_the_trust_policy(client):
    arn = make_role(client, "provisioned-only", REDSHIFT[0])
    _, answers = checked("--invoke-role-arn", arn)
    assert answers["Trust"]["status"] == "warn"
    workgroup = ("--workgroup", "demo-serverless", "--database", "dev")
    _, answers = checked("--invoke-role-arn", arn, target=workgroup)
    assert answers["Trust"]["status"] == "fail"
    assert REDSHIFT[1] in answers["Trust"]["reason"]


def test_a_role_that_does_not_exist(client):
    _, answers = checked("--invoke-role-arn", ROLE + "nosuch")
    assert answers["Trust"]["status"] == "fail"
    assert "does not exist" in answers["Trust"]["reason"]


def test_a_chain_of_roles_at_its_joints(client):
    def assume(arn):
        return {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}],
        }

    first = make_role(client, "first", *REDSHIFT, policy=assume(ROLE + "second"))
    statement = {"Effect": "Allow", "Principal": {"AWS": first}, "Action": "sts:AssumeRole"}
    second = make_role(
        client,
        "second",
        trusted=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    attach(client, first)
    done, answers = checked("--invoke-role-arn", f"{first},{second}")
    assert done.code == 0, done.err
    assert answers["Chain"]["status"] == answers["Trust"]["status"] == "pass"
    done, answers = checked("--invoke-role-arn", f"{second},{first}")
    assert done.code == 4
    assert answers["Chain"]["status"] == answers["Trust"]["status"] == "fail"
    assert "put-role-policy --role-name second" in answers["Chain"]["fix"]


def test_functions_and_roles_of_others_under_our_names(client):
    client("iam").create_role(
        RoleName="theirs-exec", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )
    done, answers = checked("--prefix", "theirs")
    assert done.code == 4
    assert answers["Others' things"]["status"] == "fail"
    assert "the role theirs-exec" in answers["Others' things"]["reason"]


def test_functions_of_others_in_the_schema(client):
    sql("CREATE SCHEMA taken")
    sql(
        "CREATE FUNCTION taken.TOY_DOUBLE(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT $1 $$ LANGUAGE sql"
    )
    done, answers = checked("--schema", "taken")
    assert done.code == 4
    assert answers["Functions of others"]["status"] == "fail"
    assert "carto-at adopt" in answers["Functions of others"]["fix"]
    skipped = carto_at(
        "install",
        "--sandbox",
        *TARGET,
        "--schema",
        "taken",
        "--skip-validation",
        "--output",
        "json",
    )
    assert skipped.code == 4, "what others made is never replaced, whatever is skipped"


def test_names_that_are_too_long_and_concurrency_that_is_not_there(client):
    _, answers = checked("--prefix", "p" * 31)
    assert answers["Names"]["status"] == "pass"
    assert answers["Concurrency"]["reason"].startswith("1000 of 1000")


def test_tools_are_needed_only_when_asked_for(client, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    _, answers = checked()
    assert answers["AWS CDK"]["status"] == "skipped"
    done, answers = checked("--for-cdk")
    assert done.code == 4
    assert {answers[n]["status"] for n in ("AWS CDK", "Node.js", "npm")} == {"fail"}
    assert answers["AWS CLI"]["status"] == "skipped"


def test_install_stops_at_a_failed_check_unless_validation_is_skipped(client):
    arn = make_role(client, "distrusted", "lambda.amazonaws.com")
    words = (
        "--sandbox",
        *TARGET,
        "--schema",
        "stopped",
        "--invoke-role-arn",
        arn,
        "--output",
        "json",
    )
    stopped = carto_at("install", *words)
    assert stopped.code == 4
    assert "Trust: " in stopped.document["errors"][0]["message"]
    plan = carto_at("install", *words, "--skip-validation", "--dry-run").data
    assert plan["checks"] == []
    assert plan["steps"]


def test_functions_that_accept_signed_code_only(client):
    words = ("--schema", "signed", "--prefix", "signed")
    assert carto_at("install", "--sandbox", *TARGET, *words, "--output", "json").code == 0
    functions = client("lambda").list_functions()["Functions"]
    name = next(f["FunctionName"] for f in functions if f["FunctionName"].startswith("signed-"))
    arn = client("lambda").create_code_signing_config(
        AllowedPublishers={
            "SigningProfileVersionArns": [
                "arn:aws:signer:us-east-1:123456789012:/signing-profiles/p/abcdefghij"
            ]
        },
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    _, answers = checked(*words)
    assert answers["Code signing"]["status"] == "pass"
    client("lambda").put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
    done, answers = checked(*words)
    assert done.code == 4
    assert answers["Code signing"]["status"] == "fail"
    assert (
        f"delete-function-code-signing-config --function-name {name}"
        in (answers["Code signing"]["fix"])
    )


def test_views_on_functions_that_an_upgrade_drops(client, tmp_path, monkeypatch):
    with_new = toy_bundle(tmp_path / "new", version="0.1.1", factor=3, new=True)
    words = ("--schema", "viewed", "--prefix", "viewed")
    with monkeypatch.context() as patch:
        patch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: with_new)
        assert carto_at("install", "--sandbox", *TARGET, *words, "--output", "json").code == 0
    _, answers = checked(*words)
    assert answers["Views"]["status"] == "pass"
    sql("CREATE VIEW public.uses_it AS SELECT viewed.TOY_NEW(1) AS one")
    done, answers = checked(*words)
    assert done.code == 4
    assert answers["Views"]["status"] == "fail"
    assert "public.uses_it" in answers["Views"]["reason"]


def test_credentials_that_have_expired(client):
    home = Path(os.environ["CARTO_AT_SANDBOX_HOME"])
    with faults.during(home, faults.expired()):
        done, answers = checked()
    assert done.code == 4
    assert answers["Caller"]["status"] == "fail"
    assert "have expired" in answers["Caller"]["reason"]
    assert "aws sso login" in answers["Caller"]["fix"]
    assert answers["State"]["status"] == "skipped"
    assert answers["Clock"]["status"] == "pass", "a refusal tells the time too"


def test_a_login_without_grants(client):
    """The same without Lambda functions would be allowed the schema alone."""
    iam = client("iam")
    iam.create_user(UserName="plain")
    key = iam.create_access_key(UserName="plain")["AccessKey"]["AccessKeyId"]
    info = daemon.start(Path(os.environ["CARTO_AT_SANDBOX_HOME"]))
    environment = {**client_environment(info.endpoint), "AWS_ACCESS_KEY_ID": key}
    done = carto_at("check", *TARGET, "--output", "json", environment=environment)
    answers = {each["check"]: each for each in done.document["data"]["checks"]}
    assert done.code == 4
    assert answers["Language exfunc"]["status"] == "fail"
    assert answers["Schema rights"]["status"] == "fail"
    assert answers["External functions"]["status"] == "warn"
    assert "carto-at bootstrap-sql" in answers["Language exfunc"]["fix"]
    assert answers["Permissions"]["status"] == "fail"
    assert "no policy allows it" in answers["Permissions"]["reason"]


def test_a_login_that_did_not_install_is_told_whose_installation_it_is(client):
    """Grants on the schema would not help: only the owner may replace functions and write the release tables."""
    checked()  # logs in, which makes the user
    schema = (*TARGET, "--schema", "theirs")
    done = carto_at("install", "--sandbox", *schema, "--db-user", "admin", "--modules", "toy")
    assert done.code == 0, done.err
    try:
        sql('GRANT USAGE, CREATE ON SCHEMA theirs TO "IAM:sandbox"', "--db-user", "admin")
        done, answers = checked(target=schema)
        assert done.code == 4
        assert "belongs to admin" in answers["Schema rights"]["reason"]
        assert answers["Schema rights"]["fix"].startswith("Log in as admin")
    finally:
        carto_at("uninstall", "--sandbox", *schema, "--db-user", "admin", "--yes")


def test_a_choice_that_cannot_be_is_an_error_of_the_command_line(client):
    done, _ = checked("--modules", "nope")
    assert done.code == 2
    assert "There is no module 'nope'" in done.document["errors"][0]["message"]


def test_bootstrap_leaves_out_who_has_logged_in_before(client):
    """`check` logs in, which makes the user: its advice works when it is followed literally afterwards."""
    checked()
    printed = carto_at("bootstrap-sql", "--sandbox", *TARGET, "--output", "json").document["data"]
    assert printed["login"] == "IAM:sandbox"
    assert "CREATE USER" not in printed["text"]
    other = carto_at(
        "bootstrap-sql", "--sandbox", *TARGET, "--output", "json", "--login", "IAM:new"
    )
    assert 'CREATE USER "IAM:new"' in other.document["data"]["text"]


def test_on_a_terminal_the_table_fills_itself(client):
    """Drawn on a real pseudo-terminal; the finished table stays."""
    read, write = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "check", "--sandbox", *TARGET],
        stdin=subprocess.DEVNULL,
        stdout=write,
        stderr=write,
        env={
            **{k: v for k, v in os.environ.items() if k != "CI"},
            "TERM": "xterm",
            "COLUMNS": "140",
        },
    )
    os.close(write)
    shown = b""
    try:
        while chunk := os.read(read, 65536):
            shown += chunk
    except OSError:  # the other end is closed: the process has ended
        pass
    finally:
        os.close(read)
        process.wait(timeout=60)
    text = shown.decode()
    assert "running" in text
    assert "✓ pass" in text
    assert "invoke role" in text
