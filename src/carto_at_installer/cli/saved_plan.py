"""Plans in files: `plan --out FILE` writes one, `install --plan FILE` carries out exactly that, or nothing.

The file holds the options and the whole plan, no secret: a secret is only named by its ARN. Before it is carried out
the plan is made again from the world as it is now; when the two differ, nothing is changed.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from carto_at_installer.config import validation
from carto_at_installer.core.errors import PreflightError, UsageError
from carto_at_installer.core.options import from_record, recorded
from carto_at_installer.plan.document import plan_digest, plan_document

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.apply.installation import Preparation
    from carto_at_installer.core.options import InstallOptions

FORMAT = "carto-at/plan/v1"
_MAX_BYTES = 5 * 1024 * 1024
_TARGET = ("cluster_id", "workgroup", "database", "db_user", "secret_arn")


def save(path: Path, preparation: Preparation) -> None:
    """Write the plan of a preparation to a file. Raises UsageError when that cannot be done."""
    options, document = preparation.options, plan_document(preparation.plan)
    content = {
        "format": FORMAT,
        "account": preparation.connection.identity.account,
        "region": preparation.connection.identity.region,
        "target": asdict(options.target),
        "schema": options.schema,
        "options": recorded(options),
        "digest": plan_digest(document),
        "plan": document,
    }
    try:
        path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The plan cannot be written to {path}: {error.strerror}") from error


def load(path: Path) -> dict[str, Any]:
    """Read a saved plan. Raises UsageError naming what is wrong with the file."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The plan {path} cannot be read: {error.strerror}") from error
    try:
        content = json.loads(data) if len(data) <= _MAX_BYTES else None
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UsageError(
            f"{path} is not a plan", hint="Write one with: carto-at plan --out FILE ..."
        )
    if plan_digest(content.get("plan", {})) != content.get("digest"):
        raise UsageError(
            f"The plan {path} was changed by hand", hint="Make it again with `carto-at plan`."
        )
    return content


def options_of(saved: dict[str, Any], profile: str | None) -> InstallOptions:
    """The options with which a plan was made, for the credentials of a profile."""
    target = validation.target_options(**{name: saved["target"].get(name) for name in _TARGET})
    deploy_role = saved["options"].get("deploy_role") or None
    aws = validation.aws_options(profile, saved["region"], deploy_role)
    return validation.checked(from_record(aws, target, saved["schema"], saved["options"]))


def require_unchanged(saved: dict[str, Any], preparation: Preparation) -> None:
    """Raise PreflightError, naming what differs, unless the plan made now is the one that was saved."""
    account = preparation.connection.identity.account
    if account != saved["account"]:
        raise PreflightError(
            f"The plan was made for the account {saved['account']}, the credentials belong to {account}"
        )
    now = plan_document(preparation.plan)
    if plan_digest(now) == saved["digest"]:
        return
    then = saved["plan"]
    old = {step["key"]: step for step in then["steps"]}
    new = {step["key"]: step for step in now["steps"]}
    differing = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
    named = ", ".join(differing) or "the release or the options"
    raise PreflightError(
        f"The world has changed since the plan was made: {named}",
        hint="Look at the new plan with `carto-at plan`, and save it again.",
    )
