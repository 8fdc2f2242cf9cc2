"""What can be made to go wrong, and at which call."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ALWAYS = 0


class FaultError(ValueError):
    """A fault that makes no sense; the message says why."""


class Kind(StrEnum):
    """The kinds of faults; the first six happen to calls of AWS operations."""

    ERROR = "error"
    THROTTLE = "throttle"
    DELAY = "delay"
    DROP = "drop"
    LOSE_REPLY = "lose-reply"
    EXPIRE = "expire"
    KILL_WORKER = "kill-worker"
    SLOW_WORKER = "slow-worker"
    ABORT_STATEMENT = "abort-statement"
    FAIL_STATEMENT = "fail-statement"
    PAUSE_CLUSTER = "pause-cluster"
    ROLE_NOT_READY = "role-not-ready"


class Place(StrEnum):
    """Where a fault strikes."""

    CALL = "call"
    WORKER = "worker"
    STATEMENT = "statement"
    ROLE = "role"


_PLACES = {
    Kind.KILL_WORKER: Place.WORKER,
    Kind.SLOW_WORKER: Place.WORKER,
    Kind.ABORT_STATEMENT: Place.STATEMENT,
    Kind.FAIL_STATEMENT: Place.STATEMENT,
    Kind.PAUSE_CLUSTER: Place.STATEMENT,
    Kind.ROLE_NOT_READY: Place.ROLE,
}
_TIMED = frozenset({Kind.DELAY, Kind.SLOW_WORKER, Kind.ROLE_NOT_READY})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Raises FaultError for what makes no sense.

    `operation` is `service:Operation` in the names of the AWS API, with wildcards (`lambda:*Function`); only faults of
    calls have one. A fault counts the calls (invocations, SQL statements) that it is about and strikes from number
    `call` on, `times` times (ALWAYS: until it is cleared). `where` narrows it to requests, statements, functions or
    roles in which that text occurs, in any case, with wildcards `*` and `?`. `code` and `message` are those of the
    error; `seconds` how long a delay lasts, how long a worker takes before it begins (or before it is killed), and how
    old a role must be before it can be assumed.
    """

    kind: Kind
    operation: str = ""
    call: int = 1
    times: int = 1
    where: str = ""
    code: str = ""
    message: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.place is Place.CALL and not self.operation:
            raise FaultError(f"{self.kind} needs an operation, such as lambda:CreateFunction")
        if self.place is not Place.CALL and self.operation:
            raise FaultError(f"{self.kind} takes no operation")
        if self.kind is Kind.ERROR and not self.code:
            raise FaultError("error needs the code of an AWS error, such as ServiceException")
        if self.code and self.kind is not Kind.ERROR:
            raise FaultError(f"{self.kind} takes no code")
        if self.kind in _TIMED and self.seconds <= 0:
            raise FaultError(f"{self.kind} needs a number of seconds")
        if self.seconds < 0 or self.call < 1 or self.times < 0:
            raise FaultError("seconds and times must not be negative, calls count from 1")

    @property
    def place(self) -> Place:
        """Where it strikes."""
        return _PLACES.get(self.kind, Place.CALL)

    def strikes(self, number: int) -> bool:
        """Whether the call with that number (from 1) is one of those that go wrong."""
        return number >= self.call and (self.times == ALWAYS or number < self.call + self.times)

    def to_json(self) -> dict[str, Any]:
        """Its fields."""
        return {**asdict(self), "kind": str(self.kind)}


def from_json(content: Mapping[str, Any]) -> Fault:
    """A fault from the fields of `to_json`. Raises FaultError for anything else."""
    known = {"str": (str,), "int": (int,), "float": (int, float), "Kind": (str,)}
    types: dict[str, tuple[type, ...]] = {
        field.name: known[str(field.type)] for field in fields(Fault)
    }
    for name, value in content.items():
        if name not in types or isinstance(value, bool) or not isinstance(value, types[name]):
            raise FaultError(f"a fault has no field {name} with the value {value!r}")
    try:
        kind = Kind(content.get("kind", ""))
    except ValueError as error:
        kinds = ", ".join(Kind)
        raise FaultError(
            f"there is no fault {content.get('kind')!r}; there are: {kinds}"
        ) from error
    return Fault(**{**content, "kind": kind})


@dataclass(frozen=True, slots=True)
class FaultState:
    """A fault in a server: its number, how many calls it was about, and how many of them it struck."""

    id: int
    fault: Fault
    seen: int = 0
    hits: int = 0

    def to_json(self) -> dict[str, Any]:
        """Its fields."""
        return {
            "id": self.id,
            "fault": self.fault.to_json(),
            "seen": self.seen,
            "hits": self.hits,
        }


def state_from_json(content: Mapping[str, Any]) -> FaultState:
    """A state from the fields of `to_json`."""
    return FaultState(**{**content, "fault": from_json(content["fault"])})


def error(
    operation: str, code: str, message: str = "", *, call: int = 1, times: int = 1, where: str = ""
) -> Fault:
    """The call is answered with an AWS error, and nothing is done."""
    return Fault(Kind.ERROR, operation, call, times, where, code, message)


def throttled(operation: str, *, call: int = 1, times: int = 1, where: str = "") -> Fault:
    """The call is refused as AWS refuses calls that come too fast, in the words of the service."""
    return Fault(Kind.THROTTLE, operation, call, times, where)


def delayed(
    operation: str, seconds: float, *, call: int = 1, times: int = 1, where: str = ""
) -> Fault:
    """The call is carried out that much later."""
    return Fault(Kind.DELAY, operation, call, times, where, seconds=seconds)


def dropped(operation: str, *, call: int = 1, times: int = 1, where: str = "") -> Fault:
    """The connection is lost before anything was done."""
    return Fault(Kind.DROP, operation, call, times, where)


def lost_reply(operation: str, *, call: int = 1, times: int = 1, where: str = "") -> Fault:
    """Everything is done, and the connection is lost before the answer: the client cannot know."""
    return Fault(Kind.LOSE_REPLY, operation, call, times, where)


def expired(
    operation: str = "*:*", *, call: int = 1, times: int = ALWAYS, where: str = ""
) -> Fault:
    """The caller's credentials have expired, from that call on."""
    return Fault(Kind.EXPIRE, operation, call, times, where)


def killed_worker(
    *, call: int = 1, times: int = 1, where: str = "", after_seconds: float = 0.0
) -> Fault:
    """The process in which a Lambda function runs is killed, that long after the invocation began."""
    return Fault(Kind.KILL_WORKER, "", call, times, where, seconds=after_seconds)


def slow_worker(seconds: float, *, call: int = 1, times: int = 1, where: str = "") -> Fault:
    """A Lambda function takes that much longer; beyond its timeout it is ended, as in Lambda."""
    return Fault(Kind.SLOW_WORKER, "", call, times, where, seconds=seconds)


def aborted(message: str = "", *, call: int = 1, times: int = 1, where: str = "") -> Fault:
    """An SQL statement ends as ABORTED before it has done anything; those of a batch count one by one."""
    return Fault(Kind.ABORT_STATEMENT, "", call, times, where, message=message)


def failed_statement(message: str, *, call: int = 1, times: int = 1, where: str = "") -> Fault:
    """An SQL statement ends as FAILED with that error, before it has done anything."""
    return Fault(Kind.FAIL_STATEMENT, "", call, times, where, message=message)


def paused(*, call: int = 1, times: int = 1, where: str = "") -> Fault:
    """The cluster is paused as an SQL statement begins, which fails; a workgroup is not paused, its statement fails."""
    return Fault(Kind.PAUSE_CLUSTER, "", call, times, where)


def role_not_ready(seconds: float, *, times: int = ALWAYS, where: str = "") -> Fault:
    """Neither Lambda nor Redshift can assume a role until it is that old, as happens with new roles."""
    return Fault(Kind.ROLE_NOT_READY, "", 1, times, where, seconds=seconds)
