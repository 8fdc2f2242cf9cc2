"""Redshift Serverless: workgroups, namespaces, temporary credentials."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.redshift_service.provisioned import iam_user
from carto_at_installer.sandbox.redshift_service.targets_store import (
    Record,
    TargetStore,
    new_namespace,
    new_workgroup,
    password_for,
    role_in_sync,
)
from carto_at_installer.sandbox.services import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.moto_services.directory import Directory
    from carto_at_installer.sandbox.services import Call, Operation
    from carto_at_installer.sandbox.settings import Settings

_ROLE_MEMBERS = frozenset({"iamRoles", "defaultIamRoleArn"})
_NAMESPACE_MEMBERS = {"adminUsername": "user", "dbName": "database"}
_WORKGROUP_MEMBERS = {
    "baseCapacity": "base_capacity",
    "enhancedVpcRouting": "enhanced_vpc_routing",
    "publiclyAccessible": "publicly_accessible",
    "port": "port",
}


class ServerlessOperations:
    """The `redshift-serverless` service. `drop_data` is called with a workgroup's ARN when it is deleted."""

    def __init__(
        self,
        targets: TargetStore,
        settings: Settings,
        directory: Callable[[], Directory],
        drop_data: Callable[[str], None],
    ) -> None:
        self._targets = targets
        self._settings = settings
        self._directory = directory
        self._drop_data = drop_data

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "GetWorkgroup": self.get_workgroup,
            "ListWorkgroups": self.list_workgroups,
            "CreateWorkgroup": self.create_workgroup,
            "DeleteWorkgroup": self.delete_workgroup,
            "GetNamespace": self.get_namespace,
            "ListNamespaces": self.list_namespaces,
            "CreateNamespace": self.create_namespace,
            "UpdateNamespace": self.update_namespace,
            "DeleteNamespace": self.delete_namespace,
            "GetCredentials": self.credentials,
        }

    def get_workgroup(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetWorkgroup."""
        return {"workgroup": _workgroup(self._find_workgroup(request["workgroupName"], call))}

    def list_workgroups(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListWorkgroups."""
        records = [_workgroup(record) for record in self._targets.workgroups(call.region)]
        shown, token = page(records, request.get("nextToken"), request.get("maxResults"))
        return {"workgroups": shown, "nextToken": token}

    def create_workgroup(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateWorkgroup."""
        _refuse_unknown(request, {"workgroupName", "namespaceName", *_WORKGROUP_MEMBERS})
        name = request["workgroupName"]
        given = {
            key: request[member] for member, key in _WORKGROUP_MEMBERS.items() if member in request
        }
        with self._targets.store.transaction():
            namespace = self._find_namespace(request["namespaceName"], call)
            if self._targets.workgroup(call.region, name) is not None:
                raise AwsServiceError(
                    "ConflictException", f"A workgroup named {name} already exists."
                )
            record = new_workgroup(call.region, name, namespace["name"], **given)
            record["creating_until"] = time.time() + self._settings.cluster_change_seconds
            self._targets.save_workgroup(record)
        return {"workgroup": _workgroup(record)}

    def delete_workgroup(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteWorkgroup."""
        record = self._find_workgroup(request["workgroupName"], call)
        self._targets.store.delete("serverless.workgroup", f"{call.region}/{record['name']}")
        self._drop_data(record["arn"])
        return {"workgroup": {**_workgroup(record), "status": "DELETING"}}

    def get_namespace(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetNamespace."""
        return {"namespace": _namespace(self._find_namespace(request["namespaceName"], call))}

    def list_namespaces(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListNamespaces."""
        records = [_namespace(record) for record in self._targets.namespaces(call.region)]
        shown, token = page(records, request.get("nextToken"), request.get("maxResults"))
        return {"namespaces": shown, "nextToken": token}

    def create_namespace(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateNamespace."""
        known = {"namespaceName", "adminUserPassword", *_ROLE_MEMBERS, *_NAMESPACE_MEMBERS}
        _refuse_unknown(request, known)
        name = request["namespaceName"]
        given = {
            key: request[member] for member, key in _NAMESPACE_MEMBERS.items() if member in request
        }
        with self._targets.store.transaction():
            if self._targets.namespace(call.region, name) is not None:
                raise AwsServiceError(
                    "ConflictException", f"A namespace named {name} already exists."
                )
            record = new_namespace(call.region, name, **given)
            self._replace_roles(record, request)
            self._targets.save_namespace(record)
        return {"namespace": _namespace(record)}

    def update_namespace(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """UpdateNamespace: a list of roles replaces the one that is there."""
        members = request.keys() - {"namespaceName"}
        unknown = sorted(members - _ROLE_MEMBERS)
        if unknown:
            raise AwsServiceError(
                "ValidationException", f"The sandbox does not emulate changing {', '.join(unknown)}"
            )
        if "defaultIamRoleArn" in members and "iamRoles" not in members:
            raise AwsServiceError(
                "ValidationException", "iamRoles must be updated together with defaultIamRoleArn"
            )
        with self._targets.store.transaction():
            record = self._find_namespace(request["namespaceName"], call)
            if time.time() < record["modifying_until"]:
                raise AwsServiceError(
                    "ConflictException",
                    f"There is an operation running on the namespace {record['name']}. "
                    "Try again later.",
                )
            if "iamRoles" in request:
                self._replace_roles(record, request)
            record["modifying_until"] = time.time() + self._settings.role_attach_seconds
            self._targets.save_namespace(record)
        return {"namespace": _namespace(record)}

    def _replace_roles(self, record: Record, request: dict[str, Any]) -> None:
        """Raises AwsServiceError for a role that does not exist, or a default role that is not in the list."""
        roles = [role_arn(text) for text in request.get("iamRoles") or []]
        until = time.time() + self._settings.role_attach_seconds
        for role in roles:
            if self._directory().role(role) is None:
                raise AwsServiceError("ValidationException", f"The IAM role {role} does not exist.")
        record["roles"] = {role: record["roles"].get(role, until) for role in roles}
        default = request.get("defaultIamRoleArn") or None
        if default is None and record["default_role"] in record["roles"]:
            return
        if default is not None and default not in record["roles"]:
            raise AwsServiceError(
                "ValidationException",
                f"The default IAM role {default} is not associated with the namespace.",
            )
        record["default_role"] = default

    def delete_namespace(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteNamespace: not while a workgroup uses it."""
        record = self._find_namespace(request["namespaceName"], call)
        for workgroup in self._targets.workgroups(call.region):
            if workgroup["namespace"] == record["name"]:
                raise AwsServiceError(
                    "ConflictException",
                    f"The namespace {record['name']} is used by the workgroup {workgroup['name']}.",
                )
        self._targets.store.delete("serverless.namespace", f"{call.region}/{record['name']}")
        return {"namespace": {**_namespace(record), "status": "DELETING"}}

    def credentials(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetCredentials: the caller's own database user."""
        if request.get("customDomainName"):
            raise AwsServiceError(
                "ValidationException", "The sandbox does not emulate customDomainName"
            )
        record = self._find_workgroup(request.get("workgroupName") or "", call)
        expires = time.time() + (request.get("durationSeconds") or 900)
        user = iam_user(call)
        return {
            "dbUser": user,
            "dbPassword": password_for(record["name"], user),
            "expiration": expires,
            "nextRefreshTime": expires,
        }

    def _find_workgroup(self, name: str, call: Call) -> Record:
        record = self._targets.workgroup(call.region, name)
        if record is None:
            raise AwsServiceError("ResourceNotFoundException", f"Workgroup not found: {name}", 404)
        return record

    def _find_namespace(self, name: str, call: Call) -> Record:
        record = self._targets.namespace(call.region, name)
        if record is None:
            raise AwsServiceError("ResourceNotFoundException", f"Namespace not found: {name}", 404)
        return record


def _refuse_unknown(request: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(request.keys() - known)
    if unknown:
        raise AwsServiceError(
            "ValidationException", f"The sandbox does not emulate {', '.join(unknown)}"
        )


def role_arn(text: str) -> str:
    """The ARN in `IamRole(applyStatus=in-sync, iamRoleArn=arn:...)`, or the text when it is an ARN."""
    return text.rpartition("iamRoleArn=")[2].rstrip(")")


def workgroup_status(record: Record) -> str:
    """`CREATING` or `AVAILABLE`."""
    return "CREATING" if time.time() < record["creating_until"] else "AVAILABLE"


def _workgroup(record: Record) -> dict[str, Any]:
    host = f"{record['name']}.123456789012.{record['region']}.redshift-serverless.amazonaws.com"
    return {
        "workgroupId": record["id"],
        "workgroupArn": record["arn"],
        "workgroupName": record["name"],
        "namespaceName": record["namespace"],
        "baseCapacity": record["base_capacity"],
        "enhancedVpcRouting": record["enhanced_vpc_routing"],
        "publiclyAccessible": record["publicly_accessible"],
        "status": workgroup_status(record),
        "endpoint": {"address": host, "port": record["port"]},
        "port": record["port"],
        "creationDate": record["created"],
        "workgroupVersion": "1.0.200000",
        "patchVersion": "200",
    }


def _namespace(record: Record) -> dict[str, Any]:
    roles = [
        f"IamRole(applyStatus={'in-sync' if role_in_sync(record, role) else 'adding'}, iamRoleArn={role})"
        for role in record["roles"]
    ]
    return {
        "namespaceArn": record["arn"],
        "namespaceId": record["id"],
        "namespaceName": record["name"],
        "adminUsername": record["user"],
        "adminPasswordSecretArn": record["secret_arn"],
        "dbName": record["database"],
        "defaultIamRoleArn": record["default_role"],
        "iamRoles": roles,
        "status": "MODIFYING" if time.time() < record["modifying_until"] else "AVAILABLE",
        "creationDate": record["created"],
    }
