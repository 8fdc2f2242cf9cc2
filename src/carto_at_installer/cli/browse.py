"""`carto-at list`, `describe` and `validate`: the catalog for people who use it and for those who write it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.completion_names import function_names, module_names
from carto_at_installer.cli.flags import (
    needless_sandbox_flag,
    output_flags,
    selection_flags,
    setting_flag,
    target_flags,
)

if TYPE_CHECKING:
    from carto_at_installer.catalog.pages import Page
    from carto_at_installer.catalog.places import Places
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.functions import Catalog, Function
    from carto_at_installer.core.result import Block, Result


@click.command("list")
@click.argument("module", required=False, shell_complete=module_names)
@click.option("--all", "everything", is_flag=True, help="Internal functions too.")
@target_flags
@setting_flag("schema")
@selection_flags
@click.option(
    "--sandbox", is_flag=True, envvar="CARTO_AT_SANDBOX", help="With --diff: the sandbox."
)
@output_flags
@click.pass_obj
def list_functions(
    terminal: Terminal, /, *, module: str | None, everything: bool, sandbox: bool, **flags: Any
) -> Result:
    """List the functions, of all modules or of one.

    Of this package; with --diff, those that are deployed otherwise.

    \b
    carto-at list quadbin
    carto-at list --functions "*_kring*,quadbin_to*"
    carto-at list --diff --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.catalog.places import Places  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.select import select  # noqa: PLC0415
    from carto_at_installer.cli.selection import selection_of  # noqa: PLC0415
    from carto_at_installer.core.result import Result, Table  # noqa: PLC0415

    if module:
        flags |= {"modules": (module,), "functions": ()}
    if sandbox and flags["diff"]:
        from carto_at_installer.cli.sandbox import enter  # noqa: PLC0415 - only then

        enter(terminal)
    catalog = _catalog()
    chosen = select(catalog, selection_of(flags), closed=False).catalog
    functions = [f for f in chosen.functions if f.public or everything]
    places = Places(catalog)
    rows = tuple((f.module, f.signature, f.returns, places.place(f), f.summary) for f in functions)
    count = len({f.name for f in functions})
    table = Table(
        ("module", "function", "returns", "runs in", "what it does"),
        rows,
        caption=f"{count} functions",
    )
    data = {"functions": [_document(f, places) for f in functions]}
    return Result("list", data=data, blocks=(table,))


@click.command()
@click.argument("name", shell_complete=function_names)
@needless_sandbox_flag
@output_flags
def describe(name: str) -> Result:
    """Show everything about one function.

    \b
    carto-at describe QUADBIN_POLYFILL
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.catalog.pages import pages  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.places import Places  # noqa: PLC0415
    from carto_at_installer.catalog.select import find_functions  # noqa: PLC0415
    from carto_at_installer.core.result import Result  # noqa: PLC0415

    catalog = _catalog()
    functions = find_functions(catalog, name)
    blocks = tuple(
        block for page in pages(catalog, tuple(functions)) for block in _description(page)
    )
    places = Places(catalog)
    data = {"functions": [_document(function, places) for function in functions]}
    return Result("describe", data=data, blocks=blocks)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--sql",
    "sql_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the SQL templates (sql/ beside FOLDER by default).",
)
@needless_sandbox_flag
@output_flags
def validate(folder: Path, sql_folder: Path | None) -> Result:
    """Check a catalog and report every fault.

    FOLDER holds one folder for each module, each with a module.yaml.

    \b
    carto-at validate bundled_functions
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.catalog.load import load_catalog  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    catalog = load_catalog(folder, sql_root=sql_folder)
    text = f"{len(catalog.modules)} modules with {len(catalog.functions)} functions: no faults."
    data = {"modules": [m.name for m in catalog.modules], "functions": len(catalog.functions)}
    return Result("validate", data=data, blocks=(Paragraph(text, "good"),))


def _catalog() -> Catalog:
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.load import bundled_catalog  # noqa: PLC0415

    return bundled_catalog(bundle_root())


def _document(function: Function, places: Places) -> dict[str, Any]:
    from carto_at_installer.catalog.pages import for_reading  # noqa: PLC0415 - keeps --help quick

    return {
        "module": function.module,
        "name": function.name,
        "signature": function.signature,
        "arguments": [
            {"name": a.name, "type": a.type, "description": a.description}
            for a in function.arguments
        ],
        "returns": function.returns,
        "volatility": function.volatility.value,
        "clouds": list(function.clouds),
        "runs_in": places.place(function),
        "summary": function.summary,
        "description": function.description,
        "why": function.why,
        "examples": [
            {"sql": for_reading(e.sql), "result": e.result, "error": e.error}
            for e in function.examples
        ],
    }


def _description(page: Page) -> list[Block]:
    from carto_at_installer.core.result import Code, Paragraph, Table  # noqa: PLC0415

    blocks: list[Block] = [Paragraph(page.heading, "title"), Paragraph(page.summary)]
    if page.description:
        blocks.append(Paragraph("\n" + page.description))
    if page.arguments:
        blocks.append(Table(("argument", "type", "meaning"), page.arguments))
    blocks.append(Paragraph(page.why, "muted"))
    if page.limits:
        blocks.append(Paragraph(page.limits, "muted"))
    for example in page.examples:
        title = f"-- {example.title}\n" if example.title else ""
        blocks.append(Code(f"\n{title}{example.sql};\n-- {example.answer}"))
    return blocks
