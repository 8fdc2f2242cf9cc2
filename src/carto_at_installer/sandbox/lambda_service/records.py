"""Functions and layers as they are stored, and as the API shows them."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.lambda_service.code import base64_digest
from carto_at_installer.sandbox.lambda_service.references import (
    LATEST,
    FunctionReference,
    LayerReference,
)
from carto_at_installer.sandbox.services import arn

if TYPE_CHECKING:
    from carto_at_installer.sandbox.state import Store

Record = dict[str, Any]


class Records:
    """Reads and writes function and layer documents. Records are plain dicts; keys are listed in `configuration`."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def function(self, region: str, reference: FunctionReference) -> Record:
        """A function (`$LATEST`) or a published version of it. Raises AwsServiceError when there is none."""
        key = f"{region}/{reference.name}"
        record = self.store.get("lambda.function", key)
        if record is not None and reference.qualifier != LATEST:
            record = self.store.get("lambda.version", f"{key}/{reference.qualifier:0>8}")
        if record is None:
            suffix = "" if reference.qualifier == LATEST else f":{reference.qualifier}"
            shown = arn("lambda", region, f"function:{reference.name}{suffix}")
            raise AwsServiceError("ResourceNotFoundException", f"Function not found: {shown}", 404)
        return record

    def save(self, record: Record) -> None:
        """Write `$LATEST` of a function, under a new revision."""
        record["revision"] = str(uuid.uuid4())
        self.store.put("lambda.function", f"{record['region']}/{record['name']}", record)

    def functions(self, region: str) -> list[Record]:
        """All functions of a region, by name."""
        return [record for _, record in self.store.items("lambda.function", f"{region}/")]

    def versions(self, region: str, name: str) -> list[Record]:
        """The published versions of a function, oldest first."""
        return [record for _, record in self.store.items("lambda.version", f"{region}/{name}/")]

    def layer_version(self, reference: LayerReference) -> Record | None:
        """A version of a layer, or None."""
        key = f"{reference.region}/{reference.name}/{reference.version:08d}"
        return self.store.get("lambda.layer_version", key)

    def layer_versions(self, region: str, name: str = "") -> list[Record]:
        """The versions of a layer (of all layers), newest first."""
        prefix = f"{region}/{name}/" if name else f"{region}/"
        return [item for _, item in self.store.items("lambda.layer_version", prefix)][::-1]

    def stored_bytes(self, region: str) -> int:
        """The size of all zips in a region: those of functions, of their versions, and of layers."""
        kinds = ("lambda.function", "lambda.version", "lambda.layer_version")
        return sum(
            int(record["code"]["size"])
            for kind in kinds
            for _, record in self.store.items(kind, f"{region}/")
        )

    def digests(self) -> set[str]:
        """The zips that functions, their versions and layers need."""
        found: set[str] = set()
        for kind in ("lambda.function", "lambda.version", "lambda.layer_version"):
            for _, record in self.store.items(kind):
                for held in (record, record.get("previous") or {}):
                    found.update(layer["digest"] for layer in held.get("layers", []))
                    if "code" in held:
                        found.add(held["code"]["digest"])
        return found


def state(record: Record) -> str:
    """`Pending` or `Active`."""
    return "Pending" if time.time() < record["active_at"] else "Active"


def update_status(record: Record) -> str:
    """`InProgress` or `Successful`."""
    return "InProgress" if time.time() < record["updated_at"] else "Successful"


def effective(record: Record) -> Record:
    """What an invocation runs: until an update has passed, the function as it was before."""
    if update_status(record) == "InProgress" and record.get("previous"):
        return {**record, **record["previous"], "previous": None}
    return record


def require_settled(record: Record) -> None:
    """Raise AwsServiceError while the function is being created or updated, as Lambda refuses changes then."""
    if state(record) == "Pending":
        raise AwsServiceError(
            "ResourceConflictException",
            "The operation cannot be performed at this time. "
            "The function is currently in the following state: Pending",
            409,
        )
    if update_status(record) == "InProgress":
        raise AwsServiceError(
            "ResourceConflictException",
            "The operation cannot be performed at this time. "
            f"An update is in progress for resource: {record['arn']}",
            409,
        )


def require_revision(record: Record, wanted: str | None) -> None:
    """Raise AwsServiceError when the caller has seen another revision."""
    if wanted and wanted != record["revision"]:
        raise AwsServiceError(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias "
            "API to retrieve the latest RevisionId",
            412,
        )


def now_text() -> str:
    """The present time in Lambda's format."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def configuration(record: Record) -> dict[str, Any]:
    """A record as `FunctionConfiguration`."""
    qualified = "" if record["version"] == LATEST else f":{record['version']}"
    pending = state(record) == "Pending"
    updating = update_status(record) == "InProgress"
    shown: dict[str, Any] = {
        "FunctionName": record["name"],
        "FunctionArn": record["arn"] + qualified,
        "Runtime": record["runtime"],
        "Role": record["role"],
        "Handler": record["handler"],
        "CodeSize": record["code"]["size"],
        "Description": record["description"],
        "Timeout": record["timeout"],
        "MemorySize": record["memory"],
        "LastModified": record["last_modified"],
        "CodeSha256": base64_digest(record["code"]["digest"]),
        "Version": record["version"],
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": record["revision"],
        "State": "Pending" if pending else "Active",
        "LastUpdateStatus": "InProgress" if updating else "Successful",
        "PackageType": "Zip",
        "Architectures": record["architectures"],
        "EphemeralStorage": {"Size": record["ephemeral"]},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": record["logging"],
    }
    if pending:
        shown["StateReason"] = "The function is being created."
        shown["StateReasonCode"] = "Creating"
    if updating:
        shown["LastUpdateStatusReason"] = "The function is being updated."
    if record["environment"]:
        shown["Environment"] = {"Variables": record["environment"]}
    if record.get("kms_key"):
        shown["KMSKeyArn"] = record["kms_key"]
    if record["layers"]:
        shown["Layers"] = [
            {"Arn": layer["arn"], "CodeSize": layer["size"]} for layer in record["layers"]
        ]
    return shown
