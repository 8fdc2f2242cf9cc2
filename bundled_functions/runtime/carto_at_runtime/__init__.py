"""The part of a Lambda function that is the same for every module of the toolbox.

An author writes one decorated function per external function, over whole columns:

    @external_function("__DOUBLE", int64("value"))
    def double(value):
        return value * 2

and exports `handler` from the module's package. Redshift's event is decoded to columns (`event`, `columns`), the
function found (`registry`) and run (`invocation`), and its results written as Redshift reads them (`results`).
Importing this package inside Lambda also makes events arrive as bytes (`marshaller`).
"""

from __future__ import annotations

from carto_at_runtime import marshaller
from carto_at_runtime.columns import (
    NULL_MASK,
    NULL_RESULT,
    ROOM,
    Nullable,
    Room,
    boolean,
    float64,
    int32,
    int64,
    null_error,
    text,
)
from carto_at_runtime.errors import InvocationError, ResponseTooLargeError, RowError, reject
from carto_at_runtime.invocation import Invocation
from carto_at_runtime.limits import capacity, check_fits, check_items, check_texts
from carto_at_runtime.ragged import RaggedArray, RaggedRecords
from carto_at_runtime.registry import Registry
from carto_at_runtime.results import JoinedTexts

__all__ = [
    "NULL_MASK",
    "NULL_RESULT",
    "ROOM",
    "Invocation",
    "InvocationError",
    "JoinedTexts",
    "Nullable",
    "RaggedArray",
    "RaggedRecords",
    "Registry",
    "ResponseTooLargeError",
    "Room",
    "RowError",
    "boolean",
    "capacity",
    "check_fits",
    "check_items",
    "check_texts",
    "external_function",
    "float64",
    "handler",
    "int32",
    "int64",
    "null_error",
    "reject",
    "text",
]

registry = Registry()
"""The functions of the one module that this Lambda function runs."""

external_function = registry.external_function

handler = Invocation(registry)
"""The Lambda handler."""

marshaller.install()
