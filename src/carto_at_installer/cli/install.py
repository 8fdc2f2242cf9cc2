"""`carto-at install` and `carto-at plan`: the same preparation, applied or only shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import (
    output_flags,
    sandbox_flag,
    selection_flags,
    shape_flags,
    target_flags,
)
from carto_at_installer.cli.parts import lambdas_created, part_flags, part_of_flags
from carto_at_installer.cli.selection import nothing_changed, selection_of
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.options import OnFailure
from carto_at_installer.plan.halves import Part

if TYPE_CHECKING:
    from carto_at_installer.apply.facts import Intent
    from carto_at_installer.apply.installation import Installer, Preparation
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.result import Result

dry_run_flag = click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
on_failure_flag = click.option(
    "--on-failure",
    type=click.Choice([choice.value for choice in OnFailure]),
    default=OnFailure.ROLLBACK.value,
    show_default=True,
    help="When a step or smoke test fails: put everything back, keep it, or stop there.",
)

skip_validation_flag = click.option(
    "--skip-validation", is_flag=True, help="Do not check beforehand whether it will work."
)


@click.command()
@target_flags
@sandbox_flag
@shape_flags
@selection_flags
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Carry out this saved plan, or nothing; its options and target are those of the file.",
)
@part_flags
@on_failure_flag
@dry_run_flag
@skip_validation_flag
@output_flags
@click.pass_context
def install(
    context: click.Context,
    /,
    *,
    dry_run: bool,
    plan_file: Path | None,
    skip_validation: bool,
    **flags: Any,
) -> Result:
    """Install the toolbox into a database, or update it.

    Checks first, then creates what is missing, then proves by queries that it works. Running it again is safe: when
    nothing is to be done, nothing is changed. On a terminal, a target that is not named is asked for.

    \b
    carto-at install --cluster-id my-cluster --database dev
    carto-at install --workgroup my-workgroup --database dev --secret-arn ARN
    carto-at install --sandbox --cluster-id demo --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    terminal = context.ensure_object(Terminal)
    on_failure = OnFailure(flags.pop("on_failure"))
    part = part_of_flags(flags, saved_plan=plan_file is not None)
    if plan_file is not None:
        installer, preparation = _prepared_from(
            plan_file, terminal, flags["profile"], validate=not skip_validation
        )
        return finished("install", terminal, installer, preparation, on_failure, dry_run=dry_run)
    ask_for_missing(terminal, context, flags)
    flags["selection"] = selection_of(flags)
    if flags["selection"].only == ():
        return nothing_changed("install")
    validate = not skip_validation
    installer, preparation = prepared(terminal, flags, "install", part=part, validate=validate)
    return finished("install", terminal, installer, preparation, on_failure, dry_run=dry_run)


@click.command()
@target_flags
@sandbox_flag
@shape_flags
@selection_flags
@click.option(
    "--out",
    "plan_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Save the plan to this file, for `carto-at install --plan FILE`.",
)
@part_flags
@output_flags
@click.pass_obj
def plan(terminal: Terminal, /, *, plan_file: Path | None, **flags: Any) -> Result:
    """Show what `install` would do; change nothing.

    \b
    carto-at plan --cluster-id my-cluster --database dev
    carto-at plan --cluster-id my-cluster --database dev --out plan.json
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.cli import reports, saved_plan  # noqa: PLC0415 - keeps --help quick

    part = part_of_flags(flags, saved_plan=plan_file is not None)
    flags["selection"] = selection_of(flags)
    if flags["selection"].only == ():
        return nothing_changed("plan")
    _, preparation = prepared(terminal, flags, "install", part=part)
    if plan_file is not None:
        saved_plan.save(plan_file, preparation)
    return reports.planned("plan", preparation)


def ask_for_missing(terminal: Terminal, context: click.Context, flags: dict[str, Any]) -> None:
    """Ask for the target when it is not named and somebody is there; otherwise leave it to the checks."""
    if not terminal.interactive:
        return
    from carto_at_installer.cli import target_questions  # noqa: PLC0415 - imports boto3

    if target_questions.target_is_missing(flags):
        answers = target_questions.ask_for_target(terminal, context, flags)
        target_questions.confirm_command(terminal, answers)


def prepared(
    terminal: Terminal,
    flags: dict[str, Any],
    command: str,
    *,
    replace_foreign: bool = False,
    part: Part = Part.WHOLE,
    validate: bool = True,
) -> tuple[Installer, Preparation]:
    """Look, check and plan with the options that the flags give."""
    from carto_at_installer.apply.facts import Intent  # noqa: PLC0415 - imports boto3

    intent = Intent(command, replace_foreign=replace_foreign, part=part)
    return _looked_at(terminal, options_of(flags), intent, validate=validate)


def _prepared_from(
    path: Path, terminal: Terminal, profile: str | None, *, validate: bool
) -> tuple[Installer, Preparation]:
    """What a saved plan asks for. Raises PreflightError when the world has changed since."""
    from carto_at_installer.apply.facts import Intent  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import saved_plan  # noqa: PLC0415

    saved = saved_plan.load(path)
    options = saved_plan.options_of(saved, profile)
    installer, preparation = _looked_at(terminal, options, Intent("install"), validate=validate)
    saved_plan.require_unchanged(saved, preparation)
    return installer, preparation


def _looked_at(
    terminal: Terminal, options: InstallOptions, intent: Intent, *, validate: bool
) -> tuple[Installer, Preparation]:
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415 - imports boto3
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415

    installer = Installer(options, bundle_root(), intent, validate=validate)
    with shown(terminal) as progress:
        return installer, installer.prepare(progress)


def finished(
    command: str,
    terminal: Terminal,
    installer: Installer,
    preparation: Preparation,
    on_failure: OnFailure,
    *,
    dry_run: bool,
) -> Result:
    """Carry out what was prepared, unless there is nothing to do or it is only to be shown."""
    from carto_at_installer.apply.operation import Conduct  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.cli.stopping import stoppable  # noqa: PLC0415

    if dry_run:
        return reports.planned(command, preparation)
    if preparation.plan.empty:
        return reports.nothing_to_do(command, preparation)
    with shown(terminal) as progress, stoppable(terminal) as interrupted:
        done = installer.apply(preparation, Conduct(progress, interrupted), on_failure)
    if installer.facts.intent.part is Part.LAMBDAS:
        return lambdas_created(command, preparation, len(done.steps))
    return reports.installed(command, preparation, done)


def options_of(flags: dict[str, Any]) -> InstallOptions:
    """The validated options: nothing is asked of AWS before every flag is right."""
    from carto_at_installer.config import validation  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.options import InstallOptions  # noqa: PLC0415

    return validation.checked(
        InstallOptions(
            aws=validation.aws_options(flags["profile"], flags["region"], flags["deploy_role_arn"]),
            target=validation.target_options(
                cluster_id=flags["cluster_id"],
                workgroup=flags["workgroup"],
                database=flags["database"],
                db_user=flags["db_user"],
                secret_arn=flags["secret_arn"],
            ),
            schema=flags["schema"],
            prefix=flags["prefix"],
            selection=flags.get("selection") or selection_of(flags),
            architecture=Architecture(flags["architecture"]),
            memory_mb=flags["memory_mb"],
            timeout_s=flags["timeout_s"],
            execution_role=flags["execution_role_arn"],
            invoke_role=flags["invoke_role_arn"],
            log_retention_days=flags["log_retention_days"],
            tags=validation.tag_pairs(flags["tags"]),
            role_path=flags["role_path"],
            permissions_boundary=flags["permissions_boundary"],
            kms_key=flags["kms_key"],
            reserved_concurrency=flags["reserved_concurrency"],
        )
    )
