"""The record of an installation, kept in tables of the toolbox's own schema.

No state is kept on anybody's laptop. A plan is written here before its first step changes anything: as all names in it
are known in advance, whatever a crash leaves behind can be found again.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from carto_at_installer.core.errors import SqlError, TargetError
from carto_at_installer.core.releases import (
    STATE_VERSION,
    Installation,
    RecordedObject,
    Release,
    ReleaseState,
)
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.core.target import Identity
    from carto_at_installer.plan.resources import ModuleSql
    from carto_at_installer.plan.steps import Plan
    from carto_at_installer.sql.objects import SqlObject

_INSERT_BYTES = 80 * 1024
_SIGNATURE = re.compile(r"\w+\([\w ,()]*\)", re.ASCII)
_RELEASE_COLUMNS = """
    number INTEGER NOT NULL,
    version VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    state_version INTEGER NOT NULL,
    caller VARCHAR(2048) NOT NULL,
    options VARCHAR(65535) NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    message VARCHAR(65535)
"""
_STEP_COLUMNS = """
    release INTEGER NOT NULL,
    position INTEGER NOT NULL,
    step VARCHAR(256) NOT NULL,
    summary VARCHAR(1024) NOT NULL,
    done_at TIMESTAMP
"""
_OBJECT_COLUMNS = """
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
    release INTEGER NOT NULL
"""


class ReleaseStore:
    """Reads and writes the release tables of one schema; every method is one round trip."""

    def __init__(self, sql: SqlBackend, schema: str) -> None:
        self._sql = sql
        self._schema_name = schema
        self._schema = quote_identifier(schema)
        self._release = f"{self._schema}.__at_release"
        self._step = f"{self._schema}.__at_step"
        self._object = f"{self._schema}.__at_object"

    def read(self) -> Installation | None:
        """What is recorded, or None where the schema holds no release tables.

        Raises TargetError when a newer carto-at wrote the tables.
        """
        try:
            rows = self._sql.query(self._reading()).rows
        except SqlError:
            if self._tables_exist():
                raise
            return None
        return _installation(rows)

    def _reading(self) -> str:
        return (
            "SELECT 'release' AS record, number AS position, version AS a, state AS b, options AS c,"
            " CAST(state_version AS VARCHAR(16)) AS d, '' AS e, '' AS f, '' AS g, '' AS h"
            f" FROM {self._release} WHERE state <> 'superseded'"
            " UNION ALL SELECT 'object', position, module, name, signature, kind, returns, digest,"
            f" lambda_name, role FROM {self._object}"
            " ORDER BY 1, 3, 2"
        )

    def _tables_exist(self) -> bool:
        found = self._sql.query(
            "SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE n.nspname = {literal(self._schema_name)} AND c.relname = '__at_release'"
        )
        return bool(found.rows[0][0])

    def begin(self, plan: Plan, caller: Identity) -> None:
        """Create what is missing and write the plan down, in one transaction."""
        self._sql.transaction(
            [
                f"CREATE SCHEMA IF NOT EXISTS {self._schema}",
                f"CREATE TABLE IF NOT EXISTS {self._release} ({_RELEASE_COLUMNS})",
                f"CREATE TABLE IF NOT EXISTS {self._step} ({_STEP_COLUMNS})",
                f"CREATE TABLE IF NOT EXISTS {self._object} ({_OBJECT_COLUMNS})",
                f"UPDATE {self._release} SET state = 'failed', finished_at = GETDATE() WHERE state = 'applying'",
                (
                    f"INSERT INTO {self._release} (number, version, state, state_version, caller, options, started_at)"
                    f" VALUES ({plan.release}, {literal(plan.version)}, 'applying', {STATE_VERSION},"
                    f" {literal(caller.arn)}, {literal(json.dumps(dict(plan.options), sort_keys=True))}, GETDATE())"
                ),
                *self._step_rows(plan),
            ]
        )

    def _step_rows(self, plan: Plan) -> Iterable[str]:
        rows = [
            f"({plan.release}, {position}, {literal(step.key)}, {literal(step.summary)}, NULL)"
            for position, step in enumerate(plan.steps, 1)
        ]
        head = f"INSERT INTO {self._step} (release, position, step, summary, done_at) VALUES "
        return _inserts(head, rows)

    def module_statements(
        self,
        release: int,
        module: ModuleSql,
        changed: Sequence[SqlObject],
        gone: Sequence[RecordedObject],
    ) -> list[str]:
        """The statements that record a module's new definitions, for the transaction that makes them."""
        signatures = [o.signature for o in changed] + [o.signature for o in gone]
        if not signatures:
            return []
        listed = ", ".join(literal(signature) for signature in signatures)
        rows = [
            self._object_row(release, module, position, o)
            for position, o in enumerate(module.objects, 1)
            if o in changed
        ]
        head = (
            f"INSERT INTO {self._object} (module, position, name, signature, kind, returns, digest,"
            " lambda_name, role, ddl, release) VALUES "
        )
        return [
            f"DELETE FROM {self._object} WHERE module = {literal(module.module)} AND signature IN ({listed})",
            *_inserts(head, rows),
        ]

    def _object_row(self, release: int, module: ModuleSql, position: int, o: SqlObject) -> str:
        external = o.kind == "external"
        values = (
            module.module,
            position,
            o.name,
            o.signature,
            str(o.kind),
            o.returns,
            o.digest,
            module.lambda_name if external else "",
            module.role if external else "",
            o.ddl,
            release,
        )
        return f"({', '.join(literal(value) for value in values)})"

    def done_statement(self, release: int, steps: Sequence[str]) -> str:
        """The statement that records steps as done, to be sent along with the next transaction."""
        listed = ", ".join(literal(step) for step in steps)
        return (
            f"UPDATE {self._step} SET done_at = GETDATE()"
            f" WHERE release = {int(release)} AND step IN ({listed}) AND done_at IS NULL"
        )

    def finish(self, release: int, steps: Sequence[str]) -> None:
        """Make the release the current one."""
        self._sql.transaction(
            [
                f"UPDATE {self._release} SET state = 'superseded' WHERE state = 'current'",
                f"UPDATE {self._release} SET state = 'current', finished_at = GETDATE() WHERE number = {release}",
                *([self.done_statement(release, steps)] if steps else []),
            ]
        )

    def fail(self, release: int, steps: Sequence[str], message: str) -> None:
        """Record that the release stopped and why."""
        self._sql.transaction(
            [
                (
                    f"UPDATE {self._release} SET state = 'failed', finished_at = GETDATE(),"
                    f" message = {literal(message[:4000])} WHERE number = {int(release)}"
                ),
                *([self.done_statement(release, steps)] if steps else []),
            ]
        )


def _inserts(head: str, rows: Sequence[str]) -> list[str]:
    """INSERT statements of many rows each, none longer than the Data API takes."""
    statements: list[str] = []
    batch: list[str] = []
    size = 0
    for row in rows:
        row_size = len(row.encode()) + 2
        if batch and size + row_size > _INSERT_BYTES:
            statements.append(head + ", ".join(batch))
            batch, size = [], 0
        batch.append(row)
        size += row_size
    if batch:
        statements.append(head + ", ".join(batch))
    return statements


def _installation(rows: Sequence[tuple[Any, ...]]) -> Installation:
    releases = [_release(row) for row in rows if row[0] == "release"]
    objects = tuple(_object(row) for row in rows if row[0] == "object")
    current = next((r for r in releases if r.state is ReleaseState.CURRENT), None)
    others = [r for r in releases if r.state is not ReleaseState.CURRENT]
    newest = max(others, key=lambda release: release.number, default=None)
    return Installation(current, newest, objects)


def _release(row: tuple[Any, ...]) -> Release:
    _, number, version, state, options, state_version, *_ = row
    if int(state_version) > STATE_VERSION:
        raise TargetError(
            f"Release {number} was written by a newer carto-at ({version})",
            hint="Upgrade this one: pip install --upgrade carto-at-redshift",
        )
    return Release(int(number), version, ReleaseState(state), json.loads(options))


def _object(row: tuple[Any, ...]) -> RecordedObject:
    _, _, module, name, signature, kind, returns, digest, lambda_name, role = row
    if not _SIGNATURE.fullmatch(signature) or not signature.startswith(f"{name}("):
        raise TargetError(
            f"The release tables hold {signature!r}, which is not the signature of a function",
            hint="Somebody has changed the table __at_object by hand: restore that row.",
        )
    return RecordedObject(module, name, signature, kind, returns, digest, lambda_name, role)
