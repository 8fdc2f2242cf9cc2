"""The `carto-at` command: the list of its commands, each in a module of its own that is imported when it is used."""

from __future__ import annotations

from importlib import import_module

import click

from carto_at_installer.cli.flags import version_text

_COMMANDS = {
    "install": "carto_at_installer.cli.install:install",
    "plan": "carto_at_installer.cli.install:plan",
    "sql": "carto_at_installer.cli.query:sql",
    "list": "carto_at_installer.cli.browse:list_functions",
    "describe": "carto_at_installer.cli.browse:describe",
    "validate": "carto_at_installer.cli.browse:validate",
    "sandbox": "carto_at_installer.cli.sandbox:sandbox",
}


class _Commands(click.Group):
    """A group that imports a command's module only when the command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", message=version_text(), package_name="carto-at-redshift")
def root() -> None:
    """Put the CARTO Analytics Toolbox, spatial SQL functions, into Amazon Redshift.

    \b
    carto-at install --cluster-id my-cluster --database dev
    carto-at sql --cluster-id my-cluster --database dev "SELECT carto.QUADBIN_FROMLONGLAT(-3.7, 40.4, 10)"

    Add --sandbox to any command to try it on this machine, without an AWS account.
    """  # noqa: D301 - \b is click's mark for lines to keep
