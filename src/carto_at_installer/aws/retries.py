"""When AWS or the database is asked again, how long after, and what people are told: the one place that decides it.

A refusal that passes by itself (throttling, a role that IAM has not spread yet, an update in progress, a limit of the
Data API, a conflict of transactions) is waited for with pauses that grow, differ at random, and end. Everything else is
permanent and raised at once. Requests go through `CallRetries`, which stands in for botocore's own retries, so that
the reason of a wait can be shown; what is learned only from an answer (the end of a statement, the state of a function)
is waited for with `Pauses`.
"""

from __future__ import annotations

import random
import re
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import botocore.exceptions as bc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.hooks import BaseEventHooks


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something is waited for, in seconds: the first pause, the longest (they grow by `factor`), the end."""

    first_s: float
    longest_s: float
    total_s: float
    factor: float = 2.0


@dataclass(frozen=True, slots=True)
class Passing:
    """A refusal that passes by itself: what to tell people, and how long to wait for it."""

    reason: str
    patience: Patience


_THROTTLING = Patience(0.3, 10.0, 180.0)
_BROKEN = Patience(0.2, 5.0, 45.0)
_PROPAGATION = Patience(0.5, 10.0, 300.0)
_UPDATE = Patience(0.2, 3.0, 180.0)
_STATEMENTS = Patience(0.5, 10.0, 300.0)
_TARGET_CHANGE = Patience(0.5, 10.0, 600.0)
_CONFLICT = Patience(0.2, 5.0, 90.0)
_FIRST_CALL = Patience(0.2, 0.5, 1.0)

_THROTTLED_CODES = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
}
_BROKEN_CODES = {"RequestTimeout", "RequestTimeoutException"}
_BROKEN_STATUS = {500, 502, 503, 504}
_FULL = {
    "ActiveStatementsExceededException": "the cluster runs as many statements as the Data API takes",
    "ActiveSessionsExceededException": "as many Data API sessions are open as there may be",
}
ROLE_NOT_READY = re.compile(
    r"role.*(cannot be assumed|does not have permission)|KMS.*not.*valid", re.IGNORECASE
)
_LAMBDA_BUSY = re.compile(
    r"update is in progress|currently in the following state: Pending", re.IGNORECASE
)
_TARGET_BUSY = {
    ("redshift", "InvalidClusterState"),
    ("redshift", "InvalidClusterStateFault"),
    ("redshift-serverless", "ConflictException"),
}
_SQL_CONFLICT = re.compile(
    r"\b1023\b|serializable isolation violation|conflict with concurrent|tuple concurrently updated|deadlock detected",
    re.IGNORECASE,
)

P = ParamSpec("P")
T = TypeVar("T")
_listener: ContextVar[Callable[[str], None]] = ContextVar("listener", default=lambda _: None)


@contextmanager
def telling(listener: Callable[[str], None]) -> Iterator[None]:
    """Tell `listener` the reason of every wait inside the block (of this thread)."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def heard(call: Callable[P, T]) -> Callable[P, T]:
    """`call` for another thread: there, too, the listener of this thread is told what is waited for."""
    listener = _listener.get()

    def run(*words: P.args, **names: P.kwargs) -> T:
        with telling(listener):
            return call(*words, **names)

    return run


def tell(reason: str) -> None:
    """Tell the listener of this thread what is waited for."""
    _listener.get()(reason)


class Pauses:
    """The pauses between the attempts at one thing. `clock` gives seconds, `chance` numbers between 0 and 1."""

    def __init__(
        self,
        patience: Patience,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._chance = chance
        self._end = clock() + patience.total_s
        self._next = patience.first_s

    def next(self) -> float | None:
        """The seconds of the next pause, between a half and the whole of what it may be; None when patience ends."""
        left = self._end - self._clock()
        if left <= 0:
            return None
        pause = min(self._next * (0.5 + self._chance() / 2), left)
        self._next = min(self._next * self._patience.factor, self._patience.longest_s)
        return pause

    def wait(self, reason: str) -> bool:
        """Tell the reason and sleep; False, without a sleep, when patience has ended."""
        pause = self.next()
        if pause is None:
            return False
        tell(reason)
        time.sleep(pause)
        return True


def passing_sql(text: str) -> Passing | None:
    """What is to be waited for when the database refuses a transaction with `text`; None for what is permanent."""
    if _SQL_CONFLICT.search(text):
        return Passing("the transaction met another one and is repeated", _CONFLICT)
    return None


def passing_call(service: str, operation: str, status: int, code: str, text: str) -> Passing | None:
    """What is to be waited for when a service refuses an operation; None for what is permanent."""
    if code in _THROTTLED_CODES or status == 429:
        return Passing(f"AWS throttles {service} {operation}", _THROTTLING)
    if code in _FULL:
        return Passing(_FULL[code], _STATEMENTS)
    if service == "lambda" and (passing := _passing_lambda(code, text)):
        return passing
    if (service, code) in _TARGET_BUSY:
        return Passing("the cluster or namespace is being changed", _TARGET_CHANGE)
    if status in _BROKEN_STATUS or code in _BROKEN_CODES:
        return Passing(f"{service} {operation} failed inside AWS ({code or status})", _BROKEN)
    return None


def _passing_lambda(code: str, text: str) -> Passing | None:
    if code == "InvalidParameterValueException" and ROLE_NOT_READY.search(text):
        return Passing("IAM has not yet made the role known to Lambda", _PROPAGATION)
    if code == "ResourceConflictException" and _LAMBDA_BUSY.search(text):
        return Passing("the Lambda function is being updated", _UPDATE)
    return None


class CallRetries:
    """Decides for the clients of one session whether a request is sent again."""

    def watch(self, events: BaseEventHooks) -> None:
        """Stand in for botocore's retries on a session whose event hooks are given."""
        events.register_first("needs-retry.*.*", self.pause)  # type: ignore[arg-type]

    def pause(
        self,
        response: Any,
        operation: Any,
        caught_exception: Exception | None,
        request_dict: dict[str, Any],
        **_: Any,
    ) -> float | None:
        """The seconds after which the request is sent again; None when its answer stands."""
        service = operation.service_model.service_name
        passing = (
            _broken(service, operation.name, caught_exception)
            if response is None
            else _refused(service, operation.name, response)
        )
        if passing is None:
            return None
        pauses = request_dict["context"].setdefault("carto_at_pauses", {})
        pause: float | None = pauses.setdefault(passing.reason, Pauses(passing.patience)).next()
        if pause is not None:
            tell(passing.reason)
        return pause


def _refused(service: str, operation: str, response: tuple[Any, dict[str, Any]]) -> Passing | None:
    http, parsed = response
    if http.status_code < 300:
        return None
    error = parsed.get("Error", {})
    return passing_call(
        service, operation, http.status_code, error.get("Code", ""), error.get("Message", "")
    )


def _broken(service: str, operation: str, exception: Exception | None) -> Passing | None:
    """An unreachable endpoint shall be reported soon: the first call of a session, to STS, has little patience."""
    if not isinstance(exception, bc.ConnectionError | bc.HTTPClientError):
        return None
    patience = _FIRST_CALL if service == "sts" else _BROKEN
    return Passing(f"the connection broke during {service} {operation}", patience)
