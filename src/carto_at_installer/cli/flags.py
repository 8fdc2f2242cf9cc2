"""The options that commands share, each defined once."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from carto_at_installer.cli.completion_names import (
    function_names,
    module_names,
    selectable_names,
)
from carto_at_installer.cli.config_flags import CONFIG_FLAGS, overruled, with_environments
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.config.settings import BY_NAME, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

F = TypeVar("F", bound="Callable[..., Any]")


class Names(click.ParamType):  # type: ignore[type-arg]  # not generic in all supported versions
    """Names with commas between them, as a tuple; a list from a file is taken too."""

    name = "names"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """The names, without blanks around them."""
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(part.strip() for part in parts if part.strip())


class TagPair(click.ParamType):  # type: ignore[type-arg]  # as above
    """`KEY=VALUE`; in a variable there are commas between several."""

    name = "KEY=VALUE"
    envvar_list_splitter = ","


def setting_flag(name: str, **more: Any) -> Callable[[F], F]:
    """The option of a setting: flag, variable, type, default and help come from the table of settings."""
    setting = BY_NAME[name]
    given: dict[str, Any] = {"envvar": setting.variable, "help": setting.help}
    if setting.kind is Kind.TEXTS:
        given |= {"multiple": True, "type": TagPair(), "metavar": "KEY=VALUE"}
    elif setting.kind is Kind.NAMES:
        given |= {"type": Names(), "default": ",".join(setting.default), "metavar": "NAMES"}
    else:
        given |= {"default": setting.default, "show_default": setting.default is not None}
        if setting.choices:
            given["type"] = click.Choice(setting.choices)
        elif setting.kind is Kind.INTEGER:
            given["type"] = int
    flags = [flag for flag in (setting.flag, setting.other_flag) if flag]
    return click.option(*flags, name, **(given | more))


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


def _open_events(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value and not context.resilient_parsing:
        from carto_at_installer.cli.events import EventStream  # noqa: PLC0415 - only with the flag

        context.ensure_object(Terminal).events = EventStream(value)


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
        envvar="CARTO_AT_VERBOSE",
        callback=_wish("verbose"),
        help="Say more, also about errors.",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        envvar="CARTO_AT_QUIET",
        callback=_wish("quiet"),
        help="Say only what is wrong.",
    ),
    click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        envvar="CARTO_AT_NO_COLOR",
        callback=_no_color,
        help="No colours (also: NO_COLOR).",
    ),
    click.option(
        "--no-input",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        envvar="CARTO_AT_NO_INPUT",
        callback=_wish("no_input"),
        help="Ask nothing: what is missing is an error.",
    ),
    click.option(
        "--events",
        metavar="FILE",
        expose_value=False,
        is_eager=True,
        envvar="CARTO_AT_EVENTS",
        callback=_open_events,
        help="Write what happens as lines of JSON to this file (- is standard output).",
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
_AWS = tuple(setting_flag(name) for name in ("profile", "region", "deploy_role_arn"))
_TARGET = tuple(
    setting_flag(name) for name in ("cluster_id", "workgroup", "database", "db_user", "secret_arn")
)
SCHEMA = setting_flag("schema")
_SHAPE = (
    SCHEMA,
    *(
        setting_flag(name)
        for name in (
            "prefix",
            "architecture",
            "memory_mb",
            "timeout_s",
            "execution_role_arn",
            "invoke_role_arn",
            "role_path",
            "permissions_boundary",
            "kms_key",
            "reserved_concurrency",
            "log_retention_days",
            "tags",
        )
    ),
)
_SELECTION = (
    setting_flag("cloud"),
    setting_flag("modules", shell_complete=module_names),
    setting_flag("functions", shell_complete=function_names),
    setting_flag("exclude", shell_complete=selectable_names),
    click.option(
        "--changed-since",
        envvar="CARTO_AT_CHANGED_SINCE",
        metavar="REF",
        help="For authors, in a git checkout: only functions whose sources changed since this commit or branch.",
    ),
    click.option(
        "--diff",
        is_flag=True,
        envvar="CARTO_AT_DIFF",
        help="Only functions that are deployed otherwise than in this package, or not at all.",
    ),
    setting_flag("packs", hidden=True),
)


def output_flags(command: F) -> F:
    """The flags of every command: how it shows its result and its progress, and whether it may ask."""
    return _decorated(command, _OUTPUT)


def target_flags(command: F) -> F:
    """The flags of commands that reach a database, with the configuration that they may come from."""
    return _decorated(_ranked(command), (*CONFIG_FLAGS, *_TARGET, *_AWS))


def config_flags(command: F) -> F:
    """--config and --env, for commands without a target."""
    return _decorated(command, CONFIG_FLAGS)


def setting_flags(command: F) -> F:
    """The flag of every setting there is."""
    return _decorated(_ranked(command), [setting_flag(name) for name in BY_NAME])


def shape_flags(command: F) -> F:
    """The flags that say how an installation is made: schema, names, Lambda functions, roles, tags."""
    return _decorated(command, _SHAPE)


def selection_flags(command: F) -> F:
    """The flags that choose functions; `cli.selection.selection_of` turns their values into options."""
    return _decorated(command, _SELECTION)


def _ranked(command: F) -> F:
    """Keep, of settings that exclude each other, the one from the place of higher rank."""

    @wraps(command)
    def ranked(*arguments: Any, **flags: Any) -> Any:
        from carto_at_installer.core.errors import UsageError  # noqa: PLC0415 - keeps --help quick

        context = click.get_current_context()
        for name in overruled(context, flags):
            flags[name] = type(flags[name])() if isinstance(flags[name], tuple) else None
        try:
            return command(*arguments, **flags)
        except UsageError as error:
            if not (flags.get("cluster_id") or flags.get("workgroup")):
                error.hint = with_environments(context, error.hint)
            raise

    return ranked  # type: ignore[return-value]  # wraps keeps the signature


def _decorated(command: F, options: Iterable[Callable[[F], F]]) -> F:
    for option in reversed(tuple(options)):
        command = option(command)
    return command
