"""Says in our words what AWS refused: every botocore exception that can reach a user becomes a `TargetError`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.exceptions as bc

from carto_at_installer.core.errors import CartoAtError, TargetError
from carto_at_installer.core.explanations import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_BAD_KEYS = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "AuthFailure",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn botocore's exceptions inside the block into TargetErrors that begin with `action`.

    `action` completes the sentence "Cannot ..." (`describe the cluster demo`).
    """
    try:
        yield
    except CartoAtError:
        raise
    except bc.ClientError as error:
        raise _from_client_error(error, action) from error
    except bc.BotoCoreError as error:
        raise _from_botocore_error(error, action) from error


def error_code(error: bc.ClientError) -> str:
    """The service's name of the error, such as `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_text(error: bc.ClientError) -> str:
    """The service's own sentence about the error."""
    return str(error.response.get("Error", {}).get("Message", "")) or error_code(error)


def _from_client_error(error: bc.ClientError, action: str) -> TargetError:
    code, text = error_code(error), error_text(error)
    operation = getattr(error, "operation_name", "")
    found = explain(f"{code}: {text}")
    hint = found.hint if found else ""
    if code in _EXPIRED:
        return TargetError(f"Cannot {action}: the AWS credentials have expired", hint=hint)
    if code in _BAD_KEYS:
        message = f"Cannot {action}: AWS does not accept these credentials ({text})"
        return TargetError(message, hint=hint)
    if code in _DENIED:
        return TargetError(
            f"Cannot {action}: AWS denies {operation} ({text})",
            hint=hint
            or f"Have the action of {operation} allowed; `carto-at policy` prints the whole IAM policy.",
        )
    if code in _THROTTLED:
        message = f"Cannot {action}: AWS throttles {operation} in this account ({text})"
        return TargetError(message, hint=hint)
    return TargetError(f"Cannot {action}: {text} [{operation}: {code}]", hint=hint)


_HINTS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (bc.NoCredentialsError, bc.PartialCredentialsError, bc.CredentialRetrievalError),
        "no usable AWS credentials were found",
        (
            "Name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. "
            "To try everything without an account, add --sandbox."
        ),
    ),
    (
        (bc.NoRegionError,),
        "no AWS region is set",
        "Name it with --region (for example --region eu-west-1) or set AWS_REGION.",
    ),
    (
        (bc.ProfileNotFound,),
        "the AWS profile does not exist",
        "List the profiles you have with `aws configure list-profiles`.",
    ),
    (
        (bc.SSOTokenLoadError, bc.UnauthorizedSSOTokenError, bc.TokenRetrievalError, bc.SSOError),
        "the SSO session has expired or was never started",
        "Run `aws sso login --profile NAME` and repeat the command.",
    ),
    (
        (
            bc.EndpointConnectionError,
            bc.ConnectTimeoutError,
            bc.ReadTimeoutError,
            bc.ProxyConnectionError,
        ),
        "the AWS endpoint cannot be reached",
        "Check the region, the network, the proxy and AWS_ENDPOINT_URL.",
    ),
    (
        (bc.ConnectionClosedError, bc.HTTPClientError),
        "the connection to AWS broke",
        "Repeat the command: it continues where it stopped.",
    ),
    (
        (bc.MissingDependencyException,),
        "these credentials need a package that is not installed",
        "Run `pip install 'botocore[crt]'` and repeat the command.",
    ),
)


def _from_botocore_error(error: bc.BotoCoreError, action: str) -> TargetError:
    for kinds, reason, hint in _HINTS:
        if isinstance(error, kinds):
            return TargetError(f"Cannot {action}: {reason} ({_one_line(error)})", hint=hint)
    return TargetError(f"Cannot {action}: {_one_line(error)}")


def _one_line(error: Any) -> str:
    return " ".join(str(error).split())
