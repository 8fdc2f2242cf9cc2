"""The reference of the command line: every command with its text, its examples and its options, from the commands."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli import flags
from carto_at_installer.cli.root import root
from carto_at_installer.core.errors import EXIT_CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HEAD = """\
# The command line

Every command of `carto-at`, generated from the commands themselves. The same is shown by `carto-at COMMAND --help`.
Options that many commands share are described once, at the end of this page. Where options come from beside the command
line is told in [configuration.md](../configuration.md).

Data goes to standard output, everything else to standard error. `--output json` prints one document; its
[schemas](schemas) are published: [one for the envelope](schemas/envelope.schema.json), one for the `data` of each
command, and one for the lines of [`--events`](schemas/events.schema.json). Members can be added to them; what is there
keeps its name and its meaning as long as `schema` says `carto-at/v1`. The wheel has them too, in
`carto_at_installer/schemas`.

With a terminal, a question that is open is asked; without one, or with `--no-input`, what is missing is an error that
names the flags. `--yes` answers questions about going on. Progress moves only on a terminal that is no CI log;
`NO_COLOR`, `TERM=dumb` and `FORCE_COLOR` are honoured.
"""


@dataclass(frozen=True)
class _Shared:
    """Options that many commands have."""

    title: str
    names: frozenset[str]
    text: str


def _names(decorator: Callable[[Any], Any]) -> frozenset[str]:
    """The parameters that a decorator of options adds."""
    command = click.command()(decorator(lambda **_: None))
    return frozenset(str(parameter.name) for parameter in command.params)


SHARED = (
    _Shared(
        "Options of the target",
        _names(flags.target_flags) | {"sandbox", "schema"},
        "Which database, and how AWS is reached.",
    ),
    _Shared(
        "Options of the installation", _names(flags.shape_flags) - {"schema"}, "How it is made."
    ),
    _Shared(
        "Options of the selection",
        _names(flags.selection_flags),
        "Which functions, see [configuration.md](../configuration.md#choosing-functions).",
    ),
    _Shared(
        "Options of every command",
        _names(flags.output_flags),
        "How results and progress are shown, and whether questions may be asked.",
    ),
)


def files() -> dict[str, str]:
    """The page."""
    parts = [_HEAD, *(_section(path, command) for path, command in commands(root, ()))]
    parts += [_shared_section(group) for group in SHARED]
    parts.append(_exit_codes())
    return {"reference/cli.md": "\n".join(parts)}


def commands(
    group: click.Group, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something itself, with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


def _section(path: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(["carto-at", *path]))
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## carto-at {' '.join(path)}", "", *_help(command.help or "")]
    lines += ["```text", f"carto-at {' '.join(path)} {usage}", "```", ""]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    known = {name for group in SHARED for name in group.names}
    own = [option for option in options if option.name not in known]
    if own:
        lines += [*_table(own), ""]
    named = {str(option.name) for option in options}
    links = [
        f"[{group.title.lower()}](#{_anchor(group.title)})"
        for group in SHARED
        if len(named & group.names) > 1
    ]
    if links:
        lines += [f"Also: {', '.join(links)}.", ""]
    return "\n".join(lines)


def _help(text: str) -> Iterator[str]:
    """The paragraphs of a help text; lines that click keeps as they are become blocks of code."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b\n"):
            yield "```sh"
            yield paragraph.removeprefix("\b\n")
            yield "```"
        else:
            yield _escaped(" ".join(paragraph.split()))
        yield ""


def _table(options: list[click.Option]) -> Iterator[str]:
    yield "| option | default | variable | |"
    yield "| --- | --- | --- | --- |"
    for option in options:
        yield f"| {_flag(option)} | {_default(option)} | {_variable(option)} | {_escaped(option.help or '')} |"


def _flag(option: click.Option) -> str:
    words = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    if option.is_flag:
        return words
    if isinstance(option.type, click.Choice):
        return f"{words} {' or '.join(map(str, option.type.choices))}"
    return f"{words} {option.metavar or option.type.name.upper()}"


def _default(option: click.Option) -> str:
    given = option.default
    if option.is_flag or not isinstance(given, str | int | float) or given in {"", False}:
        return ""
    return f"`{given}`"


def _variable(option: click.Option) -> str:
    return f"`{option.envvar}`" if isinstance(option.envvar, str) else ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _shared_section(group: _Shared) -> str:
    found: dict[str, click.Option] = {}
    for _, command in commands(root, ()):
        for option in command.params:
            shown = isinstance(option, click.Option) and not option.hidden
            if shown and option.name in group.names:
                found.setdefault(str(option.name), option)
    return "\n".join([f"## {group.title}", "", group.text, "", *_table(list(found.values())), ""])


def _exit_codes() -> str:
    rows = [f"| {code} | {meaning} |" for code, meaning in sorted(EXIT_CODES.items())]
    return "\n".join(["## Exit codes", "", "| exit code | meaning |", "| --- | --- |", *rows, ""])
