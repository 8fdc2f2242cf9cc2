"""Reads AWS requests and writes AWS responses from botocore's own service models.

A service is then a set of plain functions from a request dict to a response dict: names, types, required members
and constraints are checked here, once, for all of them. `json`, `rest-json` and `query` are what our services need.
"""

from carto_at_installer.sandbox.protocols.codec import Codec, codec
from carto_at_installer.sandbox.protocols.http import HttpRequest, HttpResponse

__all__ = ["Codec", "HttpRequest", "HttpResponse", "codec"]
