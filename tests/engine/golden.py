"""Reads and runs the golden corpus: Redshift statements with the results or errors that they have.

A file holds blocks, separated by empty lines. A block is a statement, after optional `--` remarks and `@user` (whose
session runs it; `admin` without), and what it answers: `=> a | b` for each row, `#> int4, varchar` for the types of
its columns, `!> text` for an error that contains the text, `ok` where only success counts. A row of `*` is any value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Block:
    """One statement of the corpus and what it answers."""

    line: int
    user: str = "admin"
    sql: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    types: str = ""
    error: str | None = None
    ok: bool = False


def blocks(path: Path) -> list[Block]:
    """The blocks of a file."""
    found: list[Block] = []
    current: Block | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() and (current is None or _answered(current)):
            current = None
        elif line.startswith("--") and (current is None or not current.sql):
            continue
        else:
            if current is None:
                current = Block(number)
                found.append(current)
            _read(current, line)
    return found


def _answered(block: Block) -> bool:
    return bool(block.rows) or block.error is not None or block.ok or not block.sql


def _read(block: Block, line: str) -> None:
    if line.startswith("@") and not block.sql:
        block.user = line[1:].strip()
    elif line.startswith("=>"):
        block.rows.append(line[3:])
    elif line.startswith("#>"):
        block.types = line[3:].strip()
    elif line.startswith("!>"):
        block.error = line[3:].strip()
    elif line == "ok":
        block.ok = True
    else:
        block.sql.append(line)


def run(block: Block, sessions) -> str:
    """What is wrong with a block; nothing when it answers as written. `sessions(user)` gives the user's session."""
    try:
        result = sessions(block.user).execute("\n".join(block.sql))
    except RedshiftError as error:
        if block.error is None:
            return f"failed: {error}"
        return "" if block.error in str(error) else f"failed otherwise: {error}"
    if block.error is not None or result is None:
        return (
            "" if block.ok else f"did not fail or has no result: {result.rows if result else None}"
        )
    if block.ok:
        return ""
    if block.types and block.types != (kinds := ", ".join(c.type for c in result.columns)):
        return f"types {kinds}"
    return _differences(block.rows, [[_shown(v) for v in row] for row in result.rows])


def _differences(wanted: list[str], found: list[list[str]]) -> str:
    if wanted == [""] and not found:
        return ""
    same = len(wanted) == len(found) and all(
        len(cells) == len(row) and all(a in {b, "*"} for a, b in zip(cells, row, strict=True))
        for cells, row in ((w.split(" | "), f) for w, f in zip(wanted, found, strict=False))
    )
    return "" if same else "answers " + "; ".join(" | ".join(row) for row in found)


def _shown(value) -> str:
    if value is None:
        return "NULL"
    return str(value).lower() if isinstance(value, bool) else str(value)
