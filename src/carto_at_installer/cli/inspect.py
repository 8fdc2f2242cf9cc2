"""The commands that look at an installation: status, history, diff, test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.completion_names import function_names
from carto_at_installer.cli.flags import output_flags, selection_flags
from carto_at_installer.cli.installed import Found, located, opened, place_flags

if TYPE_CHECKING:
    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.overview import Overview
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.releases import Release
    from carto_at_installer.core.result import Block, Result

DRIFT = 9


@click.command()
@place_flags
@click.option("--drift", is_flag=True, help="Compare with what AWS and the database really hold.")
@click.option(
    "--probe", is_flag=True, help="Ask by real queries which Lambda functions answer (superusers)."
)
@click.option("--exit-code", is_flag=True, help="Exit with 9 when there is drift.")
@output_flags
@click.pass_obj
def status(
    terminal: Terminal, /, *, drift: bool, probe: bool, exit_code: bool, **flags: Any
) -> Result:
    """Show what is installed and how it stands.

    Redshift shows neither the Lambda function nor the role of an external function. --drift compares what is recorded
    with the catalog of the database and with AWS; --probe asks which Lambda functions really answer.

    \b
    carto-at status --cluster-id my-cluster --database dev
    carto-at status --drift --exit-code --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.overview import look_over  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import drift as drifting  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.core.result import Result, Table  # noqa: PLC0415

    connection = opened(flags)
    overview = look_over(connection)
    there = Found(connection, flags, overview.installation)
    found = drifting.NOTHING
    if drift:
        found += drifting.compared(terminal, there)
    if probe:
        found += drifting.probed(terminal, there)
    rows = tuple((one.module, one.name, one.state) for one in overview.lambdas)
    blocks: list[Block] = [
        *_sentences(connection, overview),
        Table(("module", "Lambda function", "state"), rows),
        *found.blocks,
    ]
    data = {**reports.place(connection), **_data(overview), **found.data}
    code = DRIFT if exit_code and found.any else 0
    return Result("status", data=data, blocks=tuple(blocks), exit_code=code)


def _sentences(connection: Connection, overview: Overview) -> list[Block]:
    from carto_at_installer.__about__ import __version__  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph  # noqa: PLC0415

    found = overview.installation
    current = found.current
    lines: list[Block] = []
    if current:
        text = (
            f"Release {current.number}, version {current.version}: {len(found.objects)} SQL functions in "
            f"{reports.where(connection)}."
        )
        lines.append(Paragraph(text, "good"))
        if current.version != __version__:
            lines.append(
                Paragraph(f"This package is version {__version__}: see `carto-at upgrade`.")
            )
    else:
        lines.append(Paragraph(f"No complete release in {reports.where(connection)}.", "bad"))
    if found.unfinished:
        stopped = found.unfinished
        reason = f": {stopped.message}" if stopped.message else ""
        text = (
            f"Release {stopped.number} ({stopped.command}, version {stopped.version}) is unfinished{reason}. "
            "Use `carto-at resume` or `carto-at rollback`."
        )
        lines.append(Paragraph(text, "bad"))
    if overview.holder:
        lines.append(Paragraph(f"Being changed now: {overview.holder.describe()}."))
    return lines


def _data(overview: Overview) -> dict[str, Any]:
    found, holder = overview.installation, overview.holder
    return {
        "current": _release(found.current) if found.current else None,
        "unfinished": _release(found.unfinished) if found.unfinished else None,
        "functions": len(found.objects),
        "lambdas": [
            {"module": one.module, "name": one.name, "state": one.state} for one in overview.lambdas
        ],
        "lease": {"holder": holder.holder, "command": holder.command, "age_s": holder.age_s}
        if holder
        else None,
    }


def _release(release: Release) -> dict[str, Any]:
    return {
        "number": release.number,
        "version": release.version,
        "command": release.command,
        "state": release.state.value,
        "caller": release.caller,
        "restores": release.restores or None,
        "started_at": release.started_at,
        "finished_at": release.finished_at or None,
        "message": release.message,
        "options": dict(release.options),
    }


@click.command()
@place_flags
@output_flags
@click.pass_obj
def history(_: Terminal, /, **flags: Any) -> Result:
    """List all releases: what was done, when, by whom.

    \b
    carto-at history --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.cli import reports  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Result, Table  # noqa: PLC0415

    connection = opened(flags)
    connection.installation()
    releases = connection.store.history()
    rows = tuple(
        (r.number, r.version, r.command, r.state.value, r.started_at, r.caller, r.message or None)
        for r in releases
    )
    heads = ("release", "version", "command", "state", "started", "by", "message")
    data = {**reports.place(connection), "releases": [_release(r) for r in releases]}
    return Result("history", data=data, blocks=(Table(heads, rows),))


@click.command()
@click.argument("function", required=False, shell_complete=function_names)
@place_flags
@output_flags
@click.pass_obj
def diff(terminal: Terminal, /, *, function: str | None, **flags: Any) -> Result:
    """Compare deployed definitions with those of this package.

    Of all functions, or of FUNCTION with its external half.

    \b
    carto-at diff --cluster-id my-cluster --database dev
    carto-at diff QUADBIN_POLYFILL --cluster-id my-cluster --database dev
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.overview import current_snapshot, differences  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.cli.installed import repair_preparation  # noqa: PLC0415
    from carto_at_installer.core.result import Code, Paragraph, Result  # noqa: PLC0415

    there = located(flags)
    connection = there.connection
    desired = repair_preparation(terminal, there).desired
    shown = differences(current_snapshot(connection), desired)
    if function:
        wanted = function.upper().rpartition(".")[2]
        shown = tuple(
            d for d in shown if d.signature.partition("(")[0].strip("_") == wanted.strip("_")
        )
    blocks: list[Block] = [Paragraph("No difference.", "good")] if not shown else []
    for one in shown:
        blocks += [Paragraph(f"{one.signature}: {one.change}", "title"), Code(one.text, "diff")]
    data = {
        **reports.place(connection),
        "differences": [
            {"signature": d.signature, "change": d.change, "diff": d.text} for d in shown
        ],
    }
    return Result("diff", data=data, blocks=tuple(blocks))


@click.command()
@place_flags
@selection_flags
@output_flags
@click.pass_obj
def test(terminal: Terminal, /, **flags: Any) -> Result:
    """Ask the recorded examples and compare the answers.

    Needs nothing but the target: the examples are recorded with the functions.

    \b
    carto-at test --cluster-id my-cluster --database dev --modules quadbin
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.overview import ask_recorded_examples  # noqa: PLC0415
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415
    from carto_at_installer.cli.selection import selection_of  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    selection = selection_of(flags)
    connection = opened(flags)
    with shown(terminal) as progress:
        count, failures = ask_recorded_examples(connection, progress, selection)
    passed = count - len(failures)
    data = {**reports.place(connection), "passed": passed, "failed": len(failures)}
    text = f"{passed} of {count} functions answer as documented in {reports.where(connection)}."
    return Result(
        "test",
        data=data,
        blocks=(Paragraph(text, "bad" if failures else "good"),),
        errors=reports.failure_problems(failures),
        exit_code=7 if failures else 0,
    )
