"""Runs a command and turns whatever happens into one rendered result and an exit code.

One of the two places that catch everything (the other is the executor's boundary): people see a sentence and a next
step, never a traceback; `--verbose` adds the traceback on standard error.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from carto_at_installer.cli.root import root
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.core.errors import CartoAtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.core.result import Result

INTERRUPTED = 130
_FAULT = (
    "This is a fault of carto-at. Run the command again with --verbose and report what it prints."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `carto-at` with the given arguments (those of the process by default) and exit."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    terminal = Terminal.guessed_from(words)
    terminal.words = tuple(words)
    result = run(words, terminal)
    try:
        if result is not None:
            from carto_at_installer.cli.rendering import render  # noqa: PLC0415 - not for --help

            render(result, terminal)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has gone: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(result.exit_code if result else 0)


def run(words: list[str], terminal: Terminal) -> Result | None:
    """The result of a command line; None when click has already printed what was asked for (help, version)."""
    try:
        answer = root.main(words, prog_name="carto-at", standalone_mode=False, obj=terminal)
    except click.UsageError as error:
        return _misused(terminal, error)
    except (click.Abort, KeyboardInterrupt):
        hint = "Run the same command again to continue."
        return _failed(terminal, "interrupted", "Interrupted", hint, INTERRUPTED)
    except CartoAtError as error:
        return _failed(terminal, error.code, error.message, error.hint, error.exit_code)
    except Exception as error:  # noqa: BLE001 - the edge of the program
        if terminal.verbose:
            import traceback  # noqa: PLC0415 - not for --help

            traceback.print_exc()
        return _failed(terminal, "unexpected", f"{type(error).__name__}: {error}", _FAULT, 1)
    return None if answer is None or isinstance(answer, int) else answer


def _misused(terminal: Terminal, error: click.UsageError) -> Result | None:
    """What to answer to words that are no command; those without any get the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        if not terminal.json_output:
            click.echo(error.format_message())
            return None
        return _failed(terminal, "usage", "The command is missing", "See `carto-at --help`.", 2)
    command = error.ctx.command_path if error.ctx else "carto-at"
    terminal.command = command.removeprefix("carto-at ")
    return _failed(terminal, "usage", error.format_message(), f"See `{command} --help`.", 2)


def _failed(terminal: Terminal, code: str, message: str, hint: str, exit_code: int) -> Result:
    from carto_at_installer.core.result import Problem, Result  # noqa: PLC0415 - not for --help

    return Result(terminal.command, errors=(Problem(code, message, hint),), exit_code=exit_code)
