"""The commands that change an installation that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import (
    output_flags,
    sandbox_flag,
    selection_flags,
    setting_flag,
    shape_flags,
    target_flags,
)
from carto_at_installer.cli.install import dry_run_flag, on_failure_flag
from carto_at_installer.core.options import OnFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.installation import Installer, Preparation
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.releases import Installation, RecordedObject
    from carto_at_installer.core.result import Result
    from carto_at_installer.plan.steps import Plan

yes_flag = click.option("--yes", is_flag=True, help="Do not ask.")


def place_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that name an installation."""
    return target_flags(sandbox_flag(setting_flag("schema")(command)))


def opened(flags: dict[str, Any]) -> Connection:
    """The installation that the flags name. Takes them out of `flags`."""
    from carto_at_installer.config import validation  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.sql.identifiers import schema_name  # noqa: PLC0415

    aws = validation.aws_options(flags.pop("profile"), flags.pop("region"))
    names = ("cluster_id", "workgroup", "database", "db_user", "secret_arn")
    target = validation.target_options(**{name: flags.pop(name) for name in names})
    schema = schema_name(flags.pop("schema"))
    from carto_at_installer.apply.connection import connect  # noqa: PLC0415 - imports boto3

    return connect(aws, target, schema)


@click.command()
@place_flags
@click.option("--allow-downgrade", is_flag=True, help="Also to an older version than is installed.")
@on_failure_flag
@dry_run_flag
@output_flags
@click.pass_obj
def upgrade(
    terminal: Terminal,
    /,
    *,
    allow_downgrade: bool,
    on_failure: str,
    dry_run: bool,
    **flags: Any,
) -> Result:
    """Bring an installation to this version.

    The options it was installed with are kept. Running queries end on the old code, which stays beside the new
    one until
    it is pruned; `carto-at rollback` goes back to it.
    """
    from carto_at_installer.__about__ import __version__  # noqa: PLC0415 - keeps --help quick

    target = dict(flags)
    installation = opened(flags).installation()
    _refuse_downgrade(installation, __version__, allowed=allow_downgrade)
    prepared = _prepared_again("upgrade", terminal, target, installation, believe_database=False)
    return _carried_out(terminal, prepared, on_failure, dry_run=dry_run)


def _refuse_downgrade(installation: Installation, version: str, *, allowed: bool) -> None:
    from packaging.version import Version  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    current = installation.current
    if current and Version(current.version) > Version(version) and not allowed:
        raise UsageError(
            f"Version {current.version} is installed, this is the older version {version}",
            hint="Upgrade this package, go back with `carto-at rollback`, or add --allow-downgrade.",
        )


def _recorded_options(flags: dict[str, Any], installation: Installation) -> InstallOptions:
    """The options with which an installation was made, for the target and login that the flags name."""
    release = installation.unfinished or installation.current
    return _options_for(flags, release.options if release else {})


def _options_for(flags: dict[str, Any], record: Mapping[str, str]) -> InstallOptions:
    from carto_at_installer.config import validation  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.options import from_record  # noqa: PLC0415

    names = ("cluster_id", "workgroup", "database", "db_user", "secret_arn")
    aws = validation.aws_options(flags["profile"], flags["region"])
    target = validation.target_options(**{name: flags[name] for name in names})
    return validation.checked(from_record(aws, target, flags["schema"], record))


def repair_preparation(
    terminal: Terminal, flags: dict[str, Any], installation: Installation
) -> Preparation:
    """What a repair would do, from a look at what AWS and the database really hold."""
    return _prepared_again("repair", terminal, flags, installation, believe_database=True)[1]


def _prepared_again(
    command: str,
    terminal: Terminal,
    flags: dict[str, Any],
    installation: Installation,
    *,
    believe_database: bool,
) -> tuple[Installer, Preparation]:
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415 - imports boto3
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415

    options = _recorded_options(flags, installation)
    installer = Installer(
        options, bundle_root(), command=command, believe_database=believe_database
    )
    with shown(terminal) as progress:
        return installer, installer.prepare(progress)


def _carried_out(
    terminal: Terminal, prepared: tuple[Installer, Preparation], on_failure: str, *, dry_run: bool
) -> Result:
    from carto_at_installer.cli.install import finished  # noqa: PLC0415 - keeps --help quick

    installer, preparation = prepared
    command, choice = preparation.plan.command, OnFailure(on_failure)
    return finished(command, terminal, installer, preparation, choice, dry_run=dry_run)


@click.command()
@click.argument("release", type=int, required=False)
@place_flags
@dry_run_flag
@output_flags
@click.pass_obj
def rollback(terminal: Terminal, /, *, release: int | None, dry_run: bool, **flags: Any) -> Result:
    """Go back to an earlier release.

    To RELEASE, by default to the one before. No upload is needed: the Lambda functions of that release are
    still there. A first installation that stopped half-way
    is taken away again.
    """
    from carto_at_installer.apply import restoration  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.operation import Conduct  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.cli.stopping import stoppable  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    connection = opened(flags)
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


@click.command()
@place_flags
@on_failure_flag
@output_flags
@click.pass_obj
def resume(terminal: Terminal, /, *, on_failure: str, **flags: Any) -> Result:
    """Complete what stopped half-way.

    With the options that it began with.
    """
    from carto_at_installer.apply import removal, restoration  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    target = dict(flags)
    connection = opened(flags)
    installation = connection.installation()
    stopped = installation.unfinished
    if stopped is None:
        data = {**reports.place(connection), "changed": False}
        return Result("resume", data=data, blocks=(Paragraph("Nothing is unfinished.", "good"),))
    if stopped.command == "rollback":
        prepared = restoration.prepare_rollback(connection, stopped.restores or None)
        if prepared is None:
            return _completed("install", terminal, target, installation, on_failure)
        return _removed("resume", terminal, connection, prepared.plan, "The rollback is complete.")
    if stopped.command == "uninstall":
        keep = stopped.options.get("keep_lambdas") == "true"
        plan = removal.prepare_uninstall(connection, keep_lambdas=keep)
        return _removed("resume", terminal, connection, plan, "The installation is gone.")
    return _completed(stopped.command, terminal, target, installation, on_failure)


def _completed(
    command: str,
    terminal: Terminal,
    flags: dict[str, Any],
    installation: Installation,
    on_failure: str,
) -> Result:
    """Plan the rest of an unfinished command and carry it out."""
    believe = command in {"repair", "adopt"}
    prepared = _prepared_again(command, terminal, flags, installation, believe_database=believe)
    return _carried_out(terminal, prepared, on_failure, dry_run=False)


@click.command()
@place_flags
@click.option(
    "--rebuild-state",
    is_flag=True,
    help="The release tables are lost: make them anew from the tags of the Lambda functions.",
)
@on_failure_flag
@dry_run_flag
@output_flags
@click.pass_obj
def repair(
    terminal: Terminal,
    /,
    *,
    rebuild_state: bool,
    on_failure: str,
    dry_run: bool,
    **flags: Any,
) -> Result:
    """Put right what was changed or removed by hand.

    Compares with what AWS and the database really hold, not only with what is recorded. Needs this package in the
    version that is installed.
    """
    target = dict(flags)
    connection = opened(flags)
    if rebuild_state:
        prepared = _prepared_anew(terminal, target, connection)
        return _carried_out(terminal, prepared, on_failure, dry_run=dry_run)
    installation = connection.installation()
    _require_this_version(installation)
    prepared = _prepared_again("repair", terminal, target, installation, believe_database=True)
    return _carried_out(terminal, prepared, on_failure, dry_run=dry_run)


def _require_this_version(installation: Installation) -> None:
    from carto_at_installer.__about__ import __version__  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    current = installation.current
    if current and current.version != __version__:
        raise UsageError(
            f"Version {current.version} is installed, this is version {__version__}",
            hint=f"Install carto-at-redshift=={current.version} to repair, or use `carto-at upgrade`.",
        )


def _prepared_anew(
    terminal: Terminal, flags: dict[str, Any], connection: Connection
) -> tuple[Installer, Preparation]:
    """What makes the release tables anew around an installation that lost them."""
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.rebuilding import rebuilt_record  # noqa: PLC0415
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    if connection.store.read() is not None:
        raise UsageError(
            f"The release tables of schema {connection.schema} are there: nothing is lost",
            hint="Use `carto-at repair` without --rebuild-state.",
        )
    options = _options_for(flags, rebuilt_record(connection))
    installer = Installer(options, bundle_root(), command="repair", replace_foreign=True)
    with shown(terminal) as progress:
        return installer, installer.prepare(progress)


@click.command()
@target_flags
@sandbox_flag
@shape_flags
@selection_flags
@on_failure_flag
@dry_run_flag
@yes_flag
@output_flags
@click.pass_obj
def adopt(
    terminal: Terminal, /, *, on_failure: str, dry_run: bool, yes: bool, **flags: Any
) -> Result:
    """Take over functions that others have made.

    Functions that bear the names and signatures of the toolbox are replaced by its own: those of CARTO's reference
    toolbox, leftover Python functions, or those of an installation of carto-at whose release tables were lost.
    What is to
    be replaced is shown first. Lambda functions and roles that carto-at did not make are never touched.
    """
    from carto_at_installer.cli import reports  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.cli.install import finished, prepared  # noqa: PLC0415

    installer, preparation = prepared(terminal, flags, "adopt", replace_foreign=True)
    if not (dry_run or yes or preparation.plan.empty):
        foreign = (
            ", ".join(o.signature for o in foreign_objects(preparation)) or "no function of others"
        )
        place = reports.where(preparation.connection)
        click.confirm(f"Replace {foreign} in {place}?", abort=True, err=True)
    choice = OnFailure(on_failure)
    return finished("adopt", terminal, installer, preparation, choice, dry_run=dry_run)


def foreign_objects(preparation: Preparation) -> list[RecordedObject]:
    """The functions of others that a preparation takes over: they have no digest of ours."""
    objects = preparation.installation.objects if preparation.installation else ()
    return [o for o in objects if not o.digest]


@click.command()
@place_flags
@click.option("--keep-lambdas", is_flag=True, help="Leave everything in AWS, drop only the SQL.")
@dry_run_flag
@yes_flag
@output_flags
@click.pass_obj
def uninstall(
    terminal: Terminal, /, *, keep_lambdas: bool, dry_run: bool, yes: bool, **flags: Any
) -> Result:
    """Remove an installation.

    And nothing that is not its own. Works from what is recorded in the target; functions and tables of others
    in the schema stay, and so does the schema
    then. Roles and Lambda functions that another installation uses too are left to it.
    """
    from carto_at_installer.apply import removal  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import reports  # noqa: PLC0415

    connection = opened(flags)
    plan = removal.prepare_uninstall(connection, keep_lambdas=keep_lambdas)
    if dry_run:
        return reports.removal_planned("uninstall", connection, plan)
    if not yes:
        click.confirm(
            f"Remove the installation in {reports.where(connection)}?", abort=True, err=True
        )
    sentence = f"The installation in {reports.where(connection)} is gone."
    return _removed("uninstall", terminal, connection, plan, sentence)


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
    """
    from carto_at_installer.apply import removal  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import reports  # noqa: PLC0415

    connection = opened(flags)
    plan = removal.prepare_prune(connection, keep=keep_releases)
    if dry_run or plan.empty:
        return reports.removal_planned("prune", connection, plan)
    return _removed("prune", terminal, connection, plan, f"{len(plan.steps)} steps done.")


def _removed(
    command: str, terminal: Terminal, connection: Connection, plan: Plan, sentence: str
) -> Result:
    from carto_at_installer.apply.operation import Conduct  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.removal import carry_out  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.cli.stopping import stoppable  # noqa: PLC0415

    with shown(terminal) as progress, stoppable(terminal) as interrupted:
        carry_out(connection, plan, Conduct(progress, interrupted))
    return reports.carried_out(command, connection, plan, sentence)


@click.command()
@place_flags
@yes_flag
@output_flags
@click.pass_obj
def unlock(_: Terminal, /, *, yes: bool, **flags: Any) -> Result:
    """Take the lease of a dead process away.

    It would also end by itself.
    """
    from carto_at_installer.apply.lease import break_lease, read_holder  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    connection = opened(flags)
    connection.installation()
    holder = read_holder(connection.sql, connection.store.tables)
    data = {**reports.place(connection), "unlocked": holder is not None}
    if holder is None:
        return Result("unlock", data=data, blocks=(Paragraph("Nobody holds the lease.", "good"),))
    if not yes:
        question = f"{holder.describe()}. Take it away?"
        click.confirm(question, abort=True, err=True)
    break_lease(connection.sql, connection.store.tables, holder)
    return Result("unlock", data=data, blocks=(Paragraph("The lease is gone.", "good"),))
