"""`--lambdas-only` and `--sql-only`: the half of an installation that a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from carto_at_installer.core.errors import UsageError
from carto_at_installer.plan.halves import Part

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from carto_at_installer.apply.installation import Preparation
    from carto_at_installer.core.result import Result

F = TypeVar("F", bound="Callable[..., Any]")


def part_flags(command: F) -> F:
    """The flags; `part_of_flags` takes them out again."""
    sql_only = click.option(
        "--sql-only",
        is_flag=True,
        help="Only what is in the database; what it needs in AWS must be there.",
    )
    lambdas_only = click.option(
        "--lambdas-only",
        is_flag=True,
        help="Only what is in AWS: roles, logs, layer, Lambda functions. Needs no login to the database.",
    )
    return lambdas_only(sql_only(command))


def part_of_flags(flags: MutableMapping[str, Any], *, saved_plan: bool = False) -> Part:
    """The part that is asked for. Raises UsageError for both at once, and for a half of a saved plan."""
    lambdas, sql = flags.pop("lambdas_only"), flags.pop("sql_only")
    if lambdas and sql:
        raise UsageError(
            "--lambdas-only and --sql-only exclude each other", hint="Without both, all is done."
        )
    if saved_plan and (lambdas or sql):
        raise UsageError(
            "A saved plan is the plan of a whole installation",
            hint="Leave out --plan or --out, or --lambdas-only and --sql-only.",
        )
    return Part.LAMBDAS if lambdas else Part.SQL if sql else Part.WHOLE


def lambdas_created(command: str, preparation: Preparation, count: int) -> Result:
    """What to say when the half in AWS is there."""
    from carto_at_installer.cli import reports  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Code, Paragraph, Result  # noqa: PLC0415

    done = f"{count} steps done in AWS for {reports.where(preparation.connection)}."
    blocks = (
        Paragraph(done, "good"),
        Paragraph("Whoever may use the database goes on, with the same options:"),
        Code("carto-at install --sql-only ...", "sh"),
    )
    data = {**reports.prepared(preparation), "changed": True, "release": 0}
    return Result(command, data=data, blocks=blocks, warnings=reports.warnings(preparation))
