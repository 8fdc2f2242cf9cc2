"""What happens to clusters that are there: changes of settings, restarts, pauses, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.redshift_service.clusters import SETTINGS, shown
from carto_at_installer.sandbox.redshift_service.plane import (
    ClusterPlane,
    refuse_unknown,
    wrong_state,
)
from carto_at_installer.sandbox.redshift_service.targets_store import cluster_status

if TYPE_CHECKING:
    from carto_at_installer.sandbox.redshift_service.targets_store import Record
    from carto_at_installer.sandbox.services import Call, Operation

_MODIFIABLE = frozenset({"ClusterIdentifier", "ClusterType", "MasterUserPassword", *SETTINGS})


class ClusterChanges(ClusterPlane):
    """The part of the `redshift` service that changes clusters."""

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "ModifyCluster": self.modify,
            "RebootCluster": self.reboot,
            "PauseCluster": self.pause,
            "ResumeCluster": self.resume,
            "CreateTags": self.tag,
            "DeleteTags": self.untag,
        }

    def modify(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ModifyCluster: what is wanted is pending until the change has passed."""
        refuse_unknown("InvalidParameterValue", request, _MODIFIABLE, "changing ")
        wanted = {key: request[member] for member, key in SETTINGS.items() if member in request}
        with self._targets.store.transaction():
            record = self._available(request["ClusterIdentifier"], call)
            changes = {key: value for key, value in wanted.items() if record.get(key) != value}
            if changes:
                resizing = {"node_type", "nodes"} & changes.keys()
                self._begin(record, "resizing" if resizing else "modifying", "available")
                record["pending"] = changes
            self._targets.save_cluster(record)
        return {"Cluster": shown(record)}

    def reboot(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """RebootCluster."""
        with self._targets.store.transaction():
            record = self._available(request["ClusterIdentifier"], call)
            self._begin(record, "rebooting", "available")
            self._targets.save_cluster(record)
        return {"Cluster": shown(record)}

    def tag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateTags, of clusters."""
        with self._targets.store.transaction():
            record = self._tagged(request["ResourceName"], call)
            record["tags"] |= {tag["Key"]: tag.get("Value", "") for tag in request["Tags"]}
            self._targets.save_cluster(record)
        return {}

    def untag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteTags, of clusters."""
        with self._targets.store.transaction():
            record = self._tagged(request["ResourceName"], call)
            for key in request["TagKeys"]:
                record["tags"].pop(key, None)
            self._targets.save_cluster(record)
        return {}

    def _tagged(self, resource: str, call: Call) -> Record:
        start = call.arn("redshift", "cluster:")
        if not resource.startswith(start):
            raise AwsServiceError(
                "ResourceNotFoundFault",
                f"The sandbox has tags of clusters only, not of {resource}",
                404,
            )
        return self._find(resource.removeprefix(start), call)

    def pause(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PauseCluster."""
        with self._targets.store.transaction():
            record = self._available(request["ClusterIdentifier"], call)
            self._begin(record, "pausing", "paused")
            self._targets.save_cluster(record)
        return {"Cluster": shown(record)}

    def resume(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ResumeCluster."""
        with self._targets.store.transaction():
            record = self._find(request["ClusterIdentifier"], call)
            if cluster_status(record) != "paused":
                raise wrong_state(record, "paused")
            self._begin(record, "resuming", "available")
            self._targets.save_cluster(record)
        return {"Cluster": shown(record)}
