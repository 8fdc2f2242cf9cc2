"""Makes moto repeat itself: the same identifiers and dates when a recorded request is replayed.

moto draws every identifier from one generator, which can be seeded, and takes the time from `moto.core.utils`.
Both are private to moto; `tests/boundary/test_moto.py` pins them.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_now = threading.local()


class _AnyDatetime(type):
    """`isinstance(x, datetime)` must go on working for ordinary datetimes."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, dt.datetime)


class _Datetime(dt.datetime, metaclass=_AnyDatetime):
    """A datetime class whose `now` can be held still for the current thread."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        at = getattr(_now, "at", None)
        return dt.datetime.now(tz) if at is None else dt.datetime.fromtimestamp(at, tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(dt.UTC).replace(tzinfo=None)


class _DatetimeModule:
    """Stands in for the module `datetime` in moto's modules."""

    def __init__(self) -> None:
        self.datetime = _Datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(dt, name)


class _TimeModule:
    """Stands in for the module `time` in moto's modules."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        at: float | None = getattr(_now, "at", None)
        return time.time() if at is None else at


def install() -> None:
    """Put the clock into moto."""
    for name in ("moto.core.utils", "moto.s3.models", "moto.secretsmanager.models"):
        module = import_module(name)
        for attribute, clock in (("datetime", _DatetimeModule()), ("time", _TimeModule())):
            if isinstance(getattr(module, attribute, None), ModuleType):
                setattr(module, attribute, clock)


@contextmanager
def repeatable(at: float, seed: int) -> Iterator[None]:
    """Within this block moto sees the time `at` (seconds since 1970) and draws identifiers from `seed`."""
    from moto.moto_api._internal import mock_random  # noqa: PLC0415  (at first use)

    mock_random.seed(seed)
    _now.at = at
    try:
        yield
    finally:
        _now.at = None
        mock_random.seed()
