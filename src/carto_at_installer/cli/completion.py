"""`carto-at completion SHELL`: what a shell needs to complete commands, flags, modules and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carto_at_installer.cli.flags import needless_sandbox_flag, output_flags

if TYPE_CHECKING:
    from carto_at_installer.core.result import Result

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_CARTO_AT_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@needless_sandbox_flag
@output_flags
def completion(shell: str) -> Result:
    """Print the completion script of a shell.

    \b
    eval "$(carto-at completion bash)"            # in ~/.bashrc
    eval "$(carto-at completion zsh)"             # in ~/.zshrc
    carto-at completion fish > ~/.config/fish/completions/carto-at.fish
    """  # noqa: D301 - \b is click's mark for lines to keep
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.cli.root import root  # noqa: PLC0415
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415
    from carto_at_installer.core.result import Code, Result  # noqa: PLC0415

    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"There is no completion for {shell}")
    script = found(root, {}, "carto-at", VARIABLE).source().strip()
    return Result(
        "completion", data={"shell": shell, "script": script}, blocks=(Code(script, "sh"),)
    )
