"""The commands that put right and take over: repair, adopt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.asking import confirm
from carto_at_installer.cli.flags import (
    output_flags,
    sandbox_flag,
    selection_flags,
    shape_flags,
    target_flags,
)
from carto_at_installer.cli.install import dry_run_flag, on_failure_flag
from carto_at_installer.cli.installed import (
    Found,
    carried_out,
    opened,
    options_for,
    place_flags,
    prepared_again,
    yes_flag,
)
from carto_at_installer.core.options import OnFailure

if TYPE_CHECKING:
    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.installation import Installer, Preparation
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.releases import ForeignFunction, Installation
    from carto_at_installer.core.result import Result


@click.command()
@place_flags
@click.option(
    "--rebuild-state",
    is_flag=True,
    help="The release tables are lost: make them anew from the tags of the Lambda functions.",
)
@click.option(
    "--redefine",
    is_flag=True,
    help="Define every SQL function anew: the catalog does not show which Lambda function one calls.",
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
    redefine: bool,
    on_failure: str,
    dry_run: bool,
    **flags: Any,
) -> Result:
    """Put right what was changed or removed by hand.

    Compares with what AWS and the database really hold, not only with what is recorded. Needs this package in the
    version that is installed.

    \b
    carto-at repair --dry-run --cluster-id my-cluster --database dev
    carto-at repair --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection = opened(flags)
    if rebuild_state:
        prepared = _prepared_anew(terminal, flags, connection)
        return carried_out(terminal, prepared, on_failure, dry_run=dry_run)
    there = Found(connection, flags, connection.installation(), redefine)
    _require_this_version(there.installation)
    prepared = prepared_again("repair", terminal, there, believe_database=True)
    return carried_out(terminal, prepared, on_failure, dry_run=dry_run)


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
    from carto_at_installer.apply.facts import Intent  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415
    from carto_at_installer.apply.rebuilding import rebuilt_record  # noqa: PLC0415
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    if connection.store.read() is not None:
        raise UsageError(
            f"The release tables of schema {connection.schema} are there: nothing is lost",
            hint="Use `carto-at repair` without --rebuild-state.",
        )
    options = options_for(flags, rebuilt_record(connection))
    intent = Intent("repair", replace_foreign=True)
    installer = Installer(options, bundle_root(), intent, connection=connection)
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
    What is to be replaced is shown first, and kept under another name (__at_before_...): rollback and uninstall
    give it its name back, prune drops it when nobody can go back to it. Lambda functions and roles that carto-at
    did not make are never touched.

    \b
    carto-at adopt --dry-run --cluster-id my-cluster --database dev
    carto-at adopt --modules quadbin --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.cli import reports  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.cli.install import finished, prepared  # noqa: PLC0415

    installer, preparation = prepared(terminal, flags, "adopt", replace_foreign=True)
    if not (dry_run or yes or preparation.plan.empty):
        foreign = (
            ", ".join(o.signature for o in foreign_functions(preparation))
            or "no function of others"
        )
        place = reports.where(preparation.connection)
        confirm(terminal, f"Replace {foreign} in {place}?")
    choice = OnFailure(on_failure)
    return finished("adopt", terminal, installer, preparation, choice, dry_run=dry_run)


def foreign_functions(preparation: Preparation) -> tuple[ForeignFunction, ...]:
    """The functions of others whose places a preparation takes."""
    return preparation.installation.foreign if preparation.installation else ()
