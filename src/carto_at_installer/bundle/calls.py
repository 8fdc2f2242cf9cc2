"""What the SQL of a module calls, found out at the build: who reads a bundle need not render its templates.

`catalog/<module>/calls.json` in a bundle: `{"NAME(TYPE, TYPE)": ["CALLED", ...]}` for each signature that has SQL.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carto_at_installer.bundle.digests import sha256
from carto_at_installer.bundle.manifest import read_manifest
from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.core.functions import Module

CALLS = "calls.json"


def format_calls(module: Module) -> bytes:
    """The text of a module's file."""
    calls = {each.signature: each.calls for each in module.functions if each.template is not None}
    return (json.dumps(calls, indent=1, sort_keys=True) + "\n").encode()


def read_calls(root: Path) -> dict[str, tuple[str, ...]] | None:
    """What each signature of the bundle in `root` calls; None for one whose texts are not those that were checked.

    That is what a bundle of an earlier version, one that somebody has edited, and a folder without manifest are.
    """
    texts = _proven_texts(root)
    found = {path: data for path, data in texts.items() if path.endswith(f"/{CALLS}")}
    modules = sum(path.endswith("/module.yaml") for path in texts)
    if not modules or len(found) != modules:
        return None
    return {
        signature: tuple(names)
        for data in found.values()
        for signature, names in json.loads(data).items()
    }


def _proven_texts(root: Path) -> dict[str, bytes]:
    """The texts that the manifest names; none of them unless each is there as it says, and no other one is."""
    try:
        files = read_manifest(root).files
        texts = {path: (root / path).read_bytes() for path in files}
    except (BundleError, OSError):
        return {}
    if any(sha256(data) != files[path] for path, data in texts.items()):
        return {}
    present = {
        path.relative_to(root).as_posix()
        for folder in ("catalog", "sql")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    return texts if present == texts.keys() else {}
