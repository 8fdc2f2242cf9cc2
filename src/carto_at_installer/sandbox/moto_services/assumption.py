"""Who may assume a role: moto lets everybody assume everything, even roles that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.iam_policy import UnknownConditionError, trusts

if TYPE_CHECKING:
    from carto_at_installer.sandbox.moto_services.app import MotoServices
    from carto_at_installer.sandbox.services import Call


class Assumption:
    """A gate for `sts:AssumeRole`: the role must exist and trust the caller."""

    def __init__(self, moto: MotoServices) -> None:
        self._moto = moto

    def __call__(self, service: str, operation: str, members: dict[str, Any], call: Call) -> None:
        """Raise AwsServiceError unless the role trusts the caller; other operations pass."""
        if (service, operation) != ("sts", "AssumeRole"):
            return
        caller, directory = call.caller, self._moto.directory()
        role_arn = members.get("RoleArn", "")
        context = {"sts:externalid": (members["ExternalId"],)} if "ExternalId" in members else {}
        role = directory.role(role_arn)
        names = {caller.arn, directory.assumed_role_arn(caller) or caller.arn}
        try:
            trusted = role is not None and any(
                trusts(role.trust or {}, name, context) for name in names
            )
        except UnknownConditionError as error:
            raise AwsServiceError("AccessDenied", str(error), 403) from error
        if not trusted:
            raise AwsServiceError(
                "AccessDenied",
                f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
                403,
            )
