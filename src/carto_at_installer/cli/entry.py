"""Runs a command and turns whatever happens into one rendered result and an exit code.

One of the two places that catch everything (the other is the executor's boundary): people see a sentence and a next
step, never a traceback; `--verbose` adds the traceback on standard error.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from carto_at_installer.cli.root import root
from carto_at_installer.cli.terminal import Terminal, render
from carto_at_installer.core.errors import CartoAtError
from carto_at_installer.core.result import Problem, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
_ISSUES = (
    "This is a fault of carto-at. Run the command again with --verbose and report what it prints."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `carto-at` with the given arguments (those of the process by default) and exit."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    terminal = Terminal.guessed_from(words)
    result = run(words, terminal)
    try:
        if result is not None:
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
        return _usage_error(error)
    except (click.Abort, KeyboardInterrupt):
        problem = Problem("interrupted", "Interrupted", "Run the same command again to continue.")
        return Result("carto-at", errors=(problem,), exit_code=INTERRUPTED)
    except CartoAtError as error:
        return _failed(terminal.command, error)
    except Exception as error:  # noqa: BLE001 - the edge of the program
        if terminal.verbose:
            traceback.print_exc()
        problem = Problem("unexpected", f"{type(error).__name__}: {error}", _ISSUES)
        return Result(terminal.command, errors=(problem,), exit_code=1)
    return answer if isinstance(answer, Result) else None


def _failed(command: str, error: CartoAtError) -> Result:
    problem = Problem(error.code, error.message, error.hint)
    return Result(command, errors=(problem,), exit_code=error.exit_code)


def _usage_error(error: click.UsageError) -> Result:
    command = error.ctx.command_path if error.ctx else "carto-at"
    hint = f"See `{command} --help`."
    problem = Problem("usage", error.format_message(), hint)
    return Result(command, errors=(problem,), exit_code=2)
