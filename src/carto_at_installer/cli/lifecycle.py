"""The commands that lead an installation from release to release: upgrade, rollback, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import output_flags, selection_flags
from carto_at_installer.cli.install import dry_run_flag, on_failure_flag, skip_validation_flag
from carto_at_installer.cli.installed import (
    carried_out,
    installed_part,
    located,
    place_flags,
    prepared_again,
    removed,
)
from carto_at_installer.cli.selection import asked_selection, nothing_changed
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.core.options import OnFailure

if TYPE_CHECKING:
    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.core.releases import Installation, Release
    from carto_at_installer.core.result import Result
    from carto_at_installer.plan.steps import Plan


@click.command()
@place_flags
@selection_flags
@click.option("--allow-downgrade", is_flag=True, help="Also to an older version than is installed.")
@on_failure_flag
@dry_run_flag
@skip_validation_flag
@output_flags
@click.pass_context
def upgrade(
    context: click.Context,
    /,
    *,
    allow_downgrade: bool,
    on_failure: str,
    dry_run: bool,
    skip_validation: bool,
    **flags: Any,
) -> Result:
    """Bring an installation to this version.

    The options it was installed with are kept. Running queries end on the old code, which stays beside the new one
    until it is pruned; `carto-at rollback` goes back to it. With a selection on the command line (that of a file does
    not count), only those of the installed functions are brought to this version.

    \b
    carto-at upgrade --cluster-id my-cluster --database dev
    carto-at upgrade --modules h3,quadbin --cluster-id my-cluster --database dev --dry-run
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.__about__ import __version__  # noqa: PLC0415 - keeps --help quick

    terminal = context.ensure_object(Terminal)
    wishes = asked_selection(context, flags)
    if wishes and wishes.only == ():
        return nothing_changed("upgrade")
    there = located(flags)
    _refuse_downgrade(there.installation, __version__, allowed=allow_downgrade)
    prepared = prepared_again(
        "upgrade",
        terminal,
        there,
        believe_database=False,
        validate=not skip_validation,
        selection=installed_part(there, wishes) if wishes else None,
    )
    return carried_out(terminal, prepared, on_failure, dry_run=dry_run)


def _refuse_downgrade(installation: Installation, version: str, *, allowed: bool) -> None:
    from packaging.version import Version  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    current = installation.current
    if current and Version(current.version) > Version(version) and not allowed:
        raise UsageError(
            f"Version {current.version} is installed, this is the older version {version}",
            hint="Upgrade this package, go back with `carto-at rollback`, or add --allow-downgrade.",
        )


@click.command()
@click.argument("release", type=int, required=False)
@place_flags
@dry_run_flag
@output_flags
@click.pass_obj
def rollback(terminal: Terminal, /, *, release: int | None, dry_run: bool, **flags: Any) -> Result:
    """Go back to an earlier release.

    To RELEASE, by default to the one before; after a command that stopped half-way, to where it began. No upload is
    needed: the Lambda functions of that release are still there. A first installation that stopped half-way is taken
    away again; what a removal that stopped half-way has deleted is made again, by the package of that version.

    \b
    carto-at rollback --cluster-id my-cluster --database dev
    carto-at rollback 3 --dry-run --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply import restoration  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.operation import Conduct  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.cli.stopping import stoppable  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    there = located(flags)
    if release is None and _can_be_remade(there.installation):
        anew = prepared_again("rollback", terminal, there, believe_database=True)
        return carried_out(terminal, anew, OnFailure.STOP.value, dry_run=dry_run)
    connection = there.connection
    prepared = restoration.prepare_rollback(connection, release)
    if prepared is None:
        data = {**reports.place(connection), "changed": False}
        return Result("rollback", data=data, blocks=(Paragraph("Nothing to do.", "good"),))
    if dry_run:
        return reports.removal_planned("rollback", connection, prepared.plan)
    with shown(terminal) as progress, stoppable(terminal) as interrupted:
        restoration.roll_back(prepared, Conduct(progress, interrupted))
    back = prepared.release
    sentence = (
        f"Release {back.number} ({back.version}) is in use again in {reports.where(connection)}."
        if back
        else f"Nothing of the unfinished installation is left in {reports.where(connection)}."
    )
    return reports.carried_out("rollback", connection, prepared.plan, sentence)


def _can_be_remade(installation: Installation) -> bool:
    """Whether what an unfinished removal has taken away can be made again: this package is of that version."""
    from carto_at_installer.__about__ import __version__  # noqa: PLC0415 - keeps --help quick

    stopped, current = installation.unfinished, installation.current
    removing = stopped is not None and stopped.command == "uninstall"
    return removing and current is not None and current.version == __version__


@click.command()
@place_flags
@on_failure_flag
@dry_run_flag
@output_flags
@click.pass_obj
def resume(terminal: Terminal, /, *, on_failure: str, dry_run: bool, **flags: Any) -> Result:
    """Complete what stopped half-way.

    With the options that it began with.

    \b
    carto-at resume --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.cli import reports  # noqa: PLC0415 - imports boto3
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    there = located(flags)
    stopped = there.installation.unfinished
    if stopped is None:
        data = {**reports.place(there.connection), "changed": False}
        return Result("resume", data=data, blocks=(Paragraph("Nothing is unfinished.", "good"),))
    rest = _rest(there.connection, there.installation, stopped)
    if rest is not None:
        plan, sentence = rest
        if dry_run:
            return reports.removal_planned("resume", there.connection, plan)
        return removed("resume", terminal, there.connection, plan, sentence)
    command = "install" if stopped.command == "rollback" and stopped.restores else stopped.command
    believe = command in {"repair", "adopt", "rollback"}
    prepared = prepared_again(command, terminal, there, believe_database=believe)
    return carried_out(terminal, prepared, on_failure, dry_run=dry_run)


def _rest(
    connection: Connection, installation: Installation, stopped: Release
) -> tuple[Plan, str] | None:
    """The rest of an unfinished command that works from the state alone, and what to say then; None for the others.

    A rollback that makes again what a removal has deleted needs the package, as an installation does.
    """
    from carto_at_installer.apply import removal, restoration  # noqa: PLC0415 - imports boto3

    if stopped.command == "rollback" and (stopped.restores or installation.current is None):
        prepared = restoration.prepare_rollback(connection, stopped.restores or None)
        return (prepared.plan, "The rollback is complete.") if prepared else None
    if stopped.command == "uninstall":
        keep = stopped.options.get("keep_lambdas") == "true"
        plan = removal.prepare_uninstall(connection, keep_lambdas=keep)
        return plan, "The installation is gone."
    if stopped.command == "remove":
        return removal.prepare_partial_rest(connection), "The chosen functions are gone."
    return None
