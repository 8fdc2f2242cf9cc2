"""The values of the selection flags as options, for every command that takes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from carto_at_installer.cli.config_flags import FILE_RANK, rank
from carto_at_installer.core.options import SelectionOptions

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    import click

    from carto_at_installer.core.result import Result


def selection_of(flags: MutableMapping[str, Any]) -> SelectionOptions:
    """Take the selection flags out of `flags` and return what they choose.

    With --changed-since and --diff `only` are the changed or differing ones among the chosen functions, perhaps none.
    Raises UsageError for --changed-since outside a checkout, and for packs that cannot be used.
    """
    since, diff = flags.pop("changed_since"), flags.pop("diff")
    _check_packs(flags.pop("packs"))
    wishes = SelectionOptions(
        **{name: flags.pop(name) for name in ("cloud", "modules", "functions", "exclude")}
    )
    if since:
        wishes = _changed(wishes, since)
    return _differing(wishes, flags) if diff else wishes


def asked_selection(
    context: click.Context, flags: MutableMapping[str, Any]
) -> SelectionOptions | None:
    """What the command line or variables choose; None when they choose nothing. What a file chooses does not count.

    A file says what is to be installed; what is done to an installation is said each time.
    """
    for name in ("modules", "functions", "exclude"):
        if rank(context, name) <= FILE_RANK:
            flags[name] = ()
    wishes = selection_of(flags)
    chosen = wishes.modules or wishes.functions or wishes.exclude or wishes.only is not None
    return wishes if chosen else None


def nothing_changed(command: str) -> Result:
    """What to answer when no chosen function has changed."""
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415 - keeps --help quick

    data = {"changed": False, "selection": {"functions": [], "added": []}}
    text = "Nothing to do: no chosen function has changed."
    return Result(command, data=data, blocks=(Paragraph(text, "good"),))


def _check_packs(names: tuple[str, ...]) -> None:
    from carto_at_installer.config.settings import PACKS  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415

    for name in names:
        if name not in PACKS:
            raise UsageError(
                f"The pack {name!r} cannot be used: this version installs {', '.join(PACKS)} only"
            )


def _changed(wishes: SelectionOptions, since: str) -> SelectionOptions:
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.changes import changed_functions  # noqa: PLC0415
    from carto_at_installer.catalog.load import bundled_catalog  # noqa: PLC0415
    from carto_at_installer.catalog.select import select  # noqa: PLC0415

    root = bundle_root()
    catalog = bundled_catalog(root)
    only = replace(wishes, only=changed_functions(catalog, root, since))
    return replace(only, only=tuple(sorted(select(catalog, only, closed=False).names)))


def _differing(wishes: SelectionOptions, flags: MutableMapping[str, Any]) -> SelectionOptions:
    """The wishes, narrowed to what differs from what is deployed where the other flags say."""
    from carto_at_installer.apply.facts import GatheredFacts, Intent  # noqa: PLC0415 - imports boto3
    from carto_at_installer.apply.overview import differing_functions  # noqa: PLC0415
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415
    from carto_at_installer.cli.install import options_of  # noqa: PLC0415
    from carto_at_installer.cli.installed import located, recorded_options  # noqa: PLC0415

    if "prefix" in flags:
        options = options_of({**flags, "selection": wishes})
    else:
        options = replace(recorded_options(located(dict(flags))), selection=wishes)
    names = differing_functions(GatheredFacts(options, bundle_root(), Intent()))
    only = names if wishes.only is None else names & set(wishes.only)
    return replace(wishes, only=tuple(sorted(only)))
