"""Refuses calls that their caller has no permission for, in AWS's words."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.faults.calls import expired
from carto_at_installer.sandbox.iam_policy import (
    Decision,
    Question,
    UnknownConditionError,
    decide,
)
from carto_at_installer.sandbox.identity import ACCOUNT, ADMINISTRATOR, DEFAULT_CALLER
from carto_at_installer.sandbox.permissions import account_rules, lambda_rules, redshift_rules
from carto_at_installer.sandbox.permissions.asking import Asking, Rules, World

if TYPE_CHECKING:
    from carto_at_installer.sandbox.moto_services.principals import Document, Principal
    from carto_at_installer.sandbox.services import Call

_log = logging.getLogger(__name__)
_QUERY = frozenset({"iam", "sts", "redshift", "s3"})
_RULES: dict[str, Rules] = {
    "iam": account_rules.iam,
    "lambda": lambda_rules.needs,
    "logs": account_rules.logs,
    "redshift": redshift_rules.provisioned,
    "redshift-data": redshift_rules.data,
    "redshift-serverless": redshift_rules.serverless,
    "s3": account_rules.s3,
    "secretsmanager": account_rules.secretsmanager,
    "sts": account_rules.sts,
}


class Enforcement:
    """A gate: the caller's policies, boundary and session policy must allow all that a call needs.

    The key `sandbox` is the administrator's, who may do everything; other keys must have been made here.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, service: str, operation: str, members: dict[str, Any], call: Call) -> None:
        """Raise AwsServiceError for a call that is not allowed."""
        if call.access_key == ADMINISTRATOR:
            return
        principal = self._world.directory().principal_of(call.access_key)
        if principal is None or call.caller == DEFAULT_CALLER:
            raise _unknown_key(service)
        if principal.expires is not None and principal.expires <= time.time():
            raise expired(service)
        context = _context(principal, call, members)
        asking = Asking(service, operation, members, call, self._world, context)
        for question in _RULES[service](asking):
            reason = _refusal(principal, question)
            outcome = "refused" if reason else "used"
            _log.info("permission %s: %s on %s", outcome, question.action, question.resource)
            if reason:
                raise _denied(service, call, question, reason)


def _context(
    principal: Principal, call: Call, members: dict[str, Any]
) -> dict[str, tuple[str, ...]]:
    """The condition keys of every request, in lower case."""
    now = time.time()
    session = ":assumed-role/" in call.caller.arn
    context: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (principal.arn,),
        "aws:principalaccount": (ACCOUNT,),
        "aws:principaltype": ("AssumedRole" if session else "User",),
        "aws:userid": (call.caller.user_id,),
        "aws:requestedregion": (call.region,),
        "aws:sourceip": ("127.0.0.1",),
        "aws:securetransport": ("true",),
        "aws:currenttime": (datetime.fromtimestamp(now, tz=UTC).isoformat(),),
        "aws:epochtime": (str(int(now)),),
    }
    if not session:
        context["aws:username"] = (principal.name,)
    tags = _tags(members)
    context |= {f"aws:requesttag/{key}".lower(): (value,) for key, value in tags.items()}
    if tags:
        context["aws:tagkeys"] = tuple(tags)
    return context


def _tags(members: dict[str, Any]) -> dict[str, str]:
    given = members.get("Tags") or members.get("tags") or {}
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items()}
    return {
        str(tag.get("Key") or tag.get("key")): str(tag.get("Value") or tag.get("value") or "")
        for tag in given
    }


def _refusal(principal: Principal, question: Question) -> str:
    """Why not; empty when it is allowed."""
    limits: list[tuple[str, list[Document]]] = [
        ("an identity-based policy", [*principal.policies]),
        ("a permissions boundary", [principal.boundary] if principal.boundary else []),
        ("a session policy", [principal.session_policy] if principal.session_policy else []),
    ]
    given = [(kind, documents) for kind, documents in limits if documents or kind == limits[0][0]]
    try:
        decisions = [(kind, decide(documents, question)) for kind, documents in given]
    except UnknownConditionError as error:
        return f"because a policy cannot be judged: {error}"
    for kind, decision in decisions:
        if decision is Decision.EXPLICIT_DENY:
            return f"with an explicit deny in {kind}"
    for kind, decision in decisions:
        if decision is not Decision.ALLOWED:
            return f"because no {kind.partition(' ')[2]} allows the {question.action} action"
    return ""


def _denied(service: str, call: Call, question: Question, reason: str) -> AwsServiceError:
    return AwsServiceError(
        "AccessDenied" if service in _QUERY else "AccessDeniedException",
        f"User: {call.caller.arn} is not authorized to perform: {question.action} on resource: "
        f"{question.resource} {reason}",
        403 if service in {*_QUERY, "lambda"} else 400,
    )


def _unknown_key(service: str) -> AwsServiceError:
    if service == "s3":
        text = "The AWS Access Key Id you provided does not exist in our records."
        return AwsServiceError("InvalidAccessKeyId", text, 403)
    code = "InvalidClientTokenId" if service in _QUERY else "UnrecognizedClientException"
    status = 403 if service in {*_QUERY, "lambda"} else 400
    return AwsServiceError(code, "The security token included in the request is invalid.", status)
