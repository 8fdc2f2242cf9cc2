"""The commands that take away: uninstall, prune, unlock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.asking import confirm
from carto_at_installer.cli.flags import output_flags, selection_flags
from carto_at_installer.cli.install import dry_run_flag
from carto_at_installer.cli.installed import opened, place_flags, removed, yes_flag
from carto_at_installer.cli.selection import asked_selection
from carto_at_installer.cli.terminal import Terminal

if TYPE_CHECKING:
    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.core.result import Result
    from carto_at_installer.plan.steps import Plan

_UNLOCKED = "The lease is gone. `carto-at status` says whether something is unfinished."


@click.command()
@place_flags
@selection_flags
@click.option("--keep-lambdas", is_flag=True, help="Leave everything in AWS, drop only the SQL.")
@dry_run_flag
@yes_flag
@output_flags
@click.pass_context
def uninstall(
    context: click.Context, /, *, keep_lambdas: bool, dry_run: bool, yes: bool, **flags: Any
) -> Result:
    """Remove an installation, or a part of it.

    And nothing that is not its own. Works from what is recorded in the target; functions and tables of others in the
    schema stay, and so does the schema then. Roles and Lambda functions that another installation uses too are left to
    it.

    With a selection on the command line (that of a file does not count), only the chosen functions go. That is a
    release of its own: `carto-at rollback` brings them back.

    \b
    carto-at uninstall --cluster-id my-cluster --database dev
    carto-at uninstall --modules h3 --cluster-id my-cluster --database dev --yes
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply import removal  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import reports  # noqa: PLC0415

    terminal = context.ensure_object(Terminal)
    wishes = asked_selection(context, flags)
    connection = opened(flags)
    part = removal.prepare_partial_removal(connection, wishes) if wishes else None
    if part is not None:
        return _uninstall_part(terminal, connection, part, dry_run=dry_run, yes=yes)
    plan = removal.prepare_uninstall(connection, keep_lambdas=keep_lambdas)
    if dry_run:
        return reports.removal_planned("uninstall", connection, plan)
    if not yes:
        confirm(terminal, f"Remove the installation in {reports.where(connection)}?")
    sentence = f"The installation in {reports.where(connection)} is gone."
    return removed("uninstall", terminal, connection, plan, sentence)


def _uninstall_part(
    terminal: Terminal, connection: Connection, plan: Plan, *, dry_run: bool, yes: bool
) -> Result:
    """Show the removal of a part, or carry it out."""
    from carto_at_installer.cli import reports  # noqa: PLC0415 - keeps --help quick

    if dry_run:
        return reports.removal_planned("uninstall", connection, plan)
    count = plan.options["removed"].count(",") + 1
    if not yes:
        confirm(terminal, f"Remove {count} SQL functions from {reports.where(connection)}?")
    sentence = f"{count} SQL functions are gone from {reports.where(connection)}."
    return removed("uninstall", terminal, connection, plan, sentence)


@click.command()
@place_flags
@click.option(
    "--keep-releases",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="How many releases stay usable, the current one included.",
)
@dry_run_flag
@output_flags
@click.pass_obj
def prune(terminal: Terminal, /, *, keep_releases: int, dry_run: bool, **flags: Any) -> Result:
    """Delete what only old releases use.

    Lambda functions and layers of releases that nobody will go back to.

    \b
    carto-at prune --keep-releases 1 --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply import removal  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import reports  # noqa: PLC0415

    connection = opened(flags)
    plan = removal.prepare_prune(connection, keep=keep_releases)
    if dry_run or plan.empty:
        return reports.removal_planned("prune", connection, plan)
    return removed("prune", terminal, connection, plan, f"{len(plan.steps)} steps done.")


@click.command()
@place_flags
@dry_run_flag
@yes_flag
@output_flags
@click.pass_obj
def unlock(terminal: Terminal, /, *, dry_run: bool, yes: bool, **flags: Any) -> Result:
    """Take the lease of a dead process away.

    It would also end by itself.

    \b
    carto-at unlock --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.lease import break_lease, read_holder  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    connection = opened(flags)
    connection.installation()
    holder = read_holder(connection.sql, connection.store.tables)
    data = {**reports.place(connection), "unlocked": holder is not None}
    if holder is None:
        return Result("unlock", data=data, blocks=(Paragraph("Nobody holds the lease.", "good"),))
    if dry_run:
        held = Paragraph(f"{holder.describe()}. Nothing has been changed.")
        return Result("unlock", data={**data, "unlocked": False}, blocks=(held,))
    if not yes:
        confirm(terminal, f"{holder.describe()}. Take it away?")
    break_lease(connection.sql, connection.store.tables, holder)
    return Result("unlock", data=data, blocks=(Paragraph(_UNLOCKED, "good"),))
