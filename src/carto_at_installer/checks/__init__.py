"""Answers "will this work, and if not, who must do what?" before anything is changed.

`CHECKS` are small questions about three planes of permissions and the world around them; `run_checks` asks them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carto_at_installer.checks.outcome import Check


def all_checks() -> tuple[Check, ...]:
    """Every check, in the order in which they are shown."""
    from carto_at_installer.checks import (  # noqa: PLC0415 - boto3 is slow to import
        caller,
        environment,
        identity,
        invoke_role,
        lambdas,
        schema,
        target,
    )

    modules = (environment, identity, caller, target, invoke_role, lambdas, schema)
    return tuple(check for module in modules for check in module.CHECKS)
