"""Published versions of functions, which never change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.lambda_service import checks
from carto_at_installer.sandbox.lambda_service.code import base64_digest
from carto_at_installer.sandbox.lambda_service.records import (
    configuration,
    require_revision,
    require_settled,
)
from carto_at_installer.sandbox.lambda_service.references import function_reference
from carto_at_installer.sandbox.services import page

if TYPE_CHECKING:
    from carto_at_installer.sandbox.lambda_service.parts import LambdaParts
    from carto_at_installer.sandbox.lambda_service.records import Record, Records
    from carto_at_installer.sandbox.services import Call, Operation

RUNNING = (
    "runtime",
    "role",
    "handler",
    "timeout",
    "memory",
    "environment",
    "layers",
    "code",
    "logging",
)
"""What decides how a function runs: a version is new when one of these is."""


class VersionOperations:
    """Publishing and listing."""

    def __init__(self, parts: LambdaParts) -> None:
        self._records = parts.records

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "PublishVersion": self.publish,
            "ListVersionsByFunction": self.list_versions,
        }

    def publish(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PublishVersion: the same version again when nothing changed since."""
        with self._records.store.transaction():
            record = changeable(self._records, request, call)
            wanted = request.get("CodeSha256")
            if wanted and wanted != base64_digest(record["code"]["digest"]):
                raise checks.invalid(
                    f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST "
                    f"({base64_digest(record['code']['digest'])}). Please try again with the CodeSHA256 in $LATEST."
                )
            return configuration(
                published(
                    self._records, record, request.get("Description") or record["description"]
                )
            )

    def list_versions(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListVersionsByFunction."""
        reference = function_reference(request["FunctionName"], call)
        latest = self._records.function(call.region, reference)
        records = [latest, *self._records.versions(call.region, reference.name)]
        shown = [without_state(configuration(record)) for record in records]
        versions, marker = page(shown, request.get("Marker"), request.get("MaxItems"))
        return {"Versions": versions, "NextMarker": marker}


def changeable(records: Records, request: dict[str, Any], call: Call) -> Record:
    """The function that a request is to change. Raises AwsServiceError while it changes, or has another revision."""
    reference = function_reference(request["FunctionName"], call)
    record = records.function(call.region, reference)
    require_settled(record)
    require_revision(record, request.get("RevisionId"))
    return record


def published(records: Records, record: Record, description: str) -> Record:
    """The newest version of a function: the one before, when nothing changed since."""
    existing = records.versions(record["region"], record["name"])
    if existing and all(existing[-1][key] == record[key] for key in RUNNING):
        return existing[-1]
    number = record["published"] + 1
    record["published"] = number
    records.store.put("lambda.function", f"{record['region']}/{record['name']}", record)
    version = {**record, "version": str(number), "description": description, "previous": None}
    records.store.put(
        "lambda.version", f"{record['region']}/{record['name']}/{number:08d}", version
    )
    return version


def without_state(shown: dict[str, Any]) -> dict[str, Any]:
    """Lists do not tell the state of functions."""
    hidden = {
        "State",
        "StateReason",
        "StateReasonCode",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
    }
    return {key: value for key, value in shown.items() if key not in hidden}
