"""The two halves of an installation, for those of whom one may use AWS and another the database.

The half in AWS (roles, logs, layer, Lambda functions) is made first and recorded nowhere: its things bear the mark of
the installation as tags. The half in the database then finds them and records everything.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from carto_at_installer.core.errors import PreflightError
from carto_at_installer.plan import steps as s

if TYPE_CHECKING:
    from carto_at_installer.plan.steps import Plan


class Part(StrEnum):
    """What of an installation is worked on."""

    WHOLE = "whole"
    LAMBDAS = "lambdas"
    SQL = "sql"


def part_of(plan: Plan, part: Part) -> Plan:
    """The part of a plan. Raises PreflightError when the half in the database lacks something in AWS."""
    match part:
        case Part.WHOLE:
            return plan
        case Part.LAMBDAS:
            return _lambdas(plan)
        case Part.SQL:
            return _sql(plan)
        case _ as never:
            assert_never(never)


def _in_database(step: s.Step) -> bool:
    return isinstance(step.action, s.PrepareSchema | s.ApplyModule | s.PutBack | s.DropAside)


def _lambdas(plan: Plan) -> Plan:
    """The steps in AWS. They make no release: release 0."""
    keys = {step.key for step in plan.steps if not _in_database(step)}
    kept = tuple(
        replace(step, after=tuple(key for key in step.after if key in keys))
        for step in plan.steps
        if step.key in keys
    )
    return replace(plan, steps=kept, release=0)


def _sql(plan: Plan) -> Plan:
    missing = [step for step in plan.steps if not _in_database(step)]
    if missing:
        raise PreflightError(
            "What the functions need in AWS is not as it should be:\n"
            + "\n".join(f"  {step.summary}" for step in missing),
            hint="Have `carto-at install --lambdas-only` run with the same target, schema, prefix and selection.",
        )
    return plan
