"""Faults that strike the processes in which Lambda functions run."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.faults.fault import Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_at_installer.sandbox.faults.book import FaultBook
    from carto_at_installer.sandbox.lambda_service.process import Worker
    from carto_at_installer.sandbox.lambda_service.records import Record


@contextmanager
def striking_worker(faults: FaultBook, worker: Worker, record: Record) -> Iterator[float]:
    """A block in which a worker runs a function: yields the seconds that remain for it.

    Raises WorkerDiedError when a slow worker has no time left.
    """
    struck = faults.meet(Place.WORKER, record["name"])
    delay = sum(fault.seconds for fault in struck if fault.kind is Kind.SLOW_WORKER)
    timeout = float(record["timeout"])
    time.sleep(min(delay, timeout))
    if delay >= timeout:
        worker.time_out()
    timers = [
        threading.Timer(fault.seconds, worker.kill)
        for fault in struck
        if fault.kind is Kind.KILL_WORKER and fault.seconds
    ]
    if any(fault.kind is Kind.KILL_WORKER and not fault.seconds for fault in struck):
        worker.kill()
    for timer in timers:
        timer.start()
    try:
        yield timeout - delay
    finally:
        for timer in timers:
            timer.cancel()
