"""Turns what people write (flags, variables, files) into validated options.

For other programs `ConfigLoader` is the way in: `ConfigLoader().load_config(Path("carto-at.yml")).region`.
`settings` is the list of all settings; flags, variables, the file format and its JSON Schema are derived from it.
"""

from carto_at_installer.config.config import Config, LambdaDefaults
from carto_at_installer.config.faults import InvalidConfigError
from carto_at_installer.config.loader import ConfigLoader

__all__ = ["Config", "ConfigLoader", "InvalidConfigError", "LambdaDefaults"]
