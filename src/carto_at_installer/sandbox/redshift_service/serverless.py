"""Redshift Serverless: workgroups, namespaces, temporary credentials."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.redshift_service.plane import ControlPlane, refuse_unknown
from carto_at_installer.sandbox.redshift_service.provisioned import iam_user
from carto_at_installer.sandbox.redshift_service.targets_store import (
    Record,
    new_namespace,
    new_workgroup,
    password_for,
    role_in_sync,
)
from carto_at_installer.sandbox.services import page

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Call, Operation

_ROLE_MEMBERS = frozenset({"iamRoles", "defaultIamRoleArn"})
_NAMESPACE_MEMBERS = {"adminUsername": "user", "dbName": "database"}
_WORKGROUP_MEMBERS = {
    "baseCapacity": "base_capacity",
    "enhancedVpcRouting": "enhanced_vpc_routing",
    "publiclyAccessible": "publicly_accessible",
    "port": "port",
}


class ServerlessOperations(ControlPlane):
    """The `redshift-serverless` service."""

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "GetWorkgroup": self.get_workgroup,
            "ListWorkgroups": self.list_workgroups,
            "CreateWorkgroup": self.create_workgroup,
            "UpdateWorkgroup": self.update_workgroup,
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
        known = {"workgroupName", "namespaceName", "tags", *_WORKGROUP_MEMBERS}
        refuse_unknown("ValidationException", request, known)
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
            tags = {tag["key"]: tag["value"] for tag in request.get("tags") or []}
            record = new_workgroup(call.region, name, namespace["name"], tags=tags, **given)
            record["creating_until"] = self._changed_at()
            self._targets.save_workgroup(record)
        return {"workgroup": _workgroup(record)}

    def update_workgroup(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """UpdateWorkgroup: what is wanted shows when the change has passed."""
        known = {"workgroupName", *_WORKGROUP_MEMBERS}
        refuse_unknown("ValidationException", request, known, "changing ")
        with self._targets.store.transaction():
            record = self._find_workgroup(request["workgroupName"], call)
            if workgroup_status(record) != "AVAILABLE":
                raise AwsServiceError(
                    "ConflictException",
                    f"There is an operation running on the workgroup {record['name']}. Try again later.",
                )
            record["pending"] = {
                key: request[member]
                for member, key in _WORKGROUP_MEMBERS.items()
                if member in request
            }
            record["modifying_until"] = self._changed_at()
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
        refuse_unknown("ValidationException", request, known)
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
        refuse_unknown("ValidationException", members, _ROLE_MEMBERS, "changing ")
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
            record["modifying_until"] = self._in_sync_at()
            self._targets.save_namespace(record)
        return {"namespace": _namespace(record)}

    def _replace_roles(self, record: Record, request: dict[str, Any]) -> None:
        """Raises AwsServiceError for a role that does not exist, or a default role that is not in the list."""
        roles = [role_arn(text) for text in request.get("iamRoles") or []]
        until = self._in_sync_at()
        for role in roles:
            if not self._role_exists(role):
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
        return _changed(record)

    def _find_namespace(self, name: str, call: Call) -> Record:
        record = self._targets.namespace(call.region, name)
        if record is None:
            raise AwsServiceError("ResourceNotFoundException", f"Namespace not found: {name}", 404)
        return record


def role_arn(text: str) -> str:
    """The ARN in `IamRole(applyStatus=in-sync, iamRoleArn=arn:...)`, or the text when it is an ARN."""
    return text.rpartition("iamRoleArn=")[2].rstrip(")")


def workgroup_status(record: Record) -> str:
    """`CREATING`, `MODIFYING` or `AVAILABLE`. The tag `sandbox:status` overrides it."""
    if told := record.get("tags", {}).get("sandbox:status"):
        return str(told)
    if time.time() < record["creating_until"]:
        return "CREATING"
    return "MODIFYING" if time.time() < record.get("modifying_until", 0) else "AVAILABLE"


def _changed(record: Record) -> Record:
    """A workgroup with the changes that it was waiting for, once their time has come."""
    if record.get("pending") and time.time() >= record["modifying_until"]:
        return {**record, **record["pending"], "pending": {}}
    return record


def _workgroup(stored: Record) -> dict[str, Any]:
    record = _changed(stored)
    tags = record.get("tags", {})
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
        "workgroupVersion": tags.get("sandbox:workgroupVersion", "1.0.200000"),
        "patchVersion": tags.get("sandbox:patchVersion", "200"),
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
