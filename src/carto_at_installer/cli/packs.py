"""`carto-at packs ...`: the packs of functions that are installed beside this package, and own functions."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carto_at_installer.cli.flags import needless_sandbox_flag, output_flags

if TYPE_CHECKING:
    from carto_at_installer.core.result import Result


@click.group()
def packs() -> None:
    """Show the packs of functions; build own functions for installation.

    The functions of this package are the pack `core`. Other packages can bring packs by the entry-point group
    carto_at.function_packs: they are listed. What is installed is `core`, or a bundle in which own functions were added
    to it.
    """


@packs.command("list")
@needless_sandbox_flag
@output_flags
def list_packs() -> Result:
    """List the packs that are there, with those that cannot be used.

    \b
    carto-at packs list
    """  # noqa: D301 - \b is click's mark for lines to keep
    from dataclasses import asdict  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.catalog.packs import find_packs  # noqa: PLC0415
    from carto_at_installer.config.settings import PACKS  # noqa: PLC0415
    from carto_at_installer.core.result import Problem, Result, Table  # noqa: PLC0415

    found = find_packs()
    rows = tuple(
        (p.name, p.version, p.distribution, ", ".join(p.modules) or None, p.functions)
        for p in found
    )
    warnings = [
        Problem("pack", f"The pack {p.name} of {p.distribution} cannot be used: {p.fault}")
        for p in found
        if p.fault
    ]
    warnings += [
        Problem(
            "pack",
            f"Packs of other packages are not installed from here: {p.name}",
            "Build a bundle of its sources: carto-at packs build FOLDER --out BUNDLE",
        )
        for p in found
        if not p.fault and p.name not in PACKS
    ]
    table = Table(("pack", "version", "distribution", "modules", "functions"), rows)
    data = {"packs": [{**asdict(p), "fault": p.fault or None} for p in found]}
    return Result("packs list", data=data, blocks=(table,), warnings=tuple(warnings))


@packs.command("build")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder to build into: a new one, or a bundle of before.",
)
@click.option(
    "--sql",
    "sql_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the SQL templates (sql/ beside FOLDER by default).",
)
@needless_sandbox_flag
@output_flags
def build_pack(folder: Path, out: Path, sql_folder: Path | None) -> Result:
    """Build a bundle of the toolbox and of own functions.

    FOLDER holds one folder for each module, each with a module.yaml. The bundle holds the functions of this package
    too, so that own SQL can call them. All commands work with it while the variable CARTO_AT_BUNDLE names it.

    \b
    carto-at packs build functions --out bundle
    export CARTO_AT_BUNDLE=$PWD/bundle
    carto-at install --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.bundle.builder import Sources  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.bundle.bytecode import find_compiler  # noqa: PLC0415
    from carto_at_installer.bundle.extension import extend  # noqa: PLC0415
    from carto_at_installer.bundle.resources import VARIABLE, own_bundle_root  # noqa: PLC0415
    from carto_at_installer.core.result import Code, Paragraph, Result  # noqa: PLC0415

    functions, target = folder.absolute(), out.absolute()
    own = Sources(functions, (sql_folder or functions.parent / "sql").absolute())
    built = extend(own_bundle_root(), own, target, find_compiler())
    names = [module.name for module in built.added]
    count = sum(function.public for module in built.added for function in module.functions)
    listed = f"{', '.join(names)} ({count} function{'' if count == 1 else 's'})"
    text = f"{target} holds the toolbox {built.manifest.version} and {listed}. To use it:"
    export = f"export {VARIABLE}={shlex.quote(str(target))}"
    data = {"bundle": str(target), "modules": names, "functions": count}
    return Result("packs build", data=data, blocks=(Paragraph(text, "good"), Code(export, "sh")))
