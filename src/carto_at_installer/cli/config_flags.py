"""`--config` and `--env`: what a file says becomes the defaults of a command's other options.

click then ranks the sources itself: flag, variable, file, built-in default; `context.get_parameter_source` tells which
one a value came from.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.config.settings import ALTERNATIVES, BY_NAME, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.config import Config

_META = "carto_at_installer.config"
FILE_RANK = 1
_RANKS = {
    click.core.ParameterSource.COMMANDLINE: 3,
    click.core.ParameterSource.PROMPT: 3,
    click.core.ParameterSource.ENVIRONMENT: 2,
    click.core.ParameterSource.DEFAULT_MAP: FILE_RANK,
}


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Read the configuration once both of its options are known; both are eager, in any order."""
    noted: dict[str, Any] = context.meta.setdefault(f"{_META}.asked", {})
    noted[str(parameter.name)] = value
    if len(noted) == len(CONFIG_FLAGS) and not context.resilient_parsing:
        terminal = context.ensure_object(Terminal)
        terminal.command = context.command_path.removeprefix("carto-at ")
        _read(context, noted["config_file"], noted["environment"])
    return value


def _read(context: click.Context, file: Path | None, environment: str | None) -> None:
    from carto_at_installer.config import ConfigLoader  # noqa: PLC0415 - keeps --help quick

    config = ConfigLoader().load_config(file, environment)
    context.meta[_META] = config
    context.default_map = {
        name: _as_option(name, given.value) for name, given in config.given.items()
    }


def _as_option(name: str, value: Any) -> Any:
    if BY_NAME[name].kind is Kind.TEXTS:
        return [f"{key}={text}" for key, text in value.items()]
    return value


CONFIG_FLAGS = (
    click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        envvar="CARTO_AT_CONFIG",
        is_eager=True,
        expose_value=False,
        callback=_note,
        metavar="FILE",
        help="Take values from this file or folder (carto-at.yml if it is here).",
    ),
    click.option(
        "--env",
        "environment",
        envvar="CARTO_AT_ENV",
        is_eager=True,
        expose_value=False,
        callback=_note,
        metavar="NAME",
        help="Environment of the configuration: dev, prod ...",
    ),
)


def loaded_config(context: click.Context) -> Config:
    """The configuration that the command runs with."""
    from carto_at_installer.config import Config  # noqa: PLC0415 - keeps --help quick

    config = context.meta.get(_META)
    return config if config is not None else Config()


def rank(context: click.Context, name: str) -> int:
    """How much the source of an option's value counts: flag 3, variable 2, file 1, built-in default 0."""
    source = context.get_parameter_source(name)
    return _RANKS.get(source, 0) if source else 0


def overruled(context: click.Context, flags: Mapping[str, Any]) -> dict[str, str]:
    """The options whose values do not count, each with the one that was named at a place of higher rank.

    Naming a workgroup on the command line takes back the cluster of a file, and a selection there the one of a file.
    """
    pairs = [*ALTERNATIVES, *_SELECTIONS]
    return {
        lower: higher
        for pair in pairs
        for lower, higher in (pair, pair[::-1])
        if flags.get(lower) and flags.get(higher) and rank(context, lower) < rank(context, higher)
    }


_SELECTIONS = (("modules", "functions"),)


def with_environments(context: click.Context, hint: str) -> str:
    """A hint about missing values, with the environments that could have been chosen."""
    config = loaded_config(context)
    if config.environment is not None or not config.environments:
        return hint
    names = " or ".join(f"--env {name}" for name in config.environments)
    return (
        f"{hint}\nOr choose an environment of {config.files[0]}: {names}" if config.files else hint
    )
