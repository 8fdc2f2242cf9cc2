"""The tables in the toolbox's schema that hold the state of an installation.

`__at_release` has a row for each change, `__at_step` one for each step of it, `__at_object` one for each definition of
an SQL object: the release that introduced it and the one that replaced it, so that the objects of any release can be
read. `__at_lease` has at most one row: who is changing the installation now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sql.ddl import create_schema
from carto_at_installer.sql.identifiers import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMES = ("__at_release", "__at_step", "__at_object", "__at_lease")
_INSERT_BYTES = 80 * 1024
_COLUMNS = {
    "__at_release": """
        number INTEGER NOT NULL,
        version VARCHAR(64) NOT NULL,
        command VARCHAR(32) NOT NULL,
        state VARCHAR(16) NOT NULL,
        state_version INTEGER NOT NULL,
        caller VARCHAR(2048) NOT NULL,
        options VARCHAR(65535) NOT NULL,
        resources VARCHAR(65535) NOT NULL,
        restores INTEGER NOT NULL,
        kept BOOLEAN NOT NULL,
        started_at TIMESTAMP NOT NULL,
        finished_at TIMESTAMP,
        message VARCHAR(65535)""",
    "__at_step": """
        release INTEGER NOT NULL,
        position INTEGER NOT NULL,
        step VARCHAR(256) NOT NULL,
        summary VARCHAR(1024) NOT NULL,
        done_at TIMESTAMP""",
    "__at_object": """
        module VARCHAR(128) NOT NULL,
        position INTEGER NOT NULL,
        name VARCHAR(127) NOT NULL,
        signature VARCHAR(4096) NOT NULL,
        kind VARCHAR(16) NOT NULL,
        returns VARCHAR(256) NOT NULL,
        digest VARCHAR(64) NOT NULL,
        lambda_name VARCHAR(256) NOT NULL,
        role VARCHAR(2048) NOT NULL,
        ddl VARCHAR(65535) NOT NULL,
        example VARCHAR(65535) NOT NULL,
        release INTEGER NOT NULL,
        replaced_in INTEGER""",
    "__at_lease": """
        token VARCHAR(64) NOT NULL,
        holder VARCHAR(2048) NOT NULL,
        host VARCHAR(256) NOT NULL,
        pid INTEGER NOT NULL,
        command VARCHAR(32) NOT NULL,
        acquired_at TIMESTAMP NOT NULL,
        heartbeat_at TIMESTAMP NOT NULL,
        expires_at TIMESTAMP NOT NULL""",
}


class Tables:
    """The quoted names of the tables in one schema, and the statements that make and remove them."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        quoted = quote_identifier(schema)
        self.release, self.step, self.object, self.lease = (f"{quoted}.{name}" for name in NAMES)

    def create(self) -> list[str]:
        """Make the schema and the tables where they are missing."""
        quoted = quote_identifier(self.schema)
        return [
            create_schema(self.schema),
            *(
                f"CREATE TABLE IF NOT EXISTS {quoted}.{name} ({columns}\n)"
                for name, columns in _COLUMNS.items()
            ),
        ]

    def drop(self) -> list[str]:
        """Remove the tables; the lease goes last."""
        return [f"DROP TABLE {name}" for name in (self.step, self.object, self.release, self.lease)]


def inserts(head: str, rows: Sequence[str]) -> Iterator[str]:
    """INSERT statements of many rows each, none longer than the Data API takes."""
    batch: list[str] = []
    size = 0
    for row in rows:
        row_size = len(row.encode()) + 2
        if batch and size + row_size > _INSERT_BYTES:
            yield head + ", ".join(batch)
            batch, size = [], 0
        batch.append(row)
        size += row_size
    if batch:
        yield head + ", ".join(batch)
