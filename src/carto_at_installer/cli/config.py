"""`carto-at config ...`: shows, checks and begins configuration files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.config_flags import loaded_config, overruled
from carto_at_installer.cli.flags import config_flags, output_flags, sandbox_flag, setting_flags
from carto_at_installer.cli.terminal import Terminal
from carto_at_installer.config.settings import BY_NAME, SETTINGS, Kind

if TYPE_CHECKING:
    from carto_at_installer.config import Config
    from carto_at_installer.config.settings import Setting
    from carto_at_installer.core.result import Problem, Result
    from carto_at_installer.documents.faults import Fault

DEFAULT_FILE = "carto-at.yml"


@click.group("config")
def config() -> None:
    """Show, check and begin configuration files.

    A configuration gives values to the options of all commands. Flags come first, then CARTO_AT_ variables, then the
    file (--config, or carto-at.yml in the working directory), then the defaults.
    """


@config.command()
@click.option("--explain", is_flag=True, help="Say where each value comes from.")
@config_flags
@setting_flags
@output_flags
@click.pass_context
def show(context: click.Context, /, *, explain: bool, **flags: Any) -> Result:
    """Show the value of every setting.

    \b
    carto-at config show --env prod
    carto-at config show --explain --schema other
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.core.result import Result, Table  # noqa: PLC0415 - keeps --help quick

    data = settings_document(context, flags)
    rows = [
        (path, _shown(each["value"]), each["source"]["text"])
        for path, each in data["settings"].items()
    ]
    columns = ("setting", "value", "source")
    table = (
        Table(columns, tuple(rows)) if explain else Table(columns[:2], tuple(r[:2] for r in rows))
    )
    return Result("config show", data=data, blocks=(table,))


def settings_document(context: click.Context, flags: dict[str, Any]) -> dict[str, Any]:
    """Every setting with its value and where it comes from, and the files that were read."""
    loaded = loaded_config(context)
    lost = overruled(context, context.params)
    return {
        "files": [str(file) for file in loaded.files],
        "environment": loaded.environment,
        "environments": list(loaded.environments),
        "settings": {
            s.path: {
                "value": _plain(s, flags[s.name]),
                "source": _source(context, loaded, s, lost),
            }
            for s in SETTINGS
        },
    }


def _source(
    context: click.Context, loaded: Config, setting: Setting, lost: dict[str, str]
) -> dict[str, Any]:
    """Where a value comes from: its kind, and for a file its path and line."""
    if setting.name in lost:
        higher = BY_NAME[lost[setting.name]].path
        return {"kind": "overruled", "text": f"not used: {higher} is named at a higher place"}
    source = context.get_parameter_source(setting.name)
    if source is click.core.ParameterSource.COMMANDLINE:
        return {"kind": "flag", "text": f"flag {setting.flag}"}
    if source is click.core.ParameterSource.ENVIRONMENT:
        return {"kind": "variable", "text": f"variable {setting.variable}"}
    if source is click.core.ParameterSource.DEFAULT_MAP:
        given = loaded.given[setting.name]
        place = f"{given.file}:{given.line}"
        return {"kind": "file", "text": place, "file": str(given.file), "line": given.line}
    return {"kind": "default", "text": "default"}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{key}={text}" for key, text in value.items()) or None
    if isinstance(value, list):
        return ", ".join(value) or None
    return value


def _plain(setting: Setting, value: Any) -> Any:
    if setting.kind is Kind.TEXTS:
        return dict(pair.split("=", 1) for pair in value if "=" in pair)
    return list(value) if isinstance(value, tuple) else value


@config.command()
@config_flags
@output_flags
@click.pass_context
def validate(context: click.Context, /) -> Result:
    """Check a configuration, with all of its environments.

    \b
    carto-at config validate
    carto-at config validate --config configs --env prod
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.config import InvalidConfigError  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.errors import ConfigError  # noqa: PLC0415
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415

    base = loaded_config(context)
    if not base.files and not base.environments:
        raise ConfigError(
            f"There is no {DEFAULT_FILE} here",
            hint="Name a configuration with --config, or write one with: carto-at config init",
        )
    chosen = [base.environment] if base.environment else [None, *base.environments]
    faults: set[Fault] = set()
    warnings: list[Problem] = []
    for environment in chosen:
        try:
            loaded = _reloaded(context, environment)
            warnings += _missing(loaded) if environment or not base.environments else []
        except InvalidConfigError as error:
            faults |= set(error.faults)
    if faults:
        raise InvalidConfigError(tuple(sorted(faults)))
    names = ", ".join(base.environments)
    text = f"No faults{f' (environments: {names})' if names else ''}."
    data = {"files": [str(f) for f in base.files], "environments": list(base.environments)}
    return Result(
        "config validate", data=data, blocks=(Paragraph(text, "good"),), warnings=tuple(warnings)
    )


def _reloaded(context: click.Context, environment: str | None) -> Config:
    from carto_at_installer.config import ConfigLoader  # noqa: PLC0415 - keeps --help quick

    base = loaded_config(context)
    if environment == base.environment:
        return base
    return ConfigLoader().load_config(base.origin, environment)


def _missing(loaded: Config) -> list[Problem]:
    """What has to come from flags or variables. Raises ConfigError for what contradicts itself."""
    from carto_at_installer.core.result import Problem  # noqa: PLC0415 - keeps --help quick

    absent = []
    if not (loaded.cluster_id or loaded.workgroup):
        absent.append("redshift.cluster_id or redshift.workgroup")
    if not loaded.database:
        absent.append("redshift.database")
    if not absent:
        loaded.validate()
        return []
    where = f"environment {loaded.environment}" if loaded.environment else "the configuration"
    message = f"{where} does not name {' and '.join(absent)}"
    return [Problem("incomplete", message, "Flags or variables have to.")]


@config.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path(DEFAULT_FILE))
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@setting_flags
@sandbox_flag
@output_flags
@click.pass_context
def init(context: click.Context, /, *, file: Path, force: bool, **flags: Any) -> Result:
    """Write a commented configuration file.

    With the values of the flags that are given; on a terminal, without any of them, it asks.

    \b
    carto-at config init --cluster-id my-cluster --database dev
    carto-at config init configs/base.yaml --region eu-west-1
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.config import validation, writing  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Code, Paragraph, Result  # noqa: PLC0415

    given = _given(context, flags)
    if "tags" in given:
        given["tags"] = validation.tag_pairs(given["tags"])
    for name, value in given.items():
        check = BY_NAME[name].check
        if check is not None:
            check(value)
    writing.write_new(file, writing.file_text(given), force=force)
    named = "" if file == Path(DEFAULT_FILE) else f" --config {file}"
    blocks = (
        Paragraph(f"Wrote {file}. Look through it, then:", "good"),
        Code(f"carto-at config validate{named}\ncarto-at plan{named}", "sh"),
    )
    return Result("config init", data={"file": str(file), "given": sorted(given)}, blocks=blocks)


def _given(context: click.Context, flags: dict[str, Any]) -> dict[str, Any]:
    """The values of the flags on the command line; when there is none, the user's answers."""
    given = {
        name: value
        for name, value in flags.items()
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }
    terminal = context.ensure_object(Terminal)
    if given or not terminal.interactive:
        return given
    from carto_at_installer.cli.target_questions import ask_for_target  # noqa: PLC0415 - imports boto3

    return ask_for_target(terminal, context, flags)


@config.command()
@output_flags
def schema() -> Result:
    """Print the JSON Schema of configuration files, for editors.

    \b
    carto-at config schema > carto-at-config.schema.json
    """  # noqa: D301 - \b is click's mark for lines to keep
    import json  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.config.schema import shipped_schema  # noqa: PLC0415
    from carto_at_installer.core.result import Code, Result  # noqa: PLC0415

    text = shipped_schema()
    return Result("config schema", data=json.loads(text), blocks=(Code(text.rstrip("\n"), "json"),))
