"""What a straightforward Lambda handler costs: one row after the other, plain Python and the usual libraries.

It reads and answers the same events as the handlers of the toolbox, whose speed is measured against it. Nothing here is
made slow on purpose, and nothing is vectorised. There is one file for each module.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def respond(functions: Mapping[str, Callable[..., Any]], payload: bytes) -> bytes:
    """Answer an event by calling the function that it names for each row; NULL for a row with a NULL."""
    event = json.loads(payload)
    function = functions[event["external_function"].rpartition(".")[2].lower()]
    results = [None if None in row else function(*row) for row in event["arguments"]]
    answer = {"success": True, "num_records": event["num_records"], "results": results}
    return json.dumps(json.dumps(answer)).encode()
