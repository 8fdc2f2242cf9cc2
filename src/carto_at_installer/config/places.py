"""Which files a configuration is read from.

One file (with the environments inside it, or in files beside it), or a folder with `base` and a file for each
environment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import ConfigError
from carto_at_installer.documents.fields import suggestion

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".yml", ".yaml")
DEFAULT_NAME = "carto-at"
FOLDER = "configs"
BASE = "base"
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to read: `base` is a file or None, `folder` holds the files of environments, or is None."""

    base: Path | None
    folder: Path | None = None

    @property
    def path(self) -> Path | None:
        """The file or folder, as it can be asked for again."""
        return self.base or self.folder

    def environment_file(self, name: str) -> Path | None:
        """The file of an environment, or None."""
        found = _file(self.folder, name) if self.folder else None
        return None if found == self.base else found

    def environments(self) -> tuple[str, ...]:
        """The names that have a file of their own."""
        if self.folder is None:
            return ()
        files = [file for suffix in SUFFIXES for file in self.folder.glob(f"*{suffix}")]
        return tuple(sorted({file.stem for file in files if file != self.base}))


def find(path: Path | None, environment: str | None, here: Path) -> Place | None:
    """The place that `path` names (a file or a folder), else the one in `here`; None where there is none.

    Without a path it is `carto-at.yml`, or the folder `configs` when an environment is asked for. Raises ConfigError
    when a named file is not there or the choice is not clear.
    """
    if environment is not None and not _ENVIRONMENT.fullmatch(environment):
        raise ConfigError(
            f"{environment!r} is not the name of an environment",
            hint="It has up to 64 letters, digits, dots, hyphens and underscores.",
        )
    if path is not None and path.is_dir():
        return Place(_file(path, BASE), path)
    if path is not None:
        if not path.is_file():
            raise ConfigError(
                f"There is no file {path}",
                hint=f"Write one with: carto-at config init {path}",
            )
        return Place(path, path.parent if path.stem == BASE else None)
    found = _file(here, DEFAULT_NAME)
    if found is not None:
        return Place(found)
    folder = here / FOLDER
    return Place(_file(folder, BASE), folder) if environment and folder.is_dir() else None


def _file(folder: Path, name: str) -> Path | None:
    found = [file for suffix in SUFFIXES if (file := folder / f"{name}{suffix}").is_file()]
    if len(found) > 1:
        raise ConfigError(
            f"There is a {found[0]} and a {found[1]}", hint="Keep one, or name it with --config."
        )
    return found[0] if found else None


def unknown_environment(name: str, known: tuple[str, ...], where: Path | None) -> ConfigError:
    """The error for an environment that is neither in the file nor beside it."""
    if where is None:
        return ConfigError(
            f"There is no configuration to take the environment {name!r} from",
            hint="Name it with --config, or write one with: carto-at config init",
        )
    return ConfigError(
        f"There is no environment {name!r} in {where}"
        f"{suggestion(name, known) if known else ', and no other'}"
    )
