"""`carto-at export`: an installation as files, for those who let no program into their account or database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import (
    needless_sandbox_flag,
    output_flags,
    selection_flags,
    shape_flags,
    target_flags,
)

if TYPE_CHECKING:
    from carto_at_installer.core.result import Result

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--account", required=True, metavar="NUMBER", help="The AWS account of the target.")
@target_flags
@shape_flags
@selection_flags
@needless_sandbox_flag
@output_flags
def export(folder: Path, account: str, **flags: Any) -> Result:
    """Write an installation as files, without asking AWS.

    FOLDER gets a CloudFormation template with the archives of the Lambda functions, the SQL that creates all
    functions, the SQL that drops them, and a README with the steps. Names and tags are those that `carto-at install`
    would give.

    \b
    carto-at export toolbox --account 123456789012 --region eu-west-1 --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from dataclasses import asdict  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.install import options_of  # noqa: PLC0415
    from carto_at_installer.cli.selection import nothing_changed, selection_of  # noqa: PLC0415
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415
    from carto_at_installer.export import folder as exporting  # noqa: PLC0415

    if not _ACCOUNT.fullmatch(account):
        raise UsageError(f"{account!r} is not an AWS account", hint="Accounts have 12 digits.")
    flags["selection"] = selection_of(flags)
    if flags["selection"].only == ():
        return nothing_changed("export")
    done = exporting.export(options_of(flags), bundle_root(), account, folder)
    text = (
        f"{done.functions} SQL functions and {done.lambdas} Lambda functions are written to {folder}. "
        f"Go on with {folder / exporting.STEPS}."
    )
    data = {"folder": str(folder), "changed": True, **asdict(done), "files": list(done.files)}
    return Result("export", data=data, blocks=(Paragraph(text, "good"),))
