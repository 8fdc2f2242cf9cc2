"""One Redshift database, kept in one DuckDB file: opens it, hands out sessions, and calls Lambda for them."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from carto_at_installer.sandbox.engine import lambda_usage
from carto_at_installer.sandbox.engine.external import ExternalCalls, ExternalTarget, LambdaCaller
from carto_at_installer.sandbox.engine.locks import TableLocks
from carto_at_installer.sandbox.engine.responses import arrow_type
from carto_at_installer.sandbox.engine.session import Session
from carto_at_installer.sandbox.engine.storage import open_database
from carto_at_installer.sandbox.engine.users import log_in, set_up
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carto_at_installer.sandbox.engine.call_depths import Summary
    from carto_at_installer.sandbox.engine.lambda_usage import LambdaUsage

_PARALLEL_CALLS = 4


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a database knows of the cluster or workgroup that it is in.

    `arn` goes into Lambda payloads; `administrator` is the superuser that it was made with; `default_role()` the ARN
    of its default IAM role. With `python_functions` it is a cluster of former times, on which functions in plpythonu
    could still be made.
    """

    arn: str
    administrator: str = "admin"
    default_role: Callable[[], str | None] = lambda: None
    python_functions: bool = False


class Engine:
    """A database. `path` is the DuckDB file (or `:memory:`); one process may hold it open at a time.

    `database` is the name that clients know.
    """

    def __init__(
        self,
        path: Path | str,
        database: str,
        call_lambda: LambdaCaller,
        cluster: Cluster,
    ) -> None:
        self.database: str = database
        self.cluster = cluster
        self.locks = TableLocks()
        self._executor = ThreadPoolExecutor(_PARALLEL_CALLS, thread_name_prefix="lambda-batch")
        self.summaries: dict[tuple[int, str], Summary] = {}  # What users' functions call.
        self.calls = ExternalCalls(call_lambda, self._executor)
        self._sessions: dict[str, Session] = {}
        self._guard = threading.Lock()
        self._connection = open_database(path, self._run_external)
        set_up(self._connection, database, cluster.administrator)
        self._query_ids = itertools.count(lambda_usage.forget_old(self._connection) + 1)

    def session(self, user: str) -> Session:
        """A new session of a database user. Raises RedshiftError for one that does not exist.

        The administrator exists, and IAM identities are made known to the database at their first login.
        """
        with self._guard:
            connection = self._connection.cursor()
            connection.execute("USE redshift.public")
            log_in(connection, user, self.database)
        session = Session(self, connection, user)
        with self._guard:
            self._sessions[session.id] = session
        return session

    def forget(self, session: Session) -> None:
        """A session says that it ends."""
        with self._guard:
            self._sessions.pop(session.id, None)

    def next_query_id(self) -> int:
        """A number for the next query, unique in this process."""
        return next(self._query_ids)

    def record_usage(self, usage: LambdaUsage, query: tuple[str, int, int]) -> None:
        """Write down what a query, given as (user, transaction, query), sent to Lambda."""
        if usage.functions:
            with self._guard:
                lambda_usage.write(self._connection, usage, query)

    def close(self) -> None:
        """End all sessions and close the file."""
        for session in list(self._sessions.values()):
            session.close()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._connection.close()

    def _run_external(self, target: ExternalTarget, session_id: str, rows: pa.Array) -> pa.Array:
        session = self._sessions.get(session_id)
        if session is None:
            raise RedshiftError("the session of this call has ended")
        if session.names.describing:
            return pa.nulls(len(rows), arrow_type(target.returns))
        if session.error is not None:
            raise session.error  # DuckDB tries a failed constant expression again: the statement has failed already.
        try:
            return session.answers.results(target, rows)
        except Exception as error:
            # DuckDB passes on only the text of an exception: keep the exception itself for the session.
            session.error = error
            raise
