"""What moto takes and then forgets: refused, so that nobody believes that it has an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Call

_FORGOTTEN = {
    "iam:CreateUser": ("PermissionsBoundary",),
    "sts:AssumeRole": ("PolicyArns", "ProvidedContexts"),
}


def refuse_gaps(service: str, operation: str, members: dict[str, Any], _call: Call) -> None:
    """A gate: raise AwsServiceError for a member that would be ignored."""
    name = f"{service}:{operation}"
    for member in _FORGOTTEN.get(name, ()):
        if members.get(member):
            raise AwsServiceError(
                "ValidationError", f"The sandbox does not emulate {member} of {name}"
            )
