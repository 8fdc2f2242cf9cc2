"""Runs statements in worker threads, moving them from SUBMITTED through PICKED and STARTED to their end."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.data_api.results import check_rows
from carto_at_installer.sandbox.data_api.statements import (
    ABORTED,
    FAILED,
    FINISHED,
    PICKED,
    STARTED,
    Run,
    Statement,
)
from carto_at_installer.sandbox.engine.parameters import used
from carto_at_installer.sandbox.errors import RedshiftError, StatementAbortedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carto_at_installer.sandbox.engine import Session
    from carto_at_installer.sandbox.engine.results import ResultSet

WORKERS = 16
_LOG = logging.getLogger(__name__)


class Runner:
    """A pool of workers. What does not fit waits as SUBMITTED."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="data-api")

    def submit(
        self, statement: Statement, parameters: Mapping[str, str], ended: Callable[[str, str], None]
    ) -> None:
        """Run a statement as soon as a worker is free.

        `ended(status, error)` is called when it is over, whatever happened, and before anybody is told.
        """
        self._pool.submit(self._work, statement, parameters, ended)

    def _work(
        self, statement: Statement, parameters: Mapping[str, str], ended: Callable[[str, str], None]
    ) -> None:
        status, error = FAILED, "ERROR: the sandbox failed to run the statement"
        started = time.perf_counter_ns()
        try:
            statement.become(statement.whole, PICKED)
            if not statement.cancelled:
                statement.become(statement.whole, STARTED)
            status, error = _run(statement, parameters)
        except Exception as fault:  # noqa: BLE001 - a worker has no caller: the client must be told
            _LOG.exception("a statement failed in an unexpected way")
            error = f"ERROR: internal error of the sandbox: {type(fault).__name__}: {fault}"
        finally:
            statement.whole.duration_ns = time.perf_counter_ns() - started
            ended(status, error)
            statement.become(statement.whole, status, error)

    def close(self) -> None:
        """Take no more statements."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _run(statement: Statement, parameters: Mapping[str, str]) -> tuple[str, str]:
    """The final status and error of a statement."""
    session = statement.session
    if session is None:
        raise RuntimeError("a statement is submitted with its session")
    if statement.cancelled:
        return _abort(statement, 0)
    if not statement.batch:
        return _single(statement, session, parameters)
    if statement.auto_commit:
        return _one_by_one(statement, session, parameters)
    return _transaction(statement, session, parameters)


def _execute(
    statement: Statement, run: Run, session: Session, parameters: Mapping[str, str]
) -> ResultSet | None:
    started = time.perf_counter_ns()
    names = used(run.sql) if parameters else set()
    try:
        result = session.execute(run.sql, {k: v for k, v in parameters.items() if k in names})
        if result is not None:
            check_rows(result)
        return result
    finally:
        run.duration_ns = time.perf_counter_ns() - started
        run.affected_rows = session.affected_rows
        statement.query_id = session.query_id


def _single(
    statement: Statement, session: Session, parameters: Mapping[str, str]
) -> tuple[str, str]:
    run = statement.whole
    try:
        run.result = _execute(statement, run, session, parameters)
    except RedshiftError as error:
        return _status(statement, error), _text(error)
    return FINISHED, ""


def _transaction(
    statement: Statement, session: Session, parameters: Mapping[str, str]
) -> tuple[str, str]:
    """All parts in one transaction: the first that fails takes back the others."""
    own = not session.in_transaction
    if own:
        session.begin()
    for index, part in enumerate(statement.parts):
        status, error = _part(statement, part, session, parameters)
        if status != FINISHED:
            if own:
                session.rollback()
            _abort(statement, index + 1)
            return status, error if status == ABORTED else f"Query #{index + 1} failed with {error}"
    try:
        if own:
            session.commit()
    except RedshiftError as error:
        return FAILED, _text(error)
    return FINISHED, ""


def _one_by_one(
    statement: Statement, session: Session, parameters: Mapping[str, str]
) -> tuple[str, str]:
    """AUTO_COMMIT: every part for itself; the others run although one failed."""
    final, text = FINISHED, ""
    for index, part in enumerate(statement.parts):
        status, error = _part(statement, part, session, parameters)
        if status == ABORTED:
            _abort(statement, index + 1)
            return status, error
        if status == FAILED and final == FINISHED:
            final, text = FAILED, f"Query #{index + 1} failed with {error}"
    return final, text


def _part(
    statement: Statement, part: Run, session: Session, parameters: Mapping[str, str]
) -> tuple[str, str]:
    if statement.cancelled:
        statement.become(part, ABORTED)
        return ABORTED, "Query cancelled on user's request"
    statement.become(part, STARTED)
    try:
        part.result = _execute(statement, part, session, parameters)
    except RedshiftError as error:
        status = _status(statement, error)
        statement.become(part, status, _text(error))
        return status, _text(error)
    statement.become(part, FINISHED)
    return FINISHED, ""


def _abort(statement: Statement, start: int) -> tuple[str, str]:
    for part in statement.parts[start:]:
        statement.become(part, ABORTED)
    return ABORTED, "Query cancelled on user's request"


def _status(statement: Statement, error: RedshiftError) -> str:
    stopped = statement.cancelled or isinstance(error, StatementAbortedError)
    return ABORTED if stopped else FAILED


def _text(error: Exception) -> str:
    text = str(error)
    return text if text.startswith("ERROR: ") else f"ERROR: {text}"
