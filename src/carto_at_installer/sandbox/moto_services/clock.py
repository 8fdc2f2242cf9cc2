"""Makes moto repeat itself: the same identifiers and dates when a recorded request is replayed.

moto draws every identifier from one generator, which can be seeded, and takes the time from `moto.core.utils`.
Both are private to moto; `tests/boundary/test_moto.py` pins them.
"""

from __future__ import annotations

import datetime as real
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_now = threading.local()


class _AnyDatetime(type):
    """`isinstance(x, datetime)` must go on working for ordinary datetimes."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, real.datetime)


class _Datetime(real.datetime, metaclass=_AnyDatetime):
    """A datetime class whose `now` can be held still for the current thread."""

    @classmethod
    def now(cls, tz: real.tzinfo | None = None) -> Any:
        at = getattr(_now, "at", None)
        return real.datetime.now(tz) if at is None else real.datetime.fromtimestamp(at, tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(real.UTC).replace(tzinfo=None)


class _DatetimeModule:
    """Stands in for the module `datetime` in moto's modules."""

    def __init__(self) -> None:
        self.datetime = _Datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(real, name)


class _TimeModule:
    def __getattr__(self, name: str) -> Any:
        import time  # noqa: PLC0415

        return getattr(time, name)

    def time(self) -> float:
        import time  # noqa: PLC0415

        at: float | None = getattr(_now, "at", None)
        return time.time() if at is None else at


def install() -> None:
    """Put the clock into moto. To be called once, after moto was imported."""
    import moto.core.utils  # noqa: PLC0415
    import moto.s3.models  # noqa: PLC0415
    import moto.secretsmanager.models  # noqa: PLC0415

    moto.core.utils.datetime = _DatetimeModule()
    moto.s3.models.datetime = _DatetimeModule()
    moto.secretsmanager.models.time = _TimeModule()


@contextmanager
def repeatable(at: float, seed: int) -> Iterator[None]:
    """Within this block moto sees the time `at` (seconds since 1970) and draws identifiers from `seed`."""
    from moto.moto_api._internal import mock_random  # noqa: PLC0415

    mock_random.seed(seed)
    _now.at = at
    try:
        yield
    finally:
        _now.at = None
        mock_random.seed()
