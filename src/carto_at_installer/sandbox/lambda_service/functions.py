"""Functions: create, read, update, delete, list, publish."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.lambda_service import checks
from carto_at_installer.sandbox.lambda_service.records import (
    Record,
    configuration,
    now_text,
)
from carto_at_installer.sandbox.lambda_service.references import LATEST, function_reference
from carto_at_installer.sandbox.lambda_service.signing import require_signed
from carto_at_installer.sandbox.lambda_service.versions import (
    RUNNING,
    changeable,
    published,
    without_state,
)
from carto_at_installer.sandbox.services import page

if TYPE_CHECKING:
    from carto_at_installer.sandbox.lambda_service.parts import LambdaParts
    from carto_at_installer.sandbox.services import Call, Operation


class FunctionOperations:
    """The life of functions. State passes from Pending to Active by itself, as time goes by."""

    def __init__(self, parts: LambdaParts) -> None:
        self._parts = parts
        self._records = parts.records

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "CreateFunction": self.create,
            "GetFunction": self.get,
            "GetFunctionConfiguration": self.get_configuration,
            "UpdateFunctionCode": self.update_code,
            "UpdateFunctionConfiguration": self.update_configuration,
            "DeleteFunction": self.delete,
            "ListFunctions": self.list,
        }

    def create(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateFunction."""
        checks.refuse_unsupported(request)
        checks.check_timeout(request.get("Timeout"))
        name = function_reference(request["FunctionName"], call).name
        checks.check_runtime(request.get("Runtime"))
        if not request.get("Handler"):
            raise checks.invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        checks.check_role(request["Role"], self._parts)
        require_signed(self._records.store, request.get("CodeSigningConfigArn"))
        record = self._new_record(name, request, call)
        checks.check_together(record)
        key = f"{call.region}/{name}"
        with self._records.store.transaction():
            checks.check_storage(record["code"], self._parts, call.region)
            if self._records.store.get("lambda.function", key) is not None:
                raise AwsServiceError(
                    "ResourceConflictException", f"Function already exist: {name}", 409
                )
            self._records.save(record)
            if request.get("Publish"):
                record = published(self._records, record, record["description"])
        return configuration(record)

    def _new_record(self, name: str, request: dict[str, Any], call: Call) -> Record:
        variables = (request.get("Environment") or {}).get("Variables") or {}
        checks.check_environment(variables)
        return {
            "name": name,
            "region": call.region,
            "arn": call.arn("lambda", f"function:{name}"),
            "version": LATEST,
            "runtime": request["Runtime"],
            "role": request["Role"],
            "handler": request["Handler"],
            "description": request.get("Description") or "",
            "timeout": request.get("Timeout") or 3,
            "memory": request.get("MemorySize") or 128,
            "environment": variables,
            "kms_key": request.get("KMSKeyArn") or "",
            "layers": checks.resolved_layers(request.get("Layers") or [], self._records, call),
            "code": self._parts.code_from(request["Code"], call),
            "architectures": request.get("Architectures") or ["x86_64"],
            "ephemeral": (request.get("EphemeralStorage") or {}).get("Size", 512),
            "logging": _logging(name, request.get("LoggingConfig")),
            "tags": request.get("Tags") or {},
            "policy": [],
            "reserved": None,
            "signing": request.get("CodeSigningConfigArn") or None,
            "published": 0,
            "last_modified": now_text(),
            "active_at": time.time() + self._parts.settings.lambda_pending_seconds,
            "updated_at": 0.0,
        }

    def get(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetFunction. The code's location is a path of this endpoint that answers with the zip."""
        record = self._find(request, call)
        digest = record["code"]["digest"]
        answer: dict[str, Any] = {
            "Configuration": configuration(record),
            "Code": {"RepositoryType": "S3", "Location": self._parts.code_location(digest)},
        }
        if record["tags"]:
            answer["Tags"] = record["tags"]
        if record["reserved"] is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": record["reserved"]}
        return answer

    def get_configuration(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetFunctionConfiguration."""
        return configuration(self._find(request, call))

    def update_code(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """UpdateFunctionCode. With DryRun everything is checked and nothing kept."""
        checks.refuse_unsupported(request)
        source = {key: request[key] for key in _CODE_MEMBERS if key in request}
        with self._records.store.transaction():
            record = changeable(self._records, request, call)
            require_signed(self._records.store, record.get("signing"))
            changed = {
                **record,
                "code": self._parts.code_from(source, call),
                "architectures": request.get("Architectures") or record["architectures"],
            }
            checks.check_together(changed)
            checks.check_storage(changed["code"], self._parts, call.region)
            if request.get("DryRun"):
                return configuration(changed)
            self._save_update(record, changed)
            if request.get("Publish"):
                changed = published(self._records, changed, changed["description"])
        return configuration(changed)

    def update_configuration(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """UpdateFunctionConfiguration: members that are not given stay."""
        checks.refuse_unsupported(request)
        checks.check_timeout(request.get("Timeout"))
        if request.get("Runtime"):
            checks.check_runtime(request["Runtime"])
        if request.get("Role"):
            checks.check_role(request["Role"], self._parts)
        with self._records.store.transaction():
            record = changeable(self._records, request, call)
            changed = {**record, **self._configuration_changes(record, request, call)}
            checks.check_together(changed)
            self._save_update(record, changed)
        return configuration(changed)

    def _configuration_changes(
        self, record: Record, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        members = {
            "Runtime": "runtime",
            "Role": "role",
            "Handler": "handler",
            "Description": "description",
            "Timeout": "timeout",
            "MemorySize": "memory",
            "KMSKeyArn": "kms_key",
        }
        changes = {
            key: request[name] for name, key in members.items() if request.get(name) is not None
        }
        if "Environment" in request:
            variables = request["Environment"].get("Variables") or {}
            checks.check_environment(variables)
            changes["environment"] = variables
        if "Layers" in request:
            changes["layers"] = checks.resolved_layers(request["Layers"], self._records, call)
        if "EphemeralStorage" in request:
            changes["ephemeral"] = request["EphemeralStorage"]["Size"]
        if "LoggingConfig" in request:
            given = {**record["logging"], **request["LoggingConfig"]}
            changes["logging"] = _logging(record["name"], given)
        return changes

    def _save_update(self, record: Record, changed: Record) -> None:
        changed["previous"] = {key: record[key] for key in RUNNING}
        changed["updated_at"] = time.time() + self._parts.settings.lambda_update_seconds
        changed["last_modified"] = now_text()
        self._records.save(changed)

    def delete(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteFunction: with all its versions, or one version."""
        reference = function_reference(request["FunctionName"], call, request.get("Qualifier"))
        store = self._records.store
        with store.transaction():
            record = self._records.function(call.region, reference)
            key = f"{call.region}/{reference.name}"
            if reference.qualifier != LATEST:
                store.delete("lambda.version", f"{key}/{reference.qualifier:0>8}")
            else:
                for version in self._records.versions(call.region, reference.name):
                    store.delete("lambda.version", f"{key}/{version['version']:0>8}")
                store.delete("lambda.function", key)
        self._parts.pool.discard(record["arn"])
        return {}

    def list(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListFunctions: 50 a page."""
        records: list[Record] = []
        for record in self._records.functions(call.region):
            records.append(record)
            if request.get("FunctionVersion") == "ALL":
                records += self._records.versions(call.region, record["name"])
        shown = [without_state(configuration(record)) for record in records]
        size = min(request.get("MaxItems") or 50, 50)
        functions, marker = page(shown, request.get("Marker"), size)
        return {"Functions": functions, "NextMarker": marker}

    def _find(self, request: dict[str, Any], call: Call) -> Record:
        reference = function_reference(request["FunctionName"], call, request.get("Qualifier"))
        return self._records.function(call.region, reference)


_CODE_MEMBERS = ("ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri")


def _logging(name: str, given: dict[str, Any] | None) -> dict[str, Any]:
    given = given or {}
    form = given.get("LogFormat") or "Text"
    logging = {"LogFormat": form, "LogGroup": given.get("LogGroup") or f"/aws/lambda/{name}"}
    for level in ("ApplicationLogLevel", "SystemLogLevel"):
        if form == "JSON":
            logging[level] = given.get(level) or "INFO"
        elif given.get(level):
            raise checks.invalid(f"{level} can be set only when LogFormat is JSON")
    return logging
