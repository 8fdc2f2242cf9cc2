"""Who may assume a role: moto lets everybody assume everything, even roles that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.iam_policy import UnknownConditionError, trusts

if TYPE_CHECKING:
    from carto_at_installer.sandbox.identity import Caller
    from carto_at_installer.sandbox.moto_services.directory import Directory
    from carto_at_installer.sandbox.protocols import HttpRequest


def require_trust(request: HttpRequest, caller: Caller, directory: Directory) -> None:
    """Raise AwsServiceError unless the role of an `sts:AssumeRole` request exists and trusts the caller."""
    fields = parse_qs(request.body.decode("utf-8", "replace"))
    role_arn = fields.get("RoleArn", [""])[0]
    external_id = tuple(fields.get("ExternalId", ()))
    context = {"sts:externalid": external_id} if external_id else {}
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
