"""Writes what functions print into the log service, behind their backs: an invocation does not wait for it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.logs_service.records import now, stream_prefix
from carto_at_installer.sandbox.state import StateError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.logs_service.records import LogRecords

_log = logging.getLogger(__name__)
_GATHER_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class _Entry:
    """Lines that wait to be written."""

    region: str
    group: str
    stream: str
    at: int
    lines: list[str]


@dataclass(frozen=True, slots=True)
class _Marker:
    """Put into the queue to learn when everything before it was written."""

    done: threading.Event


class LogWriter:
    """One thread that writes entries in the order in which they come."""

    def __init__(self, records: LogRecords) -> None:
        self._records = records
        self._waiting: queue.SimpleQueue[_Entry | _Marker | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_waiting, name="logs", daemon=True)
        self._writer.start()

    def append(self, region: str, group: str, stream: str, text: str) -> None:
        """Write lines to a stream, making group and stream where needed; returns before they are written."""
        self._waiting.put(_Entry(region, group, stream, now(), text.splitlines(keepends=True)))

    def flush(self) -> None:
        """Wait until everything appended so far can be read."""
        done = threading.Event()
        self._waiting.put(_Marker(done))
        if self._writer.is_alive():
            done.wait(5)

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._waiting.put(None)
        self._writer.join(5)

    def _write_waiting(self) -> None:
        """Write in batches: one transaction for what arrives within a few milliseconds."""
        ended = False
        while not ended:
            batch = [self._waiting.get()]
            if isinstance(batch[0], _Entry):
                time.sleep(_GATHER_SECONDS)
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            self._write([item for item in batch if isinstance(item, _Entry)])
            for item in batch:
                if isinstance(item, _Marker):
                    item.done.set()
            ended = None in batch

    def _write(self, entries: list[_Entry]) -> None:
        try:
            with self._records.store.transaction():
                for entry in entries:
                    self._write_entry(entry)
        except StateError:
            _log.exception("the logs of %d invocations are lost", len(entries))

    def _write_entry(self, entry: _Entry) -> None:
        region, group, stream = entry.region, entry.group, entry.stream
        store = self._records.store
        if store.get("logs.group", f"{region}/{group}") is None:
            self._records.new_group(region, group, {})
        if store.get("logs.stream", stream_prefix(region, group) + stream) is None:
            self._records.new_stream(region, group, stream)
        self._records.insert(region, group, stream, [(entry.at, line) for line in entry.lines])
