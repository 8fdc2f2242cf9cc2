"""The operations of the Data API."""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.data_api import answers, results
from carto_at_installer.sandbox.data_api.answers import TARGET_KEYS
from carto_at_installer.sandbox.data_api.listing import LISTINGS
from carto_at_installer.sandbox.data_api.runner import Runner
from carto_at_installer.sandbox.data_api.sessions import OpenSession, SessionStore
from carto_at_installer.sandbox.data_api.statements import (
    ENDED,
    FINISHED,
    Run,
    Statement,
    StatementStore,
    new_id,
    read_token,
    write_token,
)
from carto_at_installer.sandbox.data_api.validation import (
    check_sqls,
    invalid,
    keep_alive_of,
    need,
    parameters_of,
    wait_of,
)
from carto_at_installer.sandbox.errors import AwsServiceError, RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carto_at_installer.sandbox.data_api.archive import Archive
    from carto_at_installer.sandbox.data_api.targets import Targets
    from carto_at_installer.sandbox.identity import Caller

Request = dict[str, Any]
_MAX_ACTIVE = 500
_TOKEN_LIFE_S = 8 * 3600


class DataApi:
    """Answers requests. `handle` may be called from many threads."""

    def __init__(self, targets: Targets, archive: Archive, region: str) -> None:
        self._targets = targets
        self._archive = archive
        self._region = region
        known = archive.statements(region)
        self._statements = StatementStore(known)
        self._sessions = SessionStore()
        self._runner = Runner()
        self._tokens = {
            (each.owner, each.request["ClientToken"]): (
                each.whole.created_at,
                each.fingerprint,
                each,
            )
            for each in known
            if each.fingerprint
        }
        self._lock = threading.Lock()
        self._operations: dict[str, Callable[[Request, Caller], Request]] = {
            "ExecuteStatement": self._execute,
            "BatchExecuteStatement": self._batch_execute,
            "DescribeStatement": self._describe,
            "GetStatementResult": self._result,
            "GetStatementResultV2": self._csv_result,
            "CancelStatement": self._cancel,
            "ListStatements": self._list,
            **{name: partial(self._listing, name) for name in LISTINGS},
        }

    def handle(self, operation: str, request: Request, caller: Caller) -> Request:
        """Answer one request; times are epoch seconds. Raises AwsServiceError."""
        run = self._operations.get(operation)
        if run is None:
            raise AwsServiceError(
                "UnknownOperationException",
                f"The sandbox does not support the operation redshift-data:{operation}.",
            )
        return run(request, caller)

    def _listing(self, operation: str, request: Request, caller: Caller) -> Request:
        """What a database holds, told by a session of its own. Raises AwsServiceError."""
        connected = {
            **request,
            "Database": request.get("ConnectedDatabase") or need(request, "Database"),
        }
        engine = self._targets.engine(connected)
        try:
            session = engine.session(self._targets.database_user(request, caller))
        except RedshiftError as error:
            raise AwsServiceError("DatabaseConnectionException", str(error)) from error
        try:
            return LISTINGS[operation](session, request)
        finally:
            session.close()

    def close(self) -> None:
        """Stop taking statements."""
        self._runner.close()

    def _execute(self, request: Request, caller: Caller) -> Request:
        return self._submit(request, caller, [need(request, "Sql")], batch=False)

    def _batch_execute(self, request: Request, caller: Caller) -> Request:
        return self._submit(request, caller, list(need(request, "Sqls")), batch=True)

    def _submit(self, request: Request, caller: Caller, sqls: list[str], *, batch: bool) -> Request:
        check_sqls(sqls)
        if request.get("WithEvent"):
            raise invalid("WithEvent is not supported by the sandbox: it has no EventBridge.")
        parameters = parameters_of(request, sqls)
        wait = wait_of(request)
        with self._lock:
            statement = self._repeated(request, caller)
            if statement is None:
                statement = self._new(request, caller, sqls, batch=batch)
                self._remember(request, caller, statement)
                self._statements.add(statement)
                self._archive.begin(self._region, statement)
                self._runner.submit(statement, parameters, partial(self._ended, statement))
        if wait:
            statement.wait(wait)
        return answers.submitted(statement, waited=bool(wait))

    def _repeated(self, request: Request, caller: Caller) -> Statement | None:
        """The statement that the same ClientToken made before."""
        token = request.get("ClientToken")
        if not token:
            return None
        known = self._tokens.get((_owner(caller), token))
        if known is None or known[0] < time.time() - _TOKEN_LIFE_S:
            return None
        if known[1] != _fingerprint(request):
            raise invalid("ClientToken was already used with other parameters.")
        return known[2]

    def _remember(self, request: Request, caller: Caller, statement: Statement) -> None:
        if token := request.get("ClientToken"):
            key = (_owner(caller), token)
            self._tokens[key] = (time.time(), statement.fingerprint, statement)
            if len(self._tokens) > 4 * _MAX_ACTIVE:
                del self._tokens[next(iter(self._tokens))]

    def _new(self, request: Request, caller: Caller, sqls: list[str], *, batch: bool) -> Statement:
        owner = _owner(caller)
        active = [s for s in self._statements.of_owner(owner) if s.whole.status not in ENDED]
        if len(active) >= _MAX_ACTIVE:
            raise AwsServiceError(
                "ActiveStatementsExceededException",
                f"Active statements exceeded the allowed quota ({_MAX_ACTIVE}).",
            )
        opened = self._session(request, caller)
        return Statement(
            id=new_id(),
            whole=Run(";\n".join(sqls) if batch else sqls[0]),
            parts=[Run(sql) for sql in sqls] if batch else [],
            batch=batch,
            auto_commit=request.get("ExecutionMode") == "AUTO_COMMIT",
            database=opened.database,
            user=opened.session.user,
            owner=owner,
            caller_id=caller.user_id,
            request=dict(request) | opened.target,
            session_id=opened.id,
            session=opened.session,
            fingerprint=_fingerprint(request) if request.get("ClientToken") else "",
        )

    def _session(self, request: Request, caller: Caller) -> OpenSession:
        """The session that SessionId names, or a new one, kept when SessionKeepAliveSeconds says so."""
        keep_alive = keep_alive_of(request)
        if identifier := request.get("SessionId"):
            return self._sessions.take(identifier, _owner(caller), keep_alive)
        engine = self._targets.engine(request)
        try:
            session = engine.session(self._targets.database_user(request, caller))
        except RedshiftError as error:
            raise invalid(str(error)) from error
        target = {key: request[key] for key in TARGET_KEYS if request.get(key)}
        opened = OpenSession(
            new_id() if keep_alive else "",
            session,
            _owner(caller),
            engine.database,
            keep_alive,
            time.time() + keep_alive,
            target=target,
        )
        if keep_alive:
            self._sessions.keep(opened)
        return opened

    def _ended(self, statement: Statement, status: str, error: str) -> None:
        if statement.session_id:
            self._sessions.give_back(statement.session_id)
        elif statement.session is not None:
            statement.session.close()
        statement.session = None
        self._archive.end(statement, status, error)

    def _describe(self, request: Request, caller: Caller) -> Request:
        statement, run = self._statements.find(need(request, "Id"), _owner(caller))
        if wait := wait_of(request):
            statement.wait(wait)
        with statement.changed:
            return answers.described(statement, run, request["Id"])

    def _finished(self, request: Request, caller: Caller) -> tuple[Statement, Run]:
        statement, run = self._statements.find(need(request, "Id"), _owner(caller))
        if wait := wait_of(request):
            statement.wait(wait)
        if run.status != FINISHED or run.result is None:
            raise AwsServiceError(
                "ResourceNotFoundException",
                "Query does not have result. Please check query status with DescribeStatement.",
            )
        return statement, run

    def _result(self, request: Request, caller: Caller) -> Request:
        statement, run = self._finished(request, caller)
        if statement.request.get("ResultFormat") == "CSV":
            raise invalid("The result format is CSV: use GetStatementResultV2.")
        if run.result is None:
            raise RuntimeError("checked above")
        return results.page(run.result, request.get("NextToken"))

    def _csv_result(self, request: Request, caller: Caller) -> Request:
        statement, run = self._finished(request, caller)
        if statement.request.get("ResultFormat") != "CSV":
            raise invalid("The result format is JSON: use GetStatementResult.")
        if run.result is None:
            raise RuntimeError("checked above")
        return results.csv_page(run.result, request.get("NextToken"))

    def _cancel(self, request: Request, caller: Caller) -> Request:
        statement, _ = self._statements.find(need(request, "Id"), _owner(caller))
        with statement.changed:
            status = statement.whole.status
            if status in ENDED:
                raise invalid(
                    f"Could not cancel a query that is already in {status} state with ID: {request['Id']}"
                )
            statement.cancelled = True
            session = statement.session
        if session is not None:
            session.cancel()
        return {"Status": True}

    def _list(self, request: Request, caller: Caller) -> Request:
        start = read_token(request.get("NextToken"))
        size = request.get("MaxResults") or 100
        found = [
            each
            for each in self._statements.of_owner(_owner(caller))
            if _matches(each, request)
            and (request.get("RoleLevel", True) or each.caller_id == caller.user_id)
        ]
        answer: Request = {
            "Statements": [answers.listed(each) for each in found[start : start + size]]
        }
        if start + size < len(found):
            answer["NextToken"] = write_token(start + size)
        return answer


def _owner(caller: Caller) -> str:
    """Who may see a statement: the user, or the role whatever the name of its session."""
    return caller.user_id.partition(":")[0]


def _fingerprint(request: Mapping[str, Any]) -> str:
    return json.dumps(request, sort_keys=True, default=str)


def _matches(statement: Statement, request: Mapping[str, Any]) -> bool:
    status = request.get("Status", "ALL")
    if status not in {"ALL", statement.whole.status}:
        return False
    name = request.get("StatementName")
    if name and not str(statement.request.get("StatementName", "")).startswith(name):
        return False
    for key in ("ClusterIdentifier", "WorkgroupName"):
        if request.get(key) and statement.request.get(key) != request[key]:
            return False
    return not request.get("Database") or statement.database == request["Database"]
