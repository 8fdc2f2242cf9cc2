"""Named parameters of the Data API: `:name` outside of quotes becomes a literal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sql.statements import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.sql.statements import Token


def _parameter_at(pieces: list[Token], index: int) -> str:
    """The name of the parameter that starts at `index`, or an empty text. `::type` is a cast, not a parameter."""
    if pieces[index].text != ":" or index + 1 >= len(pieces):
        return ""
    return pieces[index + 1].text if pieces[index + 1].kind == "word" else ""


def used(sql: str) -> set[str]:
    """The names of the parameters that a statement uses."""
    pieces = list(tokens(sql))
    return {name for index in range(len(pieces)) if (name := _parameter_at(pieces, index))}


def bind(sql: str, values: Mapping[str, str]) -> str:
    """Put the values in, as literals whose type the context decides, like Redshift's untyped parameters."""
    pieces = list(tokens(sql))
    out: list[str] = []
    skip = False
    for index, piece in enumerate(pieces):
        if skip:
            skip = False
            continue
        name = _parameter_at(pieces, index)
        if name in values:
            out.append("'" + values[name].replace("\\", "\\\\").replace("'", "''") + "'")
            skip = True
        else:
            out.append(piece.text)
    return "".join(out)
