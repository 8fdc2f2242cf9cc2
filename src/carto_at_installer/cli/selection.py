"""The values of the selection flags as options, for every command that takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.core.options import SelectionOptions

if TYPE_CHECKING:
    from collections.abc import MutableMapping


def selection_of(flags: MutableMapping[str, Any]) -> SelectionOptions:
    """Take the selection flags out of `flags` and return what they choose.

    Raises UsageError for --changed-since outside a checkout, ConfigError for packs that cannot be used.
    """
    since = flags.pop("changed_since")
    _check_packs(flags.pop("packs"))
    return SelectionOptions(
        cloud=flags.pop("cloud"),
        modules=flags.pop("modules"),
        functions=flags.pop("functions"),
        exclude=flags.pop("exclude"),
        only=_changed(since) if since else None,
    )


def _check_packs(names: tuple[str, ...]) -> None:
    from carto_at_installer.config.settings import PACKS  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    for name in names:
        if name not in PACKS:
            raise UsageError(
                f"The pack {name!r} cannot be used: this version installs {', '.join(PACKS)} only"
            )


def _changed(since: str) -> tuple[str, ...]:
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.changes import changed_functions  # noqa: PLC0415
    from carto_at_installer.catalog.load import load_catalog  # noqa: PLC0415

    root = bundle_root()
    return changed_functions(load_catalog(root / "catalog", sql_root=root / "sql"), root, since)
