"""What a shell completes: names of modules and functions, read quickly from the bundled catalog.

Reading the whole catalog would take longer than somebody waits after a tab, so the names alone are picked out of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from pathlib import Path

    import click

_FUNCTION = re.compile(r"^  - name: ([A-Za-z]\w*)", re.MULTILINE)


def module_names(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """The modules whose names begin with what is typed; after commas too."""
    return _matching([folder.name for folder in _module_folders()], incomplete)


def function_names(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """The public functions whose names begin with what is typed, in lower case."""
    return _matching(_function_names(), incomplete)


def selectable_names(
    context: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Modules and functions, for what takes both."""
    folders = [folder.name for folder in _module_folders()]
    return _matching([*folders, *_function_names()], incomplete)


def _module_folders() -> list[Path]:
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.errors import CartoAtError  # noqa: PLC0415

    try:
        root = bundle_root() / "catalog"
    except CartoAtError:  # completion has nobody to tell
        return []
    return sorted(path.parent for path in root.glob("*/module.yaml"))


def _function_names() -> list[str]:
    texts = [(folder / "module.yaml").read_text("utf-8") for folder in _module_folders()]
    names = {name.lower() for text in texts for name in _FUNCTION.findall(text)}
    return sorted(name for name in names if not name.startswith("_"))


def _matching(names: list[str], incomplete: str) -> list[CompletionItem]:
    before, comma, last = incomplete.rpartition(",")
    return [
        CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(last.lower())
    ]
