from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import pytest

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.protocols import HttpRequest, codec
from carto_at_installer.sandbox.services import DetailedError, page

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def read(service: str, request: HttpRequest) -> tuple[str, dict[str, Any]]:
    operation, members = codec(service).read(request)
    return operation.name, members


def query(**fields: Any) -> HttpRequest:
    body = urlencode({"Version": "2012-12-01", **fields}).encode()
    return HttpRequest("POST", "/", {}, body)


def test_lists_and_structures_of_queries() -> None:
    request = query(
        **{
            "Action": "CreateCluster",
            "ClusterIdentifier": "c",
            "NodeType": "ra3.large",
            "MasterUsername": "m",
            "NumberOfNodes": "2",
            "Encrypted": "true",
            "Tags.Tag.1.Key": "a",
            "Tags.Tag.1.Value": "é & <",
            "Tags.Tag.2.Key": "b",
            "IamRoles.IamRoleArn.1": "arn:1",
            "IamRoles.IamRoleArn.2": "arn:2",
        }
    )
    assert read("redshift", request) == (
        "CreateCluster",
        {
            "ClusterIdentifier": "c",
            "NodeType": "ra3.large",
            "MasterUsername": "m",
            "NumberOfNodes": 2,
            "Encrypted": True,
            "Tags": [{"Key": "a", "Value": "é & <"}, {"Key": "b"}],
            "IamRoles": ["arn:1", "arn:2"],
        },
    )


def test_more_than_nine_items_keep_their_order() -> None:
    fields = {f"AddIamRoles.IamRoleArn.{number}": f"arn:{number}" for number in range(12, 0, -1)}
    request = query(Action="ModifyClusterIamRoles", ClusterIdentifier="c", **fields)
    assert read("redshift", request)[1]["AddIamRoles"] == [f"arn:{n}" for n in range(1, 13)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"A": "1"}, "MissingAction"),
        ({"Action": "Nope"}, "InvalidAction"),
        ({"Action": "DescribeClusters", "MaxRecords": "many"}, "InvalidParameterValue"),
        ({"Action": "PauseCluster"}, "ValidationException"),
    ],
)
def test_bad_queries(fields: dict[str, str], code: str) -> None:
    with pytest.raises(AwsServiceError) as error:
        read("redshift", query(**fields))
    assert error.value.code == code


def test_query_responses_are_xml() -> None:
    operation = codec("redshift").operation("DescribeClusters")
    members = {
        "Clusters": [
            {
                "ClusterIdentifier": "a\x00<&",
                "EnhancedVpcRouting": False,
                "ClusterCreateTime": datetime(2026, 11, 23, 6, 0, 0, 123000, tzinfo=UTC),
                "IamRoles": [{"IamRoleArn": "arn", "ApplyStatus": "adding"}],
            }
        ],
        "Marker": None,
    }
    response = codec("redshift").write(operation, members, "id-1")
    root = ET.fromstring(response.body)  # noqa: S314
    space = {"r": "http://redshift.amazonaws.com/doc/2012-12-01/"}
    cluster = root.find("r:DescribeClustersResult/r:Clusters/r:Cluster", space)
    assert cluster is not None
    assert cluster.findtext("r:ClusterIdentifier", None, space) == "a?<&"
    assert cluster.findtext("r:EnhancedVpcRouting", None, space) == "false"
    assert cluster.findtext("r:ClusterCreateTime", None, space) == "2026-11-23T06:00:00.123Z"
    assert cluster.findtext("r:IamRoles/r:ClusterIamRole/r:ApplyStatus", None, space) == "adding"
    assert root.find("r:DescribeClustersResult/r:Marker", space) is None
    assert root.findtext("r:ResponseMetadata/r:RequestId", None, space) == "id-1"


@pytest.mark.parametrize(
    ("method", "target", "operation", "members"),
    [
        ("GET", "/2015-03-31/functions/f", "GetFunction", {"FunctionName": "f"}),
        (
            "GET",
            f"/2015-03-31/functions/{quote(ARN, safe='')}?Qualifier=%24LATEST",
            "GetFunction",
            {"FunctionName": ARN, "Qualifier": "$LATEST"},
        ),
        ("GET", "/2015-03-31/functions/?MaxItems=3", "ListFunctions", {"MaxItems": 3}),
        ("GET", "/2015-03-31/functions?MaxItems=3", "ListFunctions", {"MaxItems": 3}),
        (
            "GET",
            "/2018-10-31/layers?find=LayerVersion&Arn=arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Alayer%3Al%3A1",
            "GetLayerVersionByArn",
            {"Arn": "arn:aws:lambda:us-east-1:123456789012:layer:l:1"},
        ),
        ("GET", "/2018-10-31/layers", "ListLayers", {}),
        (
            "GET",
            "/2018-10-31/layers/l/versions/12",
            "GetLayerVersion",
            {"LayerName": "l", "VersionNumber": 12},
        ),
        (
            "DELETE",
            "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af?tagKeys=a&tagKeys=b",
            "UntagResource",
            {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TagKeys": ["a", "b"]},
        ),
    ],
)
def test_routes(method: str, target: str, operation: str, members: dict[str, Any]) -> None:
    assert read("lambda", HttpRequest(method, target, {})) == (operation, members)


def test_raw_payloads_and_headers() -> None:
    headers = {"x-amz-invocation-type": "DryRun", "x-amz-log-type": "Tail"}
    request = HttpRequest("POST", "/2015-03-31/functions/f/invocations", headers, b"\x00raw")
    name, members = read("lambda", request)
    assert name == "Invoke"
    assert members == {
        "FunctionName": "f",
        "InvocationType": "DryRun",
        "LogType": "Tail",
        "Payload": b"\x00raw",
    }
    operation = codec("lambda").operation("Invoke")
    answer = {"StatusCode": 204, "Payload": b"out", "FunctionError": "Unhandled", "LogResult": None}
    response = codec("lambda").write(operation, answer, "id")
    assert (response.status, response.body) == (204, b"out")
    assert response.headers["X-Amz-Function-Error"] == "Unhandled"
    assert "X-Amz-Log-Result" not in response.headers


def test_unknown_routes() -> None:
    with pytest.raises(AwsServiceError, match="has no operation PUT /nowhere") as error:
        read("lambda", HttpRequest("PUT", "/nowhere", {}))
    assert error.value.status == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_bodies_that_are_no_json_objects(body: bytes) -> None:
    request = HttpRequest("POST", "/", {"x-amz-target": "RedshiftData.ListStatements"}, body)
    with pytest.raises(AwsServiceError) as error:
        read("redshift-data", request)
    assert error.value.code == "SerializationException"


def data_request(operation: str, content: dict[str, Any]) -> HttpRequest:
    headers = {"x-amz-target": f"RedshiftData.{operation}"}
    return HttpRequest("POST", "/", headers, json.dumps(content).encode())


@pytest.mark.parametrize(
    ("operation", "content", "text"),
    [
        ("ExecuteStatement", {}, "Value null at 'sql' failed to satisfy constraint: Member must not be null"),
        ("ExecuteStatement", {"Sql": 5}, "Value at 'sql' failed to satisfy constraint: Member must be of type string"),
        ("ExecuteStatement", {"Sql": True}, "must be of type string"),
        ("DescribeStatement", {"Id": "no uuid"}, "satisfy regular expression pattern"),
        ("BatchExecuteStatement", {"Sqls": []}, "length greater than or equal to 1"),
        ("BatchExecuteStatement", {"Sqls": ["x"] * 41}, "length less than or equal to 40"),
        ("ExecuteStatement", {"Sql": "x", "ResultFormat": "XML"}, "satisfy enum value set: [JSON, CSV]"),
        ("ExecuteStatement", {"Sql": "x", "Parameters": [{"name": "a"}]}, "'parameters.1.member.value'"),
        ("ExecuteStatement", {"Sql": "x", "SessionKeepAliveSeconds": 90000}, "less than or equal to 86400"),
    ],
)  # fmt: skip
def test_constraints(operation: str, content: dict[str, Any], text: str) -> None:
    with pytest.raises(AwsServiceError) as error:
        read("redshift-data", data_request(operation, content))
    assert error.value.code == "ValidationException"
    assert text in error.value.message


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(AwsServiceError, match=r"^2 validation errors detected: .*; Value"):
        read("redshift-data", data_request("ExecuteStatement", {"ResultFormat": "XML"}))


def test_unknown_members_are_left_out_and_nulls_too() -> None:
    request = data_request("ExecuteStatement", {"Sql": "x", "Future": 1, "DbUser": None})
    assert read("redshift-data", request)[1] == {"Sql": "x"}


def test_a_response_member_that_the_model_lacks_is_our_fault() -> None:
    reader = codec("redshift-data")
    with pytest.raises(KeyError):
        reader.write(reader.operation("CancelStatement"), {"Stauts": True}, "id")


def test_timestamps_of_json_are_seconds() -> None:
    reader = codec("redshift-data")
    response = reader.write(
        reader.operation("ExecuteStatement"), {"Id": "i", "CreatedAt": 1.5}, "r"
    )
    assert json.loads(response.body) == {"Id": "i", "CreatedAt": 1.5}


def test_errors_take_the_status_of_the_model() -> None:
    response = codec("lambda").write_error(
        DetailedError("TooManyRequestsException", "Rate Exceeded.", Reason="R"), "id"
    )
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (
        429,
        "TooManyRequestsException",
    )
    assert json.loads(response.body) == {
        "Type": "User",
        "message": "Rate Exceeded.",
        "Message": "Rate Exceeded.",
        "Reason": "R",
    }
    response = codec("redshift").write_error(AwsServiceError("ClusterNotFound", "No."), "id")
    assert response.status == 404
    response = codec("logs").write_error(AwsServiceError("X", "é"), "id")
    assert json.loads(response.body) == {"__type": "X", "message": "é"}


def test_scopes() -> None:
    header = "AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-west-1/Redshift-Data/aws4_request, S=1"
    scope = HttpRequest("POST", "/", {"authorization": header}).scope()
    assert scope is not None
    assert (scope.access_key, scope.region, scope.service) == ("AKIA", "eu-west-1", "redshift-data")
    for text in (
        "",
        "AWS AKIA:sig",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=AKIA/20261123/../s3/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKIA/1/r/s/aws4_request",
    ):
        assert HttpRequest("POST", "/", {"authorization": text}).scope() is None


def test_pages() -> None:
    items = [{"n": number} for number in range(5)]
    first, marker = page(items, None, 2)
    second, marker = page(items, marker, 2)
    third, end = page(items, marker, 2)
    assert (first + second + third, end) == (items, None)
    with pytest.raises(AwsServiceError, match="Invalid marker"):
        page(items, "x", 2)
