"""Pins what the sandbox assumes of moto's inside: a release of moto that moves these things must fail here first."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import moto
import moto.core.utils
import pytest
from moto.iam.models import iam_backends
from packaging.version import Version

from carto_at_installer.sandbox.moto_services.app import MotoServices
from carto_at_installer.sandbox.protocols import HttpRequest
from carto_at_installer.sandbox.state import StateError, Store

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.sandbox.moto_services.directory import Directory

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "x.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)


class Moto:
    """The services with plain method calls."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path / "state.sqlite")
        self.services = MotoServices(self.store)

    def query(self, service: str, **fields: str) -> str:
        body = urlencode({"Version": "2010-05-08", **fields}).encode()
        content_type = "application/x-www-form-urlencoded"
        return self.send(
            service, HttpRequest("POST", "/", self.headers(service, content_type), body)
        )

    def send(self, service: str, request: HttpRequest) -> str:
        response = self.services.respond(request, service)
        assert response.status < 300, response.body
        return response.body.decode()

    def headers(self, service: str, content_type: str, target: str = "") -> dict[str, str]:
        scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/{service}/aws4_request"
        given = {"authorization": scope, "content-type": content_type, "host": "127.0.0.1:1"}
        return {**given, "x-amz-target": target} if target else given

    @property
    def directory(self) -> Directory:
        return self.services.directory()


@pytest.fixture
def box(tmp_path: Path) -> Moto:
    return Moto(tmp_path)


def test_the_version_is_the_one_that_was_tried() -> None:
    assert Version("5.2.5") <= Version(moto.__version__) < Version("5.3")


def test_roles_show_their_policies_trust_and_boundary(box: Moto) -> None:
    box.query("iam", Action="CreatePolicy", PolicyName="managed", PolicyDocument=ALLOW)
    managed = f"arn:aws:iam::{ACCOUNT}:policy/managed"
    box.query(
        "iam",
        Action="CreateRole",
        RoleName="r",
        Path="/some/",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=managed,
    )
    box.query(
        "iam", Action="PutRolePolicy", RoleName="r", PolicyName="inline", PolicyDocument=ALLOW
    )
    box.query("iam", Action="AttachRolePolicy", RoleName="r", PolicyArn=managed)
    role = box.directory.role(f"arn:aws:iam::{ACCOUNT}:role/some/r")
    assert role is not None
    assert (role.name, role.trust) == ("r", json.loads(TRUST))
    assert role.policies == (json.loads(ALLOW), json.loads(ALLOW))
    assert role.boundary == json.loads(ALLOW)
    assert role.boundary_arn == managed
    assert abs(role.created - time.time()) < 5
    assert box.directory.role(f"arn:aws:iam::{ACCOUNT}:role/r") is None


def test_the_default_version_of_a_managed_policy_counts(box: Moto) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p"
    box.query("iam", Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    box.query("iam", Action="CreatePolicy", PolicyName="p", PolicyDocument=ALLOW)
    box.query("iam", Action="AttachRolePolicy", RoleName="r", PolicyArn=arn)
    newer = ALLOW.replace("s3:*", "ec2:*")
    box.query(
        "iam",
        Action="CreatePolicyVersion",
        PolicyArn=arn,
        PolicyDocument=newer,
        SetAsDefault="true",
    )
    role = box.directory.role(f"arn:aws:iam::{ACCOUNT}:role/r")
    assert role is not None
    assert role.policies == (json.loads(newer),)


def test_users_have_their_groups_policies(box: Moto) -> None:
    for action in (
        {"Action": "CreateUser", "UserName": "u"},
        {"Action": "CreateGroup", "GroupName": "g"},
        {"Action": "AddUserToGroup", "UserName": "u", "GroupName": "g"},
        {"Action": "PutGroupPolicy", "GroupName": "g", "PolicyName": "p", "PolicyDocument": ALLOW},
        {"Action": "PutUserPolicy", "UserName": "u", "PolicyName": "p", "PolicyDocument": ALLOW},
    ):
        box.query("iam", **action)
    user = box.directory.user(f"arn:aws:iam::{ACCOUNT}:user/u")
    assert user is not None
    assert len(user.policies) == 2


def test_policies_of_aws_are_there_without_loading_all_of_them(box: Moto) -> None:
    box.query("iam", Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    box.query("iam", Action="AttachRolePolicy", RoleName="r", PolicyArn=arn)
    role = box.directory.role(f"arn:aws:iam::{ACCOUNT}:role/r")
    assert role is not None
    assert "logs:PutLogEvents" in role.policies[0]["Statement"][0]["Action"]
    assert len(iam_backends[ACCOUNT]["aws"].managed_policies) == 1


def test_keys_have_owners(box: Moto) -> None:
    box.query("iam", Action="CreateUser", UserName="u")
    answer = box.query("iam", Action="CreateAccessKey", UserName="u")
    key = answer.partition("<AccessKeyId>")[2].partition("<")[0]
    assert box.services.caller(key).arn == f"arn:aws:iam::{ACCOUNT}:user/u"
    box.query("iam", Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    answer = box.query(
        "sts", Version="2011-06-15", Action="AssumeRole", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="s"
    )  # fmt: skip
    key = answer.partition("<AccessKeyId>")[2].partition("<")[0]
    assert box.services.caller(key).arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"
    session = box.directory.principal_of(key)
    assert session is not None
    assert (session.name, session.session_policy) == ("r", None)
    assert session.expires is not None
    assert abs(session.expires - time.time() - 3600) < 5
    assert box.services.caller("AKIANOBODYS").arn == f"arn:aws:iam::{ACCOUNT}:user/sandbox"


def test_secrets_can_be_read(box: Moto) -> None:
    headers = box.headers(
        "secretsmanager", "application/x-amz-json-1.1", "secretsmanager.CreateSecret"
    )
    body = json.dumps(
        {"Name": "n", "SecretString": "text", "ClientRequestToken": "t" * 32}
    ).encode()
    answer = json.loads(box.send("secretsmanager", HttpRequest("POST", "/", headers, body)))
    assert box.directory.secret(answer["ARN"], "us-east-1") == "text"
    assert box.directory.secret("n", "us-east-1") == "text"
    assert box.directory.secret("other", "us-east-1") is None
    assert box.directory.secret("n", "eu-west-1") is None


def snapshot(box: Moto) -> Any:
    return (
        box.query("iam", Action="GetRole", RoleName="r").partition("<ResponseMetadata>")[0],
        box.query("iam", Action="ListAccessKeys", UserName="u").partition("<ResponseMetadata>")[0],
        json.loads(
            box.send(
                "secretsmanager",
                HttpRequest(
                    "POST",
                    "/",
                    box.headers(
                        "secretsmanager", "application/x-amz-json-1.1", "secretsmanager.ListSecrets"
                    ),
                    b"{}",
                ),
            )
        ),
        box.send("s3", HttpRequest("GET", "/", box.headers("s3", ""))),
    )


def test_replaying_gives_the_same_identifiers_and_dates(box: Moto, tmp_path: Path) -> None:
    box.query("iam", Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    box.query("iam", Action="CreateUser", UserName="u")
    box.query("iam", Action="CreateAccessKey", UserName="u")
    box.send("s3", HttpRequest("PUT", "/bucket-name", box.headers("s3", "")))
    headers = box.headers(
        "secretsmanager", "application/x-amz-json-1.1", "secretsmanager.CreateSecret"
    )
    body = json.dumps({"Name": "n", "SecretString": "x", "ClientRequestToken": "t" * 32}).encode()
    box.send("secretsmanager", HttpRequest("POST", "/", headers, body))
    before = snapshot(box)
    box.store.close()
    assert snapshot(Moto(tmp_path)) == before


def test_the_record_forgets_what_has_no_effect_any_more(box: Moto, tmp_path: Path) -> None:
    box.query("iam", Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    asked = {"Version": "2011-06-15", "RoleArn": role, "RoleSessionName": "s"}
    box.query("sts", Action="AssumeRole", **asked)
    box.send("s3", HttpRequest("PUT", "/bucket-name", box.headers("s3", "")))
    for method, name, body in [
        ("PUT", "a", b"1"),
        ("PUT", "b", b"1"),
        ("PUT", "a", b"2"),
        ("DELETE", "b", b""),
    ]:
        box.send("s3", HttpRequest(method, f"/bucket-name/{name}", box.headers("s3", ""), body))
    with box.store.transaction() as connection:
        connection.execute("UPDATE journal SET at = at - 200000 WHERE service = 'sts'")
    box.store.close()
    again = Moto(tmp_path)
    assert again.directory.role(role) is not None
    assert again.services.s3_object("bucket-name", "a", "us-east-1") == b"2"
    assert again.store.query("SELECT count(*) FROM journal") == [(4,)]


def test_reading_and_failing_requests_are_not_recorded(box: Moto) -> None:
    box.query("iam", Action="ListRoles")
    failed = HttpRequest(
        "POST",
        "/",
        box.headers("iam", "application/x-www-form-urlencoded"),
        b"Action=DeleteRole&RoleName=none&Version=2010-05-08",
    )
    assert box.services.respond(failed, "iam").status == 404
    assert box.store.query("SELECT count(*) FROM journal") == [(0,)]


def test_what_cannot_be_recorded_is_taken_back(box: Moto) -> None:
    box.query("iam", Action="CreateRole", RoleName="first", AssumeRolePolicyDocument=TRUST)
    with box.store.transaction() as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(FAIL, 'disk full'); END"
        )
    with pytest.raises(StateError, match="disk full"):
        box.query("iam", Action="CreateRole", RoleName="second", AssumeRolePolicyDocument=TRUST)
    listed = box.query("iam", Action="ListRoles")
    assert "<RoleName>first<" in listed
    assert "<RoleName>second<" not in listed


def test_the_clock_is_the_ordinary_one_outside_of_recorded_requests(box: Moto) -> None:
    box.query("iam", Action="ListRoles")
    first = moto.core.utils.utcnow()
    assert moto.core.utils.utcnow() > first


def test_two_homes_in_one_process_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = Moto(tmp_path / "a"), Moto(tmp_path / "b")
    one.query("iam", Action="CreateRole", RoleName="first", AssumeRolePolicyDocument=TRUST)
    two.query("iam", Action="CreateRole", RoleName="second", AssumeRolePolicyDocument=TRUST)
    assert one.directory.role(f"arn:aws:iam::{ACCOUNT}:role/first") is not None
    assert one.directory.role(f"arn:aws:iam::{ACCOUNT}:role/second") is None
    assert "<RoleName>first<" not in two.query("iam", Action="ListRoles")
