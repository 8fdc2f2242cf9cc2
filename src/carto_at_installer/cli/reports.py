"""What the commands about installations say: the same facts as data for machines and as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.catalog.select import sql_names
from carto_at_installer.checks.outcome import Status
from carto_at_installer.core.result import Code, Paragraph, Problem, Result, Table
from carto_at_installer.plan.document import step_document
from carto_at_installer.plan.examples import smoke_example

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.installation import Installed, Preparation
    from carto_at_installer.core.result import Block
    from carto_at_installer.plan.steps import Plan, Step
    from carto_at_installer.verify.smoke import SmokeFailure


def where(connection: Connection) -> str:
    """The place of an installation, in words."""
    target, identity = connection.target, connection.identity
    return (
        f"{target.deployment.value} {target.name}, database {target.database}, schema {connection.schema} "
        f"({identity.region}, account {identity.account})"
    )


def place(connection: Connection) -> dict[str, Any]:
    """The place of an installation, and the calls that were made so far, as data."""
    target, identity, calls = (
        connection.target,
        connection.identity,
        connection.session.ledger.count(),
    )
    return {
        "target": {
            "deployment": target.deployment.value,
            "name": target.name,
            "database": target.database,
            "schema": connection.schema,
            "region": identity.region,
            "account": identity.account,
            "caller": identity.arn,
        },
        "aws_calls": {
            "total": calls.total,
            "mutating": calls.mutating,
            "by_operation": calls.by_operation,
        },
    }


def steps_data(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps of a plan as data."""
    return [step_document(step) for step in steps]


def steps_table(plan: Plan, caption: str) -> Table:
    """The steps of a plan as a table."""
    rows = tuple((number, step.summary) for number, step in enumerate(plan.steps, 1))
    return Table(("", "step"), rows, caption=caption)


def failure_problems(failures: Sequence[SmokeFailure]) -> tuple[Problem, ...]:
    """Examples that do not answer as documented, as problems."""
    return tuple(Problem("smoke-test", failure.describe(), failure.hint) for failure in failures)


def prepared(preparation: Preparation) -> dict[str, Any]:
    """What was found out and planned, as data."""
    return {
        **place(preparation.connection),
        "version": preparation.plan.version,
        "checks": [o.document() for o in preparation.outcomes],
        "steps": steps_data(preparation.plan.steps),
        "selection": {
            "functions": sorted({f.name for f in preparation.catalog.functions}),
            "added": [
                {"function": each.name, "needed_by": list(each.needed_by)}
                for each in preparation.added
            ],
        },
    }


def _added(preparation: Preparation) -> tuple[Paragraph, ...]:
    """What was added to the selection, as a paragraph; nothing if nothing was."""
    if not preparation.added:
        return ()
    lines = [f"  {each.name}, called by {', '.join(each.needed_by)}" for each in preparation.added]
    return (Paragraph("\n".join(["Added, because others need it:", *lines])),)


def warnings(preparation: Preparation) -> tuple[Problem, ...]:
    """What checks warned of."""
    return tuple(
        Problem("check", f"{o.check}: {o.reason}", o.fix)
        for o in preparation.outcomes
        if o.status is Status.WARN
    )


def planned(command: str, preparation: Preparation) -> Result:
    """The plan of an installation that was not carried out."""
    if preparation.plan.empty:
        return nothing_to_do(command, preparation)
    count = len(preparation.plan.steps)
    blocks: tuple[Block, ...] = (
        Paragraph(f"Plan for {where(preparation.connection)}", "title"),
        *_added(preparation),
        steps_table(preparation.plan, f"{count} steps; nothing has been changed."),
    )
    data = {**prepared(preparation), "changed": False}
    return Result(command, data=data, blocks=blocks, warnings=warnings(preparation))


def nothing_to_do(command: str, preparation: Preparation) -> Result:
    """An installation that is as it should be."""
    version, place_ = preparation.plan.version, where(preparation.connection)
    blocks = (Paragraph(f"Nothing to do: version {version} is installed in {place_}.", "good"),)
    data = {**prepared(preparation), "changed": False}
    return Result(command, data=data, blocks=blocks, warnings=warnings(preparation))


def installed(command: str, preparation: Preparation, done: Installed) -> Result:
    """An installation that was carried out."""
    functions = {f.name for f in preparation.catalog.functions if f.public}
    data = {
        **prepared(preparation),
        "changed": True,
        "release": preparation.plan.release,
        "smoke_tests": done.smoke_tests,
        "functions": sorted(functions),
    }
    calls = data["aws_calls"]
    blocks = (
        Paragraph(
            f"Release {preparation.plan.release}, version {preparation.plan.version}: {len(functions)} functions in "
            f"{where(preparation.connection)}.",
            "good",
        ),
        *_added(preparation),
        Paragraph(
            f"{len(done.steps)} steps, {done.smoke_tests} smoke tests, "
            f"{calls['total']} AWS calls ({calls['mutating']} of them changes).",
            "muted",
        ),
        *_to_try(preparation),
    )
    errors = failure_problems(done.failures)
    return Result(
        command,
        data=data,
        blocks=blocks,
        errors=errors,
        exit_code=7 if errors else 0,
        warnings=warnings(preparation),
    )


def _to_try(preparation: Preparation) -> tuple[Block, ...]:
    """An example of one of the functions, to be copied."""
    there = sql_names(preparation.catalog)
    for function in preparation.catalog.functions:
        example = smoke_example(function, there) if function.public else None
        if example:
            sql = example.sql.replace("{{ schema }}", preparation.plan.schema).strip()
            return (Paragraph("Try:"), Code(f"{sql};"))
    return ()


def removal_planned(command: str, connection: Connection, plan: Plan) -> Result:
    """A plan of a removal or rollback that was not carried out."""
    data = {**place(connection), "changed": False, "steps": steps_data(plan.steps)}
    if plan.empty:
        return Result(command, data=data, blocks=(Paragraph("Nothing to do.", "good"),))
    blocks: tuple[Block, ...] = (
        Paragraph(f"Plan for {where(connection)}", "title"),
        steps_table(plan, f"{len(plan.steps)} steps; nothing has been changed."),
    )
    return Result(command, data=data, blocks=blocks)


def carried_out(command: str, connection: Connection, plan: Plan, sentence: str) -> Result:
    """A plan of a removal or rollback that was carried out."""
    data = {
        **place(connection),
        "changed": True,
        "release": plan.release,
        "steps": steps_data(plan.steps),
    }
    return Result(command, data=data, blocks=(Paragraph(sentence, "good"),))
