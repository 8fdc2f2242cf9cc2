"""Errors of the emulated services, as their clients see them."""

from __future__ import annotations


class AwsServiceError(Exception):
    """What an AWS service answers instead of a result.

    `code` is the exception name that clients see (`ResourceNotFoundException`), `status` the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class RedshiftError(Exception):
    """An error of the SQL engine, in Redshift's wording where it is known."""


class StatementAbortedError(RedshiftError):
    """A statement that was stopped from outside: it ends as ABORTED, not as FAILED."""


class UnsupportedSqlError(RedshiftError):
    """SQL that the sandbox does not emulate; the message names the construct."""


class LambdaCallError(Exception):
    """An invocation that did not return a payload. `retryable` is true for throttling and service errors."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable
