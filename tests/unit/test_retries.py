"""What is waited for and what is not, how long the pauses are, and who is told."""

from types import SimpleNamespace

import botocore.exceptions as bc
import pytest

from carto_at_installer.aws.retries import (
    CallRetries,
    Patience,
    Pauses,
    heard,
    passing_call,
    passing_sql,
    telling,
)

ROLE = "The role defined for the function cannot be assumed by Lambda."
UPDATE = (
    "The operation cannot be performed at this time. An update is in progress for resource: arn:x"
)
PENDING = "The operation cannot be performed at this time. The function is currently in the following state: Pending"


@pytest.mark.parametrize(
    ("service", "status", "code", "text", "reason"),
    [
        ("lambda", 429, "TooManyRequestsException", "Rate exceeded", "throttles lambda Do"),
        ("iam", 400, "Throttling", "Rate exceeded", "throttles iam Do"),
        ("redshift-data", 400, "ThrottlingException", "", "throttles"),
        ("redshift-data", 400, "ActiveStatementsExceededException", "", "as many statements"),
        ("redshift-data", 400, "ActiveSessionsExceededException", "", "as many Data API sessions"),
        ("lambda", 400, "InvalidParameterValueException", ROLE, "IAM has not yet made the role"),
        ("lambda", 409, "ResourceConflictException", UPDATE, "being updated"),
        ("lambda", 409, "ResourceConflictException", PENDING, "being updated"),
        ("redshift", 400, "InvalidClusterState", "", "being changed"),
        ("redshift-serverless", 400, "ConflictException", "", "being changed"),
        ("iam", 500, "ServiceFailure", "", "failed inside AWS"),
        ("iam", 503, "", "", "failed inside AWS"),
    ],
)
def test_what_passes_by_itself_is_waited_for(service, status, code, text, reason):
    assert reason in passing_call(service, "Do", status, code, text).reason


@pytest.mark.parametrize(
    ("service", "status", "code", "text"),
    [
        ("lambda", 400, "InvalidParameterValueException", "Unzipped size must be smaller"),
        ("lambda", 409, "ResourceConflictException", "Function already exist: f"),
        ("iam", 403, "AccessDenied", "no"),
        ("iam", 409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000"),
        ("lambda", 400, "CodeStorageExceededException", "Code storage limit exceeded."),
        ("redshift", 404, "ClusterNotFound", ""),
        ("redshift-data", 400, "ValidationException", "role cannot be assumed"),
    ],
)
def test_what_is_permanent_is_not(service, status, code, text):
    assert passing_call(service, "Do", status, code, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: 1023 DETAIL: Serializable isolation violation on table - 108263",
        "ERROR: could not complete because of conflict with concurrent transaction",
        "ERROR: deadlock detected",
    ],
)
def test_conflicts_of_transactions_are_waited_for(text):
    assert "met another one" in passing_sql(text).reason


@pytest.mark.parametrize(
    "text", ['syntax error at or near "10234"', "permission denied for language exfunc", "1/0"]
)
def test_other_errors_of_the_database_are_not(text):
    assert passing_sql(text) is None


def test_pauses_grow_differ_at_random_and_end():
    now = [0.0]
    lots = iter([0.0, 1.0, 0.0, 1.0, 1.0])
    pauses = Pauses(Patience(1.0, 4.0, 12.0), clock=lambda: now[0], chance=lambda: next(lots))
    seen = []
    while (pause := pauses.next()) is not None:
        seen.append(pause)
        now[0] += pause
    assert seen == [0.5, 2.0, 2.0, 4.0, 3.5]


OPERATION = SimpleNamespace(
    name="CreateFunction", service_model=SimpleNamespace(service_name="lambda")
)


def refusal(code, message, status=400):
    return SimpleNamespace(status_code=status), {"Error": {"Code": code, "Message": message}}


def test_a_refused_call_is_repeated_with_its_reason_told_and_its_pauses_growing():
    told, request = [], {"context": {}}
    retries = CallRetries()
    with telling(told.append):
        pauses = [
            retries.pause(refusal("TooManyRequestsException", "", 429), OPERATION, None, request)
            for _ in range(5)
        ]
    assert told == ["AWS throttles lambda CreateFunction"] * 5
    assert pauses[4] > pauses[0]
    assert retries.pause(refusal("AccessDenied", "", 403), OPERATION, None, request) is None
    good = (SimpleNamespace(status_code=200), {})
    assert retries.pause(good, OPERATION, None, request) is None


def test_a_lost_connection_is_tried_again_and_faults_of_the_program_are_not():
    lost = bc.ConnectionClosedError(endpoint_url="http://x")
    assert CallRetries().pause(None, OPERATION, lost, {"context": {}}) > 0
    assert CallRetries().pause(None, OPERATION, ValueError(), {"context": {}}) is None


def test_who_listens_in_one_thread_is_told_of_waits_in_another():
    told = []
    with telling(told.append):
        pause = heard(lambda: Pauses(Patience(0.0, 0.0, 1.0)).wait("a reason"))
    assert pause()
    assert told == ["a reason"]
