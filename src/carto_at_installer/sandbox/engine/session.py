"""One database session: runs statements one at a time, with its own transaction, search path and user."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import duckdb

from carto_at_installer.sandbox.engine import commands, rendering, table_commands
from carto_at_installer.sandbox.engine.answers import Answers
from carto_at_installer.sandbox.engine.cursor import Cursor, literal
from carto_at_installer.sandbox.engine.external import CallContext
from carto_at_installer.sandbox.engine.lambda_usage import LambdaUsage
from carto_at_installer.sandbox.engine.lookahead import look_ahead
from carto_at_installer.sandbox.engine.names import Names
from carto_at_installer.sandbox.engine.parameters import bind
from carto_at_installer.sandbox.engine.transpile import Transpiler, duckdb_text
from carto_at_installer.sandbox.engine.wording import (
    CATALOG_CONFLICT,
    redshift_error,
    says_conflict,
    says_no_match,
)
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError
from carto_at_installer.sql.statements import SqlTextError, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from carto_at_installer.sandbox.engine.commands import Command
    from carto_at_installer.sandbox.engine.engine import Engine
    from carto_at_installer.sandbox.engine.external import ExternalTarget
    from carto_at_installer.sandbox.engine.lambda_usage import FunctionUsage
    from carto_at_installer.sandbox.engine.results import ResultSet

_CONTROL = frozenset({"begin", "commit", "end", "rollback", "abort"})


class Session:
    """A connection of one user. Not for several threads at once, except for `cancel`."""

    def __init__(self, engine: Engine, connection: duckdb.DuckDBPyConnection, user: str) -> None:
        self.engine = engine
        self.connection = connection
        self.user = user
        self.id = uuid.uuid4().hex[:12]  # Short, because DuckDB copies it for every row of a call.
        self.names = Names(connection, engine.database, user)
        self.names.default_role = engine.cluster.default_role
        self.in_transaction = False
        self.block = (
            False  # Whether the transaction was begun by the client, not by a command for itself.
        )
        self.failed = False
        self.depth = 0  # Of the procedures that are running.
        self.notices: list[tuple[str, str]] = []  # (level, text) that the last CALL raised.
        self.settings: dict[str, str] = {}
        self.error: BaseException | None = None
        self.answers = self._no_answers()
        self.affected_rows = (
            -1
        )  # By the last statement; -1 where it was not INSERT, UPDATE or DELETE.
        self._cancelled = threading.Event()
        self.query_id = 0
        self.transaction_id = 0
        self.usage = LambdaUsage()
        connection.execute(f"SET VARIABLE rs_context = {literal(self.id)}")
        connection.execute(f"SET VARIABLE rs_database = {literal(engine.database)}")
        connection.execute(f"SET VARIABLE rs_user = {literal(user)}")

    def execute(self, sql: str, parameters: Mapping[str, str] | None = None) -> ResultSet | None:
        """Run exactly one statement; returns its rows, or None for a statement without a result.

        `parameters` are the Data API's named ones (`:name`). Raises RedshiftError, UnsupportedSqlError. An error
        inside a transaction makes it fail: only ROLLBACK (or a COMMIT that rolls back) is taken after it.
        """
        self._cancelled.clear()
        self.error = None
        self.affected_rows = -1
        self.query_id = self.engine.next_query_id()
        if not self.in_transaction:
            self.transaction_id = self.query_id
        self.usage = LambdaUsage()
        try:
            statement = _single(sql)
            if parameters:
                statement = bind(statement, parameters)
            return self._run(statement)
        except duckdb.Error as error:
            self._note_failure()
            if isinstance(self.error, RedshiftError):
                raise self.error from error
            raise self._explained(error, sql) from error
        except RedshiftError:
            self._note_failure()
            raise
        except RecursionError as error:
            self._note_failure()
            raise RedshiftError(
                "stack depth limit exceeded: the statement is nested too deeply"
            ) from error
        finally:
            query = (self.user, self.transaction_id, self.query_id)
            self.engine.record_usage(self.usage, query)

    def _run(self, statement: str) -> ResultSet | None:
        cursor = Cursor(statement)
        if self.failed and not commands.ends_transaction(cursor):
            raise RedshiftError(
                "current transaction is aborted, commands ignored until end of transaction block"
            )
        if not self.failed:
            self._tell_time()
        command = commands.find(cursor)
        if command is None and (creation := table_commands.select_into(cursor)):
            return self._run(creation)
        if command is not None:
            return self._command(command, cursor)
        self.names.dependencies.clear()
        duck = self.compiled(statement)
        result, self.affected_rows = rendering.fetch(self.connection.execute(duck))
        return result

    def _command(self, command: Command, cursor: Cursor) -> ResultSet | None:
        try:
            return command(self, cursor)
        except duckdb.Error as error:
            if says_conflict(error):  # Over the catalog: two transactions change the same object.
                raise RedshiftError(CATALOG_CONFLICT) from error
            raise

    def compiled(self, sql: str) -> str:
        """A query or DML statement for DuckDB, which is to run next; what it will ask of Lambda is asked already."""
        tree = Transpiler(self.names).tree(sql)
        self.answers = self._no_answers()
        look_ahead(self, tree)
        return duckdb_text(tree)

    def _no_answers(self) -> Answers:
        return Answers(self._ask)

    def _ask(self, target: ExternalTarget, rows: pa.Array) -> pa.Array:
        used = self.usage.begin(target, len(rows))
        return self.engine.calls.run(target, self.call_context(used), rows)

    def inner(self, sql: str) -> ResultSet | None:
        """Run a statement of a procedure; its DuckDB errors are said in Redshift's words. Raises RedshiftError."""
        statement = _single(sql)
        cursor = Cursor(statement)
        if cursor.peek() in _CONTROL or (cursor.peek(), cursor.peek(1)) == ("start", "transaction"):
            raise UnsupportedSqlError(
                f"{cursor.peek().upper()} in a procedure is not supported by the sandbox"
            )
        self.affected_rows = -1
        try:
            result = self._run(statement)
        except duckdb.Error as error:
            if isinstance(self.error, RedshiftError):
                raise self.error from error
            raise self._explained(error, statement) from error
        self.begin(block=self.block)  # TRUNCATE has ended the transaction.
        return result

    def restart(self, *, commit: bool) -> None:
        """End the transaction of a procedure and begin the next one. Raises RedshiftError in a transaction block."""
        if self.block:
            raise RedshiftError("invalid transaction termination")
        if commit:
            self.commit()
        else:
            self.rollback()
        self.begin(block=False)

    @contextmanager
    def procedure(self, user: str) -> Iterator[None]:
        """While a procedure runs, with the rights of `user`."""
        before = self.user
        self.depth += 1
        self._become(user)
        try:
            yield
        finally:
            self.depth -= 1
            self._become(before)

    def _become(self, user: str) -> None:
        if user != self.user:
            self.user = self.names.user = user
            self.connection.execute(f"SET VARIABLE rs_user = {literal(user)}")

    def _explained(self, error: duckdb.Error, sql: str) -> RedshiftError:
        """What an error means; for a call that does not fit, with the types that it was made with."""
        if says_no_match(error):
            self.names.checking = True
            try:
                Transpiler(self.names).query(_single(sql))
            except RedshiftError as precise:
                return precise
            except duckdb.Error:
                pass  # Then the first message is the better one.
            finally:
                self.names.checking = False
        return redshift_error(error)

    def _tell_time(self) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        self.connection.execute(f"SET VARIABLE rs_statement_time = {literal(now)}")
        if not self.in_transaction:
            self.connection.execute(f"SET VARIABLE rs_transaction_time = {literal(now)}")

    def _note_failure(self) -> None:
        if self.in_transaction:
            self.failed = True

    def begin(self, *, block: bool = True) -> None:
        """Open a transaction, as a block of the client or for one command; a second BEGIN changes nothing."""
        if not self.in_transaction:
            self.connection.execute("BEGIN")
            self.block = block
            self.in_transaction = True

    def commit(self) -> None:
        """End the transaction. One that failed is rolled back instead. Raises RedshiftError on a conflict."""
        if self.failed:
            self.rollback()
            return
        if self.in_transaction:
            self.in_transaction = False
            try:
                self.connection.execute("COMMIT")
            except duckdb.Error as error:
                raise redshift_error(error) from error
            finally:
                self.engine.locks.release(self.id)

    def rollback(self) -> None:
        """Undo everything since BEGIN."""
        if self.in_transaction:
            self.in_transaction = False
            self.failed = False
            try:
                self.connection.execute("ROLLBACK")
            finally:
                self.engine.locks.release(self.id)

    def call_context(self, used: FunctionUsage) -> CallContext:
        """What calls to Lambda tell about this session; what they send is added to `used`."""
        return CallContext(
            self.engine.cluster.arn,
            self.engine.database,
            self.user,
            self.query_id,
            self._cancelled.is_set,
            partial(self.usage.invoked, used),
        )

    @property
    def cancelled(self) -> bool:
        """Whether the running statement was told to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop the statement that is running, from another thread."""
        self._cancelled.set()
        self.connection.interrupt()

    def close(self) -> None:
        """End the session; an open transaction is rolled back."""
        self.engine.forget(self)
        try:
            self.rollback()
        finally:
            self.connection.close()


def _single(sql: str) -> str:
    try:
        statements = split(sql)
    except SqlTextError as error:
        raise RedshiftError(f"syntax error: {error} at position {error.position}") from error
    if len(statements) != 1:
        raise RedshiftError(
            "syntax error: no statement" if not statements
            else "cannot insert multiple commands into a prepared statement"
        )  # fmt: skip
    return statements[0]
