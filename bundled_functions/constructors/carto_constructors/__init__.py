"""The constructors module's Lambda function: `handler` answers the external functions registered in `handlers`."""

from __future__ import annotations

from carto_at_runtime import handler
from carto_constructors import handlers

__all__ = ["handler", "handlers"]
