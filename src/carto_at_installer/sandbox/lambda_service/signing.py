"""Code signing configurations. No code is signed here: where a configuration enforces it, new code is refused."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.lambda_service.parts import not_found
from carto_at_installer.sandbox.lambda_service.records import now_text
from carto_at_installer.sandbox.lambda_service.references import function_reference
from carto_at_installer.sandbox.services import page

if TYPE_CHECKING:
    from carto_at_installer.sandbox.lambda_service.parts import LambdaParts
    from carto_at_installer.sandbox.lambda_service.records import Record
    from carto_at_installer.sandbox.services import Call, Operation
    from carto_at_installer.sandbox.state import Store

_KIND = "lambda.signing"


def require_signed(store: Store, arn: str | None) -> None:
    """Raise AwsServiceError when code is deployed under a configuration that enforces signatures, or is not there."""
    if not arn:
        return
    policy = _found(store, arn)["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]
    if policy == "Enforce":
        raise AwsServiceError(
            "CodeVerificationFailedException",
            "The code signature failed one or more of the validation checks for signature mismatch or expiry, and "
            "the code signing policy is set to ENFORCE. Lambda blocks the deployment: the code is not signed.",
        )


class SigningOperations:
    """Configurations, and which function has which."""

    def __init__(self, parts: LambdaParts) -> None:
        self._records = parts.records
        self._store = parts.records.store

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "CreateCodeSigningConfig": self.create,
            "GetCodeSigningConfig": self.get,
            "UpdateCodeSigningConfig": self.update,
            "DeleteCodeSigningConfig": self.delete,
            "ListCodeSigningConfigs": self.list_configs,
            "ListFunctionsByCodeSigningConfig": self.list_functions,
            "PutFunctionCodeSigningConfig": self.put,
            "GetFunctionCodeSigningConfig": self.of_function,
            "DeleteFunctionCodeSigningConfig": self.remove,
        }

    def create(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateCodeSigningConfig: warns, and does not enforce, unless told to."""
        identifier = f"csc-0{secrets.token_hex(8)}"
        given = request.get("CodeSigningPolicies") or {}
        config = {
            "CodeSigningConfigId": identifier,
            "CodeSigningConfigArn": call.arn("lambda", f"code-signing-config:{identifier}"),
            "Description": request.get("Description") or "",
            "AllowedPublishers": request["AllowedPublishers"],
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn", **given},
            "LastModified": now_text(),
        }
        self._store.put(_KIND, config["CodeSigningConfigArn"], config)
        return {"CodeSigningConfig": config}

    def get(self, request: dict[str, Any], _call: Call) -> dict[str, Any]:
        """GetCodeSigningConfig."""
        return {"CodeSigningConfig": _found(self._store, request["CodeSigningConfigArn"])}

    def update(self, request: dict[str, Any], _call: Call) -> dict[str, Any]:
        """UpdateCodeSigningConfig: code that is deployed already stays."""
        members = ("Description", "AllowedPublishers", "CodeSigningPolicies")
        with self._store.transaction():
            config = _found(self._store, request["CodeSigningConfigArn"])
            config |= {name: request[name] for name in members if request.get(name) is not None}
            config["LastModified"] = now_text()
            self._store.put(_KIND, config["CodeSigningConfigArn"], config)
        return {"CodeSigningConfig": config}

    def delete(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteCodeSigningConfig: not while a function has it."""
        arn = request["CodeSigningConfigArn"]
        with self._store.transaction():
            _found(self._store, arn)
            if self._functions(arn, call):
                raise AwsServiceError(
                    "ResourceConflictException",
                    f"The code signing configuration {arn} is in use by functions.",
                    409,
                )
            self._store.delete(_KIND, arn)
        return {}

    def list_configs(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListCodeSigningConfigs."""
        prefix = call.arn("lambda", "code-signing-config:")
        configs = [config for _, config in self._store.items(_KIND, prefix)]
        shown, marker = page(configs, request.get("Marker"), request.get("MaxItems"))
        return {"CodeSigningConfigs": shown, "NextMarker": marker}

    def list_functions(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListFunctionsByCodeSigningConfig."""
        arn = request["CodeSigningConfigArn"]
        _found(self._store, arn)
        names = [{"arn": record["arn"]} for record in self._functions(arn, call)]
        shown, marker = page(names, request.get("Marker"), request.get("MaxItems"))
        return {"FunctionArns": [item["arn"] for item in shown], "NextMarker": marker}

    def put(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PutFunctionCodeSigningConfig: for the code that comes from now on."""
        arn = request["CodeSigningConfigArn"]
        with self._store.transaction():
            _found(self._store, arn)
            return self._keep(self._function(request, call), arn)

    def of_function(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetFunctionCodeSigningConfig: an empty ARN for a function without."""
        record = self._function(request, call)
        return {
            "CodeSigningConfigArn": record.get("signing") or "",
            "FunctionName": record["name"],
        }

    def remove(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteFunctionCodeSigningConfig."""
        with self._store.transaction():
            self._keep(self._function(request, call), None)
        return {}

    def _functions(self, arn: str, call: Call) -> list[Record]:
        return [item for item in self._records.functions(call.region) if item.get("signing") == arn]

    def _function(self, request: dict[str, Any], call: Call) -> Record:
        return self._records.function(
            call.region, function_reference(request["FunctionName"], call)
        )

    def _keep(self, record: Record, arn: str | None) -> dict[str, Any]:
        key = f"{record['region']}/{record['name']}"
        self._store.put("lambda.function", key, {**record, "signing": arn})
        return {"CodeSigningConfigArn": arn, "FunctionName": record["name"]}


def _found(store: Store, arn: str) -> dict[str, Any]:
    config = store.get(_KIND, arn)
    if config is None:
        raise not_found(f"The code signing configuration cannot be found: {arn}")
    return config
