"""The arguments of an external function: their SQL types, how NULLs are treated, and values checked into columns.

A column is a numpy array (numbers, booleans) or a list of `str`. This module takes rows as Python values, whatever they
hold, and reports the row and argument that is wrong; `event` has the fast ways from JSON text, which come here for
anything unusual.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from carto_at_runtime.errors import RowError, abridged

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

INT64_MAX = 2**63 - 1
EXACT_FLOAT = 2**53
REQUIRED: Any = object()
NULL_MESSAGE = "NULL argument passed to UDF"

_LONGEST_INTEGER = 1000
_INTEGER_TEXT = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)


class Kind(Enum):
    """The SQL type of an argument, as SQL names it in messages."""

    INT64 = "a BIGINT"
    INT32 = "an INTEGER"
    FLOAT64 = "a DOUBLE PRECISION"
    BOOLEAN = "a BOOLEAN"
    TEXT = "a VARCHAR"

    @property
    def integral(self) -> bool:
        """Whether its column is an int64 array."""
        return self in (Kind.INT64, Kind.INT32)

    @property
    def bound(self) -> int:
        """The largest value of an integral kind; the smallest is `-bound - 1`."""
        return 2**31 - 1 if self is Kind.INT32 else INT64_MAX


@dataclass(frozen=True, slots=True)
class NullPolicy:
    """What a NULL argument means. `message` is the error of a policy that refuses it."""

    name: str
    message: str = ""


NULL_RESULT = NullPolicy("result")
"""A NULL argument makes the row's result NULL; the function never sees the row."""

NULL_MASK = NullPolicy("mask")
"""The function sees the NULLs: it is given a `Nullable` for the argument."""


def null_error(message: str = NULL_MESSAGE) -> NullPolicy:
    """Make a policy by which a NULL argument is an error of its row."""
    return NullPolicy("error", message)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. `default` stands in where a row has fewer values than the function has arguments."""

    name: str
    kind: Kind
    on_null: NullPolicy | None = None
    default: Any = REQUIRED


def int64(name: str, *, on_null: NullPolicy | None = None, default: Any = REQUIRED) -> Argument:
    """Declare a BIGINT argument: an int64 array, exact over the whole range."""
    return Argument(name, Kind.INT64, on_null, default)


def int32(name: str, *, on_null: NullPolicy | None = None, default: Any = REQUIRED) -> Argument:
    """Declare an INTEGER argument: checked to 32 bits, given as an int64 array so that arithmetic has room."""
    return Argument(name, Kind.INT32, on_null, default)


def float64(name: str, *, on_null: NullPolicy | None = None, default: Any = REQUIRED) -> Argument:
    """Declare a DOUBLE PRECISION argument (or VARCHAR that holds one): a float64 array of finite values."""
    return Argument(name, Kind.FLOAT64, on_null, default)


def boolean(name: str, *, on_null: NullPolicy | None = None, default: Any = REQUIRED) -> Argument:
    """Declare a BOOLEAN argument: a bool array."""
    return Argument(name, Kind.BOOLEAN, on_null, default)


def text(name: str, *, on_null: NullPolicy | None = None, default: Any = REQUIRED) -> Argument:
    """Declare a VARCHAR or CHAR argument: a list of `str`."""
    return Argument(name, Kind.TEXT, on_null, default)


ROOM = text("room", default="")
"""Declares blanks, as many as a row's result has characters: they bound how many rows come in a batch (see
`sql/common/room.sql`), and are not looked at.
"""

Room = Sequence[str]
"""What `ROOM` is given as."""

Values = Any
"""A numpy array of shape (rows,), or a list of `str` of that length."""


@dataclass(frozen=True, slots=True)
class Nullable:
    """A column and where it is NULL. Values at NULL places are 0, False or an empty string."""

    values: Values
    is_null: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """A decoded argument of the batch; `nulls` is None when no row is NULL."""

    values: Values
    nulls: NDArray[np.bool_] | None = None

    def take(self, rows: NDArray[np.int64] | slice) -> Column:
        """Return the column of the given rows."""
        if isinstance(self.values, list):
            picked = (
                self.values[rows] if isinstance(rows, slice) else [self.values[row] for row in rows]
            )
        else:
            picked = self.values[rows]
        return Column(picked, None if self.nulls is None else self.nulls[rows])


def columns_from_rows(arguments: Sequence[Argument], rows: Sequence[Any]) -> list[Column]:
    """Turn rows of Python values into checked columns.

    A row is a list, None (all arguments NULL) or, for a function of one argument, maybe the bare value.

    Raises `RowError` for a row of the wrong length or a value of the wrong type.
    """
    table = [_complete(arguments, number, row) for number, row in enumerate(rows)]
    return [
        _column(argument, [row[place] for row in table]) for place, argument in enumerate(arguments)
    ]


def _complete(arguments: Sequence[Argument], number: int, row: Any) -> Sequence[Any]:
    if row is None:
        return [None] * len(arguments)
    values = row if isinstance(row, (list, tuple)) else [row]
    missing = arguments[len(values) :]
    if len(values) > len(arguments) or any(argument.default is REQUIRED for argument in missing):
        names = ", ".join(argument.name for argument in arguments)
        raise RowError(number, f"expected {len(arguments)} arguments ({names}), got {len(values)}")
    return [*values, *(argument.default for argument in missing)] if missing else values


def _column(argument: Argument, values: list[Any]) -> Column:
    convert, filler = _CONVERTERS[argument.kind]
    checked: list[Any] = []
    nulls: NDArray[np.bool_] | None = None
    for number, value in enumerate(values):
        if value is None:
            if nulls is None:
                nulls = np.zeros(len(values), np.bool_)
            nulls[number] = True
            checked.append(filler)
            continue
        try:
            checked.append(convert(argument.kind, value))
        except ValueError as error:
            raise RowError(number, f"Invalid value for argument {argument.name}: {error}") from None
    return as_column(argument.kind, checked, nulls)


def as_column(kind: Kind, checked: list[Any], nulls: NDArray[np.bool_] | None) -> Column:
    """Pack values that are known to be of `kind` into a column."""
    if kind is Kind.TEXT:
        return Column(checked, nulls)
    dtype = np.int64 if kind.integral else np.float64 if kind is Kind.FLOAT64 else np.bool_
    return Column(np.array(checked, dtype), nulls)


_BOOLEAN_TEXT = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def _not_a(kind: Kind, value: Any) -> ValueError:
    return ValueError(f"{abridged(value)} is not {kind.value}")


def _integer(kind: Kind, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _not_a(kind, value)
    if isinstance(value, int):
        number = value
    elif isinstance(value, str) and _INTEGER_TEXT.fullmatch(value):
        number = int(value[:_LONGEST_INTEGER])
    else:
        whole = _float(kind, value)
        # A float beyond 2^53 is no longer the integer that was meant.
        if not whole.is_integer() or abs(whole) > EXACT_FLOAT:
            raise _not_a(kind, value)
        number = int(whole)
    if not -kind.bound - 1 <= number <= kind.bound:
        raise ValueError(f"{abridged(value)} is out of the range of {kind.value}")
    return number


def _float(kind: Kind, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _not_a(kind, value)
    if isinstance(value, str) and "_" in value:
        raise _not_a(kind, value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _not_a(kind, value) from None
    if not math.isfinite(number):
        raise ValueError(f"{abridged(value)} is not a finite number")
    return number


def _boolean(kind: Kind, value: Any) -> bool:
    meant = _BOOLEAN_TEXT.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(meant, int) or meant not in (0, 1):
        raise _not_a(kind, value)
    return bool(meant)


def _text(kind: Kind, value: Any) -> str:
    if not isinstance(value, str):
        raise _not_a(kind, value)
    return value


_CONVERTERS: dict[Kind, tuple[Callable[[Kind, Any], Any], Any]] = {
    Kind.INT64: (_integer, 0),
    Kind.INT32: (_integer, 0),
    Kind.FLOAT64: (_float, 0.0),
    Kind.BOOLEAN: (_boolean, False),
    Kind.TEXT: (_text, ""),
}
