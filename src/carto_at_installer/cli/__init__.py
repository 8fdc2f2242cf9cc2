"""The command line: reads options, calls one function, returns its result.

`main` is the entry point of the `carto-at` script. Modules here import only click at their top, so that help and
completion are quick; boto3, Jinja, YAML and the sandbox are imported by the command that needs them.
"""

from carto_at_installer.cli.entry import main

__all__ = ["main"]
