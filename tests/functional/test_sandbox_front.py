from __future__ import annotations

import http.client
import json
import threading
from typing import Any

import botocore.exceptions
import pytest

from carto_at_installer.sandbox.endpoint import Endpoint, EndpointError
from carto_at_installer.sandbox.protocols import HttpResponse


def test_the_caller_is_the_administrator(client: Any) -> None:
    identity = client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/sandbox"
    assert identity["Account"] == "123456789012"


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "example.org"])  # noqa: S104
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(EndpointError, match=r"loopback|not an IP"):
        Endpoint(lambda _: HttpResponse(200), host, 0)


def test_a_port_in_use_is_named(sandbox: Any) -> None:
    with pytest.raises(EndpointError, match=str(sandbox.endpoint.port)):
        Endpoint(lambda _: HttpResponse(200), "127.0.0.1", sandbox.endpoint.port)


def request(sandbox: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.endpoint.port, timeout=5)
    names = {key.replace("_", "-"): value for key, value in headers.items()}
    connection.request(method, path, body, names)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, dict(response.headers), content


def signed(service: str) -> str:
    return (
        f"AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/{service}/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )


def test_unsigned_requests_are_refused(sandbox: Any) -> None:
    status, _, content = request(sandbox, "GET", "/")
    assert status == 403
    assert b"MissingAuthenticationToken" in content
    assert b"must be signed" in content


def test_an_unknown_service_is_named(sandbox: Any) -> None:
    status, _, content = request(sandbox, "POST", "/", "", Authorization=signed("dynamodb"))
    assert status == 400
    assert b"dynamodb" in content
    assert b"redshift-data" in content


def test_operations_that_are_not_emulated_are_refused_by_name(client: Any) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="lambda:CreateAlias"):
        client("lambda").create_alias(FunctionName="f", Name="a", FunctionVersion="1")
    with pytest.raises(botocore.exceptions.ClientError, match="redshift:ResizeCluster"):
        client("redshift").resize_cluster(ClusterIdentifier="demo")
    with pytest.raises(botocore.exceptions.ClientError, match="logs:StartQuery"):
        client("logs").start_query(queryString="x", startTime=0, endTime=1, logGroupName="g")


def test_a_body_that_is_not_json_is_an_error(sandbox: Any) -> None:
    status, headers, content = request(
        sandbox,
        "POST",
        "/2015-03-31/functions",
        "{not json",
        Authorization=signed("lambda"),
    )
    assert (status, headers["x-amzn-ErrorType"]) == (400, "SerializationException")
    assert json.loads(content)["message"] == "Could not parse request body into json"


@pytest.mark.parametrize(
    ("service", "target"), [("redshift-serverless", "RedshiftServerless.Nope"), ("logs", "")]
)
def test_unknown_json_operations(sandbox: Any, service: str, target: str) -> None:
    status, _, content = request(
        sandbox, "POST", "/", "{}", Authorization=signed(service), X_Amz_Target=target
    )
    assert status == 400
    assert json.loads(content)["__type"] == "UnknownOperationException"


def test_a_missing_action_is_a_query_error(sandbox: Any) -> None:
    status, _, content = request(sandbox, "POST", "/", "A=1", Authorization=signed("redshift"))
    assert status == 400
    assert b"<Code>MissingAction</Code>" in content


def test_required_members_and_patterns_are_checked_by_the_server(sandbox: Any) -> None:
    body = json.dumps({"FunctionName": "bad name!", "MemorySize": 64, "Timeout": 3})
    status, headers, content = request(
        sandbox, "POST", "/2015-03-31/functions", body, Authorization=signed("lambda")
    )
    assert (status, headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    message = json.loads(content)["message"]
    assert "Value null at 'role'" in message
    assert "Value '64' at 'memorySize' failed to satisfy constraint" in message
    assert "greater than or equal to 128" in message
    assert "'functionName' failed to satisfy constraint: Member must satisfy regular" in message


def test_chunked_bodies_and_kept_connections(sandbox: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.endpoint.port, timeout=5)
    headers = {
        "Authorization": signed("redshift-serverless"),
        "X-Amz-Target": "RedshiftServerless.ListWorkgroups",
    }
    for _ in range(3):
        connection.request("POST", "/", iter([b"{", b"}"]), headers, encode_chunked=True)
        response = connection.getresponse()
        assert json.loads(response.read())["workgroups"][0]["workgroupName"] == "demo-serverless"
    connection.close()


def test_expect_continue_is_answered_at_once(sandbox: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.endpoint.port, timeout=5)
    connection.putrequest("POST", "/")
    connection.putheader("Authorization", signed("redshift-serverless"))
    connection.putheader("X-Amz-Target", "RedshiftServerless.ListWorkgroups")
    connection.putheader("Content-Length", "2")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.sock.recv(65536).startswith(b"HTTP/1.1 100 ")
    connection.send(b"{}")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize(("length", "status"), [("99999999999", 413), ("-1", 400), ("ten", 400)])
def test_bad_lengths(sandbox: Any, length: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.endpoint.port, timeout=5)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_many_clients_at_once(client: Any) -> None:
    found: list[int] = []
    redshift = client("redshift")

    def ask() -> None:
        found.extend(len(redshift.describe_clusters()["Clusters"]) for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert min(found) >= 1


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80", ""])
def test_names_that_are_not_loopback_are_refused(sandbox: Any, host: str) -> None:
    """A web page may point a name of its own at this machine; the browser then sends that name."""
    status, _, content = request(
        sandbox, "POST", "/", "Action=DescribeClusters", Authorization=signed("redshift"), Host=host
    )
    assert status == 403
    assert b"loopback names only" in content


@pytest.mark.parametrize("host", ["localhost", "localhost:123", "[::1]:5", "bucket.localhost:9"])
def test_loopback_names_are_served(sandbox: Any, host: str) -> None:
    status, _, _ = request(
        sandbox, "POST", "/", "Action=DescribeClusters", Authorization=signed("redshift"), Host=host
    )
    assert status == 200


def test_a_body_that_is_too_large_gets_its_answer(sandbox: Any) -> None:
    megabyte = bytes(1024 * 1024)
    body = (megabyte for _ in range(101))
    headers = {"Content_Length": str(101 * len(megabyte))}
    status, _, content = request(sandbox, "POST", "/", body, **headers)
    assert status == 413
    assert b"too large" in content
