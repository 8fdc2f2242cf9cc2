"""COMMENT ON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.privileges import check_owner
from carto_at_installer.sandbox.engine.storage import SCHEMA
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor
    from carto_at_installer.sandbox.engine.session import Session


def comment(session: Session, cursor: Cursor) -> None:
    """COMMENT ON { SCHEMA | TABLE | VIEW } name IS { 'text' | NULL }."""
    cursor.need("comment", "on")
    kind = cursor.identifier()
    if kind == "function":
        raise RedshiftError('syntax error at or near "FUNCTION"')
    if kind not in {"schema", "table", "view"}:
        raise cursor.unsupported(f"COMMENT ON {kind.upper()}")
    name = cursor.name()
    cursor.need("is")
    text = None if cursor.take("null") else cursor.string()
    cursor.finish()
    if kind == "schema":
        session.names.need_schema(name[-1])
        check_owner(session.connection, session.user, ("schema", name[-1]))
        if name[-1] == "public":
            raise cursor.unsupported("COMMENT ON SCHEMA public")
        session.connection.execute(
            f"UPDATE {SCHEMA}.schemas SET comment = ? WHERE name = ?", [text, name[-1]]
        )
        return
    schema, bare, _ = session.names.relation(name)
    check_owner(session.connection, session.user, ("table", f"{schema}.{bare}"))
    session.connection.execute(
        f"UPDATE {SCHEMA}.relations SET comment = ? WHERE schema_name = ? AND name = ?",
        [text, schema, bare],
    )
