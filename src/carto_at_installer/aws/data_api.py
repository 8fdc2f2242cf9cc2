"""Runs SQL through the Redshift Data API: no network path to port 5439 is needed.

Implements `core.queries.SqlBackend`. Facts about the service: statements of at most 100 KB, 40 statements in a batch,
which is one transaction; states SUBMITTED, PICKED, STARTED, then FINISHED, FAILED or ABORTED. A transaction of more
statements runs between BEGIN and COMMIT in a session; when its client dies, the session ends by itself soon after, and
what it did is taken back.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from carto_at_installer.aws.calls import reading_sql
from carto_at_installer.aws.failures import translated
from carto_at_installer.aws.retries import Patience, Pauses, passing_sql
from carto_at_installer.core.errors import CartoAtError, SqlError
from carto_at_installer.core.explanations import explain_code, hint_for
from carto_at_installer.core.queries import Column, QueryResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from carto_at_installer.aws.session import AwsSession
    from carto_at_installer.core.options import TargetOptions

MAX_STATEMENTS = 40
MAX_STATEMENT_BYTES = 100 * 1024
_LONG_POLL_S = 20
_POLL = Patience(0.1, 2.0, 3600.0, factor=1.5)
SESSION_S = 300
"""How long a session stays open after its last statement."""
TRANSACTION_S = 30
"""How long an open transaction stays when no further statement of it comes: its client has died or was stopped."""


class DataApi:
    """SQL on one database of one cluster or workgroup. `timeout_s` bounds the waiting for one call."""

    def __init__(
        self, session: AwsSession, target: TargetOptions, *, timeout_s: float = 3600
    ) -> None:
        self._aws = session
        self._options = target
        self._client = session.client("redshift-data")
        self._timeout_s = timeout_s
        self._session_id: str | None = None
        self._keep_alive_s = 0

    def in_session(self, seconds: int = SESSION_S) -> DataApi:
        """The same database, every statement in one session (temporary tables, SET, BEGIN ... COMMIT)."""
        other = DataApi(self._aws, self._options, timeout_s=self._timeout_s)
        other._keep_alive_s = seconds
        return other

    def query(self, sql: str, parameters: Mapping[str, str] | None = None) -> QueryResult:
        """Run one reading statement and return its rows. Raises SqlError with the database's own text."""
        with reading_sql():
            return self.execute(sql, parameters)

    def execute(self, sql: str, parameters: Mapping[str, str] | None = None) -> QueryResult:
        """Run one statement of any kind and return its rows, if it has any."""
        _check_size(sql)
        request: dict[str, Any] = {"Sql": sql}
        if parameters:
            request["Parameters"] = [{"name": k, "value": v} for k, v in parameters.items()]
        with translated("run SQL through the Redshift Data API"):
            described = self._run(self._client.execute_statement, request)
            _raise_for_state(described, sql)
            return self._rows(described["Id"]) if described.get("HasResultSet") else QueryResult()

    def transaction(self, statements: Sequence[str]) -> None:
        """Run all statements or none. Raises SqlError that holds the statement that failed.

        A transaction that meets another one has changed nothing: it is repeated, for a while.
        """
        for sql in statements:
            _check_size(sql)
        long = len(statements) > MAX_STATEMENTS
        attempt = self._long_transaction if long else self._short_transaction
        _without_conflict(lambda: attempt(statements))

    def _short_transaction(self, statements: Sequence[str]) -> None:
        with translated("run SQL through the Redshift Data API"):
            described = self._run(self._client.batch_execute_statement, {"Sqls": list(statements)})
        failed = _failed_part(described)
        _raise_for_state({**described, **failed}, failed.get("QueryString", ""))

    def _long_transaction(self, statements: Sequence[str]) -> None:
        session = self.in_session(TRANSACTION_S)
        session.execute("BEGIN")
        try:
            for sql in statements:
                session.execute(sql)
        except CartoAtError:
            with suppress(CartoAtError):  # where that fails too, the session ends by itself
                session.execute("ROLLBACK")
            raise
        session.execute("COMMIT")

    def _run(self, operation: Any, request: dict[str, Any]) -> dict[str, Any]:
        """Submit, then wait for the end; returns the statement's description."""
        known = {"SessionId": self._session_id} if self._session_id else None
        request |= known or _target_parameters(self._options)
        if self._keep_alive_s:
            request["SessionKeepAliveSeconds"] = self._keep_alive_s
        if "WaitTimeSeconds" in self._members("ExecuteStatement"):
            request["WaitTimeSeconds"] = _LONG_POLL_S
        submitted: dict[str, Any] = operation(**request)
        self._session_id = submitted.get("SessionId") if self._keep_alive_s else None
        if submitted.get("Status") == "FINISHED":
            return submitted
        return self._await_end(submitted["Id"])

    def _await_end(self, statement_id: str) -> dict[str, Any]:
        """The description of a statement that has ended. One that does not end in time is cancelled."""
        deadline = time.monotonic() + self._timeout_s
        request: dict[str, Any] = {"Id": statement_id}
        if "WaitTimeSeconds" in self._members("DescribeStatement"):
            request["WaitTimeSeconds"] = _LONG_POLL_S
        pauses = Pauses(_POLL)
        while True:
            described: dict[str, Any] = self._client.describe_statement(**request)
            if described["Status"] in {"FINISHED", "FAILED", "ABORTED"}:
                return described
            if time.monotonic() > deadline:
                self._client.cancel_statement(Id=statement_id)
                raise SqlError(
                    f"The statement {statement_id} did not end within {self._timeout_s:.0f} seconds "
                    "and was cancelled",
                    hint="Look for locks and for queued queries on the cluster, then repeat the command.",
                )
            time.sleep(pauses.next() or _POLL.longest_s)

    def _members(self, operation: str) -> Any:
        shape = self._client.meta.service_model.operation_model(operation).input_shape
        return shape.members if shape else {}

    def _rows(self, statement_id: str) -> QueryResult:
        columns: tuple[Column, ...] = ()
        rows: list[tuple[Any, ...]] = []
        for page in self._client.get_paginator("get_statement_result").paginate(Id=statement_id):
            columns = tuple(Column(c["name"], c["typeName"]) for c in page["ColumnMetadata"])
            rows.extend(tuple(_value(field) for field in record) for record in page["Records"])
        return QueryResult(columns, tuple(rows))


def _without_conflict(attempt: Callable[[], None]) -> None:
    """Repeat a transaction that the database refuses because of another one, as long as patience lasts."""
    pauses: Pauses | None = None
    while True:
        try:
            return attempt()
        except SqlError as error:
            passing = passing_sql(error.message)
            if passing is None:
                raise
            pauses = pauses or Pauses(passing.patience)
            if not pauses.wait(passing.reason):
                raise


def _target_parameters(target: TargetOptions) -> dict[str, str]:
    named = {
        "ClusterIdentifier": target.cluster_id,
        "WorkgroupName": target.workgroup,
        "Database": target.database,
        "DbUser": target.db_user,
        "SecretArn": target.secret_arn,
    }
    return {name: value for name, value in named.items() if value}


def _check_size(sql: str) -> None:
    size = len(sql.encode())
    if size > MAX_STATEMENT_BYTES:
        raise SqlError(
            f"A statement of {size:,} bytes is too long: the Redshift Data API takes "
            f"{MAX_STATEMENT_BYTES:,} bytes",
            hint=explain_code("statement-too-long").fix,
            sqltext=sql,
        )


def _failed_part(described: dict[str, Any]) -> dict[str, Any]:
    """The first failed statement of a batch: the later ones are only ABORTED because of it."""
    parts: list[dict[str, Any]] = described.get("SubStatements", [])
    return next((part for part in parts if part.get("Status") == "FAILED"), {})


def _raise_for_state(described: dict[str, Any], sql: str) -> None:
    if described["Status"] == "FINISHED":
        return
    text = described.get("Error") or f"the statement was {described['Status'].lower()}"
    raise SqlError(text, sqltext=sql, hint=hint_for(text))


def _value(field: dict[str, Any]) -> Any:
    if field.get("isNull"):
        return None
    return next(iter(field.values()))
