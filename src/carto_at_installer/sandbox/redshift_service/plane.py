"""What both control planes of Redshift have: the stored targets, the account's roles, and how long changes take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.redshift_service.targets_store import (
    begin_change,
    cluster_status,
    with_pending,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from carto_at_installer.sandbox.moto_services.directory import Directory
    from carto_at_installer.sandbox.redshift_service.targets_store import Record, TargetStore
    from carto_at_installer.sandbox.services import Call
    from carto_at_installer.sandbox.settings import Settings


class ControlPlane:
    """`drop_data` is called with the ARN of a cluster or workgroup when it is deleted."""

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

    def _role_exists(self, role_arn: str) -> bool:
        return self._directory().role(role_arn) is not None

    def _in_sync_at(self) -> float:
        """When a role that is attached or detached now will have been."""
        return time.time() + self._settings.role_attach_seconds

    def _changed_at(self) -> float:
        """When a change that begins now will have passed."""
        return time.time() + self._settings.cluster_change_seconds


class ClusterPlane(ControlPlane):
    """What concerns provisioned clusters."""

    def _begin(self, record: Record, passing: str, status: str) -> None:
        begin_change(record, passing, status, self._settings.cluster_change_seconds)

    def _find(self, name: str, call: Call) -> Record:
        record = self._targets.cluster(call.region, name.lower())
        if record is None:
            raise AwsServiceError("ClusterNotFound", f"Cluster {name} not found.", 404)
        return with_pending(record)

    def _available(self, name: str, call: Call) -> Record:
        record = self._find(name, call)
        if cluster_status(record) != "available":
            raise wrong_state(record, "available")
        return record


def refuse_unknown(code: str, given: Iterable[str], known: Iterable[str], what: str = "") -> None:
    """Raise AwsServiceError, with the service's code, for members that have no effect here."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise AwsServiceError(code, f"The sandbox does not emulate {what}{', '.join(unknown)}")


def wrong_state(record: Record, wanted: str) -> AwsServiceError:
    """The refusal of a change for which a cluster is in the wrong state."""
    return AwsServiceError(
        "InvalidClusterState",
        f"The cluster {record['name']} is {cluster_status(record)}; it must be {wanted} for this operation.",
    )
