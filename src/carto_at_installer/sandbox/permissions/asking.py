"""What the rules of each service know of a call, and how they say what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.iam_policy import Question
from carto_at_installer.sandbox.identity import ACCOUNT
from carto_at_installer.sandbox.services import partition

if TYPE_CHECKING:
    from carto_at_installer.sandbox.lambda_service.records import Records
    from carto_at_installer.sandbox.moto_services.directory import Directory
    from carto_at_installer.sandbox.redshift_service.targets_store import TargetStore
    from carto_at_installer.sandbox.services import Call

Context = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class World:
    """What exists: names must be turned into ARNs, and resources have tags.

    `statement_owner(id)` is the user id of who submitted a statement of the Data API, or None.
    """

    directory: Callable[[], Directory]
    targets: TargetStore
    functions: Records
    statement_owner: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Asking:
    """A call: its operation and members, in its circumstances."""

    service: str
    operation: str
    members: Mapping[str, Any]
    call: Call
    world: World
    context: Context = field(default_factory=dict)

    def need(
        self, resource: str, *, action: str = "", **context: str | tuple[str, ...]
    ) -> Question:
        """A permission on a resource: for this operation, or for another action (`iam:PassRole`).

        `context` has condition keys with `__` for the colon (`iam__passedtoservice`).
        """
        given = {
            key.replace("__", ":").lower(): (value,) if isinstance(value, str) else value
            for key, value in context.items()
        }
        name = action or f"{self.service}:{self.operation}"
        return Question(name, resource, {**self.context, **given})

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the region of the call."""
        return self.call.arn(service, resource)

    def iam_arn(self, resource: str) -> str:
        """The ARN of something in IAM, which has no region."""
        return f"arn:{partition(self.call.region)}:iam::{ACCOUNT}:{resource}"

    def passing(self, role_arn: str, *services: str) -> Question:
        """`iam:PassRole`, to a service."""
        return self.need(role_arn, action="iam:PassRole", iam__PassedToService=services)


Rules = Callable[[Asking], list[Question]]
