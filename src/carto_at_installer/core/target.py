"""Where an installation goes: the AWS account and the Redshift cluster or workgroup, as AWS describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls AWS. `partition` is `aws`, `aws-cn` or `aws-us-gov`."""

    account: str
    arn: str
    partition: str
    region: str


class Deployment(StrEnum):
    """The two ways Redshift is sold."""

    CLUSTER = "cluster"
    WORKGROUP = "workgroup"


@dataclass(frozen=True, slots=True)
class Target:
    """A described cluster or workgroup. `roles` maps each attached role's ARN to its state (`in-sync`, `adding`).

    `maintenance` says that AWS is working on it; `namespace` and `namespace_arn` are those of a workgroup.
    """

    deployment: Deployment
    name: str
    arn: str
    status: str
    available: bool
    database: str
    namespace: str = ""
    namespace_arn: str = ""
    maintenance: bool = False
    admin_user: str = ""
    default_role: str = ""
    enhanced_vpc_routing: bool = False
    version: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
