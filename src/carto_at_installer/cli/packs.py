"""`carto-at packs ...`: the packs of functions that are installed beside this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carto_at_installer.cli.flags import needless_sandbox_flag, output_flags

if TYPE_CHECKING:
    from carto_at_installer.core.result import Result


@click.group()
def packs() -> None:
    """Show the packs of functions.

    The functions of this package are the pack `core`. Other packages can bring packs by the entry-point group
    carto_at.function_packs.
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
        Problem("pack", f"This version cannot install the pack {p.name}: only {', '.join(PACKS)}")
        for p in found
        if not p.fault and p.name not in PACKS
    ]
    table = Table(("pack", "version", "distribution", "modules", "functions"), rows)
    data = {"packs": [{**asdict(p), "fault": p.fault or None} for p in found]}
    return Result("packs list", data=data, blocks=(table,), warnings=tuple(warnings))
