"""The variables of a running procedure: their scopes, and how they stand in SQL, always as typed literals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.engine.data_types import MAX_VARCHAR, RsType, parse_type
from carto_at_installer.sandbox.errors import RedshiftError
from carto_at_installer.sql.statements import tokens

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.results import ResultColumn
    from carto_at_installer.sql.statements import Token


@dataclass(slots=True)
class Variable:
    """A value with its type, or a record (`type` None) with the columns of a row in `fields`."""

    name: str
    type: RsType | None
    value: Any = None
    constant: bool = False
    required: bool = False
    fields: dict[str, Variable] | None = field(default=None)


class Scope:
    """The variables of a block, over those of the block around it."""

    def __init__(self, outer: Scope | None = None) -> None:
        self._outer = outer
        self._names: dict[str, Variable] = {}

    def add(self, variable: Variable, name: str = "") -> None:
        """Declare a variable (or another name for one). Raises RedshiftError for a name that is taken here."""
        name = name or variable.name
        if name in self._names:
            raise RedshiftError(f'duplicate declaration of the variable "{name}"')
        self._names[name] = variable

    def find(self, name: str) -> Variable | None:
        """The variable of that name, from the inside out."""
        if name in self._names:
            return self._names[name]
        return self._outer.find(name) if self._outer else None

    def need(self, name: str) -> Variable:
        """Like `find`; raises RedshiftError when there is none."""
        found = self.find(name)
        if found is None:
            raise RedshiftError(f'"{name}" is not a known variable')
        return found

    def fill_in(self, sql: str) -> str:
        """`sql` with every variable replaced by its value. Names with a dot before them, and calls, are not ours."""
        pieces = list(tokens(sql))
        out: list[str] = []
        index = 0
        while index < len(pieces):
            text, used = self._at(pieces, index)
            out.append(text)
            index += used
        return "".join(out)

    def _at(self, pieces: list[Token], index: int) -> tuple[str, int]:
        """What stands for the tokens at `index`, and how many they are."""
        token = pieces[index]
        name = _name(token)
        variable = self.find(name) if name else None
        following = next((p.text for p in pieces[index + 1 :] if not p.blank), "")
        before = pieces[index - 1].text if index else ""
        if variable is None or before == "." or following == "(":
            return token.text, 1
        if following != ".":
            return typed_literal(variable), 1
        if variable.type is not None or index + 2 >= len(pieces):
            return token.text, 1
        return typed_literal(field_of(variable, _name(pieces[index + 2]))), 3


def _name(token: Token) -> str:
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"').lower()
    return token.text.lower() if token.kind in {"word", "parameter"} else ""


def field_of(record: Variable, name: str) -> Variable:
    """One column of a record's row."""
    if record.fields is None:
        raise RedshiftError(f'record "{record.name}" is not assigned yet')
    if name not in record.fields:
        raise RedshiftError(f'record "{record.name}" has no field "{name}"')
    return record.fields[name]


def typed_literal(variable: Variable) -> str:
    """A variable's value as Redshift's SQL, with its type."""
    kind, value = variable.type, variable.value
    if kind is None:
        raise RedshiftError(f'the record "{variable.name}" cannot stand in an expression')
    text = "NULL" if value is None else _quoted(str(value))
    if kind.name == "super":
        return f"JSON_PARSE({text})" if value is not None else "JSON_PARSE(CAST(NULL AS VARCHAR))"
    if kind.name == "binary varying" and value is not None:
        return f"FROM_HEX({text})"
    return f"CAST({text} AS {kind.declared})"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def column_type(column: ResultColumn) -> RsType:
    """The type of a result's column."""
    kind = parse_type(column.type)
    if kind.name == "numeric":
        return RsType("numeric", precision=column.precision, scale=column.scale)
    if kind.textual:
        return RsType(kind.name, length=column.length or MAX_VARCHAR)
    return kind


def check_length(value: Any, kind: RsType) -> None:
    """Raise when a text is longer than its variable, as an assignment does (a cast would cut it)."""
    if kind.textual and value is not None and len(str(value).encode()) > kind.length:
        raise RedshiftError(f"value too long for type {kind.declared}")
