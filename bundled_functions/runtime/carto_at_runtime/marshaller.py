"""Events as bytes: Lambda's runtime would decode every event to Python objects and encode every answer again.

`awslambdaric`, the client inside the managed Python runtime, documents `LambdaRuntimeClient.marshaller` as the place to
change that. Where it is as documented, `install` puts `RawMarshaller` there; anywhere else nothing changes, and the
handler is called with dicts as usual. Nothing is imported: inside Lambda the client is loaded before the handler is.
"""

from __future__ import annotations

import gc
import logging
import sys
from typing import Any

_CLIENT = "awslambdaric.lambda_runtime_client"


class RawMarshaller:
    """Hands events on as bytes, and posts answers that are bytes as they are; the rest is left to the original."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def unmarshal_request(self, request: Any, content_type: str = "application/json") -> Any:
        """Return the event as the handler gets it: its bytes."""
        if isinstance(request, (bytes, bytearray)):
            return request
        return self._original.unmarshal_request(request, content_type)

    def marshal_response(self, response: Any) -> tuple[Any, str]:
        """Return the body to post and its content type."""
        if isinstance(response, bytes):
            return response, "application/json"
        body, content_type = self._original.marshal_response(response)
        return body, content_type


def install() -> bool:
    """Install the raw marshaller in this process's runtime client, if there is one. Returns whether it is there."""
    client = getattr(sys.modules.get(_CLIENT), "LambdaRuntimeClient", None)
    if client is None:
        return False
    original = getattr(client, "marshaller", None)
    if isinstance(original, RawMarshaller):
        return True
    wanted = ("unmarshal_request", "marshal_response")
    if not all(callable(getattr(original, method, None)) for method in wanted):
        logging.getLogger("carto_at_runtime").warning(
            "the Lambda runtime client has no marshaller to replace: events are decoded twice"
        )
        return False
    client.marshaller = RawMarshaller(original)
    # What start-up made stays for good: no collection need look at it again.
    gc.freeze()
    return True
