"""What docs/sandbox.md says is refused, is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
FUNCTION = {
    "FunctionName": "refused",
    "Runtime": "python3.13",
    "Role": "arn:aws:iam::123456789012:role/test-exec",
    "Handler": "a.b",
    "Code": {"ZipFile": b"x"},
}
CLUSTER = {"ClusterIdentifier": "demo"}

# The row of the table, the words in its last column, and a call of that kind: service, method, parameters.
REFUSED: list[tuple[str, str, str, str, dict[str, Any]]] = [
    (
        "Lambda functions",
        "aliases",
        "lambda",
        "create_alias",
        {"FunctionName": "f", "Name": "live", "FunctionVersion": "1"},
    ),
    (
        "Lambda functions",
        "container images",
        "lambda",
        "create_function",
        {**FUNCTION, "PackageType": "Image"},
    ),
    (
        "Lambda functions",
        "VPC",
        "lambda",
        "create_function",
        {**FUNCTION, "VpcConfig": {"SubnetIds": ["subnet-1"]}},
    ),
    (
        "Lambda functions",
        "SnapStart",
        "lambda",
        "create_function",
        {**FUNCTION, "SnapStart": {"ApplyOn": "PublishedVersions"}},
    ),
    (
        "Lambda functions",
        "file systems",
        "lambda",
        "create_function",
        {
            **FUNCTION,
            "FileSystemConfigs": [
                {
                    "Arn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-11111111111111111",
                    "LocalMountPath": "/mnt/x",
                }
            ],
        },
    ),
    (
        "Lambda functions",
        "tracing",
        "lambda",
        "create_function",
        {**FUNCTION, "TracingConfig": {"Mode": "Active"}},
    ),
    (
        "Lambda functions",
        "dead letter queues",
        "lambda",
        "create_function",
        {**FUNCTION, "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"}},
    ),
    (
        "Running functions",
        "runtimes other than Python",
        "lambda",
        "create_function",
        {**FUNCTION, "Runtime": "nodejs22.x"},
    ),
    (
        "Layers",
        "permissions on layers",
        "lambda",
        "add_layer_version_permission",
        {
            "LayerName": "l",
            "VersionNumber": 1,
            "StatementId": "s",
            "Action": "lambda:GetLayerVersion",
            "Principal": "*",
        },
    ),
    (
        "Clusters",
        "snapshots",
        "redshift",
        "create_cluster_snapshot",
        {"SnapshotIdentifier": "s", **CLUSTER},
    ),
    ("Clusters", "elastic resize", "redshift", "resize_cluster", {"NumberOfNodes": 2, **CLUSTER}),
    (
        "Clusters",
        "parameter groups",
        "redshift",
        "create_cluster_parameter_group",
        {"ParameterGroupName": "p", "ParameterGroupFamily": "redshift-1.0", "Description": "d"},
    ),
    (
        "Clusters",
        "renaming",
        "redshift",
        "modify_cluster",
        {"NewClusterIdentifier": "other", **CLUSTER},
    ),
    (
        "Serverless",
        "snapshots",
        "redshift-serverless",
        "create_snapshot",
        {"namespaceName": "demo-serverless", "snapshotName": "snap"},
    ),
    (
        "Serverless",
        "usage limits",
        "redshift-serverless",
        "create_usage_limit",
        {
            "resourceArn": "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/w",
            "usageType": "serverless-compute",
            "amount": 1,
        },
    ),
    (
        "Serverless",
        "custom domains",
        "redshift-serverless",
        "create_custom_domain_association",
        {
            "workgroupName": "demo-serverless",
            "customDomainName": "a.example.com",
            "customDomainCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
        },
    ),
    (
        "Logins",
        "`DbUser` on serverless",
        "redshift-data",
        "execute_statement",
        {
            "WorkgroupName": "demo-serverless",
            "Database": "dev",
            "DbUser": "admin",
            "Sql": "SELECT 1",
        },
    ),
    (
        "IAM, STS, S3, Secrets Manager",
        "managed session policies",
        "sts",
        "assume_role",
        {
            "RoleArn": "arn:aws:iam::123456789012:role/test-exec",
            "RoleSessionName": "s1",
            "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        },
    ),
    (
        "IAM, STS, S3, Secrets Manager",
        "boundaries of users",
        "iam",
        "create_user",
        {"UserName": "u", "PermissionsBoundary": "arn:aws:iam::123456789012:policy/p"},
    ),
    (
        "Logs",
        "queries",
        "logs",
        "start_query",
        {"logGroupName": "/x", "startTime": 1, "endTime": 2, "queryString": "fields @message"},
    ),
    (
        "Logs",
        "subscriptions",
        "logs",
        "put_subscription_filter",
        {
            "logGroupName": "/x",
            "filterName": "f",
            "filterPattern": "",
            "destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        },
    ),
    (
        "Logs",
        "metrics",
        "logs",
        "put_metric_filter",
        {
            "logGroupName": "/x",
            "filterName": "f",
            "filterPattern": "",
            "metricTransformations": [
                {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
            ],
        },
    ),
    ("Protocols", "services other than those below", "sqs", "list_queues", {}),
]
_TEXT = "sandbox|not supported for Redshift Serverless"


def last_column(row: str) -> str:
    """What a row of the table says is refused."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {row} |")]
    return line.rstrip(" |").rpartition(" | ")[2] if not line.endswith("| |") else ""


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}: {case[1]}")
def test_what_is_refused(
    client: Any, execution_role: str, case: tuple[str, str, str, str, dict[str, Any]]
) -> None:
    row, words, service, method, members = case
    assert words in last_column(row)
    assert execution_role == FUNCTION["Role"]
    with pytest.raises(ClientError, match=_TEXT) as error:
        getattr(client(service), method)(**members)
    assert error.value.response["Error"]["Code"] != "InternalFailure"


def test_asynchronous_invocation_is_refused(client: Any, make_function: Any) -> None:
    assert "asynchronous invocation" in last_column("Lambda functions")
    make_function("refused-event", "def handler(event, context): return 1")
    with pytest.raises(ClientError, match="does not emulate InvocationType Event"):
        client("lambda").invoke(FunctionName="refused-event", InvocationType="Event")
