"""Where builds keep what is costly to make again: downloaded wheels and finished layers."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HINT = "Builds keep wheels and layers in the folder named by CARTO_AT_BUILD_CACHE; set it to one you can write to."


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the build cache: CARTO_AT_BUILD_CACHE, else the platform's cache folder of the user."""
    if explicit := environment.get("CARTO_AT_BUILD_CACHE"):
        return Path(explicit).expanduser().absolute()
    home = Path(environment.get("HOME") or Path.home())
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "carto-at-redshift" / "build"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody, now or after a crash, sees half of it; folders are made as needed.

    Raises BundleError if the place cannot be written to.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise BundleError(f"{path} cannot be written: {error.strerror}", hint=_HINT) from error
