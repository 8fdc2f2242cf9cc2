"""What a statement answers: columns with Redshift types, and rows of plain Python values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. `type` is Redshift's type name (`int8`, `varchar`, `super`, `geometry`)."""

    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True, slots=True)
class ResultSet:
    """The rows of one statement.

    Values are None, bool, int, float or str: DECIMAL, dates, SUPER (as JSON) and GEOMETRY (as hexadecimal EWKB)
    come as text, as the Data API shows them.
    """

    columns: tuple[ResultColumn, ...]
    rows: list[tuple[Any, ...]]
