from __future__ import annotations

import contextlib
import json

import pytest

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.identity import DEFAULT_CALLER
from carto_at_installer.sandbox.limits import RequestLimits
from carto_at_installer.sandbox.services import Call
from carto_at_installer.sandbox.settings import Settings, SettingsError, read_settings

HERE = Call("us-east-1", DEFAULT_CALLER, "")


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def passed(limits, number, *operations, call=HERE):
    """How many of so many calls get through, of the operations in turn."""
    count = 0
    for position in range(number):
        service, operation = operations[position % len(operations)].split(":")
        with contextlib.suppress(AwsServiceError):
            limits(service, operation, {}, call)
            count += 1
    return count


def test_lambda_counts_all_of_its_control_plane_together():
    clock = Clock()
    limits = RequestLimits(1, clock)
    assert passed(limits, 40, "lambda:CreateFunction", "lambda:TagResource") == 15
    assert passed(limits, 200, "lambda:GetFunction") == 100
    assert passed(limits, 200, "lambda:Invoke") == 200
    clock.now += 0.5
    assert passed(limits, 40, "lambda:ListFunctions") == 7
    elsewhere = Call("eu-west-1", DEFAULT_CALLER, "")
    assert passed(limits, 40, "lambda:ListFunctions", call=elsewhere) == 15
    clock.now += 60
    assert passed(limits, 40, "lambda:ListFunctions") == 15


def test_the_data_api_counts_by_operation():
    limits = RequestLimits(1, Clock())
    assert passed(limits, 50, "redshift-data:ExecuteStatement") == 30
    assert passed(limits, 50, "redshift-data:BatchExecuteStatement") == 20
    assert passed(limits, 50, "redshift-data:ListStatements") == 3
    assert passed(limits, 50, "iam:CreateRole") == 50


def test_the_refusal_is_that_of_the_service():
    limits = RequestLimits(1, Clock())
    passed(limits, 15, "lambda:ListFunctions")
    with pytest.raises(AwsServiceError, match="Rate exceeded") as error:
        limits("lambda", "ListFunctions", {}, HERE)
    assert error.value.status == 429
    assert error.value.details == {"Reason": "CallerRateLimitExceeded"}


def test_limits_are_widened_and_lifted():
    assert passed(RequestLimits(2, Clock()), 50, "lambda:ListFunctions") == 30
    assert passed(RequestLimits(0, Clock()), 500, "lambda:ListFunctions") == 500
    assert passed(RequestLimits(0.01, Clock()), 5, "lambda:ListFunctions") == 1


def test_settings_of_both_kinds(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"rate_limits": 0, "enforce_iam": True}))
    assert read_settings(path) == Settings(rate_limits=0.0, enforce_iam=True)
    for wrong in ({"enforce_iam": 1}, {"rate_limits": True}, {"rate_limits": -1}):
        path.write_text(json.dumps(wrong))
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            read_settings(path)
