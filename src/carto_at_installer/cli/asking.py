"""Asks the user, when somebody is there to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from carto_at_installer.cli.terminal import Terminal


def confirm(terminal: Terminal, question: str) -> None:
    """Go on only after a yes. Raises Abort after a no, and UsageError when nobody can be asked."""
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415 - keeps --help quick

    if not terminal.interactive:
        raise UsageError(
            f"This needs a confirmation: {question}", hint="Add --yes to go on without being asked."
        )
    click.confirm(question, abort=True, err=True)
