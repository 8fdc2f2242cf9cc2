"""How far this machine's clock is from AWS's: requests signed with a wrong time are refused."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.hooks import BaseEventHooks


class Clock:
    """Reads the time in the answers of AWS, also in refusals. `skew` is None until one had a date."""

    def __init__(self) -> None:
        self.skew: float | None = None

    def watch(self, events: BaseEventHooks) -> None:
        """Look at every answer to the session whose event hooks are given."""
        events.register("response-received.*.*", self._note)

    def _note(self, response_dict: dict[str, Any] | None = None, **_: Any) -> None:
        headers = (response_dict or {}).get("headers") or {}
        if date := headers.get("Date") or headers.get("date"):
            try:
                self.skew = time.time() - parsedate_to_datetime(date).timestamp()
            except ValueError:  # a proxy's own idea of a date tells nothing
                return
