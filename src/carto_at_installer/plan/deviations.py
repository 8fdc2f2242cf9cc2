"""What is different about a Lambda function of ours from what it should be."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from carto_at_installer.plan.ownership import CODE_TAG

if TYPE_CHECKING:
    from carto_at_installer.aws.functions import DeployedFunction, FunctionSummary
    from carto_at_installer.plan.resources import LambdaFunction


def differing_settings(function: LambdaFunction, found: FunctionSummary) -> tuple[str, ...]:
    """The names of the settings, changeable in place, that are not as they should be."""
    pairs = {
        "memory": (function.memory_mb, found.memory_mb),
        "timeout": (function.timeout_s, found.timeout_s),
        "environment": (dict(function.environment), dict(found.environment)),
        "runtime": (function.runtime, found.runtime),
        "handler": (function.handler, found.handler),
        "role": (function.role_arn, found.role),
        "log group": (function.log_group, found.log_group),
        "key": (function.kms_key, found.kms_key),
    }
    changed = [name for name, (wanted, is_) in pairs.items() if wanted != is_]
    if layer_arn(function, found) is None and (function.layer or found.layers):
        changed.append("layer")
    return tuple(changed)


def layer_arn(function: LambdaFunction, found: FunctionSummary) -> str | None:
    """The ARN of the version of the right layer that a function uses; None when it has another one, or several."""
    if len(found.layers) != 1 or function.layer is None:
        return None
    return found.layers[0] if f":layer:{function.layer}:" in found.layers[0] else None


def code_was_changed(found: DeployedFunction) -> bool:
    """Whether somebody has uploaded other code under our name: the tag tells what we uploaded."""
    uploaded = found.tags.get(CODE_TAG)
    return bool(uploaded and found.code_sha256 and uploaded != found.code_sha256)


def as_it_should_be(function: LambdaFunction, found: FunctionSummary) -> bool:
    """Whether the list of functions shows one as it should be: its code and every setting, but for its tags."""
    ours = b64encode(bytes.fromhex(function.artifact.sha256)).decode()
    return found.code_sha256 == ours and not differing_settings(function, found)
