"""What can go wrong in an invocation, in words for the person who wrote the SQL.

Redshift has no per-row error channel: one bad row fails the query and shows `error_msg`. So an error carries the row
and the reason, and `invocation` adds the function's name. Any other exception is a fault of the code, and is logged so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


class InvocationError(Exception):
    """The whole batch cannot be answered; `str(error)` says why."""


class RowError(InvocationError):
    """One row cannot be answered: `row` counts from 0 in the columns that the function was given."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.reason = reason

    def __str__(self) -> str:
        return f"Error processing row {self.row}: {self.reason}"


class ResponseTooLargeError(InvocationError):
    """The batch's results do not fit into one Lambda response, though each row's result would."""


def reject(bad: NDArray[np.bool_], reason: str | Callable[[int], str]) -> None:
    """Raise `RowError` for the first row where `bad` is true; do nothing when there is none.

    `reason` is the message, or a function that makes it from the row's number.
    """
    if bad.any():
        row = int(bad.argmax())
        raise RowError(row, reason if isinstance(reason, str) else reason(row))


_NEEDS_TYPE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    TypeError,
)
"""Faults of code: their texts (`'size'`, `list index out of range`) do not tell what they are."""


def describe(exception: BaseException) -> str:
    """Return an exception's text, after the name of its type where the text alone says too little."""
    text, name = str(exception), type(exception).__name__
    if text and isinstance(exception, _NEEDS_TYPE):
        return f"{name}: {text}"
    return text or name


def abridged(value: object, length: int = 80) -> str:
    """Return `repr(value)`, cut to `length` characters: error messages must not carry whole geometries."""
    text = repr(value)
    return text if len(text) <= length else f"{text[: length - 3]}..."
