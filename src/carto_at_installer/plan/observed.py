"""What is there: the answers of AWS and of the release tables, gathered by `apply.observation`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.aws.functions import DeployedFunction
    from carto_at_installer.aws.log_groups import LogGroup
    from carto_at_installer.aws.roles import Role
    from carto_at_installer.core.releases import Installation


@dataclass(frozen=True, slots=True)
class ObservedState:
    """The state of every resource that the desired state names, by name; None where there is none.

    `layers` maps a layer's name to the ARN of its newest version; `attached` are the cluster's role ARNs that are
    in sync. `installation` is None when the schema holds no release tables.
    """

    roles: Mapping[str, Role | None]
    log_group: LogGroup | None
    layers: Mapping[str, str | None]
    functions: Mapping[str, DeployedFunction | None]
    attached: frozenset[str]
    installation: Installation | None
