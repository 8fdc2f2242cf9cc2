"""Measures everything and writes `benchmarks/report.md`: `make bench`. Fails when any goal of any module is missed."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.cases import modules
from benchmarks.coverage import coverage
from benchmarks.handlers import figures_table, measure_module
from benchmarks.imports import GOAL as IMPORT_GOAL
from benchmarks.imports import measure_imports
from benchmarks.installation import CHAIN_GOAL, UNCHANGED_GOAL, measure_installation
from benchmarks.sandbox import measure_sandbox
from benchmarks.startup import GOAL as STARTUP_GOAL
from benchmarks.startup import measure_startup
from benchmarks.tables import mark, table
from benchmarks.throughput import GOAL as THROUGHPUT_GOAL
from benchmarks.throughput import ROWS, START_GOAL, Throughput

REPORT = Path(__file__).with_name("report.md")
LIBRARIES = ("numpy", "orjson", "msgspec", "shapely", "h3", "duckdb")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: its lines, and for each of its goals whether it is met."""

    lines: list[str]
    goals: list[bool]


def machine() -> str:
    """The processor, cores and memory, and the versions that the figures depend on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next(
            (line.partition(": ")[2] for line in lines if line.startswith("model name")), model
        )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, {libraries}"
    )


def handlers_section() -> Section:
    """All cases of all modules."""
    lines = [
        "## Lambda handlers",
        "",
        "CPU time of the full path (event bytes to response bytes), in events of up to 10 000 rows and as many as",
        "`max_batch_rows` and `max_batch_size` allow. The floor is orjson decoding of the same events and double",
        "encoding of the same results, taken in turns with the handler. `x row by row` is the time that the",
        "straightforward implementation in `benchmarks/rowwise/` takes for a row, over the handler's. Best of the",
        "rounds. A response may have 6 MB.",
        "",
    ]
    goals = []
    for module in modules():
        figures = measure_module(module)
        lines += [f"### {module}", "", *figures_table(figures), ""]
        goals += [met for figure in figures for met in figure.results]
    return Section(lines, goals)


def coverage_section() -> Section:
    """What needs no Lambda."""
    counted = coverage()
    total = ("all", str(sum(c.names for c in counted)), str(sum(c.in_sql for c in counted)))
    rows = [(c.module, str(c.names), str(c.in_sql)) for c in counted]
    lines = [
        "## Functions that need no Lambda",
        "",
        "Public names, procedures included. A name counts as plain SQL when none of its forms ever calls Lambda.",
        "",
        *table(("module", "public names", "in plain SQL"), [*rows, total]),
        "",
    ]
    return Section(lines, [])


def sandbox_section() -> Section:
    """Plain SQL against Lambda, and what an installation costs."""
    found = measure_sandbox()
    calls, rates = found.installations, found.rates
    lines = [
        "## Plain SQL against Lambda",
        "",
        "Through the sandbox, over 100 000 points (20 000 placekeys): a function of each module that has any in plain",
        "SQL, and the same as a Lambda function that exists for this comparison only, vectorised for",
        "QUADBIN_FROMLONGLAT, else row by row. DuckDB is not Redshift: the ratio says what the calls cost.",
        "",
        *table(
            ("module", "function", "rows/s in SQL", "rows/s in Lambda", "ratio"),
            [
                (
                    r.module,
                    r.name,
                    f"{r.in_sql:,.0f}",
                    f"{r.in_lambda:,.0f}",
                    f"{r.in_sql / r.in_lambda:.1f}",
                )
                for r in rates
            ],
        ),
        "",
        "## Installation",
        "",
        *table(
            ("run", "AWS calls", "of them changes", "seconds in the sandbox"),
            [(c.what, str(c.total), str(c.mutating), f"{c.seconds:.1f}") for c in calls],
        ),
        "",
        f"Goal: an unchanged repetition changes nothing: {mark(met=calls[1].mutating == 0)}.",
        "",
    ]
    throughput = _throughput(found.throughput)
    started = found.start_cpu <= START_GOAL
    start = (
        f"The first start of a sandbox, with its first query, takes {found.start_cpu:.1f} s of CPU time"
        f" (goal ≤ {START_GOAL:g}: {mark(met=started)})."
    )
    return Section(
        [*lines, *throughput.lines, start, ""],
        [calls[1].mutating == 0, *throughput.goals, started],
    )


def _throughput(found: list[Throughput]) -> Section:
    """What the sandbox adds to the work of the handlers."""
    rows = [
        (
            one.function,
            str(one.batches),
            f"{one.direct.wall:.2f}",
            f"{one.sandbox.wall:.2f}",
            f"{one.ratio:.2f}",
            f"{one.direct.cpu / one.sandbox.cpu:.2f}",
            "" if one.met is None else f"≥ {THROUGHPUT_GOAL:g}",
            "" if one.met is None else mark(met=one.met),
        )
        for one in found
    ]
    heads = ("wrapper", "batches", "handler s", "sandbox s", "ratio", "ratio of CPU", "goal", "")
    lines = [
        "## Throughput of the sandbox",
        "",
        f"{ROWS:,} rows through a SQL wrapper, sent by the Data API to the sandbox, against calling the handler in the",
        "same process on the same batches: the rates as a ratio, by wall time and by CPU time of all processes. The",
        "first has the quickest handler of all, and no goal: DuckDB takes longer to give out rows than it to answer.",
        "",
        *table(heads, rows),
        "",
    ]
    return Section(lines, [one.met for one in found if one.met is not None])


def installation_section() -> Section:
    """Calls and seconds of installations at the pace of AWS."""
    first, again = measure_installation()
    goals = [
        first.mutating <= first.mutating_goal,
        first.installed_s <= CHAIN_GOAL * first.chain_s,
        again.calls <= UNCHANGED_GOAL and again.mutating == 0,
    ]
    rows = [
        (r.what, str(r.calls), str(r.mutating), f"{r.installed_s:.1f}", f"{r.verified_s:.1f}")
        for r in (first, again)
    ]
    heads = ("run", "AWS calls", "of them changes", "s until installed", "s until verified")
    lines = [
        "## Installation at the pace of AWS",
        "",
        "Everything, with 100 ms more for every call and 2 s until a Lambda function is active. Sandbox and Lambda",
        "functions run on the same machine.",
        "",
        *table(heads, rows),
        "",
        (
            f"- Changing calls of the first: at most three for each of the {first.modules} modules and 12,"
            f" {first.mutating_goal}: {mark(met=goals[0])}."
        ),
        (
            f"- Seconds until it is installed: at most {CHAIN_GOAL} times the slowest chain of layer, Lambda function"
            f" and SQL, {first.chain_s:.1f} s: {mark(met=goals[1])}."
        ),
        f"- Calls of the unchanged repetition: at most {UNCHANGED_GOAL}, none of them changes: {mark(met=goals[2])}.",
        "",
    ]
    return Section(lines, goals)


def imports_section() -> Section:
    """What a cold start costs."""
    version, found = measure_imports()
    rows = [
        (
            one.module,
            f"{one.cpu.minimum * 1000:.0f}",
            f"{one.cpu.median * 1000:.0f}",
            f"≤ {IMPORT_GOAL * 1000:.0f}",
            mark(met=one.met),
        )
        for one in found
    ]
    lines = [
        "## Cold starts",
        "",
        *(
            (
                f"CPU milliseconds of importing a module's bundle with its layer, from files, by Python {version}:",
                "best and middle round.",
                "",
                *table(("module", "best", "middle", "goal", ""), rows),
            )
            if found
            else ("Not measured: there is no Python 3.13 on this machine.",)
        ),
        "",
    ]
    return Section(lines, [one.met for one in found])


def startup_section() -> Section:
    """How long the command line takes to start."""
    startup = measure_startup()
    met = startup.ratio <= STARTUP_GOAL
    milliseconds = startup.median["carto-at --help"] * 1000
    lines = [
        "## Command line",
        "",
        (
            f"`carto-at --help` takes {milliseconds:.0f} ms, {startup.ratio:.2f} times as long as "
            f'`python -c "import click, rich"` (goal ≤ {STARTUP_GOAL}: {mark(met=met)}).'
        ),
        "",
    ]
    return Section(lines, [met])


def main() -> int:
    """Measure, write the report, and return 1 when a goal was missed."""
    sections = [
        handlers_section(),
        coverage_section(),
        imports_section(),
        installation_section(),
        sandbox_section(),
        startup_section(),
    ]
    goals = [met for section in sections for met in section.goals]
    head = [
        "# Benchmarks",
        "",
        f"Measured by `make bench` on: {machine()}. Only ratios taken in one run are comparable between machines.",
        "",
        f"{sum(goals)} of {len(goals)} goals are met.",
        "",
    ]
    lines = [*head, *(line for section in sections for line in section.lines)]
    REPORT.write_text("\n".join(lines), encoding="utf-8")
    print(f"wrote {REPORT}; {sum(goals)} of {len(goals)} goals met")
    return 0 if all(goals) else 1


if __name__ == "__main__":
    sys.exit(main())
