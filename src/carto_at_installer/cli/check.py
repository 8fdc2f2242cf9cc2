"""`carto-at check`: finds out whether an installation will work, and who must do what if not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import (
    output_flags,
    sandbox_flag,
    selection_flags,
    shape_flags,
    target_flags,
)
from carto_at_installer.cli.selection import selection_of
from carto_at_installer.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.apply.facts import GatheredFacts
    from carto_at_installer.checks.outcome import Outcome
    from carto_at_installer.core.result import Block, Result

_FAILED = 4


@click.command()
@target_flags
@sandbox_flag
@shape_flags
@selection_flags
@click.option(
    "--for-cdk",
    is_flag=True,
    help="Also require what deploying with the AWS CDK needs on this machine.",
)
@output_flags
@click.pass_context
def check(context: click.Context, /, *, for_cdk: bool, **flags: Any) -> Result:
    """Find out whether an installation will work, and who must do what if not.

    Asks about this machine, your credentials and IAM permissions, the cluster, the login to the database, the role
    that Redshift invokes Lambda with, Lambda itself, and the schema. Nothing is changed. Every problem comes with the
    command, policy or SQL that solves it. The exit code is 4 when a check failed.

    \b
    carto-at check --cluster-id my-cluster --database dev
    carto-at check --sandbox --cluster-id demo --database dev --output json
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.facts import Intent  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.checks.environment import CDK_TOOLS  # noqa: PLC0415
    from carto_at_installer.cli.check_table import checks_shown  # noqa: PLC0415
    from carto_at_installer.cli.install import ask_for_missing, options_of  # noqa: PLC0415

    terminal = context.ensure_object(Terminal)
    ask_for_missing(terminal, context, flags)
    flags["selection"] = selection_of(flags)
    intent = Intent(wanted_tools=CDK_TOOLS if for_cdk else frozenset())
    installer = Installer(options_of(flags), bundle_root(), intent)
    with checks_shown(terminal) as listener:
        outcomes = installer.check(listener)
    return _result(terminal, outcomes, installer.facts)


def _result(terminal: Terminal, outcomes: Sequence[Outcome], facts: GatheredFacts) -> Result:
    from carto_at_installer.checks.outcome import Status  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.errors import CartoAtError  # noqa: PLC0415
    from carto_at_installer.core.result import Problem, Result  # noqa: PLC0415

    counts = {status.value: sum(o.status is status for o in outcomes) for status in Status}
    data: dict[str, Any] = {"counts": counts, "checks": [o.document() for o in outcomes]}
    try:
        calls = facts.session.ledger.count()
        data["aws_calls"] = {
            "total": calls.total,
            "mutating": calls.mutating,
            "by_operation": calls.by_operation,
        }
    except CartoAtError:  # without a session there were no calls
        data["aws_calls"] = {"total": 0, "mutating": 0, "by_operation": {}}
    problems = {
        status: tuple(
            Problem("check", f"{o.check}: {o.reason}", o.fix)
            for o in outcomes
            if o.status is status
        )
        for status in (Status.FAIL, Status.WARN, Status.UNKNOWN)
    }
    failures = problems[Status.FAIL]
    return Result(
        "check",
        data=data,
        blocks=_blocks(
            outcomes, counts, with_table=not (terminal.animated and sys.stdout.isatty())
        ),
        exit_code=_FAILED if failures else 0,
        errors=failures,
        warnings=(*problems[Status.WARN], *problems[Status.UNKNOWN]),
    )


def _blocks(
    outcomes: Sequence[Outcome], counts: dict[str, int], *, with_table: bool
) -> tuple[Block, ...]:
    """On a terminal the table is there already, and stays."""
    from carto_at_installer.core.result import Paragraph, Table  # noqa: PLC0415 - keeps --help quick

    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    good = not counts["fail"]
    sentence = "Nothing stands in the way" if good else "This will not work yet"
    rows = tuple((o.plane.value, o.check, o.status.value, o.reason) for o in outcomes)
    table = (Table(("plane", "check", "status", "what was seen"), rows),) if with_table else ()
    return (*table, Paragraph(f"{sentence}: {told}.", "good" if good else "bad"))
