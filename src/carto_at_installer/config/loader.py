"""Finds, reads and merges the files of a configuration: the way in for programs and for the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.config.config import Config
from carto_at_installer.config.faults import InvalidConfigError
from carto_at_installer.config.layers import ENVIRONMENTS, merged, without_alternatives
from carto_at_installer.config.places import find, unknown_environment
from carto_at_installer.config.reading import Layers, read_layers
from carto_at_installer.config.values import checked_values
from carto_at_installer.core.errors import ConfigError
from carto_at_installer.documents.faults import FaultList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.config.layers import Tree


class ConfigLoader:
    """Loads configurations. `variables` replace `${NAME}` in files, the process's environment by default.

    `folder` is where `carto-at.yml` and `configs/` are looked for, the working directory by default.
    """

    def __init__(
        self, variables: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        self._variables = os.environ if variables is None else variables
        self._folder = folder or Path()

    def load_config(self, path: Path | None = None, environment: str | None = None) -> Config:
        """The configuration in `path`, a file or a folder, for one of its environments (its base alone if None).

        Without a path: `carto-at.yml`, or with an environment the folder `configs`; an empty Config where there is
        neither. Raises InvalidConfigError with every fault, its file and line, and ConfigError when the file or the
        environment does not exist.
        """
        place = find(path, environment, self._folder)
        if place is None:
            if environment is not None:
                raise unknown_environment(environment, (), None)
            return Config()
        faults = FaultList(base=self._folder.absolute())
        base = read_layers(place.base, faults) if place.base else Layers()
        known = tuple(sorted({*base.environments, *place.environments()}))
        files = [place.base] if place.base else []
        tree = merged({}, base.base)
        if environment is not None:
            file = place.environment_file(environment)
            if file is not None and environment in base.environments:
                raise ConfigError(
                    f"The environment {environment!r} is in {place.base} and in {file}",
                    hint="Keep one of them.",
                )
            if file is None and environment not in base.environments:
                faults.raise_if_any(InvalidConfigError)
                raise unknown_environment(environment, known, place.path)
            above = self._environment(base, environment, file, faults)
            files += [file] if file else []
            tree = merged(without_alternatives(tree, above), above)
        faults.raise_if_any(InvalidConfigError)
        given = checked_values(tree, self._variables, faults)
        faults.raise_if_any(InvalidConfigError)
        return Config(given, tuple(files), environment, known, place.path)

    def _environment(self, base: Layers, name: str, file: Path | None, faults: FaultList) -> Tree:
        if file is None:
            return base.environments[name]
        layers = read_layers(file, faults)
        if layers.environments:
            faults.add(file, 1, f"the file of an environment has no {ENVIRONMENTS!r} of its own")
        return layers.base
