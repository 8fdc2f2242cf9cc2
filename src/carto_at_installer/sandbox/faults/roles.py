"""Faults that keep new roles from being assumed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.faults.fault import Place

if TYPE_CHECKING:
    from carto_at_installer.sandbox.faults.book import FaultBook


def too_young(faults: FaultBook, role_arn: str, created: float) -> bool:
    """Whether a fault says that this role, created at that time (seconds since 1970), cannot be assumed yet."""
    age = time.time() - created
    return bool(faults.meet(Place.ROLE, role_arn, condition=lambda fault: age < fault.seconds))
