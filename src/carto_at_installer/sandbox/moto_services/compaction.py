"""Keeps the record of moto's requests short: what can have no effect any more is forgotten before it is replayed."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carto_at_installer.sandbox.state import Store

_LONGEST_SESSION_SECONDS = 36 * 3600
_NOT_PLAIN = ("x-amz-copy-source", "uploadId", "versioning")


def compact(store: Store) -> int:
    """Forget sessions that are over and S3 objects that were replaced; how many requests that were.

    Raises StateError.
    """
    with store.transaction() as connection:
        over = time.time() - _LONGEST_SESSION_SECONDS
        query = "DELETE FROM journal WHERE service = 'sts' AND at < ?"
        count = connection.execute(query, (over,)).rowcount
        replaced = _replaced(store)
        connection.executemany("DELETE FROM journal WHERE number = ?", replaced)
    return count + len(replaced)


def _replaced(store: Store) -> list[tuple[int]]:
    """The uploads of objects that a later upload or deletion of the same object undid.

    None where a request may depend on the content before: copies, multipart uploads, versioned buckets.
    """
    rows = store.query("SELECT number, request FROM journal WHERE service = 's3' ORDER BY number")
    latest: dict[str, int] = {}
    replaced = []
    for number, text in rows:
        if any(mark in text for mark in _NOT_PLAIN):
            return []
        head = json.loads(text)
        target = head["target"]
        if "?" in target or target.strip("/").count("/") == 0:
            continue
        if head["method"] in {"PUT", "DELETE"} and target in latest:
            replaced.append((latest.pop(target),))
        if head["method"] == "PUT":
            latest[target] = number
    return replaced
