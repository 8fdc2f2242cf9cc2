"""The h3 module's Lambda function: `handler` answers the external functions registered in `handlers`."""

from __future__ import annotations

from carto_at_runtime import handler
from carto_h3.quick_import import tell_version

tell_version()

from carto_h3 import handlers  # noqa: E402 - imports the library, whose version must be in place by then

__all__ = ["handler", "handlers"]
