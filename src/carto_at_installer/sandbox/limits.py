"""How many requests a second AWS takes: those of Lambda's control plane and of the Data API, which cannot be raised.

Sources: "Lambda quotas" (API requests) and "Quotas and limits in Amazon Redshift" (Data API).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.faults.calls import throttling

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.services import Call

_UNLIMITED = frozenset({"lambda:Invoke", "lambda:InvokeAsync", "lambda:InvokeWithResponseStream"})
_OWN_RATES = {
    "lambda:GetFunction": 100.0,
    "lambda:GetPolicy": 15.0,
    "redshift-data:ExecuteStatement": 30.0,
    "redshift-data:BatchExecuteStatement": 20.0,
    "redshift-data:DescribeStatement": 100.0,
    "redshift-data:GetStatementResult": 20.0,
    "redshift-data:GetStatementResultV2": 20.0,
    "redshift-data:CancelStatement": 3.0,
    "redshift-data:DescribeTable": 3.0,
    "redshift-data:ListDatabases": 3.0,
    "redshift-data:ListSchemas": 3.0,
    "redshift-data:ListStatements": 3.0,
    "redshift-data:ListTables": 3.0,
}
_SHARED_RATES = {"lambda": 15.0}


class Latency:
    """A gate that every call passes that much later, as if AWS were far away."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(
        self, _service: str, _operation: str, _members: dict[str, Any], _call: Call
    ) -> None:
        """Wait."""
        if self._seconds:
            time.sleep(self._seconds)


class RequestLimits:
    """A gate for calls: one that comes too fast is refused as the service refuses it.

    `factor` multiplies AWS's rates; 0 lifts them. A rate may be used up at once, and refills evenly. `clock` gives
    seconds.
    """

    def __init__(self, factor: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._factor = factor
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def __call__(self, service: str, operation: str, _members: dict[str, Any], call: Call) -> None:
        """Raise AwsServiceError for a call that comes too fast."""
        found = _rate(service, operation)
        if not self._factor or found is None:
            return
        name, rate = found
        if not self._take((call.region, name), rate * self._factor):
            raise throttling(service)

    def _take(self, bucket: tuple[str, str], rate: float) -> bool:
        size = max(rate, 1.0)
        now = self._clock()
        with self._lock:
            left, since = self._buckets.get(bucket, (size, now))
            left = min(size, left + (now - since) * rate)
            taken = left >= 1.0
            self._buckets[bucket] = (left - taken, now)
        return taken


def _rate(service: str, operation: str) -> tuple[str, float] | None:
    """Whose requests are counted together, and how many a second; None for an operation without a limit."""
    name = f"{service}:{operation}"
    if name in _UNLIMITED:
        return None
    if name in _OWN_RATES:
        return name, _OWN_RATES[name]
    return (service, _SHARED_RATES[service]) if service in _SHARED_RATES else None
