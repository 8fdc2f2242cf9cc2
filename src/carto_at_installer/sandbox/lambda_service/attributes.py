"""What hangs on a function: tags, reserved concurrency, the resource policy; and the account's limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.lambda_service import checks
from carto_at_installer.sandbox.lambda_service.code import MAX_UNZIPPED, MAX_ZIPPED
from carto_at_installer.sandbox.lambda_service.parts import not_found
from carto_at_installer.sandbox.lambda_service.records import require_revision, require_settled
from carto_at_installer.sandbox.lambda_service.references import LATEST, function_reference

if TYPE_CHECKING:
    from carto_at_installer.sandbox.lambda_service.parts import LambdaParts
    from carto_at_installer.sandbox.lambda_service.records import Record
    from carto_at_installer.sandbox.services import Call, Operation

_MINIMUM_UNRESERVED = 100
_MAX_TAGS = 50


class AttributeOperations:
    """Tags, concurrency, policies, account settings."""

    def __init__(self, parts: LambdaParts) -> None:
        self._parts = parts
        self._records = parts.records

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTags": self.list_tags,
            "PutFunctionConcurrency": self.put_concurrency,
            "GetFunctionConcurrency": self.get_concurrency,
            "DeleteFunctionConcurrency": self.delete_concurrency,
            "GetAccountSettings": self.account_settings,
            "AddPermission": self.add_permission,
            "RemovePermission": self.remove_permission,
            "GetPolicy": self.get_policy,
        }

    def tag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """TagResource."""
        with self._records.store.transaction():
            record = self._find(request["Resource"], call)
            require_settled(record)
            tags = {**record["tags"], **request["Tags"]}
            if len(tags) > _MAX_TAGS:
                raise checks.invalid(f"A function can have at most {_MAX_TAGS} tags")
            self._keep({**record, "tags": tags})
        return {}

    def untag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """UntagResource."""
        with self._records.store.transaction():
            record = self._find(request["Resource"], call)
            gone = set(request["TagKeys"])
            tags = {key: value for key, value in record["tags"].items() if key not in gone}
            self._keep({**record, "tags": tags})
        return {}

    def list_tags(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListTags."""
        return {"Tags": self._find(request["Resource"], call)["tags"]}

    def put_concurrency(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PutFunctionConcurrency: a minimum must stay unreserved in the account."""
        wanted = request["ReservedConcurrentExecutions"]
        with self._records.store.transaction():
            record = self._find(request["FunctionName"], call)
            others = self._reserved(call.region) - (record["reserved"] or 0)
            allowed = self._parts.settings.lambda_account_concurrency
            if allowed - others - wanted < _MINIMUM_UNRESERVED:
                raise checks.invalid(
                    "Specified ReservedConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of "
                    f"[{_MINIMUM_UNRESERVED}]."
                )
            self._keep({**record, "reserved": wanted})
        return {"ReservedConcurrentExecutions": wanted}

    def get_concurrency(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetFunctionConcurrency."""
        record = self._find(request["FunctionName"], call)
        return {"ReservedConcurrentExecutions": record["reserved"]}

    def delete_concurrency(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteFunctionConcurrency."""
        with self._records.store.transaction():
            self._keep({**self._find(request["FunctionName"], call), "reserved": None})
        return {}

    def account_settings(self, _request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetAccountSettings."""
        functions = self._records.functions(call.region)
        allowed = self._parts.settings.lambda_account_concurrency
        return {
            "AccountLimit": {
                "TotalCodeSize": self._parts.settings.code_storage_bytes,
                "CodeSizeUnzipped": MAX_UNZIPPED,
                "CodeSizeZipped": MAX_ZIPPED,
                "ConcurrentExecutions": allowed,
                "UnreservedConcurrentExecutions": allowed - self._reserved(call.region),
            },
            "AccountUsage": {
                "TotalCodeSize": self._records.stored_bytes(call.region),
                "FunctionCount": len(functions),
            },
        }

    def add_permission(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """AddPermission: a statement of the resource policy."""
        unsupported = sorted(
            {"EventSourceToken", "FunctionUrlAuthType", "PrincipalOrgID", "InvokedViaFunctionUrl"}
            & request.keys()
        )
        if unsupported:
            raise checks.invalid(f"The sandbox does not emulate {', '.join(unsupported)}")
        with self._records.store.transaction():
            record = self._find(request["FunctionName"], call, request.get("Qualifier"))
            require_revision(record, request.get("RevisionId"))
            if any(item["Sid"] == request["StatementId"] for item in record["policy"]):
                raise AwsServiceError(
                    "ResourceConflictException",
                    f"The statement id ({request['StatementId']}) provided already exists. Please "
                    "provide a new statement id, or remove the existing statement.",
                    409,
                )
            statement = _statement(record, request)
            self._records.save({**record, "policy": [*record["policy"], statement]})
        return {"Statement": json.dumps(statement)}

    def remove_permission(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """RemovePermission."""
        with self._records.store.transaction():
            record = self._find(request["FunctionName"], call, request.get("Qualifier"))
            require_revision(record, request.get("RevisionId"))
            rest = [item for item in record["policy"] if item["Sid"] != request["StatementId"]]
            if len(rest) == len(record["policy"]):
                raise not_found(
                    f"Statement {request['StatementId']} is not found in resource policy."
                )
            self._records.save({**record, "policy": rest})
        return {}

    def get_policy(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetPolicy."""
        record = self._find(request["FunctionName"], call, request.get("Qualifier"))
        if not record["policy"]:
            raise not_found("The resource you requested does not exist.")
        document = {"Version": "2012-10-17", "Id": "default", "Statement": record["policy"]}
        return {"Policy": json.dumps(document), "RevisionId": record["revision"]}

    def _find(self, name: str, call: Call, qualifier: str | None = None) -> Record:
        reference = function_reference(name, call, qualifier)
        if reference.qualifier != LATEST:
            raise checks.invalid("The sandbox keeps tags, concurrency and policies of $LATEST only")
        return self._records.function(call.region, reference)

    def _keep(self, record: Record) -> None:
        """Write without a new revision: these attributes are no part of the function's configuration."""
        self._records.store.put("lambda.function", f"{record['region']}/{record['name']}", record)

    def _reserved(self, region: str) -> int:
        return sum(record["reserved"] or 0 for record in self._records.functions(region))


def _statement(record: Record, request: dict[str, Any]) -> dict[str, Any]:
    principal = request["Principal"]
    kind = "Service" if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
    if kind == "AWS" and principal.isdecimal():
        principal = f"arn:aws:iam::{principal}:root"
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {kind: principal},
        "Action": request["Action"],
        "Resource": record["arn"],
    }
    conditions: dict[str, Any] = {}
    if request.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    if request.get("SourceAccount"):
        conditions["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    if conditions:
        statement["Condition"] = conditions
    return statement
