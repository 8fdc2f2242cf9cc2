"""What fits into one synchronous Lambda response, and the errors that say what to do when results do not fit.

Redshift bounds what it sends (MAX_BATCH_ROWS, MAX_BATCH_SIZE) but not what comes back, and functions such as polyfill
answer kilobytes for a few bytes of input. A response over the limit is discarded by Lambda with an error that names no
function, so it is refused here, before the memory for it is spent where that can be known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_runtime.errors import ResponseTooLargeError, RowError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

MAX_RESPONSE_BYTES = 6 * 1024 * 1024
"""Lambda's quota for the payload of a synchronous response."""

MAX_TEXT_BYTES = 65_535
"""The longest VARCHAR: what Redshift can take of one result."""

ENVELOPE_BYTES = 200
"""Room kept for what surrounds the results of a row."""


def capacity(item_bytes: int) -> int:
    """Return how many items of `item_bytes` bytes fit into one response."""
    return (MAX_RESPONSE_BYTES - ENVELOPE_BYTES) // item_bytes


def check_fits(
    items: NDArray[np.int64], item_bytes: int, reason: Callable[[int, int], str]
) -> None:
    """Refuse a batch whose results cannot fit, given how many items each row's result has.

    A row that cannot fit even alone raises `RowError` with `reason(row, items)`; rows that do not fit together raise
    `ResponseTooLargeError`.
    """
    if not len(items):
        return
    largest = int(items.max())
    limit = capacity(item_bytes)
    if largest > limit:
        row = int((items > limit).argmax())
        raise RowError(row, reason(row, int(items[row])))
    total = int(items.sum()) * item_bytes
    if total + ENVELOPE_BYTES > MAX_RESPONSE_BYTES:
        raise too_large(len(items), total)


def check_items(items: NDArray[np.int64], item_bytes: int, what: str, most: int) -> None:
    """Refuse rows with more than `most` items (`what`, of `item_bytes` bytes), whose texts Redshift cannot take."""
    if (items > most).any():
        row = int((items > most).argmax())
        size = f"would have {items[row]} {what}, which are {int(items[row]) * item_bytes} bytes"
        raise RowError(row, too_long(size, f"ask for {most} {what} or fewer in one row"))
    check_fits(items, item_bytes, lambda _row, _count: "")


def check_texts(texts: Sequence[str | None], advice: str) -> None:
    """Refuse results that Redshift cannot take: raise `RowError` for the first text, all ASCII, that is too long."""
    sizes = [0 if text is None else len(text) for text in texts]
    if sizes and max(sizes) > MAX_TEXT_BYTES:
        row = next(number for number, size in enumerate(sizes) if size > MAX_TEXT_BYTES)
        raise RowError(row, too_long(f"has {sizes[row]} bytes", advice))


def too_long(size: str, advice: str) -> str:
    """Return the message for a text of `size`, such as `has 70000 bytes`; `advice` says what to do."""
    return f"the result {size}, more than the {MAX_TEXT_BYTES} that Redshift can take as text: {advice}"


def too_large(rows: int, size: int) -> ResponseTooLargeError:
    """Return the error for `rows` rows whose results take `size` bytes."""
    if rows == 1:
        return ResponseTooLargeError(
            f"the result of one row takes {size} bytes, more than the {MAX_RESPONSE_BYTES} bytes (6 MB) "
            "that Lambda can return: ask for less in that row"
        )
    fitting = max(1, rows * MAX_RESPONSE_BYTES // size)
    return ResponseTooLargeError(
        f"the results of {rows} rows take {size} bytes, more than the {MAX_RESPONSE_BYTES} bytes (6 MB) that Lambda "
        f"can return: set MAX_BATCH_ROWS of this external function to {fitting} or less"
    )
