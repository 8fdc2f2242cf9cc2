"""What should be there after going back to an earlier release: its SQL objects, from their recorded definitions.

No upload is needed: the Lambda functions of that release are still there under their own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.core.errors import PreflightError
from carto_at_installer.core.functions import Kind
from carto_at_installer.plan.resources import DesiredState, ModuleSql, SharedLogGroup
from carto_at_installer.sql.objects import SqlObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from carto_at_installer.core.releases import Installation, RecordedObject, Release


def restored_state(
    schema: str,
    release: Release,
    snapshot: Sequence[RecordedObject],
    installation: Installation,
    existing: Mapping[str, object | None],
) -> DesiredState:
    """The desired state that has the SQL objects of `release` and, beside them, nothing new.

    `existing` maps the names of the Lambda functions that the snapshot needs to what AWS says of them. Raises
    PreflightError when one of them is gone.
    """
    _require_functions(release, snapshot, existing)
    names = {o.module for o in snapshot} | {o.module for o in installation.objects}
    return DesiredState(
        schema=schema,
        version=release.version,
        command="rollback",
        roles=(),
        log_group=SharedLogGroup(release.resources.log_group, 0, {}),
        layer=None,
        functions=(),
        attach_role=None,
        modules=tuple(_module(name, snapshot) for name in sorted(names)),
        options=release.options,
        restores=release.number,
        taken_over=release.resources,
    )


def _require_functions(
    release: Release, snapshot: Iterable[RecordedObject], existing: Mapping[str, object | None]
) -> None:
    needed = {o.lambda_name for o in snapshot if o.lambda_name}
    missing = sorted(name for name in needed if not existing.get(name))
    if missing:
        raise PreflightError(
            f"Release {release.number} cannot be restored: its Lambda functions are gone: {', '.join(missing)}",
            hint=f"Install that version again instead: pip install carto-at-redshift=={release.version}",
        )


def _module(name: str, snapshot: Iterable[RecordedObject]) -> ModuleSql:
    recorded = [o for o in snapshot if o.module == name]
    external = next((o for o in recorded if o.lambda_name), None)
    return ModuleSql(
        module=name,
        objects=tuple(_object(o) for o in recorded),
        lambda_name=external.lambda_name if external else "",
        role=external.role if external else "",
        examples={o.signature: o.example for o in recorded if o.example},
    )


def _object(o: RecordedObject) -> SqlObject:
    return SqlObject(
        name=o.name,
        types=tuple(o.types.split(", ")) if o.types else (),
        returns=o.returns,
        kind=Kind(o.kind),
        module=o.module,
        ddl=o.ddl,
        digest=o.digest,
    )
