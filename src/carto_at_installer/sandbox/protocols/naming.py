"""What a request asks for: the operation and its members, whether we answer it or moto does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.protocols.codec import codec, service_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel

    from carto_at_installer.sandbox.protocols.http import HttpRequest


def named(service: str, request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """Operation name and members of a request; an empty name for one that cannot be read."""
    if service == "s3":
        return _s3(request)
    try:
        operation, members = codec(service).parse(request)
    except (AwsServiceError, NotImplementedError):
        return "", {}
    return operation.name, members


def operation_names(service: str) -> list[str]:
    """Every operation that AWS's service has."""
    return list(service_model(service).operation_names)


def _s3(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    bucket, _, key = _s3_path(request).partition("/")
    query = parse_qs(request.query, keep_blank_values=True)
    members = {name: unquote(text) for name, text in (("Bucket", bucket), ("Key", key)) if text}
    if _copies(request):
        members["CopySource"] = unquote(request.headers["x-amz-copy-source"])
    part = _s3_part(request, query)
    if part:
        return part, members
    depth = bool(bucket) + bool(key)
    plain = {"PUT": "CopyObject" if _copies(request) else "PutObject"} if key else {}
    fallback = ""
    for operation, wanted in _s3_routes(request.method, depth):
        if wanted and wanted in query:
            return operation.name, members
        if not wanted and not fallback:
            fallback = plain.get(request.method, operation.name)
    return fallback, members


def _s3_path(request: HttpRequest) -> str:
    """`bucket/key`; the bucket may stand in the host name."""
    host = request.headers.get("host", "").partition(":")[0]
    path = request.path.lstrip("/")
    if host.endswith(".localhost"):
        return f"{host.removesuffix('.localhost')}/{path}"
    return path


def _s3_part(request: HttpRequest, query: dict[str, list[str]]) -> str:
    """The operations on a multipart upload, which the routes of the service model do not tell apart."""
    if "uploadId" not in query:
        return ""
    if request.method == "PUT":
        return "UploadPartCopy" if _copies(request) else "UploadPart"
    names = {
        "POST": "CompleteMultipartUpload",
        "DELETE": "AbortMultipartUpload",
        "GET": "ListParts",
    }
    return names.get(request.method, "")


def _copies(request: HttpRequest) -> bool:
    return "x-amz-copy-source" in request.headers


_S3_PARTS = frozenset(
    {
        "AbortMultipartUpload", "CompleteMultipartUpload", "ListParts", "UploadPart",
        "UploadPartCopy", "CopyObject", "WriteGetObjectResponse", "ListDirectoryBuckets",
    }
)  # fmt: skip


def _s3_routes(method: str, depth: int) -> Iterator[tuple[OperationModel, str]]:
    """Operations of that method on nothing, a bucket or a key, with the query parameter that marks each."""
    model = service_model("s3")
    for name in model.operation_names:
        if name in _S3_PARTS:
            continue
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        if operation.http["method"] == method and path.count("{") == depth:
            yield operation, query.partition("&")[0].partition("=")[0]
