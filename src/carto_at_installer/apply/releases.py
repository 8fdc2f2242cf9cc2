"""Reads and writes the record of an installation, kept in tables of the toolbox's own schema.

No state is kept on anybody's laptop. A plan is written here before its first step changes anything: as all names in it
are known in advance, whatever a crash leaves behind can be found again.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from carto_at_installer.apply.tables import Tables, inserts
from carto_at_installer.core.errors import SqlError, TargetError
from carto_at_installer.core.releases import (
    EMPTY_MARK,
    STATE_VERSION,
    Installation,
    RecordedObject,
    Release,
    ReleaseState,
    Resources,
)
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.core.target import Identity
    from carto_at_installer.plan.resources import ModuleSql
    from carto_at_installer.plan.steps import Plan
    from carto_at_installer.sql.objects import SqlObject

_SIGNATURE = re.compile(r"\w+\([\w ,()]*\)", re.ASCII)
_MESSAGE_BYTES = 4000
_RELEASE_FIELDS = (
    "CAST(number AS VARCHAR(16)), version, command, state, CAST(state_version AS VARCHAR(16)), caller, options,"
    " resources, CAST(restores AS VARCHAR(16)), CAST(started_at AS VARCHAR(32)),"
    " COALESCE(CAST(finished_at AS VARCHAR(32)), ''), COALESCE(message, '')"
)
_OBJECT_FIELDS = "module, name, signature, kind, returns, digest, lambda_name, role"


class ReleaseStore:
    """The release tables of one schema. Reading methods are one query, writing ones one transaction or its parts."""

    def __init__(self, sql: SqlBackend, schema: str) -> None:
        self._sql = sql
        self.tables = Tables(schema)

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
            f"SELECT 'release' AS record, number AS position, {_named(_RELEASE_FIELDS)}"
            f" FROM {self.tables.release} WHERE kept"
            f" UNION ALL SELECT 'object', position, {_OBJECT_FIELDS}, example, '', '', ''"
            f" FROM {self.tables.object} WHERE replaced_in IS NULL"
            f" UNION ALL SELECT 'state', 0, {self._mark()}, '', '', '', '', '', '', '', '', '', '', ''"
            " ORDER BY 1, 3, 2"
        )

    def _mark(self) -> str:
        """An expression whose text changes with everything that is recorded: counts of releases and objects."""
        release, recorded = self.tables.release, self.tables.object
        counts = (
            f"SELECT COUNT(*) FROM {release}",
            f"SELECT COUNT(*) FROM {release} WHERE kept",
            f"SELECT COALESCE(MAX(number), 0) FROM {release} WHERE state = 'current'",
            f"SELECT COUNT(*) FROM {recorded}",
            f"SELECT COUNT(replaced_in) FROM {recorded}",
        )
        return " || '.' || ".join(f"CAST(({count}) AS VARCHAR(16))" for count in counts)

    def unchanged_since(self, mark: str) -> str:
        """A statement that fails, by dividing by zero, unless the tables bear the mark with which they were read."""
        return f"SELECT 1 / SUM(CASE WHEN {self._mark()} = {literal(mark)} THEN 1 ELSE 0 END)"

    def _tables_exist(self) -> bool:
        found = self._sql.query(
            "SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE n.nspname = {literal(self.tables.schema)} AND c.relname = '__at_release'"
        )
        return bool(found.rows[0][0])

    def history(self) -> tuple[Release, ...]:
        """All releases, the newest first. Raises SqlError where there are no tables."""
        query = f"SELECT {_named(_RELEASE_FIELDS)} FROM {self.tables.release} ORDER BY number DESC"
        return tuple(_release(row) for row in self._sql.query(query).rows)

    def snapshot(self, number: int) -> tuple[RecordedObject, ...]:
        """The SQL objects as they were in a release, with their definitions, in the order of their creation."""
        query = (
            f"SELECT {_OBJECT_FIELDS}, ddl, example FROM {self.tables.object}"
            f" WHERE release <= {int(number)} AND (replaced_in IS NULL OR replaced_in > {int(number)})"
            " ORDER BY module, position"
        )
        return tuple(_object(row) for row in self._sql.query(query).rows)

    def beginning(self, plan: Plan, caller: Identity) -> list[str]:
        """The statements that write a plan down, for the transaction that takes the lease."""
        table = self.tables.release
        values = (
            plan.release,
            plan.version,
            plan.command,
            ReleaseState.APPLYING.value,
            STATE_VERSION,
            caller.arn,
            json.dumps(dict(plan.options), sort_keys=True),
            json.dumps(plan.resources.document(), sort_keys=True),
            plan.restores,
        )
        return [
            f"UPDATE {table} SET state = 'failed', finished_at = GETDATE() WHERE state = 'applying'",
            (
                f"INSERT INTO {table} (number, version, command, state, state_version, caller, options, resources,"
                f" restores, kept, started_at) VALUES ({', '.join(literal(v) for v in values)}, TRUE, GETDATE())"
            ),
            *self._step_rows(plan),
        ]

    def _step_rows(self, plan: Plan) -> list[str]:
        rows = [
            f"({plan.release}, {position}, {literal(step.key)}, {literal(step.summary)}, NULL)"
            for position, step in enumerate(plan.steps, 1)
        ]
        head = f"INSERT INTO {self.tables.step} (release, position, step, summary, done_at) VALUES "
        return list(inserts(head, rows))

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
        table, listed = self.tables.object, ", ".join(literal(text) for text in signatures)
        rows = [
            self._object_row(release, module, module.position(o), o)
            for o in module.objects
            if o in changed
        ]
        head = (
            f"INSERT INTO {table} (module, position, name, signature, kind, returns, digest, lambda_name,"
            " role, ddl, example, release) VALUES "
        )
        return [
            (
                f"UPDATE {table} SET replaced_in = {int(release)} WHERE module = {literal(module.module)}"
                f" AND replaced_in IS NULL AND signature IN ({listed})"
            ),
            *inserts(head, rows),
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
            module.examples.get(o.signature, ""),
            release,
        )
        return f"({', '.join(literal(value) for value in values)})"

    def done_statements(self, release: int, steps: Sequence[str]) -> list[str]:
        """The statement that records steps as done, to be sent along with the next transaction."""
        if not steps:
            return []
        listed = ", ".join(literal(step) for step in steps)
        return [
            (
                f"UPDATE {self.tables.step} SET done_at = GETDATE()"
                f" WHERE release = {int(release)} AND step IN ({listed}) AND done_at IS NULL"
            )
        ]

    def finishing(self, plan: Plan) -> list[str]:
        """The statements that make the release the current one, and close the account of unfinished ones."""
        table = self.tables.release
        return [
            f"UPDATE {table} SET state = 'rolled-back' WHERE state = 'failed' AND number < {plan.release}",
            f"UPDATE {table} SET state = 'superseded' WHERE state = 'current'",
            f"UPDATE {table} SET state = 'current', finished_at = GETDATE() WHERE number = {plan.release}",
        ]

    def failing(self, release: int, message: str) -> list[str]:
        """The statement that records that a release stopped, and why."""
        text = message.encode()[:_MESSAGE_BYTES].decode(errors="ignore")
        return [
            (
                f"UPDATE {self.tables.release} SET state = 'failed', finished_at = GETDATE(),"
                f" message = {literal(text)} WHERE number = {int(release)}"
            )
        ]

    def forgetting(self, releases: Sequence[int]) -> list[str]:
        """The statement that notes that nothing is left of the resources of releases."""
        if not releases:
            return []
        listed = ", ".join(str(int(number)) for number in releases)
        return [f"UPDATE {self.tables.release} SET kept = FALSE WHERE number IN ({listed})"]


def _named(fields: str) -> str:
    """Column expressions with names, as a UNION and all clients take them."""
    depth, parts, start = 0, [], 0
    for position, character in enumerate(fields + ","):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(fields[start:position].strip())
            start = position + 1
    return ", ".join(f"{part} AS f{number}" for number, part in enumerate(parts, 1))


def _installation(rows: Sequence[tuple[Any, ...]]) -> Installation:
    kept = sorted(
        (_release(row[2:]) for row in rows if row[0] == "release"), key=_number, reverse=True
    )
    objects = tuple(_object((*row[2:10], "", row[10])) for row in rows if row[0] == "object")
    current = next((r for r in kept if r.state is ReleaseState.CURRENT), None)
    newest = current.number if current else 0
    stopped = {ReleaseState.APPLYING, ReleaseState.FAILED}
    unfinished = next((r for r in kept if r.state in stopped and r.number > newest), None)
    mark = next((str(row[2]) for row in rows if row[0] == "state"), EMPTY_MARK)
    return Installation(current, unfinished, tuple(kept), objects, mark)


def _number(release: Release) -> int:
    return release.number


def _release(row: Sequence[Any]) -> Release:
    number, version, command, state, state_version, caller, options, resources, restores, *times = (
        row
    )
    if int(state_version) > STATE_VERSION:
        raise TargetError(
            f"Release {number} was written by a newer carto-at ({version})",
            hint="Upgrade this one: pip install --upgrade carto-at-redshift",
        )
    started, finished, message = times
    return Release(
        number=int(number),
        version=version,
        command=command,
        state=ReleaseState(state),
        caller=caller,
        options=json.loads(options),
        resources=Resources.from_document(json.loads(resources)),
        restores=int(restores),
        started_at=started,
        finished_at=finished,
        message=message,
    )


def _object(row: Sequence[Any]) -> RecordedObject:
    found = RecordedObject(*(str(value) for value in row))
    if not _SIGNATURE.fullmatch(found.signature) or not found.signature.startswith(
        f"{found.name}("
    ):
        raise TargetError(
            f"The release tables hold {found.signature!r}, which is not the signature of a function",
            hint="Somebody has changed the table __at_object by hand: restore that row.",
        )
    return found
