"""A sandbox served from the test process, and boto3 clients for it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from carto_at_installer.sandbox.server import Sandbox
from carto_at_installer.sandbox.settings import Settings
from tests.functional.commands import TARGET, carto_at, run
from tests.functional.toy import toy_bundle, use_bundle
from tests.functional.world import EMPTY, cloud, fresh_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ACCOUNT = "123456789012"
Client = Any
_SESSION = boto3.session.Session()  # keeps the service models that it has read


def client_for(
    endpoint: str, service: str, region: str = "us-east-1", key: str = "AKIATEST"
) -> Client:
    """A boto3 client that neither checks nor repeats anything: errors are seen as the server sends them."""
    return _SESSION.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip of text files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def trust(*principals: str) -> str:
    """A trust policy for services."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": list(principals)},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this process: each uses names of its own."""
    running = Sandbox(tmp_path_factory.mktemp("sandbox"), settings=Settings(rate_limits=0))
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="session")
def client(sandbox: Sandbox) -> Callable[..., Client]:
    """`client("lambda")`, `client("iam", key=...)`."""
    made: dict[Any, Client] = {}

    def get(service: str, region: str = "us-east-1", key: str = "AKIATEST") -> Client:
        if (service, region, key) not in made:
            made[service, region, key] = client_for(sandbox.endpoint.url, service, region, key)
        return made[service, region, key]

    return get


@pytest.fixture(scope="session")
def execution_role(client: Callable[..., Client]) -> str:
    """The ARN of a role that Lambda may assume."""
    role = client("iam").create_role(
        RoleName="test-exec", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )
    return str(role["Role"]["Arn"])


@pytest.fixture
def make_function(
    client: Callable[..., Client], execution_role: str
) -> Callable[..., dict[str, Any]]:
    """`make_function("name", "def handler(event, context): ...", Timeout=1)`: created and active."""

    def make(name: str, source: str, **options: Any) -> dict[str, Any]:
        given = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Role": execution_role,
            "Handler": "code.handler",
            "Code": {"ZipFile": zipped({"code.py": source})},
            **options,
        }
        created: dict[str, Any] = client("lambda").create_function(**given)
        waiter = client("lambda").get_waiter("function_active_v2")
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.02})
        return created

    return make


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Bundles of the toy pack: two versions and a faulty and an older one; and two versions of two modules."""
    folder = tmp_path_factory.mktemp("toys")
    return {
        "first": toy_bundle(folder / "a", version="0.1.0", factor=3),
        "second": toy_bundle(folder / "b", version="0.1.1", factor=5, new=True),
        "wrong": toy_bundle(folder / "c", version="0.1.2", factor=7, expected=999),
        "older": toy_bundle(folder / "d", version="0.0.9", factor=2),
        "two modules": toy_bundle(folder / "e", version="0.1.0", factor=3, still=True),
        "one of two changed": toy_bundle(folder / "f", version="0.1.1", factor=5, still=True),
    }


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Client]]:
    """`aws("lambda")`: boto3 clients of a sandbox that commands with --sandbox use too."""
    with fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def use(
    aws: Callable[[str], Client], toys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """`use("second")`: that version of the toy pack is the installed package; in the end everything is uninstalled."""

    def choose(version: str) -> None:
        use_bundle(monkeypatch, toys[version])

    yield choose
    monkeypatch.undo()
    if carto_at("status", "--sandbox", *TARGET).code == 0:
        run("unlock", "--yes")
        assert run("uninstall", "--yes").code == 0
    assert cloud(aws) == EMPTY
