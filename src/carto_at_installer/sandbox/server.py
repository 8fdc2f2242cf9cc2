"""Puts the sandbox together: its services, its endpoint, its beginning and its end."""

from __future__ import annotations

import re
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.data_service import DataService
from carto_at_installer.sandbox.endpoint import Endpoint
from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.faults import admin
from carto_at_installer.sandbox.faults.book import FaultBook
from carto_at_installer.sandbox.faults.operations import require_known
from carto_at_installer.sandbox.front import Front, Gate, failure
from carto_at_installer.sandbox.lambda_service.service import LambdaService, Neighbours
from carto_at_installer.sandbox.limits import Latency, RequestLimits
from carto_at_installer.sandbox.logs_service.service import LogsService
from carto_at_installer.sandbox.moto_services.app import MotoServices
from carto_at_installer.sandbox.moto_services.assumption import Assumption
from carto_at_installer.sandbox.moto_services.gaps import refuse_gaps
from carto_at_installer.sandbox.moto_services.simulation import Simulation
from carto_at_installer.sandbox.permissions.asking import World
from carto_at_installer.sandbox.permissions.enforcement import Enforcement
from carto_at_installer.sandbox.protocols import HttpRequest, HttpResponse, codec
from carto_at_installer.sandbox.protocols.http import new_request_id
from carto_at_installer.sandbox.redshift_service.cluster_changes import ClusterChanges
from carto_at_installer.sandbox.redshift_service.provisioned import ProvisionedOperations
from carto_at_installer.sandbox.redshift_service.serverless import ServerlessOperations
from carto_at_installer.sandbox.redshift_service.targets_store import TargetStore
from carto_at_installer.sandbox.settings import Settings, read_settings
from carto_at_installer.sandbox.state import StateError, Store
from carto_at_installer.sandbox.targets import RedshiftTargets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.sandbox.services import Call, Operation

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
        self.admin_token = secrets.token_urlsafe(24)
        self.faults = FaultBook(require_known)
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
            Neighbours(self._moto, self._logs.append, lambda: self.endpoint.url, self.faults),
        )
        targets = TargetStore(self._store)
        self._targets = RedshiftTargets(
            home / "redshift",
            targets,
            self._moto,
            self._lambda,
            self.faults,
            self.settings,
        )
        self._data = DataService(self._targets, home / "statements.sqlite")
        self.services = self._all_services(targets)
        self._front = Front(self.services, self._moto, self.faults, self._gates(targets))
        self._serving = False
        self.last_request = time.monotonic()

    def _gates(self, targets: TargetStore) -> list[Gate]:
        limits = RequestLimits(self.settings.rate_limits)
        gates: list[Gate] = [Latency(self.settings.latency_seconds), limits]
        if self.settings.enforce_iam:
            functions = self._lambda.parts.records
            world = World(self._moto.directory, targets, functions, self._data.owner)
            gates.append(Enforcement(world))
        return [*gates, refuse_gaps, Assumption(self._moto)]

    def _all_services(self, targets: TargetStore) -> dict[str, Mapping[str, Operation]]:
        shared = (targets, self.settings, self._moto.directory, self._targets.drop)
        return {
            "iam": {"SimulatePrincipalPolicy": Simulation(self._moto.directory).simulate},
            "sts": {"GetCallerIdentity": _identity},
            "redshift-data": self._data,
            "lambda": self._lambda.operations(),
            "logs": self._logs.operations(),
            "redshift": {
                **ProvisionedOperations(*shared).operations(),
                **ClusterChanges(*shared).operations(),
            },
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
        self._data.of("us-east-1")

    def close(self) -> None:
        """Stop serving, end the workers, close the databases. The state is on disk already."""
        if self._serving:
            self.endpoint.shutdown()
        self.endpoint.server_close()
        self._data.close()
        self._lambda.close()
        self._targets.close()
        self._logs.close()
        self._store.close()

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer one request. Raises ConnectionDroppedError when a fault wants the client to get no answer."""
        self.last_request = time.monotonic()
        if not _LOCAL_HOST.fullmatch(request.headers.get("host", "")):
            return failure("", _foreign_host(request), new_request_id())
        if admin.is_for_faults(request):
            return admin.respond(request, self.faults, self.admin_token)
        scope = request.scope()
        return self._unsigned(request) if scope is None else self._front.respond(request, scope)

    def _unsigned(self, request: HttpRequest) -> HttpResponse:
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
        return failure("", error, new_request_id())


def _foreign_host(request: HttpRequest) -> AwsServiceError:
    """A web page must not reach the sandbox through a name of its own that leads to this machine."""
    return AwsServiceError(
        "AccessDenied",
        f"The sandbox answers to loopback names only, not to {request.headers.get('host', '')!r}",
        403,
    )


def _identity(_request: dict[str, Any], call: Call) -> dict[str, Any]:
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}
