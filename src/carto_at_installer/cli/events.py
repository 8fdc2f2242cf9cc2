"""`--events FILE`: what happens, as it happens, one JSON object a line, for programs that watch.

Four types of lines: `plan` (a phase and its steps), `step` (one starts or ends), `event` (what a step
waits for) and, at the very end, `result` with the same document that `--output json` prints.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from carto_at_installer.cli.progress import StepClock
from carto_at_installer.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from carto_at_installer.core.progress import Task
    from carto_at_installer.core.result import Result

SCHEMA = "carto-at/events/v1"


class EventStream:
    """Writes each line at once. Raises UsageError when the file cannot be written. `-` is standard output."""

    def __init__(self, name: str) -> None:
        self.on_stdout = name == "-"
        try:
            self._stream: TextIO = (
                sys.stdout if self.on_stdout else open(name, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - kept open
            )
        except OSError as error:
            raise UsageError(f"Events cannot be written to {name}: {error.strerror}") from error
        self._clock = StepClock()
        self._phase = ""
        self._modules: dict[str, str] = {}
        self._lock = threading.Lock()

    def phase(self, title: str, total: int, tasks: Sequence[Task] = ()) -> None:
        """Write what the phase is going to do."""
        self._phase = title
        self._modules = {task.step: task.module for task in tasks if task.module}
        steps = [{"step": task.step, "module": task.module or None} for task in tasks]
        self._write("plan", total=total, steps=steps)

    def started(self, step: str) -> None:
        """Write that a step starts."""
        self._clock.start(step)
        self._write("step", step=step, module=self._modules.get(step), status="started")

    def finished(self, step: str, *, failed: bool = False) -> None:
        """Write that a step ended, and how long it took."""
        status, seconds = "failed" if failed else "finished", round(self._clock.stop(step), 3)
        module = self._modules.get(step)
        self._write("step", step=step, module=module, status=status, seconds=seconds)

    def waiting(self, step: str, reason: str) -> None:
        """Write what a step waits for."""
        self._write("event", step=step, module=self._modules.get(step), reason=reason)

    def end(self, result: Result) -> None:
        """Write the result and close the file."""
        self._write("result", result=result.envelope())
        if not self.on_stdout:
            self._stream.close()

    def _write(self, type_: str, **content: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"schema": SCHEMA, "type": type_, "time": now, **content}
        if type_ != "result":
            line["phase"] = self._phase
        with self._lock:
            self._stream.write(json.dumps(line, default=str) + "\n")
            self._stream.flush()
