"""The SQL of an installation as scripts that any SQL client can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sql.ddl import create_schema, drop_object

if TYPE_CHECKING:
    from carto_at_installer.plan.resources import DesiredState

_HEAD = """\
-- The CARTO Analytics Toolbox for Amazon Redshift, version {version}: {what}.
-- Schema: {schema}. {how}
"""
_NEEDS = """\
-- Run it as a superuser, or as somebody who may create schemas and functions and has USAGE ON LANGUAGE exfunc.
-- The Lambda functions that it names need not be there when it runs, but when the functions are called.
"""


def install_script(desired: DesiredState) -> str:
    """Everything that is created, in order; it can be run again."""
    head = _HEAD.format(
        version=desired.version,
        schema=desired.schema,
        what="creates the functions",
        how="Running it again replaces them.",
    )
    parts = [head + _NEEDS, f"{create_schema(desired.schema)};\n"]
    for module in desired.modules:
        parts.append(f"-- Module {module.module}\n")
        parts += [f"{o.ddl};\n" for o in module.objects]
    return "\n".join(parts)


def removal_script(desired: DesiredState) -> str:
    """Drops what the other script has created, callers first. The schema stays: others may use it."""
    head = _HEAD.format(
        version=desired.version,
        schema=desired.schema,
        what="drops the functions",
        how="The schema itself stays.",
    )
    drops = [
        f"{drop_object(o.kind, desired.schema, o.name, o.types)};"
        for module in reversed(desired.modules)
        for o in reversed(module.objects)
    ]
    return "\n".join([head, *drops, ""])
