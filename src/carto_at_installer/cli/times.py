"""`--since`: a time ago (30m, 12h, 7d) or a date, as a moment in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType):  # type: ignore[type-arg]  # not generic in all supported versions
    """`30m`, `12h`, `7d`, `2026-11-01` or `2026-11-01T08:00:00+01:00`; without an offset it is UTC."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment; fails with the forms there are."""
        if isinstance(value, datetime):
            return value
        if ago := _AGO.fullmatch(value):
            number, unit = ago.groups()
            return datetime.now(UTC) - timedelta(**{_UNITS[unit]: int(number)})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a time: write 30m, 12h, 7d or 2026-11-01T08:00", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def since_flag(default: str, text: str) -> Callable[[F], F]:
    """The option --since."""
    return click.option(
        "--since",
        type=Since(),
        default=default,
        show_default=True,
        help=f"{text} 30m, 12h, 7d, or a date.",
    )
