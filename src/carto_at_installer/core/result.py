"""What a command returns: data for machines and blocks of text for people. Only `cli.console` prints them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "carto-at/v1"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line or more of text. `style` is one of `plain`, `title`, `good`, `bad`, `muted`."""

    text: str
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column heads; None is shown as an empty mark. `caption` follows the rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Text to copy as it is: SQL, JSON, a command."""

    text: str
    language: str = "sql"


Block = Paragraph | Table | Code


@dataclass(frozen=True, slots=True)
class Problem:
    """One error or warning in a result: a stable code, what is wrong, the next step."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a command. `data` is a JSON document; `blocks` say the same to people."""

    command: str
    data: Mapping[str, Any] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    exit_code: int = 0
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def envelope(self) -> dict[str, Any]:
        """The JSON document of `--output json`, the same keys for every command."""
        return {
            "schema": SCHEMA,
            "command": self.command,
            "status": "error" if self.errors or self.exit_code else "success",
            "exit_code": self.exit_code,
            "data": dict(self.data),
            "errors": [_problem(error) for error in self.errors],
            "warnings": [_problem(warning) for warning in self.warnings],
        }


def _problem(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "message": problem.message, "hint": problem.hint}
