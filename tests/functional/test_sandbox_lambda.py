from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import threading
import time
import urllib.request
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from carto_at_installer.sandbox.server import Sandbox
from carto_at_installer.sandbox.settings import Settings
from tests.functional.conftest import client_for, trust, zipped

if TYPE_CHECKING:
    from pathlib import Path

ECHO = "def handler(event, context):\n    return event\n"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def invoke(client: Any, name: str, event: Any, **options: Any) -> tuple[Any, Any]:
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **options)
    return json.loads(answer["Payload"].read()), answer


def test_create_read_invoke_delete(client: Any, make_function: Any, execution_role: str) -> None:
    source = "def handler(event, context):\n    return [event, context.function_name]\n"
    created = make_function(
        "life",
        source,
        Description="A test",
        Environment={"Variables": {"AA": "1"}},
        Tags={"team": "maps"},
        LoggingConfig={"LogGroup": "/aws/lambda/shared", "LogFormat": "JSON"},
        Architectures=["arm64"],
        MemorySize=256,
        Timeout=9,
    )
    assert (created["State"], created["LastUpdateStatus"]) == ("Pending", "Successful")
    found = client("lambda").get_function(FunctionName="life")
    shown = found["Configuration"]
    code = zipped({"code.py": source})
    assert shown["State"] == "Active"
    assert shown["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:life"
    assert (shown["MemorySize"], shown["Timeout"], shown["Role"]) == (256, 9, execution_role)
    assert shown["Environment"] == {"Variables": {"AA": "1"}}
    assert shown["Architectures"] == ["arm64"]
    assert shown["LoggingConfig"]["LogGroup"] == "/aws/lambda/shared"
    assert shown["CodeSize"] == len(code)
    assert found["Tags"] == {"team": "maps"}
    with urllib.request.urlopen(found["Code"]["Location"]) as response:  # noqa: S310
        downloaded = response.read()
    assert base64.b64decode(shown["CodeSha256"]) == hashlib.sha256(downloaded).digest()
    assert invoke(client, "life", {"x": 1})[0] == [{"x": 1}, "life"]
    assert invoke(client, shown["FunctionArn"], {"x": 2})[0] == [{"x": 2}, "life"]
    client("lambda").delete_function(FunctionName="life")
    with pytest.raises(ClientError, match="Function not found: arn:aws:lambda") as error:
        client("lambda").get_function(FunctionName="life")
    assert code_of(error) == "ResourceNotFoundException"
    with pytest.raises(ClientError):
        invoke(client, "life", {})


def test_a_function_that_exists(client: Any, make_function: Any) -> None:
    make_function("twice", ECHO)
    with pytest.raises(ClientError, match="Function already exist: twice") as error:
        make_function("twice", ECHO)
    assert code_of(error) == "ResourceConflictException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        ({"Runtime": "python9.9"}, "InvalidParameterValueException", "python9.9 at 'runtime'"),
        ({"Runtime": "nodejs22.x"}, "InvalidParameterValueException", "runs Python only"),
        ({"MemorySize": 127}, "ValidationException", "greater than or equal to 128"),
        ({"MemorySize": 40000}, "ValidationException", "less than or equal to"),
        ({"Timeout": 901}, "ValidationException", "less than or equal to"),
        ({"FunctionName": "a" * 65}, "ValidationException", "less than or equal to 64"),
        ({"FunctionName": "a b"}, "ValidationException", "functionName"),
        ({"Handler": "has space"}, "ValidationException", "handler"),
        ({"Role": "nobody"}, "ValidationException", "role"),
        (
            {"Role": "arn:aws:iam::123456789012:role/nobody"},
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        (
            {"Code": {"ZipFile": b"not a zip"}},
            "InvalidParameterValueException",
            "Could not unzip uploaded file",
        ),
        ({"Code": {}}, "InvalidParameterValueException", "source for function code"),
        (
            {"Code": {"S3Bucket": "nowhere-at-all", "S3Key": "k"}},
            "InvalidParameterValueException",
            "NoSuchKey",
        ),
        (
            {"Environment": {"Variables": {"AA": "x" * 4096}}},
            "InvalidParameterValueException",
            "exceeded the 4KB limit. String measured: 4098",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "InvalidParameterValueException",
            "AWS_REGION",
        ),
        (
            {
                "Layers": [
                    f"arn:aws:lambda:us-east-1:123456789012:layer:no:{n}" for n in range(1, 7)
                ]
            },
            "InvalidParameterValueException",
            "maximum of 5 layers",
        ),
        (
            {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:no:1"]},
            "InvalidParameterValueException",
            "does not exist",
        ),
        (
            {"VpcConfig": {"SubnetIds": ["subnet-0123456789abcdef0"]}},
            "InvalidParameterValueException",
            "VPC",
        ),
        ({"PackageType": "Image"}, "InvalidParameterValueException", "Zip"),
        ({"LoggingConfig": {"SystemLogLevel": "INFO"}}, "InvalidParameterValueException", "JSON"),
        (
            {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:1:q"}},
            "InvalidParameterValueException",
            "dead letter",
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else None,
)
def test_bad_functions(
    client: Any, execution_role: str, changed: dict[str, Any], code: str, text: str
) -> None:
    given = {
        "FunctionName": "bad",
        "Runtime": "python3.13",
        "Role": execution_role,
        "Handler": "code.handler",
        "Code": {"ZipFile": zipped({"code.py": ECHO})},
        **changed,
    }
    with pytest.raises(ClientError) as error:
        client("lambda").create_function(**given)
    assert code_of(error) == code
    assert text in error.value.response["Error"]["Message"]
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client("lambda").get_function(FunctionName="bad")


def test_a_role_that_does_not_trust_lambda(client: Any, make_function: Any) -> None:
    role = client("iam").create_role(
        RoleName="for-redshift", AssumeRolePolicyDocument=trust("redshift.amazonaws.com")
    )["Role"]["Arn"]
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        make_function("untrusted", ECHO, Role=role)


@pytest.mark.parametrize("damage", ["truncated", "member", "outside"])
def test_corrupt_zips(make_function: Any, damage: str) -> None:
    content = zipped({"code.py": ECHO * 50})
    if damage == "truncated":
        content = content[:-30]
    elif damage == "member":
        content = content[:50] + bytes(8) + content[58:]
    else:
        content = zipped({"../code.py": ECHO})
    with pytest.raises(
        ClientError, match=r"Could not unzip uploaded file\. Please check your file"
    ):
        make_function("corrupt", ECHO, Code={"ZipFile": content})


def test_a_zip_that_is_too_large_unpacked(make_function: Any) -> None:
    content = zipped({"code.py": ECHO, "zeros": bytes(251 * 1024 * 1024)})
    with pytest.raises(ClientError, match="Unzipped size must be smaller than 262144000 bytes"):
        make_function("large", ECHO, Code={"ZipFile": content})


def test_a_zip_that_is_too_large_to_be_uploaded_may_come_from_s3(
    client: Any, make_function: Any
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("code.py", ECHO)
        archive.writestr("data", bytes(50 * 1024 * 1024))
    with pytest.raises(ClientError, match="must not be larger than 52428800 bytes") as error:
        make_function("heavy", ECHO, Code={"ZipFile": buffer.getvalue()})
    assert code_of(error) == "RequestEntityTooLargeException"
    client("s3").create_bucket(Bucket="heavy-bucket")
    client("s3").put_object(Bucket="heavy-bucket", Key="heavy.zip", Body=buffer.getvalue())
    make_function("heavy", ECHO, Code={"S3Bucket": "heavy-bucket", "S3Key": "heavy.zip"})
    assert invoke(client, "heavy", 1)[0] == 1


def test_updates_pass_through_in_progress(client: Any, make_function: Any) -> None:
    make_function("updated", "def handler(event, context):\n    return 1\n")
    before = client("lambda").get_function_configuration(FunctionName="updated")
    new = zipped({"code.py": "def handler(event, context):\n    return 2\n"})
    lam = client("lambda")
    answer = lam.update_function_code(FunctionName="updated", ZipFile=new, DryRun=True)
    assert answer["CodeSha256"] != before["CodeSha256"]
    assert (
        lam.get_function(FunctionName="updated")["Configuration"]["CodeSha256"]
        == before["CodeSha256"]
    )
    answer = lam.update_function_code(FunctionName="updated", ZipFile=new, Architectures=["arm64"])
    assert answer["LastUpdateStatus"] == "InProgress"
    assert answer["Architectures"] == ["arm64"]
    with pytest.raises(ClientError, match="An update is in progress for resource") as error:
        lam.update_function_configuration(FunctionName="updated", MemorySize=512)
    assert code_of(error) == "ResourceConflictException"
    lam.get_waiter("function_updated_v2").wait(FunctionName="updated", WaiterConfig={"Delay": 0.02})
    assert invoke(client, "updated", {})[0] == 2
    changed = lam.update_function_configuration(
        FunctionName="updated", MemorySize=512, Environment={"Variables": {"BB": "2"}}
    )
    assert (changed["MemorySize"], changed["Timeout"]) == (512, 3)
    assert changed["RevisionId"] != before["RevisionId"]
    lam.get_waiter("function_updated_v2").wait(FunctionName="updated", WaiterConfig={"Delay": 0.02})
    with pytest.raises(ClientError) as error:
        lam.update_function_code(
            FunctionName="updated", ZipFile=new, RevisionId=before["RevisionId"]
        )
    assert code_of(error) == "PreconditionFailedException"


def test_the_old_code_answers_until_an_update_has_passed(
    sandbox: Any, client: Any, make_function: Any
) -> None:
    make_function("flip", "def handler(event, context):\n    return 'old'\n")
    new = zipped({"code.py": "def handler(event, context):\n    return 'new'\n"})
    client("lambda").update_function_code(FunctionName="flip", ZipFile=new)
    record = sandbox._store.get("lambda.function", "us-east-1/flip")
    record["updated_at"] = time.time() + 60
    sandbox._store.put("lambda.function", "us-east-1/flip", record)
    assert invoke(client, "flip", {})[0] == "old"
    record["updated_at"] = time.time()
    sandbox._store.put("lambda.function", "us-east-1/flip", record)
    assert invoke(client, "flip", {})[0] == "new"


def test_pending_functions_take_no_calls(sandbox: Any, client: Any, make_function: Any) -> None:
    make_function("pending", ECHO)
    record = sandbox._store.get("lambda.function", "us-east-1/pending")
    record["active_at"] = time.time() + 60
    sandbox._store.put("lambda.function", "us-east-1/pending", record)
    for call in (
        lambda lam: lam.invoke(FunctionName="pending"),
        lambda lam: lam.update_function_configuration(FunctionName="pending", Timeout=4),
        lambda lam: lam.tag_resource(
            Resource="arn:aws:lambda:us-east-1:123456789012:function:pending", Tags={"a": "b"}
        ),
    ):
        with pytest.raises(ClientError, match="following state: Pending"):
            call(client("lambda"))


def test_listing_is_paged(client: Any, make_function: Any) -> None:
    for number in range(5):
        make_function(f"page-{number}", ECHO)
    pages = client("lambda").get_paginator("list_functions")
    sizes, names = [], []
    for page in pages.paginate(PaginationConfig={"PageSize": 2}):
        sizes.append(len(page["Functions"]))
        names += [function["FunctionName"] for function in page["Functions"]]
    assert max(sizes) == 2
    assert {f"page-{number}" for number in range(5)} <= set(names)
    assert len(names) == len(set(names))


def test_tags_concurrency_policy_and_account(client: Any, make_function: Any) -> None:
    lam = client("lambda")
    arn = make_function("attributes", ECHO, Tags={"a": "1"})["FunctionArn"]
    lam.tag_resource(Resource=arn, Tags={"b": "2", "a": "3"})
    lam.untag_resource(Resource=arn, TagKeys=["b"])
    assert lam.list_tags(Resource=arn)["Tags"] == {"a": "3"}
    lam.put_function_concurrency(FunctionName="attributes", ReservedConcurrentExecutions=7)
    assert lam.get_function(FunctionName="attributes")["Concurrency"] == {
        "ReservedConcurrentExecutions": 7
    }
    limits = lam.get_account_settings()["AccountLimit"]
    assert limits["UnreservedConcurrentExecutions"] == limits["ConcurrentExecutions"] - 7
    with pytest.raises(ClientError, match="below its minimum value of"):
        lam.put_function_concurrency(FunctionName="attributes", ReservedConcurrentExecutions=950)
    lam.put_function_concurrency(FunctionName="attributes", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="Rate Exceeded") as error:
        invoke(client, "attributes", {})
    assert code_of(error) == "TooManyRequestsException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert error.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    lam.delete_function_concurrency(FunctionName="attributes")
    assert "ReservedConcurrentExecutions" not in lam.get_function_concurrency(
        FunctionName="attributes"
    )
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.get_policy(FunctionName="attributes")
    permission = {
        "FunctionName": "attributes",
        "StatementId": "s1",
        "Action": "lambda:InvokeFunction",
        "Principal": "210987654321",
    }
    lam.add_permission(**permission)
    with pytest.raises(lam.exceptions.ResourceConflictException):
        lam.add_permission(**permission)
    policy = json.loads(lam.get_policy(FunctionName="attributes")["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::210987654321:root"}
    lam.remove_permission(FunctionName="attributes", StatementId="s1")
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.remove_permission(FunctionName="attributes", StatementId="s1")


def test_code_signing(client: Any, make_function: Any) -> None:
    lam = client("lambda")
    publishers = {
        "SigningProfileVersionArns": [
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/p/abc"
        ]
    }
    created = lam.create_code_signing_config(AllowedPublishers=publishers)["CodeSigningConfig"]
    arn = created["CodeSigningConfigArn"]
    assert created["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    make_function("signed", ECHO, CodeSigningConfigArn=arn)
    assert (
        lam.get_function_code_signing_config(FunctionName="signed")["CodeSigningConfigArn"] == arn
    )
    code = {"ZipFile": zipped({"code.py": "def handler(event, context): return 2"})}
    lam.update_function_code(FunctionName="signed", **code)
    lam.get_waiter("function_updated_v2").wait(FunctionName="signed", WaiterConfig={"Delay": 0.02})
    enforce = {"UntrustedArtifactOnDeployment": "Enforce"}
    lam.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=enforce)
    with pytest.raises(ClientError, match="the code is not signed") as error:
        lam.update_function_code(FunctionName="signed", **code)
    assert code_of(error) == "CodeVerificationFailedException"
    with pytest.raises(ClientError, match="the code is not signed"):
        make_function("signed-new", ECHO, CodeSigningConfigArn=arn)
    assert invoke(client, "signed", {})[0] == 2
    assert arn in [
        item["CodeSigningConfigArn"]
        for item in lam.list_code_signing_configs()["CodeSigningConfigs"]
    ]
    functions = lam.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert [text.rpartition(":")[2] for text in functions] == ["signed"]
    with pytest.raises(lam.exceptions.ResourceConflictException):
        lam.delete_code_signing_config(CodeSigningConfigArn=arn)
    lam.delete_function_code_signing_config(FunctionName="signed")
    lam.update_function_code(FunctionName="signed", **code)
    lam.delete_code_signing_config(CodeSigningConfigArn=arn)
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.get_code_signing_config(CodeSigningConfigArn=arn)


def test_limits_of_the_account(tmp_path: Path) -> None:
    small = Settings(lambda_account_concurrency=50, lambda_code_storage_gb=1e-6)
    sandbox = Sandbox(tmp_path, settings=small)
    sandbox.start()
    try:
        lam = client_for(sandbox.endpoint.url, "lambda")
        account = lam.get_account_settings()
        assert account["AccountLimit"]["ConcurrentExecutions"] == 50
        assert account["AccountLimit"]["TotalCodeSize"] == 1073
        content = {"ZipFile": zipped({"python/a.py": os.urandom(700)})}
        lam.publish_layer_version(LayerName="first", Content=content)
        assert lam.get_account_settings()["AccountUsage"]["TotalCodeSize"] > 700
        with pytest.raises(ClientError, match="Code storage limit exceeded") as error:
            lam.publish_layer_version(LayerName="second", Content=content)
        assert code_of(error) == "CodeStorageExceededException"
    finally:
        sandbox.close()


def test_versions(client: Any, make_function: Any) -> None:
    lam = client("lambda")
    make_function("versioned", "def handler(event, context):\n    return 1\n")
    first = lam.publish_version(FunctionName="versioned")
    assert first["Version"] == "1"
    assert lam.publish_version(FunctionName="versioned")["Version"] == "1"
    new = zipped({"code.py": "def handler(event, context):\n    return 2\n"})
    lam.update_function_code(FunctionName="versioned", ZipFile=new)
    lam.get_waiter("function_updated_v2").wait(
        FunctionName="versioned", WaiterConfig={"Delay": 0.02}
    )
    assert lam.publish_version(FunctionName="versioned")["Version"] == "2"
    versions = lam.list_versions_by_function(FunctionName="versioned")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]
    assert invoke(client, "versioned:1", {})[0] == 1
    assert invoke(client, "versioned", {}, Qualifier="2")[0] == 2
    lam.delete_function(FunctionName="versioned", Qualifier="1")
    with pytest.raises(lam.exceptions.ResourceNotFoundException, match="versioned:1"):
        lam.get_function(FunctionName="versioned:1")


def test_code_from_s3(client: Any, make_function: Any) -> None:
    client("s3").create_bucket(Bucket="code-bucket")
    client("s3").put_object(Bucket="code-bucket", Key="a/b c.zip", Body=zipped({"code.py": ECHO}))
    make_function("from-s3", ECHO, Code={"S3Bucket": "code-bucket", "S3Key": "a/b c.zip"})
    assert invoke(client, "from-s3", [1])[0] == [1]


def test_layers(client: Any, make_function: Any) -> None:
    lam = client("lambda")
    content = zipped({"python/shared.py": "VALUE = 'from the layer'\n"})
    first = lam.publish_layer_version(
        LayerName="shared",
        Content={"ZipFile": content},
        CompatibleRuntimes=["python3.13"],
        CompatibleArchitectures=["x86_64"],
    )
    assert first["Version"] == 1
    assert first["Content"]["CodeSize"] == len(content)
    second = lam.publish_layer_version(LayerName="shared", Content={"ZipFile": content})
    assert second["LayerVersionArn"] == f"{second['LayerArn']}:2"
    arn = first["LayerVersionArn"]
    assert lam.get_layer_version(LayerName="shared", VersionNumber=1)["LayerVersionArn"] == arn
    assert lam.get_layer_version_by_arn(Arn=arn)["Version"] == 1
    listed = lam.list_layer_versions(LayerName="shared")["LayerVersions"]
    assert [version["Version"] for version in listed] == [2, 1]
    layers = {layer["LayerName"]: layer for layer in lam.list_layers()["Layers"]}
    assert layers["shared"]["LatestMatchingVersion"]["Version"] == 2
    source = "import shared\ndef handler(event, context):\n    return shared.VALUE\n"
    make_function("layered", source, Layers=[arn])
    lam.delete_layer_version(LayerName="shared", VersionNumber=1)
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.get_layer_version(LayerName="shared", VersionNumber=1)
    assert invoke(client, "layered", {})[0] == "from the layer"
    third = lam.publish_layer_version(
        LayerName="intel", Content={"ZipFile": content}, CompatibleArchitectures=["x86_64"]
    )
    with pytest.raises(ClientError, match="not compatible with the architecture arm64"):
        make_function("wrong", source, Layers=[third["LayerVersionArn"]], Architectures=["arm64"])


def test_other_accounts_and_regions(client: Any) -> None:
    with pytest.raises(ClientError) as error:
        client("lambda").get_function(
            FunctionName="arn:aws:lambda:us-east-1:999999999999:function:x"
        )
    assert code_of(error) == "AccessDeniedException"
    with pytest.raises(ClientError, match="not reachable in this region"):
        client("lambda").get_function(
            FunctionName="arn:aws:lambda:eu-west-1:123456789012:function:x"
        )


def test_regions_are_separate(client: Any, make_function: Any) -> None:
    make_function("regional", ECHO)
    listed = client("lambda", region="eu-west-1").list_functions()["Functions"]
    assert "regional" not in [function["FunctionName"] for function in listed]


def test_deleting_while_running_lets_the_run_finish(client: Any, make_function: Any) -> None:
    make_function(
        "finishing", "import time\ndef handler(e, c):\n    time.sleep(0.4)\n    return 'done'\n"
    )
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(invoke(client, "finishing", {})[0]))
    thread.start()
    time.sleep(0.2)
    client("lambda").delete_function(FunctionName="finishing")
    thread.join()
    assert found == ["done"]
