from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import HTTPClientError

from carto_at_installer.sandbox import daemon
from carto_at_installer.sandbox.daemon import SandboxError
from carto_at_installer.sandbox.home import Home
from tests.functional.conftest import client_for, trust, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "home"
    yield place
    if place.is_dir():
        daemon.stop(place)


def test_start_status_stop(home: Path) -> None:
    assert daemon.status(home) is None
    assert daemon.stop(home) is False
    info = daemon.start(home)
    assert info.endpoint == f"http://127.0.0.1:{info.port}"
    assert json.loads((home / "server.json").read_text())["pid"] == info.pid
    assert daemon.status(home) == info == daemon.start(home)
    assert client_for(info.endpoint, "sts").get_caller_identity()["Account"] == "123456789012"
    with pytest.raises(SandboxError, match="runs already, on port") as error:
        daemon.start(home, port=1 + info.port % 60000)
    assert "sandbox stop" in error.value.hint
    assert daemon.stop(home) is True
    assert daemon.status(home) is None
    assert not (home / "server.json").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(info.pid, 0)


def test_the_server_is_detached(home: Path) -> None:
    info = daemon.start(home)
    assert os.getsid(info.pid) == info.pid != os.getsid(0)


def make_things(endpoint: str) -> dict[str, Any]:
    """One thing of every service; what a reader finds of them."""
    role = client_for(endpoint, "iam").create_role(
        RoleName="lasting",
        AssumeRolePolicyDocument=trust("lambda.amazonaws.com", "redshift.amazonaws.com"),
    )["Role"]["Arn"]
    client_for(endpoint, "s3").create_bucket(Bucket="lasting-bucket")
    client_for(endpoint, "s3").put_object(Bucket="lasting-bucket", Key="a/b", Body=b"content")
    client_for(endpoint, "secretsmanager").create_secret(Name="lasting", SecretString="{}")
    lam = client_for(endpoint, "lambda")
    lam.create_function(
        FunctionName="lasting",
        Runtime="python3.13",
        Role=role,
        Handler="code.handler",
        Code={
            "ZipFile": zipped({"code.py": "def handler(e, c):\n    print('said')\n    return e\n"})
        },
    )
    lam.get_waiter("function_active_v2").wait(FunctionName="lasting", WaiterConfig={"Delay": 0.02})
    assert lam.invoke(FunctionName="lasting", Payload=b"7")["Payload"].read() == b"7"
    client_for(endpoint, "redshift").modify_cluster_iam_roles(
        ClusterIdentifier="demo", AddIamRoles=[role]
    )
    assert client_for(endpoint, "logs").filter_log_events(logGroupName="/aws/lambda/lasting")[
        "events"
    ]
    return things(endpoint)


def things(endpoint: str) -> dict[str, Any]:
    return {
        "role": client_for(endpoint, "iam").get_role(RoleName="lasting")["Role"],
        "buckets": client_for(endpoint, "s3").list_buckets()["Buckets"],
        "object": client_for(endpoint, "s3")
        .get_object(Bucket="lasting-bucket", Key="a/b")["Body"]
        .read(),
        "secrets": client_for(endpoint, "secretsmanager").list_secrets()["SecretList"],
        "function": client_for(endpoint, "lambda").get_function(FunctionName="lasting")[
            "Configuration"
        ],
        "cluster": client_for(endpoint, "redshift").describe_clusters()["Clusters"][0][
            "ClusterNamespaceArn"
        ],
        "log": [
            event["message"]
            for event in client_for(endpoint, "logs").filter_log_events(
                logGroupName="/aws/lambda/lasting"
            )["events"]
        ],
    }


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_everything_survives(home: Path, ending: str) -> None:
    info = daemon.start(home)
    before = make_things(info.endpoint)
    if ending == "stop":
        daemon.stop(home)
    else:
        os.kill(info.pid, signal.SIGKILL)
        assert (home / "server.json").exists()
        deadline = time.monotonic() + 5
        while daemon.status(home) is not None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    again = daemon.start(home)
    assert (again.port, again.pid != info.pid) == (info.port, True)
    assert things(again.endpoint) == before
    assert (
        client_for(again.endpoint, "lambda")
        .invoke(FunctionName="lasting", Payload=b"8")["Payload"]
        .read()
        == b"8"
    )


def test_killed_while_it_is_written_to(home: Path) -> None:
    """Whatever was answered before the kill is there afterwards, in order and without gaps."""
    info = daemon.start(home)
    iam = client_for(info.endpoint, "iam")
    answered: list[str] = []

    def write() -> None:
        for number in range(10_000):
            try:
                role = iam.create_role(
                    RoleName=f"r{number}", AssumeRolePolicyDocument=trust("ec2.amazonaws.com")
                )
            except HTTPClientError:
                return
            answered.append(role["Role"]["RoleId"])

    thread = threading.Thread(target=write)
    thread.start()
    deadline = time.monotonic() + 20
    while len(answered) < 30 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(info.pid, signal.SIGKILL)
    thread.join()
    again = daemon.start(home)
    roles = client_for(again.endpoint, "iam").list_roles(MaxItems=1000)["Roles"]
    kept = {role["RoleName"]: role["RoleId"] for role in roles}
    assert len(answered) >= 30
    assert [kept[f"r{number}"] for number in range(len(answered))] == answered
    assert len(kept) <= len(answered) + 1


def test_a_stale_file_with_the_process_id_of_somebody_else(home: Path) -> None:
    info = daemon.start(home)
    daemon.stop(home)
    Home(home).write_server(replace(info, pid=os.getpid()))
    assert daemon.status(home) is None
    assert daemon.stop(home) is False
    again = daemon.start(home)
    assert again.pid != os.getpid()


def test_two_starts_at_once(home: Path) -> None:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(daemon.start(home))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({info.pid for info in found}) == 1


def test_two_commands_start_it_at_once(home: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from carto_at_installer.sandbox import daemon; "
        "print(daemon.start(Path(sys.argv[1])).pid)"
    )
    root = Path(daemon.__file__).parents[2]
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(home)],
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    first, second = (command.communicate(timeout=60)[0] for command in commands)
    assert first == second
    info = daemon.status(home)
    assert info is not None
    assert int(first) == info.pid


def test_another_version_is_replaced(home: Path) -> None:
    info = daemon.start(home)
    Home(home).write_server(replace(info, version="0.0.0"))
    again = daemon.start(home)
    assert again.pid != info.pid
    assert again.port == info.port
    assert again.version == info.version


def test_a_port_in_use(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"port {port} cannot be served") as error:
            daemon.start(home, port=port)
    assert "another port" in error.value.hint
    assert daemon.status(home) is None
    assert daemon.start(home, port=port).port == port


def test_the_last_port_is_taken_again_only_if_it_is_free(home: Path) -> None:
    first = daemon.start(home)
    daemon.stop(home)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first.port))
        taken.listen()
        assert daemon.start(home).port != first.port


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SandboxError, match="cannot write to its home") as error:
        daemon.start(tmp_path / "file" / "home")
    assert "CARTO_AT_SANDBOX_HOME" in error.value.hint


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="limits the size of files")
def test_a_full_disk(home: Path) -> None:
    """A file size limit of one page makes every real write fail, as a full disk does."""
    script = (
        "import resource, signal, sys; from pathlib import Path; "
        "from carto_at_installer.sandbox import daemon; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        "try: daemon.start(Path(sys.argv[1]))\n"
        "except daemon.SandboxError as error: print(error.message, '|', error.hint)"
    )
    root = Path(daemon.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot write to its home" in done.stdout
    assert "Free some space" in done.stdout


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("settings.json", "{", "cannot be read"),
        ("settings.json", '{"lambda_pending": 1}', "unknown setting 'lambda_pending'"),
        ("settings.json", '{"lambda_pending_seconds": "x"}', "must be a number"),
        (
            "state.sqlite",
            "this is no database, but long enough to be looked at" * 50,
            "not a database",
        ),
    ],
)
def test_files_that_cannot_be_used(home: Path, name: str, content: str, text: str) -> None:
    home.mkdir()
    (home / name).write_text(content)
    with pytest.raises(SandboxError, match=text) as error:
        daemon.start(home)
    assert error.value.hint


def test_reset(home: Path) -> None:
    home.mkdir()
    (home / "settings.json").write_text('{"lambda_pending_seconds": 0.2}')
    info = daemon.start(home)
    client_for(info.endpoint, "s3").create_bucket(Bucket="some-bucket")
    daemon.reset(home)
    assert daemon.status(home) is None
    assert (home / "settings.json").exists()
    assert not (home / "state.sqlite").exists()
    again = daemon.start(home)
    assert client_for(again.endpoint, "s3").list_buckets()["Buckets"] == []


def test_reset_leaves_foreign_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SandboxError, match="is not the home of a sandbox"):
        daemon.reset(tmp_path)
    assert (tmp_path / "thesis.txt").exists()
    daemon.reset(tmp_path / "missing")


def test_the_server_ends_when_idle(home: Path) -> None:
    daemon.start(home, idle_seconds=0.3)
    deadline = time.monotonic() + 10
    while daemon.status(home) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "no request for" in (home / "sandbox.log").read_text()


def test_only_loopback(home: Path) -> None:
    root = Path(daemon.__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "carto_at_installer.sandbox",
            "--home",
            str(home),
            "--host",
            "0.0.0.0",  # noqa: S104
        ],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "loopback addresses only" in done.stderr


def test_the_parent_stays_light() -> None:
    script = (
        "import sys; import carto_at_installer.sandbox.daemon; "
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'boto3', 'botocore', 'moto', 'duckdb', 'pyarrow', 'sqlglot', 'flask', 'werkzeug', 'numpy'}))"
    )
    root = Path(daemon.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_missing_packages_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "_REQUIRED", ("moto", "no_such_package_at_all"))
    with pytest.raises(SandboxError, match="no_such_package_at_all") as error:
        daemon.start(home)
    assert error.value.hint == "pip install 'carto-at-redshift[sandbox]'"


def test_the_default_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARTO_AT_SANDBOX_HOME", str(tmp_path / "own"))
    assert daemon.default_home() == tmp_path / "own"
    monkeypatch.delenv("CARTO_AT_SANDBOX_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert daemon.default_home() == tmp_path / "carto-at" / "sandbox"


def test_a_home_that_was_deleted_under_the_server(home: Path) -> None:
    info = daemon.start(home)
    shutil.rmtree(home)
    os.kill(info.pid, signal.SIGTERM)
    assert daemon.status(home) is None


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes in /proc")
def test_workers_do_not_outlive_a_killed_server(home: Path) -> None:
    info = daemon.start(home)
    make_things(info.endpoint)
    lam = client_for(info.endpoint, "lambda")
    source = "import os\ndef handler(e, c):\n    return os.getpid()\n"
    lam.update_function_code(FunctionName="lasting", ZipFile=zipped({"code.py": source}))
    lam.get_waiter("function_updated_v2").wait(FunctionName="lasting", WaiterConfig={"Delay": 0.02})
    worker = int(lam.invoke(FunctionName="lasting")["Payload"].read())
    os.kill(info.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{worker}/cmdline").exists() and Path(f"/proc/{worker}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.02)
