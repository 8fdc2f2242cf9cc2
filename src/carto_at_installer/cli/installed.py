"""What the commands about an installation share: its flags, the way to it, its recorded options, carrying out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import sandbox_flag, setting_flag, target_flags
from carto_at_installer.core.options import OnFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.installation import Installer, Preparation
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.options import (
        AwsOptions,
        InstallOptions,
        SelectionOptions,
        TargetOptions,
    )
    from carto_at_installer.core.releases import Installation
    from carto_at_installer.core.result import Result
    from carto_at_installer.plan.steps import Plan

yes_flag = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


def place_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that name an installation."""
    return target_flags(sandbox_flag(setting_flag("schema")(command)))


def _reach(flags: Mapping[str, Any]) -> tuple[AwsOptions, TargetOptions]:
    """How to reach AWS and the database that the flags name."""
    from carto_at_installer.config import validation  # noqa: PLC0415 - keeps --help quick

    names = ("cluster_id", "workgroup", "database", "db_user", "secret_arn")
    aws = validation.aws_options(flags["profile"], flags["region"], flags["deploy_role_arn"])
    return aws, validation.target_options(**{name: flags[name] for name in names})


def opened(flags: Mapping[str, Any]) -> Connection:
    """The installation that the flags name."""
    from carto_at_installer.sql.identifiers import schema_name  # noqa: PLC0415 - keeps --help quick

    aws, target = _reach(flags)
    schema = schema_name(flags["schema"])
    from carto_at_installer.apply.connection import connect  # noqa: PLC0415 - imports boto3

    return connect(aws, target, schema)


def recorded_options(there: Found) -> InstallOptions:
    """The options with which an installation was made, for the target and login that the flags name."""
    release = there.installation.unfinished or there.installation.current
    return options_for(there.flags, release.options if release else {})


def options_for(flags: dict[str, Any], record: Mapping[str, str]) -> InstallOptions:
    """The recorded options of an installation, with the target and login that the flags name."""
    from carto_at_installer.config import validation  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.options import from_record  # noqa: PLC0415

    aws, target = _reach(flags)
    return validation.checked(from_record(aws, target, flags["schema"], record))


@dataclass(frozen=True, slots=True)
class Found:
    """An installation that was found: the way to it, the flags that name it, and what is recorded.

    `redefine` says that no definition of an SQL function is to be believed.
    """

    connection: Connection
    flags: dict[str, Any]
    installation: Installation
    redefine: bool = False


def located(flags: dict[str, Any]) -> Found:
    """The installation that the flags name. Raises TargetError when there is none."""
    connection = opened(flags)
    return Found(connection, flags, connection.installation())


def installed_part(there: Found, wishes: SelectionOptions) -> SelectionOptions:
    """What is chosen of the installed functions. Raises UsageError when nothing of it is installed."""
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.load import bundled_catalog  # noqa: PLC0415
    from carto_at_installer.catalog.select import select  # noqa: PLC0415
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    catalog = bundled_catalog(bundle_root())
    installed = {o.name for o in there.installation.objects}
    names = select(catalog, wishes, closed=False).names & installed
    if not names:
        raise UsageError(
            "None of the chosen functions is installed", hint="Install them with: carto-at install"
        )
    return replace(wishes, only=tuple(sorted(names)))


def repair_preparation(terminal: Terminal, there: Found) -> Preparation:
    """What a repair would do, from a look at what AWS and the database really hold."""
    return prepared_again("repair", terminal, there, believe_database=True)[1]


def prepared_again(
    command: str,
    terminal: Terminal,
    there: Found,
    *,
    believe_database: bool,
    validate: bool = True,
    selection: SelectionOptions | None = None,
) -> tuple[Installer, Preparation]:
    """Look, check and plan for an installation that is there, with the options that it was made with.

    `selection` takes the place of the recorded one.
    """
    from carto_at_installer.apply.facts import Intent  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415

    options = recorded_options(there)
    installer = Installer(
        replace(options, selection=selection) if selection else options,
        bundle_root(),
        Intent(
            command,
            believe_database=believe_database,
            redefine=there.redefine,
            replace_foreign=command == "adopt",
        ),
        validate=validate,
        connection=there.connection,
    )
    with shown(terminal) as progress:
        return installer, installer.prepare(progress)


def carried_out(
    terminal: Terminal, prepared: tuple[Installer, Preparation], on_failure: str, *, dry_run: bool
) -> Result:
    """Carry out what was prepared, unless it is only to be shown; returns what to say."""
    from carto_at_installer.cli.install import finished  # noqa: PLC0415 - keeps --help quick

    installer, preparation = prepared
    command, choice = preparation.plan.command, OnFailure(on_failure)
    return finished(command, terminal, installer, preparation, choice, dry_run=dry_run)


def removed(
    command: str, terminal: Terminal, connection: Connection, plan: Plan, sentence: str
) -> Result:
    """Carry out a plan that takes away; `sentence` is what to say afterwards."""
    from carto_at_installer.apply.operation import Conduct  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.removal import carry_out  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.cli.stopping import stoppable  # noqa: PLC0415

    with shown(terminal) as progress, stoppable(terminal) as interrupted:
        carry_out(connection, plan, Conduct(progress, interrupted))
    return reports.carried_out(command, connection, plan, sentence)
