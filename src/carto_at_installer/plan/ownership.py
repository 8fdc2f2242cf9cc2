"""How our things in AWS are told from those of others: tags.

`carto-at:managed` marks everything that we made. Roles and Lambda functions may serve several installations (other
schemas, databases, clusters, for roles other regions too); each puts a mark of its own on them, and only the last one
to go deletes them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from carto_at_installer.core.target import Target

OWNER_TAG = "carto-at:managed"
CODE_TAG = "carto-at:code-sha256"
"""Lambda's CodeSha256 of the zip that we uploaded: shows when somebody has uploaded another."""
INSTALL_MARK = "carto-at:install:"


def install_mark(target: Target, schema: str) -> str:
    """The tag key that stands for one installation: a schema in a database of a cluster or workgroup."""
    text = f"{target.arn}/{target.database}/{schema}"
    return INSTALL_MARK + hashlib.sha256(text.encode()).hexdigest()[:8]


def ours(tags: Mapping[str, str]) -> bool:
    """Whether a thing with these tags was made by carto-at."""
    return OWNER_TAG in tags


def other_marks(tags: Mapping[str, str], mark: str) -> list[str]:
    """The marks of other installations."""
    return sorted(key for key in tags if key.startswith(INSTALL_MARK) and key != mark)


def installations_on(tags: Mapping[str, str], keys: Iterable[str], cluster: str) -> bool:
    """Whether one of the marks belongs to an installation on the cluster or workgroup of that name."""
    return any(tags[key].startswith(f"{cluster}/") for key in keys)
