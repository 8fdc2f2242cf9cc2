"""The version of the H3 library, told before it asks.

`import h3` asks `importlib.metadata` for the library's version, and that package (with `email`, `zipfile`, `csv` ...)
takes a sixth of this module's cold start. Nobody else needs it in Lambda. The name of the folder with the library's
metadata says the version as well, so `h3._version` is put in place here, where imports look first.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from types import ModuleType

_VERSION = "h3._version"


def tell_version() -> None:
    """Put `h3._version` in place, unless that saves nothing or the version is not plain to see."""
    if "h3" in sys.modules or "importlib.metadata" in sys.modules:
        return
    version = installed_version()
    if version is not None:
        module = ModuleType(_VERSION)
        vars(module)["__version__"] = version
        sys.modules[_VERSION] = module


def installed_version() -> str | None:
    """Return the version in the name of the metadata's folder beside the library; None where there is not just one."""
    found = PathFinder.find_spec("h3")
    if found is None or found.origin is None:
        return None
    # Not by pathlib, which has to be imported as well.
    beside = os.listdir(found.origin.rpartition("/h3/")[0])  # noqa: PTH208
    folders = [name for name in beside if name.startswith("h3-") and name.endswith(".dist-info")]
    return folders[0][len("h3-") : -len(".dist-info")] if len(folders) == 1 else None
