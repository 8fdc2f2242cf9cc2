"""Errors in the form of S3, whose protocol we speak for nothing else: moto answers S3."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from carto_at_installer.sandbox.protocols.http import HttpResponse

if TYPE_CHECKING:
    from carto_at_installer.sandbox.errors import AwsServiceError


def write(error: AwsServiceError, request_id: str) -> HttpResponse:
    """The response of a failed call."""
    root = Element("Error")
    SubElement(root, "Code").text = error.code
    SubElement(root, "Message").text = error.message
    SubElement(root, "RequestId").text = request_id
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    headers = {"Content-Type": "application/xml", "x-amz-request-id": request_id}
    return HttpResponse(error.status, body, headers)
