from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.conftest import trust

ADMINISTRATOR = "arn:aws:iam::123456789012:user/sandbox"


def decisions(client: Any, arn: str, *actions: str, **options: Any) -> list[str]:
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(actions), **options
    )
    assert [item["EvalActionName"] for item in answer["EvaluationResults"]] == list(actions)
    return [item["EvalDecision"] for item in answer["EvaluationResults"]]


def test_the_administrator_may_do_everything(client: Any) -> None:
    found = decisions(client, ADMINISTRATOR, "lambda:CreateFunction", "iam:PassRole")
    assert found == ["allowed", "allowed"]


def test_policies_are_simulated(client: Any) -> None:
    iam = client("iam")
    arn = iam.create_role(
        RoleName="simulated", AssumeRolePolicyDocument=trust("ec2.amazonaws.com")
    )["Role"]["Arn"]
    statements = [
        {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "lambda:DeleteFunction", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="simulated", PolicyName="p", PolicyDocument=document)
    actions = ("lambda:CreateFunction", "lambda:DeleteFunction", "iam:PassRole", "s3:GetObject")
    assert decisions(client, arn, *actions) == [
        "allowed",
        "explicitDeny",
        "implicitDeny",
        "implicitDeny",
    ]
    context = [
        {
            "ContextKeyName": "iam:PassedToService",
            "ContextKeyValues": ["lambda.amazonaws.com"],
            "ContextKeyType": "string",
        }
    ]
    assert decisions(client, arn, "iam:PassRole", ContextEntries=context) == ["allowed"]
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["iam:PassRole"])
    assert answer["EvaluationResults"][0]["MissingContextValues"] == ["iam:PassedToService"]
    assert answer["IsTruncated"] is False


def test_who_cannot_be_simulated(client: Any) -> None:
    iam = client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        decisions(client, "arn:aws:iam::123456789012:role/none", "s3:GetObject")
    with pytest.raises(iam.exceptions.InvalidInputException):
        decisions(client, "arn:aws:sts::123456789012:assumed-role/a/b", "s3:GetObject")
    with pytest.raises(iam.exceptions.InvalidInputException, match="ResourcePolicy"):
        decisions(client, ADMINISTRATOR, "s3:GetObject", ResourcePolicy="{}")


def test_a_boundary_limits_the_simulation(client: Any) -> None:
    iam = client("iam")
    allow = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(allow))["Policy"][
        "Arn"
    ]
    arn = iam.create_role(
        RoleName="bounded",
        AssumeRolePolicyDocument=trust("ec2.amazonaws.com"),
        PermissionsBoundary=boundary,
    )["Role"]["Arn"]
    iam.attach_role_policy(
        RoleName="bounded", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    found = decisions(client, arn, "s3:GetObject", "lambda:CreateFunction")
    assert found == ["allowed", "implicitDeny"]
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["lambda:CreateFunction"]
    )["EvaluationResults"]
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_errors_of_iam_are_its_own(client: Any) -> None:
    iam = client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="none")
    iam.create_role(RoleName="once", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="once", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))


def test_keys_of_users_act_as_their_users(client: Any) -> None:
    iam = client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    assert client("sts", key=key).get_caller_identity()["Arn"].endswith(":user/ann")
    given = client("redshift", key=key).get_cluster_credentials_with_iam(
        ClusterIdentifier="demo", DbName="dev"
    )
    assert given["DbUser"] == "IAM:ann"


def test_only_who_is_trusted_assumes_a_role(client: Any) -> None:
    arn = client("iam").create_role(
        RoleName="for-machines", AssumeRolePolicyDocument=trust("ec2.amazonaws.com")
    )["Role"]["Arn"]
    for role in (arn, "arn:aws:iam::123456789012:role/none"):
        with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole") as error:
            client("sts").assume_role(RoleArn=role, RoleSessionName="s")
        assert error.value.response["Error"]["Code"] == "AccessDenied"


def test_log_groups(client: Any) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/test/group", tags={"a": "b"})
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName="/test/group")
    logs.put_retention_policy(logGroupName="/test/group", retentionInDays=30)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/test/group")["logGroups"]
    assert group["retentionInDays"] == 30
    assert group["arn"] == "arn:aws:logs:us-east-1:123456789012:log-group:/test/group:*"
    arn = group["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"c": "d"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "d"}
    with pytest.raises(logs.exceptions.InvalidParameterException, match="retentionInDays"):
        logs.put_retention_policy(logGroupName="/test/group", retentionInDays=2)
    logs.delete_retention_policy(logGroupName="/test/group")
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/test/group")["logGroups"]
    assert "retentionInDays" not in group
    logs.delete_log_group(logGroupName="/test/group")
    for call in (
        lambda: logs.delete_log_group(logGroupName="/test/group"),
        lambda: logs.put_retention_policy(logGroupName="/test/group", retentionInDays=1),
        lambda: logs.describe_log_streams(logGroupName="/test/group"),
        lambda: logs.filter_log_events(logGroupName="/test/group"),
    ):
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            call()


def test_log_streams_and_events(client: Any) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/test/events")
    for name in ("one", "two"):
        logs.create_log_stream(logGroupName="/test/events", logStreamName=name)
    now = int(time.time() * 1000)
    events = [{"timestamp": now + number, "message": f"message {number}"} for number in range(5)]
    logs.put_log_events(logGroupName="/test/events", logStreamName="one", logEvents=events)
    with pytest.raises(logs.exceptions.InvalidParameterException, match="chronological"):
        logs.put_log_events(
            logGroupName="/test/events", logStreamName="one", logEvents=events[::-1]
        )
    page = logs.get_log_events(
        logGroupName="/test/events", logStreamName="one", startFromHead=True, limit=3
    )
    assert [event["message"] for event in page["events"]] == ["message 0", "message 1", "message 2"]
    rest = logs.get_log_events(
        logGroupName="/test/events", logStreamName="one", nextToken=page["nextForwardToken"]
    )
    assert [event["message"] for event in rest["events"]] == ["message 3", "message 4"]
    last = logs.get_log_events(logGroupName="/test/events", logStreamName="one", limit=1)
    assert last["events"][0]["message"] == "message 4"
    before = logs.get_log_events(
        logGroupName="/test/events",
        logStreamName="one",
        limit=2,
        nextToken=last["nextBackwardToken"],
    )
    assert [event["message"] for event in before["events"]] == ["message 2", "message 3"]
    streams = logs.describe_log_streams(
        logGroupName="/test/events", orderBy="LastEventTime", descending=True
    )["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["one", "two"]
    assert streams[0]["lastEventTimestamp"] == now + 4

    def found(pattern: str, **options: Any) -> int:
        return len(
            logs.filter_log_events(logGroupName="/test/events", filterPattern=pattern, **options)[
                "events"
            ]
        )

    assert [
        found(""),
        found("message"),
        found('"message 3"'),
        found("?0 ?1"),
        found("message -2"),
    ] == [5, 5, 1, 2, 4]
    assert found("", startTime=now + 3) == 2
    assert found("", logStreamNames=["two"]) == 0
    with pytest.raises(logs.exceptions.InvalidParameterException, match="does not emulate"):
        found("{ $.level = 1 }")
    paged = logs.get_paginator("filter_log_events").paginate(
        logGroupName="/test/events", PaginationConfig={"PageSize": 2}
    )
    assert [len(part["events"]) for part in paged] == [2, 2, 1]
