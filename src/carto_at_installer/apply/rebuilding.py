"""Finds out how an installation was made when its release tables are lost: from the tags of its Lambda functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carto_at_installer.aws import functions, roles
from carto_at_installer.core.errors import TargetError
from carto_at_installer.plan.ownership import ours

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.aws.functions import DeployedFunction

_NAME = re.compile(r".+-[a-z0-9_]+-[0-9a-f]{8}")  # prefix, module, digest


def rebuilt_record(connection: Connection) -> dict[str, str]:
    """The options of the installation whose mark is on Lambda functions, in the form in which they are recorded.

    Raises TargetError when no Lambda function bears the mark of this installation.
    """
    found = list(_marked(connection))
    if not found:
        raise TargetError(
            f"No Lambda function bears the mark of an installation in {connection.target.name}/"
            f"{connection.target.database}/{connection.schema}",
            hint="Take the functions of the schema over with `carto-at adopt`.",
        )
    newest = max(found, key=lambda function: function.tags.get("carto-at:version", ""))
    prefix = newest.name.rsplit("-", 2)[0]
    modules = sorted({function.tags["carto-at:module"] for function in found})
    made_by_us = newest.role.endswith(f":role/{prefix}-exec")
    record = {
        "prefix": prefix,
        "architecture": newest.architecture,
        "execution_role": "" if made_by_us else newest.role,
        "modules": ",".join(modules),
    }
    if roles.find_role(connection.session, f"{prefix}-invoke") is None:
        record["invoke_role"] = "default"
    return record


def state_is_lost(connection: Connection) -> bool:
    """Whether Lambda functions bear the mark of an installation that has no release tables any more."""
    return any(True for _ in _marked(connection))


def _marked(connection: Connection) -> Iterable[DeployedFunction]:
    for name in functions.list_functions(connection.session).functions:
        if _NAME.fullmatch(name) is None:
            continue
        function = functions.find_function(connection.session, name)
        if function and ours(function.tags) and connection.mark in function.tags:
            yield function
