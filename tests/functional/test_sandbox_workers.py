from __future__ import annotations

import base64
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from carto_at_installer.sandbox.server import Sandbox
from tests.functional.conftest import client_for, trust, zipped


def invoke(client: Any, name: str, event: Any = None, **options: Any) -> tuple[Any, Any]:
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **options)
    return json.loads(answer["Payload"].read()), answer


def test_the_log_tail_and_the_log_group(client: Any, make_function: Any) -> None:
    make_function(
        "logging",
        "import logging, os\n"
        "print('loaded')\n"
        "def handler(event, context):\n"
        "    print('printed')\n"
        "    os.write(1, b'written\\n')\n"
        "    logging.getLogger().warning('warned')\n",
    )
    _, answer = invoke(client, "logging", LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert tail.startswith("loaded\nSTART RequestId: " + request_id)
    assert "\nprinted\nwritten\n[WARNING]\t" in tail
    assert f"\t{request_id}\twarned\n" in tail
    assert "REPORT RequestId: " in tail
    assert "Init Duration" in tail
    _, warm = invoke(client, "logging", LogType="Tail")
    assert "Init Duration" not in base64.b64decode(warm["LogResult"]).decode()
    events = client("logs").filter_log_events(
        logGroupName="/aws/lambda/logging", filterPattern="printed"
    )["events"]
    assert [event["message"] for event in events] == ["printed\n", "printed\n"]
    streams = client("logs").describe_log_streams(logGroupName="/aws/lambda/logging")["logStreams"]
    assert "[$LATEST]" in streams[0]["logStreamName"]


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def handler(e, c):\n    raise KeyError('lost')\n", "KeyError", "'lost'"),
        ("def handler(e, c):\n    return object()\n", "Runtime.MarshalError", "Unable to marshal"),
        ("import nowhere\n", "Runtime.ImportModuleError", "Unable to import module 'code': No module named 'nowhere'"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'code'"),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'code'"),
        ("raise RuntimeError('at import')\n", "RuntimeError", "at import"),
        ("import os\ndef handler(e, c):\n    os._exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("import sys\ndef handler(e, c):\n    sys.exit(4)\n", "Runtime.ExitError", "exit status 4"),
        ("import os\nos._exit(5)\n", "Runtime.ExitError", "exit status 5"),
        ("raise SystemExit(6)\n", "Runtime.ExitError", "exit status 6"),
        ("import os\ndef handler(e, c):\n    os.kill(os.getpid(), 9)\n", "Runtime.ExitError", "SIGKILL"),
    ],
    ids=["raises", "object", "import", "syntax", "missing", "module", "exit", "sys", "init", "quit", "kill"],
)  # fmt: skip
def test_errors_of_functions(
    client: Any, make_function: Any, request: Any, source: str, kind: str, message: str
) -> None:
    name = f"fails-{request.node.callspec.id}"
    make_function(name, source)
    for _ in range(2):
        payload, answer = invoke(client, name, {})
        assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
        assert payload["errorType"] == kind
        assert message in payload["errorMessage"]


def test_the_stack_trace_names_the_functions_own_lines(client: Any, make_function: Any) -> None:
    make_function(
        "trace", "def inner():\n    raise ValueError('no')\ndef handler(e, c):\n    inner()\n"
    )
    payload, _ = invoke(client, "trace", {})
    assert len(payload["stackTrace"]) == 2
    assert "code.py" in payload["stackTrace"][0]


def test_a_function_that_takes_too_long_is_stopped(
    sandbox: Any, client: Any, make_function: Any
) -> None:
    make_function(
        "slow",
        "import time\ndef handler(e, c):\n    print('on it')\n    time.sleep(e)\n    return 'ok'\n",
        Timeout=1,
    )
    started = time.monotonic()
    payload, answer = invoke(client, "slow", 30, LogType="Tail")
    assert time.monotonic() - started < 5
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert "on it" in base64.b64decode(answer["LogResult"]).decode()
    assert invoke(client, "slow", 0)[0] == "ok"


def test_workers_are_reused_and_isolated(client: Any, make_function: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOST_SECRET", "hidden")
    make_function(
        "inside",
        "import os, sys\n"
        "calls = []\n"
        "def handler(event, context):\n"
        "    calls.append(1)\n"
        "    return {'calls': len(calls), 'pid': os.getpid(), 'env': dict(os.environ), 'path': sys.path,\n"
        "            'cwd': os.getcwd(), 'left': context.get_remaining_time_in_millis(),\n"
        "            'stdin': os.read(0, 10).decode()}\n",
        Environment={"Variables": {"MINE": "yes"}},
        Timeout=20,
    )  # fmt: skip
    first, second = invoke(client, "inside", {})[0], invoke(client, "inside", {})[0]
    assert (first["calls"], second["calls"]) == (1, 2)
    assert first["pid"] == second["pid"] != os.getpid()
    assert first["env"]["MINE"] == "yes"
    assert first["env"]["AWS_LAMBDA_FUNCTION_NAME"] == "inside"
    assert first["env"]["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert not {"HOST_SECRET", "HOME", "USER", "AWS_SECRET_ACCESS_KEY"} & first["env"].keys()
    assert first["path"][0] == first["cwd"] == first["env"]["LAMBDA_TASK_ROOT"]
    assert not [path for path in first["path"] if path.endswith("site-packages")]
    assert 15_000 < first["left"] <= 20_000
    assert first["stdin"] == ""


def test_a_changed_function_gets_a_new_worker(client: Any, make_function: Any) -> None:
    make_function(
        "changing",
        "import os\ndef handler(e, c):\n    return [os.getpid(), os.environ['VV']]\n",
        Environment={"Variables": {"VV": "1"}},
    )
    before = invoke(client, "changing")[0]
    lam = client("lambda")
    lam.update_function_configuration(
        FunctionName="changing", Environment={"Variables": {"VV": "2"}}
    )
    lam.get_waiter("function_updated_v2").wait(
        FunctionName="changing", WaiterConfig={"Delay": 0.02}
    )
    after = invoke(client, "changing")[0]
    assert (before[1], after[1]) == ("1", "2")
    assert before[0] != after[0]


def test_invocations_run_side_by_side(client: Any, make_function: Any) -> None:
    make_function(
        "parallel",
        "import os, time\ndef handler(e, c):\n    time.sleep(0.3)\n    return os.getpid()\n",
    )
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(invoke(client, "parallel")[0]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 2


def test_payload_limits(client: Any, make_function: Any) -> None:
    make_function(
        "sizes",
        "def handler(event, context):\n    return 'x' * event if isinstance(event, int) else len(event)\n",
    )
    assert invoke(client, "sizes", "y" * (6 * 1024 * 1024 - 2))[0] == 6 * 1024 * 1024 - 2
    with pytest.raises(ClientError) as error:
        invoke(client, "sizes", "y" * (6 * 1024 * 1024))
    assert error.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert len(invoke(client, "sizes", 6_291_554)[0]) == 6_291_554
    payload, answer = invoke(client, "sizes", 6_291_555)
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_kinds_of_invocation(client: Any, make_function: Any) -> None:
    make_function("kinds", "def handler(event, context):\n    return event\n")
    lam = client("lambda")
    assert lam.invoke(FunctionName="kinds", InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(ClientError, match="does not emulate InvocationType Event"):
        lam.invoke(FunctionName="kinds", InvocationType="Event")
    with pytest.raises(ClientError) as error:
        lam.invoke(FunctionName="kinds", Payload=b"{bad")
    assert error.value.response["Error"]["Code"] == "InvalidRequestContentException"
    assert lam.invoke(FunctionName="kinds")["Payload"].read() == b"{}"


def test_the_marshaller_can_be_replaced(client: Any, make_function: Any) -> None:
    make_function(
        "raw",
        "from awslambdaric.lambda_runtime_client import LambdaRuntimeClient\n"
        "class Raw:\n"
        "    def unmarshal_request(self, request, content_type='application/json'):\n"
        "        return request\n"
        "    def marshal_response(self, response):\n"
        "        return response, 'application/json'\n"
        "LambdaRuntimeClient.marshaller = Raw()\n"
        "def handler(event, context):\n"
        "    assert isinstance(event, bytes), type(event)\n"
        "    return b'[' + event + b']'\n",
    )
    assert invoke(client, "raw", {"a": 1})[0] == [{"a": 1}]


FOREIGN = "cpython-399-plan9.so"


def test_packages_built_for_another_platform_come_from_the_host(
    client: Any, make_function: Any
) -> None:
    """numpy in the layer cannot be loaded here; the host's is used, the pure package beside it is the layer's."""
    layer = zipped(
        {
            "python/numpy/__init__.py": "raise RuntimeError('the foreign numpy')\n",
            f"python/numpy/core.{FOREIGN}": b"\x7fELF not for us",
            "python/pure/__init__.py": "WHERE = __file__\n",
        }
    )
    arn = client("lambda").publish_layer_version(LayerName="foreign", Content={"ZipFile": layer})
    make_function(
        "overlay",
        "import numpy, pure\n"
        "def handler(event, context):\n"
        "    return [int(numpy.arange(4).sum()), numpy.__file__, pure.WHERE]\n",
        Layers=[arn["LayerVersionArn"]],
    )  # fmt: skip
    (total, numpy_file, pure_file), _ = invoke(client, "overlay")
    assert total == 6
    assert "site-packages" in numpy_file
    assert "unpacked" in pure_file


def test_a_foreign_package_that_the_host_lacks_is_named(client: Any, make_function: Any) -> None:
    code = zipped(
        {
            "code.py": "import exotic\ndef handler(e, c):\n    return 1\n",
            "exotic/__init__.py": "",
            f"exotic/core.{FOREIGN}": b"",
        }
    )
    make_function("exotic", "", Code={"ZipFile": code})
    payload, _ = invoke(client, "exotic")
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "'exotic' in the uploaded code is built for another platform" in payload["errorMessage"]


def test_nested_handlers_and_json_logs(client: Any, make_function: Any) -> None:
    code = zipped(
        {
            "package/__init__.py": "",
            "package/module.py": "import logging\n"
            "def run(e, c):\n    logging.getLogger('x').error('oops')\n    return 'nested'\n",
        }
    )  # fmt: skip
    make_function(
        "nested",
        "",
        Code={"ZipFile": code},
        Handler="package/module.run",
        LoggingConfig={"LogFormat": "JSON"},
    )
    payload, answer = invoke(client, "nested", LogType="Tail")
    assert payload == "nested"
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    logged = next(json.loads(line) for line in lines if "oops" in line)
    assert (logged["level"], logged["message"], logged["logger"]) == ("ERROR", "oops", "x")
    assert logged["requestId"] == answer["ResponseMetadata"]["RequestId"]


@pytest.mark.skipif(not Path("/proc").exists(), reason="counts processes in /proc")
def test_workers_end_with_the_sandbox(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.start()
    url = sandbox.endpoint.url
    role = client_for(url, "iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )
    lam = client_for(url, "lambda")
    lam.create_function(
        FunctionName="f",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="code.handler",
        Code={
            "ZipFile": zipped(
                {"code.py": "import os\ndef handler(e, c):\n    return os.getpid()\n"}
            )
        },
    )
    lam.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.02})
    pid = json.loads(lam.invoke(FunctionName="f")["Payload"].read())
    assert Path(f"/proc/{pid}").exists()
    sandbox.close()
    assert not Path(f"/proc/{pid}").exists()
