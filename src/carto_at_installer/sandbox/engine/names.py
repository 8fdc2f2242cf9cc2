"""Looks names up in the database: relations along the search path, functions, and the types of expressions."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from carto_at_installer.sandbox.engine import functions
from carto_at_installer.sandbox.engine.catalog_views import catalog_relation
from carto_at_installer.sandbox.engine.data_types import RsType, from_duckdb, parse_type
from carto_at_installer.sandbox.engine.privilege_views import SUPERUSERS_ONLY
from carto_at_installer.sandbox.engine.privileges import check, may
from carto_at_installer.sandbox.engine.storage import CATALOG, SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from carto_at_installer.sandbox.engine.functions import UserFunction

_HIDDEN = frozenset({SCHEMA, "main", "pg_catalog", "information_schema"})


class Names:
    """What one session sees. `dependencies` collects the OIDs of everything that was looked up and found."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, database: str, user: str) -> None:
        self.connection = connection
        self.database: str = database
        self.user = user
        self.search_path: tuple[str, ...] = ("$user", "public")
        self.dependencies: set[int] = set()
        # Whether every call's argument types are checked: asked for after DuckDB has refused a call, for the message.
        self.checking = False
        # Whether a statement is only being looked at: DuckDB computes constant expressions then, and an external
        # function among them must not be called.
        self.describing = False
        self.default_role: Callable[[], str | None] = lambda: None

    def schemas(self) -> list[str]:
        """The search path, without schemas that do not exist."""
        path = [self.user if name == "$user" else name for name in self.search_path]
        return [name for name in path if self.schema_exists(name)]

    def schema_exists(self, name: str) -> bool:
        """Whether a schema of users exists."""
        if name in _HIDDEN:
            return False
        query = "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
        return bool(self.connection.execute(query, [CATALOG, name]).fetchone())

    def need_schema(self, name: str) -> None:
        """Raise unless the schema exists."""
        if not self.schema_exists(name):
            raise RedshiftError(f'schema "{name}" does not exist')

    def creation_schema(self) -> str:
        """Where an unqualified new object goes."""
        found = self.schemas()
        if not found:
            raise RedshiftError("no schema has been selected to create in")
        return found[0]

    def split(self, name: tuple[str, ...]) -> tuple[str | None, str]:
        """(schema, object) of a dotted name, after checking the database part."""
        if len(name) == 3:
            if name[0] != self.database.lower():
                raise UnsupportedSqlError(
                    f"cross-database references are not supported by the sandbox: {'.'.join(name)}"
                )
            name = name[1:]
        return (name[0], name[1]) if len(name) == 2 else (None, name[0])

    def place(self, name: tuple[str, ...]) -> tuple[str, str]:
        """(schema, object) where an object of this name would be created."""
        schema, bare = self.split(name)
        if schema is None:
            return self.creation_schema(), bare
        self.need_schema(schema)
        return schema, bare

    def relation(self, name: tuple[str, ...]) -> tuple[str, str, str]:
        """(schema, name, `table` or `view`) of an existing relation; the schema is `temp` for temporary ones."""
        schema, bare = self.split(name)
        if schema is not None:
            self.need_schema(schema)
        for where in [schema] if schema is not None else ["temp", *self.schemas()]:
            kind = self._kind(where, bare)
            if kind:
                self._depend("relations", where, bare)
                return where, bare, kind
        raise RedshiftError(f'relation "{".".join(name)}" does not exist')

    def relation_or_none(self, name: tuple[str, ...]) -> tuple[str, str, str] | None:
        """Like `relation`, with None for one that does not exist."""
        try:
            return self.relation(name)
        except UnsupportedSqlError:
            raise
        except RedshiftError:
            return None

    def identities(self, name: tuple[str, ...]) -> set[str]:
        """The IDENTITY columns of a table that refuse explicit values."""
        schema, bare, _ = self.relation(name)
        rows = self.connection.execute(
            f"SELECT c.name FROM {SCHEMA}.columns c JOIN {SCHEMA}.relations r ON r.oid = c.relation_oid"
            " WHERE r.schema_name = ? AND r.name = ? AND c.identity",
            [schema, bare],
        ).fetchall()
        return {row[0] for row in rows}

    def columns(self, name: tuple[str, ...]) -> list[tuple[str, RsType]]:
        """The columns of a table in their order, with their types."""
        schema, bare, _ = self.relation(name)
        if schema == "temp":
            found = self.describe(f'temp.main."{bare}"')
            return [(column, from_duckdb(kind)) for column, kind in found]
        rows = self.connection.execute(
            f"SELECT c.name, c.type FROM {SCHEMA}.columns c JOIN {SCHEMA}.relations r ON r.oid = c.relation_oid"
            " WHERE r.schema_name = ? AND r.name = ? ORDER BY c.position",
            [schema, bare],
        ).fetchall()
        return [(column, parse_type(declared)) for column, declared in rows]

    def _kind(self, schema: str, name: str) -> str:
        where = ("temp", "main") if schema == "temp" else (CATALOG, schema)
        for kind in ("table", "view"):
            query = (
                f"SELECT 1 FROM duckdb_{kind}s() WHERE database_name = ? AND schema_name = ?"
                f" AND {kind}_name = ?"
            )
            if self.connection.execute(query, [*where, name]).fetchone():
                return kind
        return ""

    def _depend(self, table: str, schema: str, name: str) -> None:
        row = self.connection.execute(
            f"SELECT oid FROM {SCHEMA}.{table} WHERE schema_name = ? AND name = ?", [schema, name]
        ).fetchone()
        if row:
            self.dependencies.add(row[0])

    def table_reference(
        self, name: tuple[str, ...], privileges: Sequence[str] = ("select",)
    ) -> tuple[str, ...]:
        """The parts of a relation's name in DuckDB: of a catalog view, a temporary table, a user's table or view.

        Raises RedshiftError unless the user holds the privileges on it.
        """
        if view := catalog_relation(name[-3:]):
            if view[1] in SUPERUSERS_ONLY and not may(
                self.connection, self.user, "access system table"
            ):
                raise RedshiftError(f"permission denied for relation {view[1]}")
            return view
        schema, bare, _ = self.relation(name)
        if schema == "temp":
            return "temp", "main", bare
        check(self.connection, self.user, ("schema", schema, "usage"))
        for privilege in privileges:
            check(self.connection, self.user, ("table", f"{schema}.{bare}", privilege))
        return schema, bare

    def functions(self, schema: str | None, name: str) -> list[UserFunction]:
        """The overloads that a call may mean; along the search path, the first schema that has any."""
        if schema is not None:
            self.need_schema(schema)
            return functions.find(self.connection, schema, name)
        for where in self.schemas():
            if found := functions.find(self.connection, where, name):
                return found
        return []

    def function(self, name: tuple[str, ...], types: tuple[RsType, ...]) -> UserFunction:
        """The function with exactly these base types. Raises RedshiftError when there is none."""
        schema, bare = self.split(name)
        if schema is not None:
            self.need_schema(schema)
        for where in [schema] if schema else self.schemas():
            if found := functions.find_exact(self.connection, where, bare, types):
                return found
        raise RedshiftError(
            f"function {'.'.join(name)}({functions.signature(types)}) does not exist"
        )

    def describe(self, sql: str) -> list[tuple[str, str]]:
        """(name, DuckDB type) of the columns of a query or relation, without calling external functions."""
        with self.looking():
            rows = self.connection.execute(f"DESCRIBE {sql}").fetchall()
        return [(row[0], row[1]) for row in rows]

    @contextmanager
    def looking(self) -> Iterator[None]:
        """While statements are only being bound: external functions answer NULL."""
        self.describing = True
        try:
            yield
        finally:
            self.describing = False

    def types_of(
        self, expressions: Sequence[str], source: str, common_tables: str = ""
    ) -> list[RsType] | None:
        """The types of DuckDB expressions over FROM and WITH clauses (texts); None when they cannot be told alone."""
        query = f"{common_tables} SELECT {', '.join(expressions)} {source}"
        try:
            return [from_duckdb(kind) for _, kind in self.describe(query)]
        except (duckdb.Error, UnsupportedSqlError):
            return None
