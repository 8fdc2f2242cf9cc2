"""What keeps new roles from being assumed: the setting `role_ready_seconds`, and faults."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.faults.fault import Place

if TYPE_CHECKING:
    from carto_at_installer.sandbox.faults.book import FaultBook


def too_young(faults: FaultBook, ready_seconds: float, role_arn: str, created: float) -> bool:
    """Whether a role created at that time (seconds since 1970) is younger than `ready_seconds`, or a fault says so."""
    age = time.time() - created
    struck = faults.meet(Place.ROLE, role_arn, condition=lambda fault: age < fault.seconds)
    return bool(struck) or age < ready_seconds
