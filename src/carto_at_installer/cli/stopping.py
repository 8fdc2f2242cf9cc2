"""Ctrl-C during a change: once, the current step ends and is recorded; twice, it is over at once."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from carto_at_installer.cli.terminal import Terminal

_ABORTED = 130


@contextmanager
def stoppable(terminal: Terminal) -> Iterator[threading.Event]:
    """An event that is set by the first Ctrl-C inside the block; the second one ends the process."""
    wish = threading.Event()

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        console = terminal.console(error=True)
        if wish.is_set():
            console.print("Aborted. Continue later with `carto-at resume`.", markup=False)
            os._exit(_ABORTED)
        wish.set()
        console.print("Stopping after the current step (Ctrl-C again to abort) ...", markup=False)

    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield wish
    finally:
        signal.signal(signal.SIGINT, before)
