"""Puts the sandbox together: which service answers a request, and what a failure looks like to the client."""

from __future__ import annotations

import logging
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.endpoint import Endpoint
from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.lambda_service.service import LambdaService
from carto_at_installer.sandbox.logs_service.service import LogsService
from carto_at_installer.sandbox.moto_services.app import SERVICES as MOTO_SERVICES
from carto_at_installer.sandbox.moto_services.app import MotoServices
from carto_at_installer.sandbox.moto_services.assumption import require_trust
from carto_at_installer.sandbox.moto_services.simulation import Simulation
from carto_at_installer.sandbox.protocols import HttpRequest, HttpResponse, codec
from carto_at_installer.sandbox.protocols.http import Scope, new_request_id
from carto_at_installer.sandbox.redshift_service.provisioned import ProvisionedOperations
from carto_at_installer.sandbox.redshift_service.serverless import ServerlessOperations
from carto_at_installer.sandbox.redshift_service.targets_store import TargetStore
from carto_at_installer.sandbox.services import Call
from carto_at_installer.sandbox.settings import Settings, read_settings
from carto_at_installer.sandbox.state import StateError, Store
from carto_at_installer.sandbox.targets import RedshiftTargets

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.sandbox.data_api.service import DataApi
    from carto_at_installer.sandbox.identity import Caller
    from carto_at_installer.sandbox.protocols.codec import Codec
    from carto_at_installer.sandbox.services import Operation

_log = logging.getLogger(__name__)
CODE_PATH = "/_sandbox/code/"
_LOCAL_HOST = re.compile(r"(127(\.\d+){3}|\[::1\]|([\w-]+\.)*localhost)(:\d+)?", re.IGNORECASE)


class Sandbox:
    """Every service of one home directory, behind one loopback endpoint.

    `settings` default to `settings.json` in the home. Raises StateError, SettingsError, EndpointError.
    """

    def __init__(
        self,
        home: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        settings: Settings | None = None,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.settings = settings or read_settings(home / "settings.json")
        self.endpoint = Endpoint(self.respond, host, port)
        try:
            self._store = Store(home / "state.sqlite")
        except StateError:
            self.endpoint.server_close()
            raise
        self._moto = MotoServices(self._store)
        self._logs = LogsService(self._store, self.settings)
        self._lambda = LambdaService(
            home / "lambda",
            self._store,
            self.settings,
            moto=self._moto,
            log=self._logs.append,
            endpoint=lambda: self.endpoint.url,
        )
        targets = TargetStore(self._store)
        self._targets = RedshiftTargets(home / "redshift", targets, self._moto, self._lambda)
        self._operations = self._all_operations(targets)
        simulate = Simulation(self._moto.directory).simulate
        self._instead_of_moto: dict[tuple[str, str], dict[str, Operation]] = {
            ("sts", "GetCallerIdentity"): {"GetCallerIdentity": _identity},
            ("iam", "SimulatePrincipalPolicy"): {"SimulatePrincipalPolicy": simulate},
        }
        self._data_apis: dict[str, DataApi] = {}
        self._data_lock = threading.Lock()
        self._serving = False
        self.last_request = time.monotonic()

    def _all_operations(self, targets: TargetStore) -> dict[str, dict[str, Operation]]:
        shared = (targets, self.settings, self._moto.directory, self._targets.drop)
        return {
            "lambda": self._lambda.operations(),
            "logs": self._logs.operations(),
            "redshift": ProvisionedOperations(*shared).operations(),
            "redshift-serverless": ServerlessOperations(*shared).operations(),
        }

    def start(self, *, warm: bool = False) -> None:
        """Serve in a background thread; with `warm`, load what is slow to load in another."""
        self._serving = True
        threading.Thread(
            target=self.endpoint.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="sandbox",
            daemon=True,
        ).start()
        if warm:
            threading.Thread(target=self._warm, name="sandbox-warm-up", daemon=True).start()

    def _warm(self) -> None:
        for name in ("redshift", "redshift-data", "lambda"):
            codec(name)
        self._moto.warm()
        self._data("us-east-1")

    def close(self) -> None:
        """Stop serving, end the workers, close the databases. The state is on disk already."""
        if self._serving:
            self.endpoint.shutdown()
        self.endpoint.server_close()
        for data_api in self._data_apis.values():
            data_api.close()
        self._lambda.close()
        self._targets.close()
        self._logs.close()
        self._store.close()

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer one request. Never raises: what goes wrong inside is an InternalFailure, and in the log."""
        self.last_request = started = time.monotonic()
        request_id = new_request_id()
        scope = request.scope()
        if not _LOCAL_HOST.fullmatch(request.headers.get("host", "")):
            return _failure("", _foreign_host(request), request_id)
        if scope is None:
            return self._unsigned(request, request_id)
        try:
            response = self._route(request, scope, request_id)
        except Exception as error:  # noqa: BLE001  (one bad request must not end the server)
            _log.exception("%s %s failed", scope.service, request.target)
            response = _failure(scope.service, _internal(error), request_id)
        took = (time.monotonic() - started) * 1000
        _log.info(
            "%s %s %s %d %.1f ms",
            scope.service,
            request.method,
            request.headers.get("x-amz-target", request.path),
            response.status,
            took,
        )
        return response

    def _route(self, request: HttpRequest, scope: Scope, request_id: str) -> HttpResponse:
        service = scope.service
        if service in MOTO_SERVICES:
            return self._account(request, scope, request_id)
        if service in self._operations:
            return self._answer(service, request, scope, request_id, self._operations[service])
        if service == "redshift-data":
            return self._answer(service, request, scope, request_id, None)
        error = AwsServiceError(
            "UnrecognizedClientException",
            f"The sandbox does not emulate the AWS service {service!r}. It has: "
            f"{', '.join(sorted({*MOTO_SERVICES, *self._operations, 'redshift-data'}))}",
            400,
        )
        return _failure(service, error, request_id)

    def _account(self, request: HttpRequest, scope: Scope, request_id: str) -> HttpResponse:
        """Let moto answer, except where it has no answer or one that is too kind."""
        action = _action(request)
        own = self._instead_of_moto.get((scope.service, action))
        if own is not None:
            return self._answer(scope.service, request, scope, request_id, own)
        if (scope.service, action) == ("sts", "AssumeRole"):
            try:
                require_trust(request, self._caller(scope), self._moto.directory())
            except AwsServiceError as error:
                return codec("sts").write_error(error, request_id)
        return self._moto.respond(request, scope.service)

    def _answer(
        self,
        service: str,
        request: HttpRequest,
        scope: Scope,
        request_id: str,
        operations: dict[str, Operation] | None,
    ) -> HttpResponse:
        """Let one of our own services answer; `operations` is None for the Data API."""
        reader = codec(service)
        try:
            operation, members = reader.read(request)
            call = Call(scope.region, self._caller(scope), request_id)
            if operations is None:
                return reader.write(
                    operation, self._data_call(operation.name, members, call), request_id
                )
            perform = _implemented(operations, service, operation.name)
            return reader.write(operation, perform(members, call), request_id)
        except AwsServiceError as error:
            return reader.write_error(error, request_id)
        except StateError as error:
            return reader.write_error(_internal(error), request_id)

    def _data_call(self, operation: str, members: dict[str, Any], call: Call) -> dict[str, Any]:
        answer: dict[str, Any] = self._data(call.region).handle(operation, members, call.caller)
        return answer

    def _data(self, region: str) -> DataApi:
        """The Data API of a region; it brings the SQL engine, which takes about a second of CPU to load."""
        with self._data_lock:
            if region not in self._data_apis:
                from carto_at_installer.sandbox.data_api.service import DataApi  # noqa: PLC0415  (at first use)

                self._data_apis[region] = DataApi(self._targets.regional(region))
            return self._data_apis[region]

    def _caller(self, scope: Scope) -> Caller:
        return self._moto.caller(scope.access_key)

    def _unsigned(self, request: HttpRequest, request_id: str) -> HttpResponse:
        if request.method == "GET" and request.path.startswith(CODE_PATH):
            content = self._lambda.zip_bytes(request.path.removeprefix(CODE_PATH))
            if content is not None:
                return HttpResponse(200, content, {"Content-Type": "application/zip"})
        error = AwsServiceError(
            "MissingAuthenticationToken",
            "This is the carto-at sandbox, an AWS endpoint: requests must be signed (SigV4), as every AWS "
            "client does. Any access key is accepted.",
            403,
        )
        return _failure("", error, request_id)


def _foreign_host(request: HttpRequest) -> AwsServiceError:
    """A web page must not reach the sandbox through a name of its own that leads to this machine."""
    return AwsServiceError(
        "AccessDenied",
        f"The sandbox answers to loopback names only, not to {request.headers.get('host', '')!r}",
        403,
    )


def _action(request: HttpRequest) -> str:
    """The operation of a query request; empty for another protocol."""
    match = re.search(rb"(?:^|&)Action=(\w+)", request.body or request.query.encode())
    return match[1].decode() if match else ""


def _implemented(operations: dict[str, Operation], service: str, name: str) -> Operation:
    """The function behind an operation. Raises AwsServiceError for one that is not emulated."""
    if name not in operations:
        raise AwsServiceError(
            "UnsupportedOperationException", f"The sandbox does not emulate {service}:{name}", 501
        )
    return operations[name]


def _identity(_request: dict[str, Any], call: Call) -> dict[str, Any]:
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def _internal(error: Exception) -> AwsServiceError:
    if isinstance(error, StateError):
        return AwsServiceError("InternalFailure", str(error), 500)
    return AwsServiceError(
        "InternalFailure", f"The sandbox failed: {type(error).__name__}: {error}", 500
    )


def _failure(service: str, error: AwsServiceError, request_id: str) -> HttpResponse:
    """An error for a service that may have no codec of ours: as JSON and, for IAM, STS and unknown ones, as XML."""
    name = (
        service
        if service in {"lambda", "redshift", "redshift-data", "redshift-serverless"}
        else "sts"
    )
    writer: Codec = codec("logs" if service in {"logs", "secretsmanager"} else name)
    return writer.write_error(error, request_id)
