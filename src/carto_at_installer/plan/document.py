"""A plan as a JSON document: what is shown, what `plan --out` saves, and what is compared before it is applied."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from carto_at_installer.plan import steps as s

if TYPE_CHECKING:
    from carto_at_installer.plan.steps import Plan, Step


def plan_document(plan: Plan) -> dict[str, Any]:
    """Everything that the plan would do, by name and digest. Equal documents mean equal effects."""
    return {
        "schema": plan.schema,
        "version": plan.version,
        "command": plan.command,
        "release": plan.release,
        "restores": plan.restores,
        "options": dict(plan.options),
        "steps": [step_document(step) for step in plan.steps],
    }


def step_document(step: Step) -> dict[str, Any]:
    """One step: its key, its kind, a line for people, what it waits for, and what it is about."""
    return {
        "key": step.key,
        "action": type(step.action).__name__,
        "summary": step.summary,
        "after": list(step.after),
        "subject": _subject(step.action),
    }


def _subject(action: s.Action) -> dict[str, Any]:
    match action:
        case s.ApplyModule() | s.PutBack() | s.DropAside():
            return _sql_subject(action)
        case s.CreateFunction(function, layer_arn) | s.UpdateFunction(function, layer_arn, _):
            return {
                "name": function.name,
                "content": function.artifact.content_digest,
                "role": function.role_arn,
                "memory_mb": function.memory_mb,
                "timeout_s": function.timeout_s,
                "environment": dict(function.environment),
                "layer": layer_arn or function.layer,
                "kms_key": function.kms_key,
            }
        case s.CreateRole(role) | s.UpdateRole(role):
            return {
                "name": role.name,
                "path": role.path,
                "boundary": role.boundary,
                "trust": dict(role.trust),
                "policy": dict(role.policy),
            }
        case s.ReserveConcurrency(name, executions, replaced):
            return {"name": name, "executions": executions, "replaced": list(replaced)}
        case s.PublishLayer(layer):
            return {"name": layer.name, "content": layer.artifact.content_digest}
        case _:
            return {}


def _sql_subject(action: s.ApplyModule | s.PutBack | s.DropAside) -> dict[str, Any]:
    if not isinstance(action, s.ApplyModule):
        return {"functions": [each.key for each in action.functions]}
    return {
        "module": action.module.module,
        "lambda": action.module.lambda_name,
        "objects": {o.signature: o.digest for o in action.changed},
        "drops": [o.signature for o in action.drops],
        "set_aside": [o.signature for o in action.foreign],
    }


def plan_digest(document: dict[str, Any]) -> str:
    """SHA-256 (hex) of a plan's document."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
