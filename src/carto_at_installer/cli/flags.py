"""The options that commands share, each defined once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.core.options import DEFAULT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def _wish(attribute: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback that notes a flag of the shown output on the terminal instead of passing it to the command."""

    def note(context: click.Context, _: click.Parameter, value: Any) -> Any:
        terminal = context.ensure_object(Terminal)
        terminal.command = context.command_path.removeprefix("carto-at ")
        if value:
            setattr(terminal, attribute, value if attribute != "json_output" else value == "json")
        return value

    return note


def _enter_sandbox(context: click.Context, _: click.Parameter, value: bool) -> bool:  # noqa: FBT001 - click's form
    if value and not context.resilient_parsing:
        from carto_at_installer.cli.sandbox import enter  # noqa: PLC0415 - only with the flag

        enter(context.ensure_object(Terminal))
    return value


def _no_color(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's form
    if value:
        context.ensure_object(Terminal).color = False


_OUTPUT = (
    click.option(
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        expose_value=False,
        is_eager=True,
        callback=_wish("json_output"),
        envvar="CARTO_AT_OUTPUT",
        help="Text for people, or one JSON document.",
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_wish("verbose"),
        help="Say more, also about errors.",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_wish("quiet"),
        help="Say only what is wrong.",
    ),
    click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_no_color,
        help="No colours (also: NO_COLOR).",
    ),
)
sandbox_flag = click.option(
    "--sandbox",
    is_flag=True,
    expose_value=False,
    callback=_enter_sandbox,
    envvar="CARTO_AT_SANDBOX",
    help="Use the local sandbox instead of AWS; it is started when it is not running.",
)
# Commands that do not talk to AWS take the flag too, so that scripts can add it to every command.
needless_sandbox_flag = click.option("--sandbox", is_flag=True, expose_value=False, hidden=True)
_AWS = (
    click.option("--profile", envvar="CARTO_AT_PROFILE", help="AWS profile."),
    click.option("--region", envvar="CARTO_AT_REGION", help="AWS region."),
)
_TARGET = (
    click.option("--cluster-id", envvar="CARTO_AT_CLUSTER_ID", help="Redshift cluster identifier."),
    click.option("--workgroup", envvar="CARTO_AT_WORKGROUP", help="Redshift Serverless workgroup."),
    click.option("--database", envvar="CARTO_AT_DATABASE", help="Database in the cluster."),
    click.option("--db-user", envvar="CARTO_AT_DB_USER", help="Log in as this database user."),
    click.option("--secret-arn", envvar="CARTO_AT_SECRET_ARN", help="Log in with this secret."),
)
SCHEMA = click.option(
    "--schema",
    envvar="CARTO_AT_SCHEMA",
    default=DEFAULT_SCHEMA,
    show_default=True,
    help="Schema of the toolbox.",
)


def output_flags(command: F) -> F:
    """The flags of every command: --output, --verbose, --quiet, --no-color."""
    return _decorated(command, _OUTPUT)


def target_flags(command: F) -> F:
    """The flags of commands that reach a database."""
    return _decorated(command, (*_TARGET, *_AWS))


def _decorated(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
