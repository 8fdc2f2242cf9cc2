"""Provisioned clusters: describe, create, delete, roles, pause and resume, temporary credentials."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.redshift_service.clusters import SETTINGS, shown
from carto_at_installer.sandbox.redshift_service.plane import ClusterPlane, refuse_unknown
from carto_at_installer.sandbox.redshift_service.targets_store import (
    Record,
    cluster_arn,
    new_cluster,
    password_for,
)
from carto_at_installer.sandbox.services import Call, page

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Operation

_MAX_ROLES = 50
_NAME = re.compile(r"(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CREATE_MEMBERS = {"DBName": "database", "MasterUsername": "user", **SETTINGS}
_IGNORABLE = frozenset(
    {
        "ClusterIdentifier", "MasterUserPassword", "IamRoles", "DefaultIamRoleArn", "Tags",
        "ClusterType", *_CREATE_MEMBERS,
    }
)  # fmt: skip


class ProvisionedOperations(ClusterPlane):
    """The `redshift` service."""

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "DescribeClusters": self.describe,
            "CreateCluster": self.create,
            "DeleteCluster": self.delete,
            "ModifyClusterIamRoles": self.modify_roles,
            "GetClusterCredentials": self.credentials,
            "GetClusterCredentialsWithIAM": self.iam_credentials,
        }

    def describe(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DescribeClusters."""
        name = request.get("ClusterIdentifier")
        records = [self._find(name, call)] if name else self._targets.clusters(call.region)
        wanted, keys = set(request.get("TagValues") or []), set(request.get("TagKeys") or [])
        if wanted or keys:
            records = [
                record
                for record in records
                if wanted & set(record["tags"].values()) or keys & record["tags"].keys()
            ]
        clusters, marker = page(
            [shown(record) for record in records], request.get("Marker"), request.get("MaxRecords")
        )
        return {"Clusters": clusters, "Marker": marker}

    def create(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateCluster: available after a moment."""
        refuse_unknown("InvalidParameterValue", request, _IGNORABLE)
        name = request["ClusterIdentifier"].lower()
        if not _NAME.fullmatch(name):
            raise AwsServiceError(
                "InvalidParameterValue",
                "The parameter ClusterIdentifier is not a valid identifier. Identifiers must begin with a "
                "letter; must contain only ASCII letters, digits, and hyphens; and must not end with a "
                "hyphen or contain two consecutive hyphens.",
            )
        given = {
            key: request[member] for member, key in _CREATE_MEMBERS.items() if member in request
        }
        given["tags"] = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []}
        record = new_cluster(call.region, name, **given)
        self._begin(record, "creating", "available")
        for role in request.get("IamRoles") or []:
            self._attach(record, role)
        self._set_default(record, request.get("DefaultIamRoleArn"))
        with self._targets.store.transaction():
            if self._targets.cluster(call.region, name) is not None:
                raise AwsServiceError("ClusterAlreadyExists", "Cluster already exists")
            self._targets.save_cluster(record)
        return {"Cluster": shown(record)}

    def delete(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteCluster: without a final snapshot only."""
        if not request.get("SkipFinalClusterSnapshot"):
            raise AwsServiceError(
                "InvalidParameterCombination",
                "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is "
                "specified (the sandbox keeps no snapshots: use SkipFinalClusterSnapshot)",
            )
        record = self._find(request["ClusterIdentifier"], call)
        self._targets.store.delete("redshift.cluster", f"{call.region}/{record['name']}")
        self._drop_data(cluster_arn(record))
        return {"Cluster": {**shown(record), "ClusterStatus": "deleting"}}

    def modify_roles(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ModifyClusterIamRoles: adds to, and removes from, the roles that are there."""
        with self._targets.store.transaction():
            record = self._available(request["ClusterIdentifier"], call)
            for role in request.get("RemoveIamRoles") or []:
                if record["roles"].pop(role, None) is not None:
                    record.setdefault("removing", {})[role] = self._in_sync_at()
                if record["default_role"] == role:
                    record["default_role"] = None
            for role in request.get("AddIamRoles") or []:
                self._attach(record, role)
            self._set_default(record, request.get("DefaultIamRoleArn"))
            self._targets.save_cluster(record)
        return {"Cluster": shown(record)}

    def _attach(self, record: Record, role_arn: str) -> None:
        if not self._role_exists(role_arn):
            raise AwsServiceError(
                "InvalidParameterValue", f"The IAM role {role_arn} is not valid or does not exist."
            )
        record.get("removing", {}).pop(role_arn, None)
        record["roles"].setdefault(role_arn, self._in_sync_at())
        if len(record["roles"]) > _MAX_ROLES:
            raise AwsServiceError(
                "InvalidParameterValue", f"A cluster can have at most {_MAX_ROLES} IAM roles"
            )

    def _set_default(self, record: Record, role_arn: str | None) -> None:
        if not role_arn:
            return
        if role_arn not in record["roles"]:
            raise AwsServiceError(
                "InvalidParameterValue",
                f"The default IAM role {role_arn} is not associated with the cluster",
            )
        record["default_role"] = role_arn

    def credentials(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetClusterCredentials for a database user."""
        record = self._available(request["ClusterIdentifier"], call)
        prefix = "IAMA" if request.get("AutoCreate") else "IAM"
        user = f"{prefix}:{request['DbUser']}"
        return self._temporary(record, user, request.get("DurationSeconds"))

    def iam_credentials(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """GetClusterCredentialsWithIAM for the caller's own database user."""
        if request.get("CustomDomainName"):
            raise AwsServiceError(
                "InvalidParameterValue", "The sandbox does not emulate CustomDomainName"
            )
        record = self._available(request["ClusterIdentifier"], call)
        answer = self._temporary(record, iam_user(call), request.get("DurationSeconds"))
        return {**answer, "NextRefreshTime": answer["Expiration"]}

    def _temporary(self, record: Record, user: str, seconds: int | None) -> dict[str, Any]:
        return {
            "DbUser": user,
            "DbPassword": password_for(record["name"], user),
            "Expiration": time.time() + (seconds or 900),
        }


def iam_user(call: Call) -> str:
    """The database user of an IAM identity: `IAM:user`, or `IAMR:role` for an assumed role."""
    kind = "IAMR" if ":assumed-role/" in call.caller.arn else "IAM"
    parts = call.caller.arn.split("/")
    return f"{kind}:{parts[1] if kind == 'IAMR' else parts[-1]}"
