import pytest

from carto_at_installer.config import validation
from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.options import AwsOptions, InstallOptions, TargetOptions

TARGET = TargetOptions("demo", None, "dev")
ROLE = "arn:aws:iam::123456789012:role/path/name"


def options(**change):
    return InstallOptions(**{"aws": AwsOptions(), "target": TARGET, **change})


def target(**change):
    flags = {
        "cluster_id": None,
        "workgroup": None,
        "database": "dev",
        "db_user": None,
        "secret_arn": None,
    }
    return validation.target_options(**{**flags, **change})


def test_good_targets():
    assert target(cluster_id="my-cluster-1").name == "my-cluster-1"
    assert target(workgroup="my-workgroup").name == "my-workgroup"
    assert target(cluster_id="demo", db_user="admin").db_user == "admin"


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({}, "Missing: a cluster or workgroup"),
        ({"cluster_id": "a", "workgroup": "abc"}, "Name one target"),
        ({"cluster_id": "Demo"}, "not a cluster identifier"),
        ({"cluster_id": "a--b"}, "not a cluster identifier"),
        ({"cluster_id": "a" * 64}, "not a cluster identifier"),
        ({"workgroup": "ab"}, "not a workgroup name"),
        ({"cluster_id": "a", "database": ""}, "Missing: a database"),
        ({"cluster_id": "a", "db_user": "u", "secret_arn": "x"}, "Choose one login"),
        ({"workgroup": "abc", "db_user": "u"}, "--db-user does not work"),
        ({"cluster_id": "a", "secret_arn": "password"}, "not the ARN of a Secrets Manager secret"),
    ],
)
def test_bad_targets_name_the_reason(flags, text):
    with pytest.raises(UsageError, match=text):
        target(**flags)


def test_a_schema_is_folded_to_its_canonical_name():
    assert validation.checked(options(schema="Carto")).schema == "carto"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"schema": "my schema"}, "my schema"),
        ({"schema": 'x"; DROP TABLE y; --'}, "cannot be the name of a schema"),
        ({"schema": "pg_catalog"}, "belongs to Redshift"),
        ({"schema": "select"}, "reserved word"),
        ({"prefix": "1abc"}, "prefix"),
        ({"prefix": "a" * 32}, "prefix"),
        ({"prefix": "a.b"}, "prefix"),
        ({"aws": AwsOptions(deploy_role=ROLE)}, "--deploy-role-arn"),
        (
            {
                "aws": AwsOptions(deploy_role=ROLE.replace("1", "2")),
                "execution_role": ROLE,
                "invoke_role": f"{ROLE},{ROLE}",
            },
            "not in the account",
        ),
        ({"execution_role": "exec"}, "--execution-role-arn"),
        ({"invoke_role": "some"}, "--invoke-role-arn"),
        ({"invoke_role": f"{ROLE}, {ROLE}"}, "--invoke-role-arn"),
        ({"log_retention_days": 2}, "2 days"),
    ],
)
def test_bad_options_name_the_reason(change, text):
    with pytest.raises(UsageError, match=text):
        validation.checked(options(**change))


def test_roles_may_be_given_as_arn_or_as_a_chain():
    assert validation.checked(options(invoke_role=f"{ROLE},{ROLE}", execution_role=ROLE))
    assert validation.checked(options(invoke_role="default"))


def test_regions_have_a_form():
    assert validation.aws_options(None, "eu-west-1").region == "eu-west-1"
    assert validation.aws_options(None, "us-gov-west-1").region == "us-gov-west-1"
    with pytest.raises(UsageError, match="not an AWS region"):
        validation.aws_options(None, "Frankfurt")


def test_tags():
    assert validation.tag_pairs(("a=1", "b=x=y")) == {"a": "1", "b": "x=y"}
    for bad in ("a", "=1", "aws:x=1", "carto-at:y=1", "a=" + "x" * 257):
        with pytest.raises(UsageError):
            validation.tag_pairs((bad,))
