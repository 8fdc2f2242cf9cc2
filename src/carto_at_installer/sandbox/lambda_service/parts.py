"""What the groups of Lambda operations share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.lambda_service import checks
from carto_at_installer.sandbox.lambda_service.code import MAX_ZIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.sandbox.faults.book import FaultBook
    from carto_at_installer.sandbox.lambda_service.code import CodeStore
    from carto_at_installer.sandbox.lambda_service.pool import WorkerPool
    from carto_at_installer.sandbox.lambda_service.records import Records
    from carto_at_installer.sandbox.moto_services.directory import Directory
    from carto_at_installer.sandbox.services import Call
    from carto_at_installer.sandbox.settings import Settings


class LogSink(Protocol):
    """Where the log of an invocation goes."""

    def __call__(self, region: str, group: str, stream: str, text: str) -> None:
        """Append the lines of `text` to a stream, which is created when it does not exist."""


@dataclass(frozen=True, slots=True)
class LambdaParts:
    """The stores, the workers and the neighbours. `s3_object(bucket, key)` gives None for an unknown object."""

    records: Records
    code: CodeStore
    pool: WorkerPool
    settings: Settings
    directory: Callable[[], Directory]
    s3_object: Callable[[str, str, str], bytes | None]
    log: LogSink
    endpoint: Callable[[], str]
    faults: FaultBook

    def code_from(self, source: dict[str, Any], call: Call) -> dict[str, Any]:
        """Check and keep the zip that a request brings or names: its digest (hex) and sizes.

        Raises AwsServiceError.
        """
        digest, unzipped = self.code.add(self._zip_bytes(source, call))
        size = len(self.code.read(digest))
        return {"digest": digest, "size": size, "unzipped": unzipped}

    def _zip_bytes(self, source: dict[str, Any], call: Call) -> bytes:
        if source.get("ImageUri"):
            raise checks.invalid("The sandbox runs functions of package type Zip only")
        content: bytes | None = source.get("ZipFile")
        bucket, key = source.get("S3Bucket"), source.get("S3Key")
        if content and bucket:
            raise checks.invalid(
                "Please do not provide other FunctionCode parameters when providing a ZipFile."
            )
        if content:
            if len(content) > MAX_ZIPPED:
                raise AwsServiceError(
                    "RequestEntityTooLargeException",
                    f"A zip file that is uploaded directly must not be larger than {MAX_ZIPPED} bytes; "
                    "it may come from S3",
                    413,
                )
            return content
        if not bucket or not key:
            raise checks.invalid("Please provide a source for function code.")
        if source.get("S3ObjectVersion"):
            raise checks.invalid(
                "The sandbox reads the newest version of an object only (S3ObjectVersion)"
            )
        found = self.s3_object(bucket, key, call.region)
        if found is None:
            raise checks.invalid(
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: "
                "The specified key does not exist."
            )
        return found

    def code_location(self, digest: str) -> str:
        """A URL of this endpoint that answers with a zip."""
        return f"{self.endpoint()}/_sandbox/code/{digest}"


def not_found(message: str) -> AwsServiceError:
    """`ResourceNotFoundException`."""
    return AwsServiceError("ResourceNotFoundException", message, 404)
