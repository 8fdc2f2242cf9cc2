"""The `carto-at` command: the list of its commands, each in a module of its own that is imported when it is used."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

import click

from carto_at_installer.__about__ import __version__

# Each command's place and its line in the help of `carto-at`, which can so be shown without importing them all.
COMMANDS = {
    "install": ("install:install", "Install the toolbox into a database, or update it."),
    "check": (
        "check:check",
        "Find out whether an installation will work, and who must do what if not.",
    ),
    "policy": ("policy:policy", "Print the IAM policy that installing with these options needs."),
    "bootstrap-sql": (
        "policy:bootstrap_sql",
        "Print the SQL that a superuser runs once, so that somebody else can install.",
    ),
    "plan": ("install:plan", "Show what `install` would do; change nothing."),
    "status": ("inspect:status", "Show what is installed and how it stands."),
    "history": ("inspect:history", "List all releases: what was done, when, by whom."),
    "diff": ("inspect:diff", "Compare deployed definitions with those of this package."),
    "test": ("inspect:test", "Ask the recorded examples and compare the answers."),
    "upgrade": ("lifecycle:upgrade", "Bring an installation to this version."),
    "rollback": ("lifecycle:rollback", "Go back to an earlier release."),
    "resume": ("lifecycle:resume", "Complete what stopped half-way."),
    "repair": ("repair:repair", "Put right what was changed or removed by hand."),
    "adopt": ("repair:adopt", "Take over functions that others have made."),
    "uninstall": ("removal:uninstall", "Remove an installation, or a part of it."),
    "prune": ("removal:prune", "Delete what only old releases use."),
    "unlock": ("removal:unlock", "Take the lease of a dead process away."),
    "sql": ("query:sql", "Run SQL on the target and show the rows."),
    "export": ("export:export", "Write an installation as files, without asking AWS."),
    "logs": ("logs:logs", "Show what went wrong in the Lambda functions."),
    "usage": (
        "usage:usage",
        "Show how much the functions have been used, and what that may have cost.",
    ),
    "list": ("browse:list_functions", "List the functions, of all modules or of one."),
    "describe": ("browse:describe", "Show everything about one function."),
    "validate": ("browse:validate", "Check a catalog and report every fault."),
    "doctor": (
        "doctor:doctor",
        "Report versions, settings, checks and the installation, to paste into a bug report.",
    ),
    "packs": ("packs:packs", "Show the packs of functions; build own functions for installation."),
    "config": ("config:config", "Show, check and begin configuration files."),
    "completion": ("completion:completion", "Print the completion script of a shell."),
    "sandbox": ("sandbox:sandbox", "Try everything on this machine, without an account."),
}


class _Commands(click.Group):
    """A group that imports a command's module only when the command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"carto_at_installer.cli.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; an unknown command is refused with the closest ones."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, n=2)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", message="carto-at %(version)s")
def root() -> None:
    """Put the CARTO Analytics Toolbox, spatial SQL functions, into Amazon Redshift.

    \b
    carto-at install --cluster-id my-cluster --database dev
    carto-at sql --cluster-id my-cluster --database dev "SELECT carto.QUADBIN_FROMLONGLAT(-3.7, 40.4, 10)"

    Add --sandbox to any command to try it on this machine, without an AWS account.
    """  # noqa: D301 - \b is click's mark for lines to keep
