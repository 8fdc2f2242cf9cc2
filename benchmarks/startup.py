"""How long `carto-at --help` takes, against importing the libraries that any such command needs.

Run with `python -m benchmarks.startup`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 25
GOAL = 1.6
COMMANDS = {
    "carto-at --help": [str(Path(sys.executable).with_name("carto-at")), "--help"],
    "import click, rich": [sys.executable, "-c", "import click, rich"],
}


@dataclass(frozen=True)
class Startup:
    """Wall seconds, the best and the middle of the rounds, in turns."""

    minimum: dict[str, float]
    median: dict[str, float]

    @property
    def ratio(self) -> float:
        """Help against imports, middle rounds."""
        return self.median["carto-at --help"] / self.median["import click, rich"]


def measure_startup() -> Startup:
    """Run both commands in turns."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, words in COMMANDS.items():
            begin = time.perf_counter()
            # Without a timeout: with one, Python waits for the end in naps of up to 50 ms.
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - begin)
    return Startup(
        {name: min(spent) for name, spent in times.items()},
        {name: statistics.median(spent) for name, spent in times.items()},
    )


if __name__ == "__main__":
    found = measure_startup()
    print(
        f"carto-at --help: {found.median['carto-at --help'] * 1000:.0f} ms, {found.ratio:.2f} of the imports"
    )
