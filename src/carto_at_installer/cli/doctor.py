"""`carto-at doctor`: everything that somebody else needs to know to help, without what gives away who and where."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.config import settings_document
from carto_at_installer.cli.flags import (
    config_flags,
    output_flags,
    sandbox_flag,
    setting_flags,
)
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.core.errors import CartoAtError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.result import Block, Problem, Result
    from carto_at_installer.verify.probes import ProbeAnswer

_LIBRARIES = (
    *("boto3", "botocore", "click", "jinja2", "packaging", "pyyaml", "rich"),
    *("duckdb", "moto", "sqlglot"),
)
_FAILED = 4
_BROKEN_PACKAGE = 3


@click.command()
@config_flags
@setting_flags
@sandbox_flag
@click.option("--offline", is_flag=True, help="Ask nothing of AWS: only this machine and package.")
@click.option(
    "--probe",
    is_flag=True,
    help="Also ask the database what AWS's documentation leaves open, in a schema that is made for it and dropped.",
)
@output_flags
@click.pass_context
def doctor(context: click.Context, /, *, offline: bool, probe: bool, **flags: Any) -> Result:
    """Report versions, settings, checks and the installation, to paste into a bug report.

    The package's files are compared with their digests. When a target is named, everything that `carto-at check` asks
    is asked too. Account numbers, names of secrets, keys and home folders are taken out of the report; names of
    clusters, databases and schemas stay.

    \b
    carto-at doctor --offline
    carto-at doctor --cluster-id my-cluster --database dev > report.txt
    carto-at doctor --probe --cluster-id my-cluster --database dev --db-user admin
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.core.redaction import redacted  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Result  # noqa: PLC0415

    named = bool(flags["cluster_id"] or flags["workgroup"]) and not offline
    problems: list[Problem] = []
    data: dict[str, Any] = {
        "versions": _versions(),
        "package": _package(problems),
        "settings": settings_document(context, flags),
        "variables": sorted(n for n in os.environ if n.startswith(("AWS_", "CARTO_AT_"))),
        "checks": [],
        "installation": None,
        "probes": [],
    }
    broken = bool(problems)
    if named:
        data |= _about_target(context.ensure_object(Terminal), flags, problems, probe=probe)
    exit_code = _BROKEN_PACKAGE if broken else _FAILED if problems else 0
    shown = redacted(data)
    errors = tuple(redacted_problem(problem) for problem in problems)
    return Result("doctor", data=shown, blocks=_blocks(shown), errors=errors, exit_code=exit_code)


def redacted_problem(problem: Problem) -> Problem:
    """A problem without what gives away who and where."""
    from carto_at_installer.core.redaction import redacted  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Problem  # noqa: PLC0415

    return Problem(problem.code, redacted(problem.message), redacted(problem.hint))


def _versions() -> dict[str, str]:
    from carto_at_installer.__about__ import __version__  # noqa: PLC0415 - keeps --help quick

    found = {
        "carto-at-redshift": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "encoding": sys.stdout.encoding or "?",
    }
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _package(problems: list[Problem]) -> dict[str, Any]:
    """What is built into the package, compared with its manifest; a difference is a problem."""
    from carto_at_installer.bundle.resources import bundle_root, verify  # noqa: PLC0415
    from carto_at_installer.core.result import Problem  # noqa: PLC0415

    try:
        manifest = verify(bundle_root())
    except CartoAtError as error:
        problems.append(Problem(error.code, error.message, error.hint))
        return {"intact": False, "version": None, "runtime": None, "modules": []}
    return {
        "intact": True,
        "version": manifest.version,
        "runtime": manifest.runtime,
        "modules": sorted(manifest.modules),
    }


def _about_target(
    terminal: Terminal, flags: dict[str, Any], problems: list[Problem], *, probe: bool
) -> dict[str, Any]:
    """The checks, the installation, and the probes if they are wanted."""
    from carto_at_installer.apply.installation import Installer  # noqa: PLC0415 - imports boto3
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.checks.outcome import Status  # noqa: PLC0415
    from carto_at_installer.cli.check_table import checks_shown  # noqa: PLC0415
    from carto_at_installer.cli.install import options_of  # noqa: PLC0415
    from carto_at_installer.cli.selection import selection_of  # noqa: PLC0415
    from carto_at_installer.core.result import Problem  # noqa: PLC0415

    flags["selection"] = selection_of({**flags, "changed_since": None, "diff": False})
    installer = Installer(options_of(flags), bundle_root())
    with checks_shown(terminal) as listener:
        outcomes = installer.check(listener)
    problems += [
        Problem("check", f"{o.check}: {o.reason}", o.fix)
        for o in outcomes
        if o.status is Status.FAIL
    ]
    found: dict[str, Any] = {"checks": [o.document() for o in outcomes]}
    try:
        connection = installer.facts.connection
        found["installation"] = _installation(connection)
        found["probes"] = _probes(connection) if probe else []
    except CartoAtError as error:
        problems.append(Problem(error.code, error.message, error.hint))
    return found


def _installation(connection: Any) -> dict[str, Any] | None:
    """The release in use, and the states of its Lambda functions; None where nothing is installed."""
    from carto_at_installer.apply.overview import look_over  # noqa: PLC0415 - imports boto3

    if connection.store.read() is None:
        return None
    overview = look_over(connection)
    current, unfinished = overview.installation.current, overview.installation.unfinished
    return {
        "release": current.number if current else None,
        "version": current.version if current else None,
        "unfinished": unfinished.command if unfinished else None,
        "functions": len(overview.installation.objects),
        "lambdas": {one.name: one.state for one in overview.lambdas},
    }


def _probes(connection: Any) -> list[dict[str, Any]]:
    from dataclasses import asdict  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.verify.probes import run_probes  # noqa: PLC0415

    identity = connection.identity
    answers: tuple[ProbeAnswer, ...] = run_probes(
        connection.sql,
        identity.account,
        identity.partition,
        toolbox=connection.schema if connection.store.read() else "",
    )
    return [asdict(answer) for answer in answers]


def _blocks(data: Mapping[str, Any]) -> tuple[Block, ...]:
    from carto_at_installer.core.result import Paragraph, Table  # noqa: PLC0415

    package = data["package"]
    state = "intact" if package["intact"] else "NOT what its manifest says"
    settings = tuple(
        (path, str(each["value"]), each["source"]["text"])
        for path, each in data["settings"]["settings"].items()
        if each["source"]["kind"] != "default"
    )
    blocks: list[Block] = [
        Table(("", "version"), tuple(data["versions"].items()), title="Versions"),
        Paragraph(f"The package is {state}: {', '.join(package['modules']) or 'unknown modules'}."),
        Table(("setting", "value", "source"), settings, title="Settings that are not defaults"),
        Paragraph(f"Variables: {', '.join(data['variables']) or 'none'}."),
    ]
    if data["checks"]:
        rows = tuple((c["plane"], c["check"], c["status"], c["reason"]) for c in data["checks"])
        blocks.append(Table(("plane", "check", "status", "what was seen"), rows, title="Checks"))
        blocks.append(Paragraph(_installed(data["installation"])))
    if data["probes"]:
        blocks.append(_probe_table(data["probes"]))
    return tuple(blocks)


def _installed(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "Nothing is installed there, or it could not be read."
    states = ", ".join(f"{name} is {state}" for name, state in found["lambdas"].items())
    unfinished = f" Unfinished: {found['unfinished']}." if found["unfinished"] else ""
    return (
        f"Release {found['release']}, version {found['version']}: {found['functions']} SQL functions. "
        f"{states or 'No Lambda functions'}.{unfinished}"
    )


def _probe_table(probes: list[dict[str, Any]]) -> Block:
    from carto_at_installer.core.result import Table  # noqa: PLC0415 - keeps --help quick

    words = {True: "as assumed", False: "NOT as assumed", None: ""}
    rows = tuple((p["question"], p["assumed"], p["answer"], words[p["agrees"]]) for p in probes)
    return Table(("question", "assumed", "answer", ""), rows, title="Probes")
