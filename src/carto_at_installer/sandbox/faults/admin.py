"""Answers the private requests for faults: on the server's port, with its token."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.faults.fault import FaultError, from_json
from carto_at_installer.sandbox.faults.remote import PATH
from carto_at_installer.sandbox.protocols.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from carto_at_installer.sandbox.faults.book import FaultBook


def is_for_faults(request: HttpRequest) -> bool:
    """Whether a request is one for `respond`."""
    return request.path == PATH


def respond(request: HttpRequest, book: FaultBook, token: str) -> HttpResponse:
    """List (GET), add (POST) or clear (DELETE) faults; 403 without the token."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        return _answer(403, message="Faults are for the owner of this sandbox only.")
    try:
        content = json.loads(request.body or b"{}")
        return _answer(200, **_perform(request.method, content, book))
    except FaultError as error:
        return _answer(400, message=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    except (ValueError, TypeError, KeyError) as error:
        return _answer(400, message=f"The request cannot be read: {error}")


def _perform(method: str, content: dict[str, Any], book: FaultBook) -> dict[str, Any]:
    match method:
        case "POST":
            added = book.add(*(from_json(item) for item in content["faults"]))
            return {"faults": [state.to_json() for state in added]}
        case "DELETE":
            return {"cleared": book.clear(*content.get("ids", ()))}
        case "GET":
            return {"faults": [state.to_json() for state in book.states()]}
    raise FaultError(f"faults know no {method}")


def _answer(status: int, **content: Any) -> HttpResponse:
    return HttpResponse(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
