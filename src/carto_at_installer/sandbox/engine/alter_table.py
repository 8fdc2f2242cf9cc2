"""ALTER TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.alter_commands import rename_grants, set_owner
from carto_at_installer.sandbox.engine.cursor import quoted, type_name
from carto_at_installer.sandbox.engine.data_types import parse_type
from carto_at_installer.sandbox.engine.privileges import check_owner
from carto_at_installer.sandbox.engine.relations import need_no_dependents
from carto_at_installer.sandbox.engine.storage import CATALOG, SCHEMA
from carto_at_installer.sandbox.engine.table_commands import column_definition, length_check
from carto_at_installer.sandbox.engine.table_grammar import read_column
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session

_COPY = "#altered"


def alter(session: Session, cursor: Cursor) -> None:
    """ALTER TABLE name: ADD, DROP, RENAME and widening of columns, RENAME TO, OWNER TO."""
    cursor.need("alter", "table")
    schema, name, kind = session.names.relation(cursor.name())
    if schema == "temp":
        raise cursor.unsupported("ALTER TABLE of a temporary table")
    check_owner(session.connection, session.user, ("table", f"{schema}.{name}"), ["alter table"])
    _Alteration(session, cursor, (schema, name, kind)).run()


class _Alteration:
    """One ALTER TABLE of one relation, given as (schema, name, kind)."""

    def __init__(self, session: Session, cursor: Cursor, relation: tuple[str, str, str]) -> None:
        self._session = session
        self._execute = session.connection.execute
        self._cursor = cursor
        self._schema, self._name, self._kind = relation
        self._place = f"{quoted(self._schema)}.{quoted(self._name)}"
        row = self._execute(
            f"SELECT oid FROM {SCHEMA}.relations WHERE schema_name = ? AND name = ?",
            [self._schema, self._name],
        ).fetchone()
        self._oid = int(row[0]) if row else 0

    def run(self) -> None:
        """Read the action and carry it out."""
        cursor = self._cursor
        if cursor.take("owner", "to"):
            set_owner(self._session, cursor, "relations", self._oid)
            return
        if self._kind != "table":
            raise cursor.unsupported(f"ALTER TABLE ... {cursor.peek().upper()} of a view")
        for words, action in (
            (("rename", "to"), self._rename),
            (("rename",), self._rename_column),
            (("add",), self._add_column),
            (("drop",), self._drop_column),
            (("alter", "column"), self._change_length),
        ):
            if cursor.take(*words):
                action()
                return
        raise cursor.unsupported(f"ALTER TABLE ... {cursor.peek().upper()}")

    def _rename(self) -> None:
        new = self._cursor.identifier()
        self._cursor.finish()
        self._need_no_views("RENAME TO")
        if self._session.names.relation_or_none((self._schema, new)):
            raise RedshiftError(f'relation "{new}" already exists')
        self._execute(f"ALTER TABLE {self._place} RENAME TO {quoted(new)}")
        self._execute(f"UPDATE {SCHEMA}.relations SET name = ? WHERE oid = ?", [new, self._oid])
        old = f"{self._schema}.{self._name}"
        rename_grants(self._session, "table", old, f"{self._schema}.{new}")

    def _rename_column(self) -> None:
        self._cursor.take("column")
        old = self._cursor.identifier()
        self._cursor.need("to")
        new = self._cursor.identifier()
        self._cursor.finish()
        self._declared(old)
        self._need_no_views("RENAME COLUMN")
        if new in self._columns():
            raise RedshiftError(f'column "{new}" of relation "{self._name}" already exists')
        self._execute(f"ALTER TABLE {self._place} RENAME COLUMN {quoted(old)} TO {quoted(new)}")
        self._execute(
            f"UPDATE {SCHEMA}.columns SET name = ? WHERE relation_oid = ? AND name = ?",
            [new, self._oid, old],
        )

    def _add_column(self) -> None:
        self._cursor.take("column")
        column = read_column(self._cursor)
        self._cursor.finish()
        columns = self._columns()
        if column.name in columns:
            raise RedshiftError(f'column "{column.name}" of relation "{self._name}" already exists')
        if column.identity:
            raise RedshiftError("ALTER TABLE ADD COLUMN does not take an IDENTITY column")
        if column.required and not column.default:
            raise RedshiftError(
                "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
            )
        definition = column_definition(self._session, self._schema, self._name, column)
        self._rebuild([*columns.values(), definition], list(columns))
        self._execute(
            f"INSERT INTO {SCHEMA}.columns SELECT ?, max(position) + 1, ?, ?, false"
            f" FROM {SCHEMA}.columns WHERE relation_oid = ?",
            [self._oid, column.name, column.type.declared, self._oid],
        )

    def _drop_column(self) -> None:
        self._cursor.take("column")
        name = self._cursor.identifier()
        if not self._cursor.take("cascade"):
            self._cursor.take("restrict")
        self._cursor.finish()
        self._declared(name)
        self._need_no_views("DROP COLUMN")
        if len(self._columns()) == 1:
            raise RedshiftError(f'cannot drop the only column of "{self._name}"')
        self._execute(f"ALTER TABLE {self._place} DROP COLUMN {quoted(name)}")
        self._execute(
            f"DELETE FROM {SCHEMA}.columns WHERE relation_oid = ? AND name = ?", [self._oid, name]
        )

    def _change_length(self) -> None:
        """ALTER COLUMN name TYPE VARCHAR(n): the one change of type that there is."""
        name = self._cursor.identifier()
        if not self._cursor.take("type"):
            raise self._cursor.unsupported(f"ALTER COLUMN ... {self._cursor.peek().upper()}")
        kind = type_name(self._cursor)
        self._cursor.finish()
        old = parse_type(self._declared(name))
        if old.name != "character varying" or kind.name != old.name:
            raise RedshiftError(
                f'cannot alter the type of column "{name}": only the length of a VARCHAR can be changed'
            )
        columns = self._columns()
        check = f"CHECK {length_check(name, old)}"
        columns[name] = columns[name].replace(check, f"CHECK {length_check(name, kind)}")
        self._rebuild(list(columns.values()), list(columns))
        self._execute(
            f"UPDATE {SCHEMA}.columns SET type = ? WHERE relation_oid = ? AND name = ?",
            [kind.declared, self._oid, name],
        )

    def _columns(self) -> dict[str, str]:
        """The definition of each column in DuckDB, by its name."""
        rows = self._execute(
            f"SELECT c.name, c.type, d.column_default, d.is_nullable FROM {SCHEMA}.columns c"
            " JOIN duckdb_columns() d ON d.column_name = c.name WHERE c.relation_oid = ?"
            " AND d.database_name = ? AND d.schema_name = ? AND d.table_name = ? ORDER BY c.position",
            [self._oid, CATALOG, self._schema, self._name],
        ).fetchall()
        found: dict[str, str] = {}
        for name, declared, default, nullable in rows:
            kind = parse_type(declared)
            parts = [quoted(name), kind.duckdb]
            parts += [f"DEFAULT ({default})"] if default is not None else []
            parts += [] if nullable else ["NOT NULL"]
            parts += [f"CHECK {length_check(name, kind)}"] if kind.textual else []
            found[name] = " ".join(parts)
        return found

    def _rebuild(self, definitions: list[str], kept: list[str]) -> None:
        """Copy the rows into a table with other definitions: DuckDB adds no columns with constraints."""
        copy = f"{quoted(self._schema)}.{quoted(_COPY)}"
        names = ", ".join(quoted(name) for name in kept)
        self._execute(f"CREATE TABLE {copy} ({', '.join(definitions)})")
        self._execute(f"INSERT INTO {copy} ({names}) SELECT {names} FROM {self._place}")
        self._execute(f"DROP TABLE {self._place}")
        self._execute(f"ALTER TABLE {copy} RENAME TO {quoted(self._name)}")

    def _declared(self, name: str) -> str:
        """The declared type of a column. Raises RedshiftError when there is none of that name."""
        row = self._execute(
            f"SELECT type FROM {SCHEMA}.columns WHERE relation_oid = ? AND name = ?",
            [self._oid, name],
        ).fetchone()
        if not row:
            raise RedshiftError(f'column "{name}" of relation "{self._name}" does not exist')
        return str(row[0])

    def _need_no_views(self, what: str) -> None:
        need_no_dependents(self._session.connection, self._oid, f"ALTER TABLE ... {what}")
