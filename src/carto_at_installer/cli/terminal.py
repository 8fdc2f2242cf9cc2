"""What the user wants to see of a command, and the consoles to show it on.

Imported by every command line, `--help` included: nothing slow is imported here.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class Terminal:
    """The wishes of the user, filled in by the shared flags while they are parsed."""

    def __init__(
        self,
        *,
        json_output: bool = False,
        verbose: bool = False,
        quiet: bool = False,
        color: bool = True,
    ) -> None:
        self.command = "carto-at"
        self.json_output = json_output
        self.verbose = verbose
        self.quiet = quiet
        self.color = color

    @classmethod
    def guessed_from(cls, words: list[str]) -> Terminal:
        """The wish as far as it shows in the raw words: right even when they cannot be parsed."""
        pairs = zip(words, [*words[1:], ""], strict=True)
        as_json = "--output=json" in words or ("--output", "json") in pairs
        return cls(json_output=as_json, color="--no-color" not in words)

    @property
    def animated(self) -> bool:
        """Whether progress may move: standard error is a real terminal and no CI log."""
        return sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"

    def console(self, *, error: bool = False) -> Console:
        """A rich console on standard output, or on standard error."""
        from rich.console import Console  # noqa: PLC0415 - rich is slow to import

        stream = sys.stderr if error else sys.stdout
        no_color = not self.color or bool(os.environ.get("NO_COLOR"))
        return Console(
            file=stream,
            no_color=no_color,
            force_terminal=stream.isatty() and not no_color,
            highlight=False,
            soft_wrap=not stream.isatty(),
        )
