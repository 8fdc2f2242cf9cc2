"""The table of user-defined functions, and the DuckDB macro that each of them becomes.

Every overload is a macro of its own, named by its signature (`"kring(bigint, integer)"`): which overload a call means
is decided by our rules, not by DuckDB's, and replacing one never touches another. Table and macros change in the
session's transaction, so a rollback takes both back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import literal, quoted
from carto_at_installer.sandbox.engine.data_types import MAX_VARCHAR, RsType, parse_type
from carto_at_installer.sandbox.engine.external import ExternalOptions, ExternalTarget
from carto_at_installer.sandbox.engine.privileges import grant_defaults
from carto_at_installer.sandbox.engine.storage import SCHEMA, write_target
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from carto_at_installer.sandbox.engine.function_grammar import FunctionDefinition

_COLUMNS = "oid, schema_name, name, arguments, returns, kind, volatility, body, owner"


@dataclass(frozen=True, slots=True)
class UserFunction:
    """One overload of a user-defined function, as recorded."""

    oid: int
    schema: str
    name: str
    arguments: tuple[RsType, ...]
    returns: RsType
    kind: str
    volatility: str
    body: str
    owner: str

    @property
    def key(self) -> str:
        """Its name in the table of grants: `schema.name(types)`."""
        return f"{self.schema}.{self.name}({signature(self.arguments)})"

    @property
    def macro(self) -> str:
        """The quoted name of its macro, with its schema."""
        return f"{quoted(self.schema)}.{macro_name(self.name, self.arguments)}"


def signature(types: Iterable[RsType]) -> str:
    """`bigint, integer`: types without lengths, which do not count in a function's identity."""
    return ", ".join(kind.name for kind in types)


def macro_name(name: str, arguments: Iterable[RsType]) -> str:
    """The quoted name of the macro of one overload."""
    return quoted(f"{name}({signature(arguments)})")


def find(cursor: duckdb.DuckDBPyConnection, schema: str, name: str) -> list[UserFunction]:
    """All overloads of a name in one schema."""
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM {SCHEMA}.functions WHERE schema_name = ? AND name = ? ORDER BY oid",
        [schema, name],
    ).fetchall()
    return [
        UserFunction(
            oid, where, what, _types(arguments), parse_type(returns), kind, volatility, body, owner
        )
        for oid, where, what, arguments, returns, kind, volatility, body, owner in rows
    ]


def _types(text: str) -> tuple[RsType, ...]:
    return tuple(parse_type(kind) for _, kind in json.loads(text))


def find_exact(
    cursor: duckdb.DuckDBPyConnection, schema: str, name: str, arguments: tuple[RsType, ...]
) -> UserFunction | None:
    """The overload with exactly these base types."""
    wanted = signature(arguments)
    matches = [f for f in find(cursor, schema, name) if signature(f.arguments) == wanted]
    return matches[0] if matches else None


@dataclass(frozen=True, slots=True)
class NewFunction:
    """A function about to be recorded: where, by whom, and the DuckDB expression over p1, p2... that it is."""

    schema: str
    owner: str
    definition: FunctionDefinition
    expression: str
    ddl: str


def create(cursor: duckdb.DuckDBPyConnection, new: NewFunction) -> None:
    """Record a function and make its macro. An existing one keeps its OID, owner and grants when replaced.

    Raises RedshiftError when it exists and may not be replaced, or when the return type would change.
    """
    definition = new.definition
    name = definition.name[-1]
    arguments = tuple(kind for _, kind in definition.arguments)
    _check_no_procedure(cursor, new.schema, name, arguments)
    old = find_exact(cursor, new.schema, name, arguments)
    if old is not None:
        _check_replacement(old, definition)
        cursor.execute(f"DELETE FROM {SCHEMA}.functions WHERE oid = ?", [old.oid])
    else:
        key = f"{new.schema}.{name}({signature(arguments)})"
        grant_defaults(cursor, ("function", key), new.schema, new.owner)
    oid = old.oid if old else _next_oid(cursor)
    parameters = ", ".join(f"p{i} {kind.duckdb}" for i, kind in enumerate(arguments, 1))
    cursor.execute(
        f"CREATE OR REPLACE MACRO {quoted(new.schema)}.{macro_name(name, arguments)}"
        f"({parameters}) AS {new.expression}"
    )
    cursor.execute(
        f"INSERT INTO {SCHEMA}.functions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            oid,
            new.schema,
            name,
            signature(arguments),
            json.dumps([[label, kind.declared] for label, kind in definition.arguments]),
            definition.returns.declared,
            definition.kind,
            definition.volatility,
            definition.body,
            _options_text(definition.options),
            old.owner if old else new.owner,
            new.ddl,
            " ".join(str(kind.oid) for kind in arguments),
            definition.returns.oid,
        ],
    )


def _check_no_procedure(
    cursor: duckdb.DuckDBPyConnection, schema: str, name: str, arguments: tuple[RsType, ...]
) -> None:
    found = cursor.execute(
        f"SELECT 1 FROM {SCHEMA}.procedures WHERE schema_name = ? AND name = ? AND signature = ?",
        [schema, name, signature(arguments)],
    ).fetchone()
    if found:
        raise RedshiftError(f'procedure "{name}" already exists with same argument types')


def _check_replacement(old: UserFunction, definition: FunctionDefinition) -> None:
    if not definition.replace:
        raise RedshiftError(f'function "{old.name}" already exists with same argument types')
    if "python" in {old.kind, definition.kind} and old.kind != definition.kind:
        raise RedshiftError(
            f'cannot change the language of the existing function "{old.name}"\n'
            "  Hint: Use DROP FUNCTION first."
        )
    if old.returns.name != definition.returns.name:
        raise RedshiftError(
            "cannot change return type of existing function\n  Hint: Use DROP FUNCTION first."
        )


def _next_oid(cursor: duckdb.DuckDBPyConnection) -> int:
    row = cursor.execute(f"SELECT nextval('{SCHEMA}.oids')").fetchone()
    if row is None:
        raise RuntimeError("a sequence always answers")
    return int(row[0])


def next_oid(cursor: duckdb.DuckDBPyConnection) -> int:
    """A fresh object identifier."""
    return _next_oid(cursor)


def drop(cursor: duckdb.DuckDBPyConnection, function: UserFunction) -> None:
    """Forget a function and its macro. Functions that call it are not told: Redshift does not track them either."""
    cursor.execute(f"DELETE FROM {SCHEMA}.functions WHERE oid = ?", [function.oid])
    cursor.execute(f"DROP MACRO {function.macro}")


def _options_text(options: ExternalOptions | None) -> str | None:
    if options is None:
        return None
    return json.dumps(
        {
            "lambda": options.lambda_name,
            "iam_role": ",".join(options.role_arns),
            "retry_timeout": options.retry_timeout_ms,
            "max_batch_rows": options.max_batch_rows,
            "max_batch_size": options.max_batch_bytes,
        }
    )


_UDF_KINDS = {
    "smallint": "bigint",
    "integer": "bigint",
    "bigint": "bigint",
    "real": "double",
    "double precision": "double",
    "boolean": "boolean",
}


def external_expression(schema: str, definition: FunctionDefinition) -> str:
    """The macro body that sends its arguments to Lambda: one JSON array per row."""
    if definition.options is None:
        raise ValueError("not an external function")
    returns = definition.returns
    target = ExternalTarget(
        f"{schema}.{definition.name[-1]}",
        len(definition.arguments),
        any(kind.name in {"real", "double precision"} for _, kind in definition.arguments),
        returns.name,
        returns.length if returns.textual else 0,
        definition.options,
        signature(kind for _, kind in definition.arguments),
        definition.volatility == "volatile",
    )
    kind = _UDF_KINDS.get(returns.name, "text")
    suffix = "_volatile" if target.volatile else ""
    arguments = ", ".join(
        _sent(f"p{i}", kind) for i, (_, kind) in enumerate(definition.arguments, 1)
    )
    call = (
        f"pg_external_{kind}{suffix}({literal(write_target(target))},"
        f" getvariable('rs_context'), CAST(json_array({arguments}) AS VARCHAR))"
    )
    if returns.textual or returns.name in {"bigint", "double precision", "boolean"}:
        return call
    return f"CAST({call} AS {returns.duckdb})"


def python_expression(schema: str, definition: FunctionDefinition) -> str:
    """The macro body of a Python function of former times: it is there, and cannot be run any more."""
    name = f"{schema}.{definition.name[-1]}"
    message = f"Python UDFs are not supported anymore: the function {name} cannot be run"
    return f"CAST(error({literal(message)}) AS {definition.returns.duckdb})"


def _sent(parameter: str, kind: RsType) -> str:
    """How an argument travels: texts cut to their declared length, CHAR padded with blanks."""
    if kind.name == "character":
        return f"rpad(left({parameter}, {kind.length}), {kind.length}, ' ')"
    if kind.name == "character varying" and kind.length < MAX_VARCHAR:
        return f"pg_rs.cut({parameter}, {kind.length})"
    return parameter
