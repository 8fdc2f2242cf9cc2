"""Clusters, workgroups and namespaces as they are stored; every region starts with one of each to try things on."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.services import arn

if TYPE_CHECKING:
    from carto_at_installer.sandbox.state import Store

Record = dict[str, Any]
DEMO_CLUSTER = "demo"
DEMO_WORKGROUP = "demo-serverless"


class TargetStore:
    """Documents `redshift.cluster`, `serverless.workgroup`, `serverless.namespace`, keyed `region/name`."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def cluster(self, region: str, name: str) -> Record | None:
        """A cluster, or None."""
        self._seed(region)
        return self.store.get("redshift.cluster", f"{region}/{name}")

    def clusters(self, region: str) -> list[Record]:
        """All clusters of a region."""
        self._seed(region)
        return [record for _, record in self.store.items("redshift.cluster", f"{region}/")]

    def save_cluster(self, record: Record) -> None:
        """Write a cluster."""
        self.store.put("redshift.cluster", f"{record['region']}/{record['name']}", record)

    def workgroup(self, region: str, name: str) -> Record | None:
        """A workgroup, or None."""
        self._seed(region)
        return self.store.get("serverless.workgroup", f"{region}/{name}")

    def workgroups(self, region: str) -> list[Record]:
        """All workgroups of a region."""
        self._seed(region)
        return [record for _, record in self.store.items("serverless.workgroup", f"{region}/")]

    def namespace(self, region: str, name: str) -> Record | None:
        """A namespace, or None."""
        self._seed(region)
        return self.store.get("serverless.namespace", f"{region}/{name}")

    def namespaces(self, region: str) -> list[Record]:
        """All namespaces of a region."""
        self._seed(region)
        return [record for _, record in self.store.items("serverless.namespace", f"{region}/")]

    def save_workgroup(self, record: Record) -> None:
        """Write a workgroup."""
        self.store.put("serverless.workgroup", f"{record['region']}/{record['name']}", record)

    def save_namespace(self, record: Record) -> None:
        """Write a namespace."""
        self.store.put("serverless.namespace", f"{record['region']}/{record['name']}", record)

    def _seed(self, region: str) -> None:
        """Put the demo targets into a region that was never used; deleted ones stay deleted."""
        if self.store.get("redshift.seeded", region) is not None:
            return
        with self.store.transaction():
            if self.store.get("redshift.seeded", region) is not None:
                return
            self.store.put("redshift.seeded", region, {})
            self.save_cluster(new_cluster(region, DEMO_CLUSTER))
            self.save_namespace(new_namespace(region, DEMO_WORKGROUP))
            self.save_workgroup(new_workgroup(region, DEMO_WORKGROUP, DEMO_WORKGROUP))


def new_cluster(region: str, name: str, **given: Any) -> Record:
    """A cluster document. `status_until` ends a passing status; `roles` maps a role ARN to when it is in sync."""
    return {
        "name": name,
        "region": region,
        "status": "available",
        "passing": None,
        "passing_until": 0.0,
        "database": "dev",
        "user": "admin",
        "node_type": "ra3.large",
        "nodes": 1,
        "port": 5439,
        "namespace_id": str(uuid.uuid4()),
        "created": time.time(),
        "roles": {},
        "default_role": None,
        "secret_arn": None,
        "enhanced_vpc_routing": False,
        "publicly_accessible": False,
        "encrypted": True,
        "tags": {},
        **given,
    }


def new_namespace(region: str, name: str, **given: Any) -> Record:
    """A namespace document."""
    identifier = str(uuid.uuid4())
    return {
        "name": name,
        "region": region,
        "id": identifier,
        "arn": arn("redshift-serverless", region, f"namespace/{identifier}"),
        "database": "dev",
        "user": "admin",
        "roles": {},
        "default_role": None,
        "secret_arn": None,
        "created": time.time(),
        "modifying_until": 0.0,
        **given,
    }


def new_workgroup(region: str, name: str, namespace: str, **given: Any) -> Record:
    """A workgroup document."""
    identifier = str(uuid.uuid4())
    return {
        "name": name,
        "region": region,
        "id": identifier,
        "arn": arn("redshift-serverless", region, f"workgroup/{identifier}"),
        "namespace": namespace,
        "base_capacity": 8,
        "port": 5439,
        "enhanced_vpc_routing": False,
        "publicly_accessible": False,
        "created": time.time(),
        "creating_until": 0.0,
        **given,
    }


def with_pending(record: Record) -> Record:
    """A cluster with the changes that it was waiting for, once their time has come."""
    pending = record.get("pending")
    if pending and time.time() >= record["passing_until"]:
        return {**record, **pending, "pending": {}}
    return record


def cluster_status(record: Record) -> str:
    """The status now: of the tag `sandbox:ClusterStatus`, or a passing one (`resuming`) until its time has come."""
    if told := record["tags"].get("sandbox:ClusterStatus"):
        return str(told)
    if record["passing"] and time.time() < record["passing_until"]:
        return str(record["passing"])
    return str(record["status"])


def begin_change(record: Record, passing: str, status: str, seconds: float) -> None:
    """Let a cluster pass through a status (`pausing`) into another (`paused`) that long from now."""
    record["passing"] = passing
    record["passing_until"] = time.time() + seconds
    record["status"] = status


def cluster_arn(record: Record) -> str:
    """`arn:aws:redshift:REGION:ACCOUNT:cluster:NAME`."""
    return arn("redshift", record["region"], f"cluster:{record['name']}")


def role_in_sync(record: Record, role_arn: str) -> bool:
    """Whether a role of a cluster or namespace can be used already."""
    since: float | None = record["roles"].get(role_arn)
    return since is not None and time.time() >= since


def password_for(*parts: str) -> str:
    """A temporary database password."""
    return hashlib.sha256("/".join((*parts, str(time.time()))).encode()).hexdigest()[:40]
