"""`carto-at list`, `describe` and `validate`: the catalog for people who use it and for those who write it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import needless_sandbox_flag, output_flags, selection_flags

if TYPE_CHECKING:
    from carto_at_installer.core.functions import Argument, Catalog, Function
    from carto_at_installer.core.result import Block, Result


@click.command("list")
@click.argument("module", required=False)
@click.option("--all", "everything", is_flag=True, help="Internal functions too.")
@selection_flags
@needless_sandbox_flag
@output_flags
def list_functions(module: str | None, *, everything: bool, **flags: Any) -> Result:
    """List the functions, of all modules or of one.

    \b
    carto-at list quadbin
    carto-at list --functions "*_kring*,quadbin_to*"
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.catalog.select import select  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.cli.selection import selection_of  # noqa: PLC0415
    from carto_at_installer.core.result import Result, Table  # noqa: PLC0415

    if module:
        flags["modules"] = (module,)
    chosen = select(_catalog(), selection_of(flags), closed=False).catalog
    functions = [f for f in chosen.functions if f.public or everything]
    rows = tuple((f.module, f.signature, f.returns, _place(f), f.summary) for f in functions)
    count = len({f.name for f in functions})
    table = Table(
        ("module", "function", "returns", "runs in", "what it does"),
        rows,
        caption=f"{count} functions",
    )
    data = {"functions": [_document(f) for f in functions]}
    return Result("list", data=data, blocks=(table,))


@click.command()
@click.argument("name")
@needless_sandbox_flag
@output_flags
def describe(name: str) -> Result:
    """Show everything about one function."""
    from carto_at_installer.catalog.select import find_functions  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Result  # noqa: PLC0415

    functions = find_functions(_catalog(), name)
    blocks = tuple(block for function in functions for block in _description(function))
    data = {"functions": [_document(function) for function in functions]}
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
    """
    from carto_at_installer.catalog.load import load_catalog  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    catalog = load_catalog(folder, sql_root=sql_folder)
    text = f"{len(catalog.modules)} modules with {len(catalog.functions)} functions: no faults."
    data = {"modules": [m.name for m in catalog.modules], "functions": len(catalog.functions)}
    return Result("validate", data=data, blocks=(Paragraph(text, "good"),))


def _catalog() -> Catalog:
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.load import load_catalog  # noqa: PLC0415

    root = bundle_root()
    return load_catalog(root / "catalog", sql_root=root / "sql")


def _place(function: Function) -> str:
    return "Lambda" if function.external else "SQL"


def _heading(function: Function) -> str:
    if function.kind == "procedure":
        return f"CALL {function.signature}"
    return f"{function.signature} -> {function.returns}"


def _passing(argument: Argument) -> str:
    return argument.type if argument.mode == "IN" else f"{argument.mode} {argument.type}"


def _document(function: Function) -> dict[str, Any]:
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
        "runs_in": _place(function),
        "summary": function.summary,
        "description": function.description,
        "why": function.why,
        "examples": [
            {"sql": _for_reading(e.sql), "result": e.result, "error": e.error}
            for e in function.examples
        ],
    }


def _for_reading(sql: str) -> str:
    from carto_at_installer.core.options import DEFAULT_SCHEMA  # noqa: PLC0415 - keeps --help quick

    return sql.replace("{{ schema }}", DEFAULT_SCHEMA).strip()


def _description(function: Function) -> list[Block]:
    import json  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.core.result import Code, Paragraph, Table  # noqa: PLC0415

    blocks: list[Block] = [
        Paragraph(_heading(function), "title"),
        Paragraph(function.summary),
    ]
    if function.description:
        blocks.append(Paragraph("\n" + function.description.strip()))
    if function.arguments:
        rows = tuple((a.name, _passing(a), a.description) for a in function.arguments)
        blocks.append(Table(("argument", "type", "meaning"), rows))
    if function.why:
        blocks.append(Paragraph(f"Runs in {_place(function)}: {function.why.strip()}", "muted"))
    for example in function.examples:
        answer = f"error: {example.error}" if example.error else json.dumps(example.result)
        blocks.append(Code(f"\n{_for_reading(example.sql)};\n-- {answer}"))
    return blocks
