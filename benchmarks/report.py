"""Measures everything and writes `benchmarks/report.md`: `make bench`."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.handlers import measure_handlers
from benchmarks.sandbox import measure_sandbox
from benchmarks.startup import GOAL as STARTUP_GOAL
from benchmarks.startup import Startup, measure_startup

REPORT = Path(__file__).with_name("report.md")


def machine() -> str:
    """The processor, the number of cores and the versions that the figures depend on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next(
            (line.partition(": ")[2] for line in lines if line.startswith("model name")), model
        )
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "orjson", "msgspec", "duckdb")
    )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {libraries}"


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """A Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def mark(*, met: bool) -> str:
    """Whether a goal was met."""
    return "met" if met else "MISSED"


def module_reports() -> list[str]:
    """What the measurements of the other modules print, each in a process of its own."""
    lines: list[str] = []
    for path in sorted(Path(__file__).parent.glob("*_cases.py")):
        module = path.stem.removesuffix("_cases")
        run = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{path.stem}"],
            cwd=path.parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
        lines += [f"### {module}", "", "```", *run.stdout.rstrip().splitlines(), "```", ""]
        if run.returncode:
            reason = run.stderr.strip().splitlines()[-1:] or ["a goal was missed"]
            lines += [f"Exit code {run.returncode}: {reason[0]}", ""]
    return lines


def help_line(startup: Startup) -> str:
    """The sentence about `carto-at --help`."""
    milliseconds = startup.median["carto-at --help"] * 1000
    goal = f"goal ≤ {STARTUP_GOAL}: {mark(met=startup.ratio <= STARTUP_GOAL)}"
    return (
        f"`carto-at --help` takes {milliseconds:.0f} ms, {startup.ratio:.2f} times as long as "
        f'`python -c "import click, rich"` ({goal}).'
    )


def main() -> int:
    """Measure, write the report, and return 1 when a goal was missed."""
    figures = measure_handlers()
    startup = measure_startup()
    calls, rates = measure_sandbox()
    by_way = {rate.way: rate.rows_per_second for rate in rates}
    goals = [figure.met for figure in figures] + [
        startup.ratio <= STARTUP_GOAL,
        calls[1].mutating == 0,
    ]
    text = [
        "# Benchmarks",
        "",
        f"Measured by `make bench` on: {machine()}. Only ratios taken in one run are comparable between machines.",
        "",
        "## Lambda handlers",
        "",
        "CPU time of the full path (event bytes to response bytes) against the floor: orjson decoding of the same",
        "event and double encoding of the same results. Best of the rounds, taken in turns; `median` is the ratio of",
        "the middle rounds.",
        "",
        *table(
            ("function", "rows", "µs/row", "floor µs/row", "ratio", "median", "goal", ""),
            [
                (
                    f.name,
                    str(f.rows),
                    f"{f.handler.minimum / f.rows * 1e6:.2f}",
                    f"{f.floor.minimum / f.rows * 1e6:.2f}",
                    f"{f.ratio:.2f}",
                    f"{f.median_ratio:.2f}",
                    f"≤ {f.goal}" if f.goal else "",
                    mark(met=f.met) if f.goal else "",
                )
                for f in figures
            ],
        ),
        "",
        "## Handlers of the other modules",
        "",
        "Against the same floor, and against the row-by-row implementations in `benchmarks/rowwise/`.",
        "",
        *module_reports(),
        "## Plain SQL against Lambda",
        "",
        "QUADBIN_FROMLONGLAT over 100 000 points through the sandbox, as the toolbox's SQL function and as a Lambda",
        "function that exists for this comparison only. DuckDB is not Redshift: the ratio says what the calls cost.",
        "",
        *table(("way", "rows/s"), [(rate.way, f"{rate.rows_per_second:,.0f}") for rate in rates]),
        "",
        f"Plain SQL is {by_way['plain SQL'] / by_way['Lambda']:.1f} times as fast.",
        "",
        "## Installation",
        "",
        *table(
            ("run", "AWS calls", "of them changes", "seconds in the sandbox"),
            [(c.what, str(c.total), str(c.mutating), f"{c.seconds:.1f}") for c in calls],
        ),
        "",
        "## Command line",
        "",
        help_line(startup),
        "",
    ]
    REPORT.write_text("\n".join(text), encoding="utf-8")
    print(f"wrote {REPORT}; {sum(goals)} of {len(goals)} goals met")
    return 0 if all(goals) else 1


if __name__ == "__main__":
    sys.exit(main())
