"""`carto-at install` and `carto-at plan`: the same preparation, applied or only shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import SCHEMA, output_flags, sandbox_flag, target_flags
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.options import DEFAULT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.apply.installation import Installed, Installer, Preparation
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.result import Block, Problem, Result

_SHAPE = (
    SCHEMA,
    click.option(
        "--modules",
        envvar="CARTO_AT_MODULES",
        default="",
        help="Only these modules, with commas between them (all by default).",
    ),
    click.option(
        "--prefix",
        envvar="CARTO_AT_PREFIX",
        default=DEFAULT_PREFIX,
        show_default=True,
        help="Begin the names of Lambda functions, roles and logs like this.",
    ),
    click.option(
        "--architecture",
        envvar="CARTO_AT_ARCHITECTURE",
        type=click.Choice([a.value for a in Architecture]),
        default=Architecture.X86_64.value,
        show_default=True,
        help="Processors of the Lambda functions.",
    ),
    click.option(
        "--execution-role",
        envvar="CARTO_AT_EXECUTION_ROLE",
        help="ARN of a role that the Lambda functions run as (created if not given).",
    ),
    click.option(
        "--invoke-role",
        envvar="CARTO_AT_INVOKE_ROLE",
        default="create",
        show_default=True,
        help="Role that Redshift invokes Lambda with: create, default (the cluster's), or an ARN.",
    ),
    click.option(
        "--log-retention-days",
        envvar="CARTO_AT_LOG_RETENTION_DAYS",
        type=int,
        default=30,
        show_default=True,
        help="Keep the logs of the Lambda functions this long.",
    ),
    click.option(
        "--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Tag what is created; repeatable."
    ),
)


def _shape_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_SHAPE):
        command = option(command)
    return command


@click.command()
@target_flags
@sandbox_flag
@_shape_flags
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@output_flags
@click.pass_obj
def install(terminal: Terminal, /, *, dry_run: bool, **flags: Any) -> Result:
    """Install the toolbox into a database, or update it.

    Checks first, then creates what is missing, then proves by queries that it works. Running it again is safe: when
    nothing is to be done, nothing is changed.

    \b
    carto-at install --cluster-id my-cluster --database dev
    carto-at install --workgroup my-workgroup --database dev --secret-arn ARN
    carto-at install --sandbox --cluster-id demo --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    installer, preparation = _prepared(terminal, flags)
    if dry_run:
        return _plan_result("install", installer, preparation)
    if preparation.plan.empty:
        return _nothing_to_do(installer, preparation)
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415 - only while working

    with shown(terminal) as progress:
        installed = installer.watched_by(progress).apply(preparation)
    return _installed_result(installer, preparation, installed)


@click.command()
@target_flags
@sandbox_flag
@_shape_flags
@output_flags
@click.pass_obj
def plan(terminal: Terminal, /, **flags: Any) -> Result:
    """Show what `install` would do; change nothing."""
    return _plan_result("plan", *_prepared(terminal, flags))


def _prepared(terminal: Terminal, flags: dict[str, Any]) -> tuple[Installer, Preparation]:
    options = _options(flags)
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415 - imports boto3
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415

    with shown(terminal) as progress:
        installer = Installer(options, bundle_root(), progress)
        return installer, installer.prepare()


def _options(flags: dict[str, Any]) -> InstallOptions:
    """The validated options: nothing is asked of AWS before every flag is right."""
    from carto_at_installer.config import validation  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.options import InstallOptions  # noqa: PLC0415

    return validation.checked(
        InstallOptions(
            aws=validation.aws_options(flags["profile"], flags["region"]),
            target=validation.target_options(
                cluster_id=flags["cluster_id"],
                workgroup=flags["workgroup"],
                database=flags["database"],
                db_user=flags["db_user"],
                secret_arn=flags["secret_arn"],
            ),
            schema=flags["schema"],
            prefix=flags["prefix"],
            modules=tuple(name.strip() for name in flags["modules"].split(",") if name.strip()),
            architecture=Architecture(flags["architecture"]),
            execution_role=flags["execution_role"],
            invoke_role=flags["invoke_role"],
            log_retention_days=flags["log_retention_days"],
            tags=validation.tag_pairs(flags["tags"]),
        )
    )


def _where(preparation: Preparation) -> str:
    target, identity = preparation.target, preparation.identity
    return (
        f"{target.deployment.value} {target.name}, database {target.database}, schema {preparation.plan.schema} "
        f"({identity.region}, account {identity.account})"
    )


def _data(installer: Installer, preparation: Preparation) -> dict[str, Any]:
    calls = installer.calls
    return {
        "target": {
            "deployment": preparation.target.deployment.value,
            "name": preparation.target.name,
            "database": preparation.target.database,
            "schema": preparation.plan.schema,
            "region": preparation.identity.region,
            "account": preparation.identity.account,
            "caller": preparation.identity.arn,
        },
        "version": preparation.plan.version,
        "checks": [
            {"check": o.check, "status": o.status.value, "reason": o.reason, "fix": o.fix}
            for o in preparation.outcomes
        ],
        "steps": [
            {
                "key": step.key,
                "action": type(step.action).__name__,
                "summary": step.summary,
                "after": list(step.after),
            }
            for step in preparation.plan.steps
        ],
        "aws_calls": {
            "total": calls.total,
            "mutating": calls.mutating,
            "by_operation": calls.by_operation,
        },
    }


def _warnings(preparation: Preparation) -> tuple[Problem, ...]:
    from carto_at_installer.checks.outcome import Status  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Problem  # noqa: PLC0415

    return tuple(
        Problem("check", f"{o.check}: {o.reason}", o.fix)
        for o in preparation.outcomes
        if o.status is Status.WARN
    )


def _plan_result(command: str, installer: Installer, preparation: Preparation) -> Result:
    from carto_at_installer.core.result import Paragraph, Result, Table  # noqa: PLC0415

    if preparation.plan.empty:
        return _nothing_to_do(installer, preparation, command=command)
    rows = tuple((n, step.summary) for n, step in enumerate(preparation.plan.steps, 1))
    blocks: tuple[Block, ...] = (
        Paragraph(f"Plan for {_where(preparation)}", "title"),
        Table(("", "step"), rows, caption=f"{len(rows)} steps; nothing has been changed."),
    )
    data = _data(installer, preparation)
    return Result(command, data=data, blocks=blocks, warnings=_warnings(preparation))


def _nothing_to_do(
    installer: Installer, preparation: Preparation, *, command: str = "install"
) -> Result:
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    text = (
        f"Nothing to do: version {preparation.plan.version} is installed in {_where(preparation)}."
    )
    data = {**_data(installer, preparation), "changed": False}
    blocks = (Paragraph(text, "good"),)
    return Result(command, data=data, blocks=blocks, warnings=_warnings(preparation))


def _installed_result(
    installer: Installer, preparation: Preparation, installed: Installed
) -> Result:
    from carto_at_installer.core.result import Code, Paragraph, Result  # noqa: PLC0415

    functions = {f.name for f in preparation.catalog.functions if f.public}
    data = {
        **_data(installer, preparation),
        "changed": True,
        "release": preparation.plan.release,
        "smoke_tests": installed.smoke_tests,
        "functions": sorted(functions),
    }
    blocks = (
        Paragraph(
            f"Installed {preparation.plan.version}: {len(functions)} functions in {_where(preparation)}.",
            "good",
        ),
        Paragraph(
            f"{len(installed.steps)} steps, {installed.smoke_tests} smoke tests passed, "
            f"{installer.calls.total} AWS calls ({installer.calls.mutating} of them changes).",
            "muted",
        ),
        Paragraph("Try:", "plain"),
        Code(f"SELECT {preparation.plan.schema}.QUADBIN_FROMLONGLAT(-3.7038, 40.4168, 10);"),
    )
    return Result("install", data=data, blocks=blocks, warnings=_warnings(preparation))
