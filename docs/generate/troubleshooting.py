"""docs/troubleshooting.md, from the catalogue of known failures that error messages are explained with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carto_at_installer.core.known_failures import KNOWN, Group

if TYPE_CHECKING:
    from carto_at_installer.core.known_failures import Known

_HEAD = """# Troubleshooting

`carto-at check` finds most problems before they happen. What still fails is explained by `carto-at` itself: commands
recognise the failures below by the words of AWS, Redshift and Lambda, say what they mean, and name the next step. The
same explanations stand here, for those who meet the words elsewhere, in an SQL client for instance.

`carto-at logs` shows what Lambda functions wrote, `carto-at status --drift` what somebody changed by hand, `carto-at
doctor` the versions and settings to add to a report.
"""


def files() -> dict[str, str]:
    """The page."""
    sections = [_section(group) for group in Group]
    return {"troubleshooting.md": "\n".join([_HEAD, *sections])}


def _section(group: Group) -> str:
    entries = [_entry(known) for known in KNOWN if known.group is group]
    return "\n".join([f"## {group.value}\n", *entries])


def _entry(known: Known) -> str:
    shown = f"```text\n{known.seen}\n```\n\n" if known.seen else ""
    cause, fix = _plain(known.cause, known), _plain(known.fix, known)
    return f"### {known.title}\n\n{shown}{cause}\n\n**What to do**: {fix}\n"


def _plain(text: str, known: Known) -> str:
    """A text with the names of its patterns in place of those of one failure."""
    names = re.findall(r"\{(\w+)\}", text)
    return text.format_map({name: known.names.get(name, name.upper()) for name in names})
