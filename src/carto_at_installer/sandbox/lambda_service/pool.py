"""Keeps workers warm: at most so many run at once, the least recently used ones end first."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.lambda_service.process import Answer, Launch, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

_IDLE_PER_SLOT = 6


class WorkerPool:
    """Hands out workers by launch. `slots` invocations run at the same time; more wait for their turn."""

    def __init__(self, slots: int, idle_seconds: float) -> None:
        self._slots = threading.BoundedSemaphore(slots)
        self._max_idle = slots * _IDLE_PER_SLOT
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._closed = threading.Event()
        threading.Thread(target=self._reap_regularly, name="lambda-reaper", daemon=True).start()

    @contextmanager
    def worker(self, launch: Launch) -> Iterator[tuple[Worker, Answer | None]]:
        """A worker for one invocation; for a new one, also what its initialisation gave.

        Raises WorkerDiedError when a new worker does not come up.
        """
        with self._slots:
            worker = self._take(launch)
            cold = worker is None
            if worker is None:
                worker = Worker(launch)
            with self._lock:
                self._busy.add(worker)
            reusable = False
            try:
                started = worker.initialise() if cold else None
                yield worker, started
                reusable = started is None or started.error is None
            finally:
                self._release(worker, reusable=reusable and not self._closed.is_set())

    def discard(self, function_arn: str) -> None:
        """End the idle workers of a function that was deleted or changed."""
        with self._lock:
            dropped = [item for item in self._idle if item.launch.function_arn == function_arn]
            self._idle = [item for item in self._idle if item not in dropped]
        for worker in dropped:
            worker.close()

    def close(self) -> None:
        """End every worker."""
        self._closed.set()
        with self._lock:
            workers = [*self._idle, *self._busy]
            self._idle = []
        for worker in workers:
            worker.close()

    def _take(self, launch: Launch) -> Worker | None:
        while True:
            with self._lock:
                position = next(
                    (
                        index
                        for index in range(len(self._idle) - 1, -1, -1)
                        if self._idle[index].launch == launch
                    ),
                    None,
                )
                if position is None:
                    return None
                worker = self._idle.pop(position)
            if worker.alive:
                return worker
            worker.close()

    def _release(self, worker: Worker, *, reusable: bool) -> None:
        surplus: list[Worker] = []
        with self._lock:
            self._busy.discard(worker)
            if reusable and worker.alive:
                self._idle.append(worker)
                excess = len(self._idle) - self._max_idle
                surplus = self._idle[: max(0, excess)]
                self._idle = self._idle[max(0, excess) :]
            else:
                surplus.append(worker)
        for item in surplus:
            item.close()

    def _reap_regularly(self) -> None:
        while not self._closed.wait(max(1.0, min(30.0, self._idle_seconds / 2))):
            oldest = time.monotonic() - self._idle_seconds
            with self._lock:
                expired = [item for item in self._idle if item.last_used < oldest]
                self._idle = [item for item in self._idle if item.last_used >= oldest]
            for worker in expired:
                worker.close()
