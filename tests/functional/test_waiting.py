"""What passes by itself is waited for, with its reason shown; what is permanent is not, and is tried once."""

import pytest

from carto_at_installer.sandbox import daemon, faults
from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.world import EMPTY, cloud


def installed_with(*given):
    """Install while faults strike; the outcome, and how often each did."""
    with faults.during(daemon.default_home(), *given) as book:
        outcome = carto_at("install", "--sandbox", *TARGET)
        return outcome, [state.hits for state in book.states()]


UPDATING = (
    "The operation cannot be performed at this time. An update is in progress for resource: x"
)
PASSING = {
    "throttling of Lambda": (
        faults.throttled("lambda:CreateFunction", times=3),
        "AWS throttles lambda CreateFunction",
    ),
    "throttling of IAM": (
        faults.throttled("iam:CreateRole", times=3),
        "AWS throttles iam CreateRole",
    ),
    "throttling before anything is planned": (
        faults.throttled("logs:DescribeLogGroups", times=2),
        "AWS throttles logs DescribeLogGroups",
    ),
    "slow propagation of a role": (
        faults.role_not_ready(2),
        "IAM has not yet made the role known to Lambda",
    ),
    "a Lambda function that is being updated": (
        faults.error("lambda:CreateFunction", "ResourceConflictException", UPDATING, times=2),
        "the Lambda function is being updated",
    ),
    "too many active statements": (
        faults.error(
            "redshift-data:BatchExecuteStatement", "ActiveStatementsExceededException", times=2
        ),
        "the cluster runs as many statements as the Data API takes",
    ),
    "too many sessions": (
        faults.error(
            "redshift-data:BatchExecuteStatement", "ActiveSessionsExceededException", times=2
        ),
        "as many Data API sessions are open as there may be",
    ),
    "a serialization error": (
        faults.failed_statement(
            where="RETURNS BIGINT*LAMBDA",
            message="1023 DETAIL: Serializable isolation violation on table",
            times=2,
        ),
        "the transaction met another one and is repeated",
    ),
    "a conflict of definitions": (
        faults.failed_statement(
            where="RETURNS BIGINT*LAMBDA",
            message="could not complete because of conflict with concurrent transaction",
        ),
        "the transaction met another one and is repeated",
    ),
    "a cluster that is being changed": (
        faults.error("redshift:ModifyClusterIamRoles", "InvalidClusterState", times=2),
        "the cluster or namespace is being changed",
    ),
    "a fault inside AWS": (
        faults.error("iam:PutRolePolicy", "ServiceFailure", times=2),
        "iam PutRolePolicy failed inside AWS",
    ),
    "a lost connection": (
        faults.dropped("lambda:CreateFunction", times=2),
        "the connection broke during lambda CreateFunction",
    ),
    "a lost reply": (
        faults.lost_reply("lambda:CreateFunction"),
        "the connection broke during lambda CreateFunction",
    ),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_10_what_passes_by_itself_is_waited_for_with_its_reason(use, trouble):
    use("first")
    fault, reason = PASSING[trouble]
    outcome, hits = installed_with(fault)
    assert outcome.code == 0, outcome.err
    assert hits[0] >= 1
    assert reason in outcome.err
    assert sql("SELECT carto.TOY_TIMES(4)") == [[12]]


PERMANENT = {
    "a quota": faults.error("lambda:CreateFunction", "CodeStorageExceededException", times=9),
    "a wrong parameter": faults.error(
        "lambda:CreateFunction", "InvalidParameterValueException", "Unzipped size", times=9
    ),
    "a denial": faults.error("iam:CreateRole", "AccessDenied", times=9),
    "a refused statement": faults.failed_statement(
        where="RETURNS BIGINT*LAMBDA", message="permission denied for language exfunc", times=9
    ),
}


@pytest.mark.parametrize("trouble", PERMANENT)
def test_10_what_is_permanent_is_tried_once(use, aws, trouble):
    use("first")
    outcome, hits = installed_with(PERMANENT[trouble])
    assert outcome.code == 5
    # Both roles are created at the same time, each is refused once.
    assert hits[0] == (2 if trouble == "a denial" else 1)
    assert cloud(aws) == EMPTY
    assert run("status").code == 4
