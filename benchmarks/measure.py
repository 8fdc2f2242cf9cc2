"""Interleaved CPU-time rounds: what is compared runs in turns, so that a noisy neighbour hits all of it alike."""

from __future__ import annotations

import gc
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU seconds of one contestant: the best and the middle of its rounds."""

    minimum: float
    median: float

    @classmethod
    def of(cls, spent: Sequence[float]) -> Timing:
        """Of what the rounds took."""
        return cls(min(spent), statistics.median(spent))

    def divided(self, rows: int) -> Timing:
        """The same for one of so many rows."""
        return Timing(self.minimum / rows, self.median / rows)


@contextmanager
def collection_off() -> Iterator[None]:
    """Keep the garbage collector out of the figures."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int = 9, warm_ups: int = 2
) -> dict[str, Timing]:
    """Time each contestant `rounds` times, in turns, after `warm_ups` untimed turns."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    with collection_off():
        for turn in range(rounds + warm_ups):
            for name, contestant in contestants.items():
                begin = time.process_time()
                contestant()
                spent = time.process_time() - begin
                if turn >= warm_ups:
                    times[name].append(spent)
    return {name: Timing.of(spent) for name, spent in times.items()}
