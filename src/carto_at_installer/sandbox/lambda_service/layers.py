"""Layers: zips that functions share, in numbered versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.lambda_service.checks import check_storage
from carto_at_installer.sandbox.lambda_service.code import base64_digest
from carto_at_installer.sandbox.lambda_service.parts import not_found
from carto_at_installer.sandbox.lambda_service.references import LayerReference, layer_reference
from carto_at_installer.sandbox.services import arn, page

if TYPE_CHECKING:
    from carto_at_installer.sandbox.lambda_service.parts import LambdaParts
    from carto_at_installer.sandbox.lambda_service.records import Record
    from carto_at_installer.sandbox.services import Call, Operation


class LayerOperations:
    """Version numbers go on after a deletion; a deleted version stays with the functions that use it."""

    def __init__(self, parts: LambdaParts) -> None:
        self._parts = parts
        self._records = parts.records

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "PublishLayerVersion": self.publish,
            "GetLayerVersion": self.get,
            "GetLayerVersionByArn": self.get_by_arn,
            "ListLayerVersions": self.list_versions,
            "ListLayers": self.list,
            "DeleteLayerVersion": self.delete,
        }

    def publish(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PublishLayerVersion."""
        name = layer_reference(request["LayerName"], call).name
        code = self._parts.code_from(request["Content"], call)
        check_storage(code, self._parts, call.region)
        store = self._records.store
        with store.transaction():
            counter = store.get("lambda.layer", f"{call.region}/{name}") or {"version": 0}
            version = counter["version"] + 1
            layer_arn = arn("lambda", call.region, f"layer:{name}")
            record = {
                "name": name,
                "region": call.region,
                "version": version,
                "arn": layer_arn,
                "version_arn": f"{layer_arn}:{version}",
                "description": request.get("Description") or "",
                "license": request.get("LicenseInfo"),
                "runtimes": request.get("CompatibleRuntimes") or [],
                "architectures": request.get("CompatibleArchitectures") or [],
                "created": _now_text(),
                "code": code,
            }
            store.put("lambda.layer", f"{call.region}/{name}", {"version": version})
            store.put("lambda.layer_version", f"{call.region}/{name}/{version:08d}", record)
        return self._shown(record)

    def get(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetLayerVersion."""
        reference = layer_reference(request["LayerName"], call)
        return self._get(LayerReference(reference.region, reference.name, request["VersionNumber"]))

    def get_by_arn(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetLayerVersionByArn."""
        reference = layer_reference(request["Arn"], call)
        if reference.version is None:
            raise not_found(f"The ARN does not name a version of a layer: {request['Arn']}")
        return self._get(reference)

    def _get(self, reference: LayerReference) -> dict[str, Any]:
        record = self._records.layer_version(reference)
        if record is None:
            raise not_found("The resource you requested does not exist.")
        return self._shown(record)

    def list_versions(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListLayerVersions: newest first."""
        name = layer_reference(request["LayerName"], call).name
        records = [
            record
            for record in self._records.layer_versions(call.region, name)
            if _compatible(record, request)
        ]
        shown, marker = page(
            [_summary(record) for record in records], request.get("Marker"), request.get("MaxItems")
        )
        return {"LayerVersions": shown, "NextMarker": marker}

    def list(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListLayers: each with its newest version."""
        newest: dict[str, Record] = {}
        for record in self._records.layer_versions(call.region):
            if _compatible(record, request):
                newest.setdefault(record["name"], record)
        layers = [
            {
                "LayerName": name,
                "LayerArn": record["arn"],
                "LatestMatchingVersion": _summary(record),
            }
            for name, record in sorted(newest.items())
        ]
        shown, marker = page(layers, request.get("Marker"), request.get("MaxItems"))
        return {"Layers": shown, "NextMarker": marker}

    def delete(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteLayerVersion: no error for a version that does not exist, as in AWS."""
        reference = layer_reference(request["LayerName"], call)
        version = LayerReference(reference.region, reference.name, request["VersionNumber"])
        record = self._records.layer_version(version)
        if record is not None:
            key = f"{call.region}/{version.name}/{version.version:08d}"
            self._records.store.delete("lambda.layer_version", key)
        return {}

    def _shown(self, record: Record) -> dict[str, Any]:
        code = record["code"]
        return {
            "Content": {
                "Location": self._parts.code_location(code["digest"]),
                "CodeSha256": base64_digest(code["digest"]),
                "CodeSize": code["size"],
            },
            "LayerArn": record["arn"],
            **_summary(record),
        }


def _summary(record: Record) -> dict[str, Any]:
    return {
        "LayerVersionArn": record["version_arn"],
        "Version": record["version"],
        "Description": record["description"],
        "CreatedDate": record["created"],
        "CompatibleRuntimes": record["runtimes"],
        "CompatibleArchitectures": record["architectures"],
        "LicenseInfo": record["license"],
    }


def _compatible(record: Record, request: dict[str, Any]) -> bool:
    runtime = request.get("CompatibleRuntime")
    architecture = request.get("CompatibleArchitecture")
    return (not runtime or runtime in record["runtimes"]) and (
        not architecture or architecture in record["architectures"]
    )


def _now_text() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
