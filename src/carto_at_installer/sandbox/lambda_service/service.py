"""Lambda as a whole: its stores, its workers, its operations, and the way in for Redshift."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.lambda_service.attributes import AttributeOperations
from carto_at_installer.sandbox.lambda_service.code import CodeStore
from carto_at_installer.sandbox.lambda_service.functions import FunctionOperations
from carto_at_installer.sandbox.lambda_service.invoke import InvokeOperations, Outcome
from carto_at_installer.sandbox.lambda_service.layers import LayerOperations
from carto_at_installer.sandbox.lambda_service.parts import LambdaParts, LogSink
from carto_at_installer.sandbox.lambda_service.pool import WorkerPool
from carto_at_installer.sandbox.lambda_service.records import Record, Records
from carto_at_installer.sandbox.lambda_service.references import function_reference
from carto_at_installer.sandbox.lambda_service.signing import SigningOperations
from carto_at_installer.sandbox.lambda_service.versions import VersionOperations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from carto_at_installer.sandbox.faults.book import FaultBook
    from carto_at_installer.sandbox.moto_services.app import MotoServices
    from carto_at_installer.sandbox.services import Call, Operation
    from carto_at_installer.sandbox.settings import Settings
    from carto_at_installer.sandbox.state import Store


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What Lambda needs of the rest of the sandbox; `endpoint()` is the URL that it is served at."""

    moto: MotoServices
    log: LogSink
    endpoint: Callable[[], str]
    faults: FaultBook


class LambdaService:
    """The `lambda` service of one home directory."""

    def __init__(
        self, root: Path, store: Store, settings: Settings, neighbours: Neighbours
    ) -> None:
        self.parts = LambdaParts(
            records=Records(store),
            code=CodeStore(root),
            pool=WorkerPool(settings.workers, settings.lambda_idle_seconds),
            settings=settings,
            directory=neighbours.moto.directory,
            s3_object=neighbours.moto.s3_object,
            log=neighbours.log,
            endpoint=neighbours.endpoint,
            faults=neighbours.faults,
        )
        self.parts.code.sweep(self.parts.records.digests())
        self._invocations = InvokeOperations(self.parts)
        self._groups = (
            FunctionOperations(self.parts),
            VersionOperations(self.parts),
            LayerOperations(self.parts),
            AttributeOperations(self.parts),
            SigningOperations(self.parts),
            self._invocations,
        )

    def operations(self) -> dict[str, Operation]:
        """Every operation of the service."""
        return {name: item for group in self._groups for name, item in group.operations().items()}

    def find(self, name: str, call: Call) -> Record:
        """A function by name or ARN. Raises AwsServiceError."""
        return self.parts.records.function(call.region, function_reference(name, call))

    def run(self, record: Record, payload: bytes) -> Outcome:
        """Invoke a function without HTTP. Raises AwsServiceError."""
        return self._invocations.run(record, payload)

    def zip_bytes(self, digest: str) -> bytes | None:
        """The zip with that SHA-256 (hex), for the code locations that GetFunction gives; None if there is none."""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            return None
        try:
            return self.parts.code.read(digest)
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """End the workers."""
        self.parts.pool.close()
