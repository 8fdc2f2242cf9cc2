"""What the user wants to see of a command, and the consoles to show it on.

Imported by every command line, `--help` included: nothing slow is imported here.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console

    from carto_at_installer.cli.events import EventStream


class Terminal:
    """The wishes of the user, filled in by the shared flags while they are parsed."""

    def __init__(
        self,
        *,
        json_output: bool = False,
        verbose: bool = False,
        quiet: bool = False,
        color: bool = True,
        no_input: bool = False,
    ) -> None:
        self.command = "carto-at"
        self.json_output = json_output
        self.verbose = verbose
        self.quiet = quiet
        self.color = color
        self.no_input = no_input
        self.events: EventStream | None = None
        self.words: tuple[str, ...] = ()

    @classmethod
    def guessed_from(cls, words: list[str]) -> Terminal:
        """The wish as far as it shows in the raw words: right even when they cannot be parsed."""
        as_json = "--output=json" in words or ("--output", "json") in pairwise(words)
        as_json = as_json or os.environ.get("CARTO_AT_OUTPUT") == "json"
        return cls(json_output=as_json, color="--no-color" not in words)

    @property
    def animated(self) -> bool:
        """Whether progress may move: standard error is a real terminal and no CI log."""
        return _capable(sys.stderr) and not os.environ.get("CI")

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to be asked, and may be."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.no_input

    @property
    def streams_events(self) -> bool:
        """Whether standard output belongs to the stream of events, and so to nothing else."""
        return self.events is not None and self.events.on_stdout

    def console(self, *, error: bool = False) -> Console:
        """A rich console on standard output, or on standard error.

        FORCE_COLOR colours what is printed; it never makes progress move. NO_COLOR goes before it.
        """
        from rich.console import Console  # noqa: PLC0415 - rich is slow to import

        stream = sys.stderr if error else sys.stdout
        no_color = not self.color or bool(os.environ.get("NO_COLOR"))
        forced = os.environ.get("FORCE_COLOR", "") not in {"", "0"} and not no_color
        console = Console(
            file=stream,
            no_color=no_color,
            force_terminal=_capable(stream) or forced,
            force_interactive=_capable(stream),
            highlight=False,
            soft_wrap=not stream.isatty(),
        )
        # rich would end the process with 1 when the reader of a pipe has gone; that is no failure of the command
        console.on_broken_pipe = _broken_pipe  # type: ignore[method-assign]
        return console


def _broken_pipe() -> None:
    """For `cli.entry`, which knows what to do."""
    raise BrokenPipeError


def _capable(stream: TextIO) -> bool:
    """Whether the stream is a terminal that knows control sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
