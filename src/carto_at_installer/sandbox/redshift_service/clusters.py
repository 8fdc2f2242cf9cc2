"""How a stored cluster looks now: states and changes that pass by themselves, and what tags make of it.

Tags that begin with `sandbox:` let a cluster look like one that cannot be made by calls: `sandbox:ClusterStatus`
(`maintenance`, `storage-full`, `incompatible-network` ...), `sandbox:ClusterAvailabilityStatus`,
`sandbox:ClusterVersion`, `sandbox:ClusterRevisionNumber` and `sandbox:PendingActions` (separated by blanks).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.redshift_service.targets_store import (
    cluster_status,
    role_in_sync,
    with_pending,
)
from carto_at_installer.sandbox.services import arn

if TYPE_CHECKING:
    from carto_at_installer.sandbox.redshift_service.targets_store import Record

SETTINGS = {
    "NodeType": "node_type",
    "NumberOfNodes": "nodes",
    "Port": "port",
    "EnhancedVpcRouting": "enhanced_vpc_routing",
    "PubliclyAccessible": "publicly_accessible",
    "Encrypted": "encrypted",
    "AllowVersionUpgrade": "version_upgrade",
    "MaintenanceTrackName": "maintenance_track",
    "PreferredMaintenanceWindow": "maintenance_window",
}
"""The members of CreateCluster and ModifyCluster that are kept, and under which key of the record."""
_PENDING = {
    "node_type": "NodeType",
    "nodes": "NumberOfNodes",
    "enhanced_vpc_routing": "EnhancedVpcRouting",
    "publicly_accessible": "PubliclyAccessible",
    "maintenance_track": "MaintenanceTrackName",
}
_AVAILABLE = frozenset({"available", "available, prep-for-resize", "available, resize-cleanup"})
_FAILED = frozenset(
    {
        "hardware-failure", "incompatible-hsm", "incompatible-network", "incompatible-parameters",
        "incompatible-restore",
    }
)  # fmt: skip


def shown(stored: Record) -> dict[str, Any]:
    """A cluster as `DescribeClusters` shows it."""
    record = with_pending(stored)
    status = cluster_status(record)
    tags = record["tags"]
    cluster: dict[str, Any] = {
        "ClusterIdentifier": record["name"],
        "NodeType": record["node_type"],
        "ClusterStatus": status,
        "ClusterAvailabilityStatus": tags.get("sandbox:ClusterAvailabilityStatus")
        or availability(status),
        "MasterUsername": record["user"],
        "DBName": record["database"],
        "ClusterCreateTime": record["created"],
        "NumberOfNodes": record["nodes"],
        "PubliclyAccessible": record["publicly_accessible"],
        "Encrypted": record["encrypted"],
        "EnhancedVpcRouting": record["enhanced_vpc_routing"],
        "ClusterVersion": tags.get("sandbox:ClusterVersion", "1.0"),
        "ClusterRevisionNumber": tags.get("sandbox:ClusterRevisionNumber", "200000"),
        "AllowVersionUpgrade": record.get("version_upgrade", True),
        "MaintenanceTrackName": record.get("maintenance_track", "current"),
        "PreferredMaintenanceWindow": record.get("maintenance_window", "sun:06:00-sun:06:30"),
        "ClusterNamespaceArn": arn(
            "redshift", record["region"], f"namespace:{record['namespace_id']}"
        ),
        "VpcId": "vpc-5a0db0c5",
        "AvailabilityZone": f"{record['region']}a",
        "MultiAZ": "Disabled",
        "IamRoles": _roles(record),
        "DefaultIamRoleArn": record["default_role"],
        "MasterPasswordSecretArn": record["secret_arn"],
        "PendingModifiedValues": {
            _PENDING[key]: value
            for key, value in (record.get("pending") or {}).items()
            if key in _PENDING
        },
        "PendingActions": tags.get("sandbox:PendingActions", "").split(),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    if status != "creating":
        host = f"{record['name']}.sandbox.{record['region']}.redshift.amazonaws.com"
        cluster["Endpoint"] = {"Address": host, "Port": record["port"]}
    return cluster


def _roles(record: Record) -> list[dict[str, str]]:
    attached = [
        {"IamRoleArn": role, "ApplyStatus": "in-sync" if role_in_sync(record, role) else "adding"}
        for role in record["roles"]
    ]
    leaving = [
        {"IamRoleArn": role, "ApplyStatus": "removing"}
        for role, until in record.get("removing", {}).items()
        if time.time() < until
    ]
    return attached + leaving


def availability(status: str) -> str:
    """`ClusterAvailabilityStatus` of a status."""
    if status in _AVAILABLE:
        return "Available"
    if status == "maintenance":
        return "Maintenance"
    if status in _FAILED:
        return "Failed"
    return "Unavailable" if status in {"paused", "storage-full"} else "Modifying"
