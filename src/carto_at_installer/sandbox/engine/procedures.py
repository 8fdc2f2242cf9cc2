"""The table of stored procedures. Their identity is their name with the types of their IN and INOUT arguments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.data_types import parse_type
from carto_at_installer.sandbox.engine.functions import find_exact as find_function
from carto_at_installer.sandbox.engine.functions import next_oid, signature
from carto_at_installer.sandbox.engine.privileges import grant_defaults
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    import duckdb

    from carto_at_installer.sandbox.engine.data_types import RsType
    from carto_at_installer.sandbox.engine.procedure_grammar import ProcedureDefinition

VOID, RECORD = 2278, 2249


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a procedure. `mode` is `in`, `out` or `inout`; `name` may be empty."""

    name: str
    mode: str
    type: RsType


@dataclass(frozen=True, slots=True)
class Procedure:
    """A stored procedure as recorded. `body` is its block; `definer` says that it runs with its owner's rights."""

    oid: int
    schema: str
    name: str
    all_arguments: tuple[Argument, ...]
    body: str
    definer: bool
    owner: str

    @property
    def arguments(self) -> tuple[RsType, ...]:
        """The types that a CALL gives values for."""
        return tuple(each.type for each in self.all_arguments if each.mode != "out")

    @property
    def key(self) -> str:
        """Its name in the table of grants."""
        return f"{self.schema}.{self.name}({signature(self.arguments)})"


def find(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> list[Procedure]:
    """All overloads of a name in one schema."""
    rows = connection.execute(
        f"SELECT oid, arguments, body, definer, owner FROM {SCHEMA}.procedures"
        " WHERE schema_name = ? AND name = ? ORDER BY oid",
        [schema, name],
    ).fetchall()
    return [
        Procedure(oid, schema, name, _arguments(arguments), body, definer, owner)
        for oid, arguments, body, definer, owner in rows
    ]


def _arguments(text: str) -> tuple[Argument, ...]:
    return tuple(Argument(name, mode, parse_type(kind)) for name, mode, kind in json.loads(text))


def find_exact(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, types: tuple[RsType, ...]
) -> Procedure | None:
    """The overload with exactly these base types."""
    wanted = signature(types)
    found = [p for p in find(connection, schema, name) if signature(p.arguments) == wanted]
    return found[0] if found else None


def names_in(connection: duckdb.DuckDBPyConnection, schema: str) -> list[Procedure]:
    """All procedures of a schema."""
    rows = connection.execute(
        f"SELECT DISTINCT name FROM {SCHEMA}.procedures WHERE schema_name = ? ORDER BY name",
        [schema],
    ).fetchall()
    return [each for (name,) in rows for each in find(connection, schema, name)]


def create(
    connection: duckdb.DuckDBPyConnection, schema: str, owner: str, new: ProcedureDefinition
) -> None:
    """Record a procedure; a replaced one keeps its OID, owner and grants.

    Raises RedshiftError when it exists and may not be replaced, or when what it returns would change.
    """
    name = new.name[-1]
    inputs = tuple(each.type for each in new.arguments if each.mode != "out")
    old = find_exact(connection, schema, name, inputs)
    if find_function(connection, schema, name, inputs) is not None:
        raise RedshiftError(f'function "{name}" already exists with same argument types')
    if old is not None:
        if not new.replace:
            raise RedshiftError(f'procedure "{name}" already exists with same argument types')
        if _result(old.all_arguments) != _result(new.arguments):
            raise RedshiftError(
                "cannot change return type of existing procedure\n  Hint: Use DROP PROCEDURE first."
            )
        connection.execute(f"DELETE FROM {SCHEMA}.procedures WHERE oid = ?", [old.oid])
    connection.execute(
        f"INSERT INTO {SCHEMA}.procedures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            old.oid if old else next_oid(connection),
            schema,
            name,
            signature(inputs),
            json.dumps([[a.name, a.mode, a.type.declared] for a in new.arguments]),
            new.body,
            new.definer,
            old.owner if old else owner,
            new.ddl,
            " ".join(str(kind.oid) for kind in inputs),
            _result_oid(new.arguments),
        ],
    )
    if old is None:
        key = f"{schema}.{name}({signature(inputs)})"
        grant_defaults(connection, ("procedure", key), schema, owner)


def _result(arguments: tuple[Argument, ...]) -> list[str]:
    return [each.type.name for each in arguments if each.mode != "in"]


def _result_oid(arguments: tuple[Argument, ...]) -> int:
    """What `pg_proc` shows as its result: nothing, the one OUT or INOUT argument's type, or a row."""
    results = [each.type.oid for each in arguments if each.mode != "in"]
    if not results:
        return VOID
    return results[0] if len(results) == 1 else RECORD


def drop(connection: duckdb.DuckDBPyConnection, procedure: Procedure) -> None:
    """Forget a procedure and who may call it."""
    connection.execute(f"DELETE FROM {SCHEMA}.procedures WHERE oid = ?", [procedure.oid])
    connection.execute(
        f"DELETE FROM {SCHEMA}.grants WHERE object_kind = 'procedure' AND object_name = ?",
        [procedure.key],
    )
