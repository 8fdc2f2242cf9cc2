"""How Redshift calls a Lambda function, with the checks that Redshift makes.

The first role of the IAM_ROLE clause is attached to the cluster or namespace and in sync, Redshift may assume it, each
role may assume the next one, and the policies of the last one allow `lambda:InvokeFunction`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import AwsServiceError, LambdaCallError
from carto_at_installer.sandbox.faults.calls import before_internal_call
from carto_at_installer.sandbox.faults.roles import too_young
from carto_at_installer.sandbox.iam_policy import (
    Decision,
    Question,
    UnknownConditionError,
    decide_within,
    trusts,
)
from carto_at_installer.sandbox.identity import ACCOUNT, Caller
from carto_at_installer.sandbox.lambda_service.references import function_reference
from carto_at_installer.sandbox.protocols.http import ConnectionDroppedError
from carto_at_installer.sandbox.redshift_service.targets_store import Record, role_in_sync
from carto_at_installer.sandbox.services import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.engine.external import LambdaCall
    from carto_at_installer.sandbox.faults.book import FaultBook
    from carto_at_installer.sandbox.lambda_service.service import LambdaService
    from carto_at_installer.sandbox.moto_services.app import MotoServices
    from carto_at_installer.sandbox.moto_services.directory import Directory
    from carto_at_installer.sandbox.moto_services.principals import Principal

_REMEMBERED_QUERIES = 1000
_REPEATED = frozenset({"TooManyRequestsException", "EC2ThrottledException", "ServiceException"})
"""What Redshift repeats within RETRY_TIMEOUT, by the documentation of CREATE EXTERNAL FUNCTION."""


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster or workgroup: its ARN and name, the record that holds its roles, its default database."""

    arn: str
    region: str
    kind: str
    name: str
    roles: Record
    database: str
    service: str


class RedshiftLambdaCaller:
    """Calls functions for one engine. `current` gives the target as it is now: its roles may have changed."""

    def __init__(
        self,
        current: Callable[[], Target],
        moto: MotoServices,
        functions: LambdaService,
        faults: FaultBook,
        role_ready_seconds: float = 0.0,
    ) -> None:
        self._current = current
        self._role_ready_seconds = role_ready_seconds
        self._faults = faults
        self._moto = moto
        self._functions = functions
        self._authorised: dict[tuple[int, str, tuple[str, ...]], tuple[Call, str]] = {}

    def __call__(self, call: LambdaCall) -> bytes:
        """Invoke a function as Redshift does. Raises LambdaCallError."""
        try:
            context, name = self._authorised_once(call)
            before_internal_call(self._faults, "lambda", "Invoke", name)
            record = self._functions.find(call.function_name, context)
            outcome = self._functions.run(record, call.payload)
        except AwsServiceError as error:
            throttled = error.code in _REPEATED
            raise LambdaCallError(error.message, retryable=throttled) from error
        except ConnectionDroppedError as error:
            raise LambdaCallError("The connection to Lambda was lost", retryable=True) from error
        except UnknownConditionError as error:
            raise LambdaCallError(str(error)) from error
        if outcome.error_kind is not None:
            raise LambdaCallError(_function_error(call.function_name, outcome.payload))
        return outcome.payload

    def _authorised_once(self, call: LambdaCall) -> tuple[Call, str]:
        """(circumstances, name of the function) of a call that is allowed.

        The first call of a query is authorised: the credentials that Redshift gets then serve the others too.
        """
        key = (call.query_id, call.function_name, call.role_arns)
        known = self._authorised.get(key)
        if known is not None:
            return known
        target = self._current()
        context = Call(target.region, Caller(target.arn, "redshift"), "")
        name = function_reference(call.function_name, context).name
        self._authorise(target, call, context.arn("lambda", f"function:{name}"))
        if len(self._authorised) >= _REMEMBERED_QUERIES:
            self._authorised.clear()
        self._authorised[key] = context, name
        return context, name

    def _authorise(self, target: Target, call: LambdaCall, function_arn: str) -> None:
        """Raise LambdaCallError unless the chain of roles leads from the target to the function."""
        chain = [self._role_arn(target, role) for role in call.role_arns]
        if not chain:
            raise LambdaCallError("The external function names no IAM role")
        if chain[0] not in target.roles["roles"]:
            raise LambdaCallError(
                f"The requested role {chain[0]} is not associated to {target.kind} {target.name}"
            )
        if not role_in_sync(target.roles, chain[0]):
            raise LambdaCallError(
                f"The requested role {chain[0]} is not yet in sync with {target.kind} {target.name}"
            )
        directory = self._moto.directory()
        role = _assumable(directory, chain[0], target.service)
        if too_young(self._faults, self._role_ready_seconds, role.arn, role.created):
            raise LambdaCallError(f"Not authorized to get credentials of role {role.arn}")
        for next_arn in chain[1:]:
            _require(role, "sts:AssumeRole", next_arn)
            role = _assumable(directory, next_arn, role.arn)
        _require(role, "lambda:InvokeFunction", function_arn)

    def _role_arn(self, target: Target, role: str) -> str:
        if role != "default":
            return role
        default: str | None = target.roles["default_role"]
        if default is None:
            raise LambdaCallError(
                f"IAM_ROLE default: no default IAM role is set for {target.kind} {target.name}"
            )
        return default


def _assumable(directory: Directory, role_arn: str, by: str) -> Principal:
    role = directory.role(role_arn)
    if role is None or not trusts(role.trust or {}, by):
        raise LambdaCallError(f"Not authorized to get credentials of role {role_arn}")
    return role


def _require(role: Principal, action: str, resource: str) -> None:
    decision = decide_within(role.policies, role.boundary, Question(action, resource))
    if decision is Decision.ALLOWED:
        return
    reason = (
        "with an explicit deny in an identity-based policy"
        if decision is Decision.EXPLICIT_DENY
        else f"because no identity-based policy allows the {action} action"
    )
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/RedshiftIamRoleSession"
    raise LambdaCallError(
        f"User: {session} is not authorized to perform: {action} on resource: {resource} {reason}"
    )


def _function_error(name: str, payload: bytes) -> str:
    try:
        error = json.loads(payload)
    except ValueError:
        error = {}
    kind, text = error.get("errorType", "Error"), error.get("errorMessage", "no message")
    return f"Lambda function {name} failed: {kind}: {text}"
