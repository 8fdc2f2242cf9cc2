"""Reads the parts of a function: its signature, its external half, its examples.

Each takes the fields it reads from; faults go where the fields send them, and a harmless value comes back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.functions import (
    Argument,
    ArgumentMode,
    Example,
    External,
    Volatility,
)
from carto_at_installer.sql.identifiers import identifier_fault
from carto_at_installer.sql.templates import RESERVED_NAMES
from carto_at_installer.sql.types import TypeNameError, canonical_type, crosses_to_lambda

if TYPE_CHECKING:
    from carto_at_installer.documents.fields import Fields

MAX_ARGUMENTS = 32
MAX_BATCH_ROWS = 2_147_483_647
MAX_BATCH_SIZE_KB = 5 * 1024
MAX_RETRY_TIMEOUT_MS = 3_600_000
_ARGUMENT_KEYS = ("name", "type", "description")
_PROCEDURE_ARGUMENT_KEYS = (*_ARGUMENT_KEYS, "mode")
_EXAMPLE_KEYS = ("title", "sql", "result", "unordered", "error")
_EXTERNAL_KEYS = (
    "name",
    "arguments",
    "returns",
    "volatility",
    "max_batch_rows",
    "max_batch_size",
    "retry_timeout_ms",
)
_SIZE = re.compile(r"(\d{1,7})\s*(KB|MB)", re.IGNORECASE)
_BRIDGES = {
    "GEOMETRY": "send ST_AsHexEWKB(...) as VARCHAR(MAX)",
    "GEOGRAPHY": "send its text as VARCHAR(MAX)",
    "SUPER": "send JSON text as VARCHAR(MAX), and JSON_PARSE it in the template",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What users call: the function's own name, arguments, result and volatility."""

    name: str
    arguments: tuple[Argument, ...]
    returns: str
    volatility: Volatility


def read_signature(fields: Fields) -> Signature:
    """The signature of a function, STABLE unless it says something else, or of a procedure, which returns nothing."""
    if fields.has("procedure"):
        for key in ("returns", "volatility", "external", "template"):
            if fields.has(key):
                fields.fault(fields.line(key), f"{fields.what}: a procedure has no {key!r}")
        arguments = _arguments(fields, _PROCEDURE_ARGUMENT_KEYS)
        return Signature(_name(fields), arguments, "", Volatility.VOLATILE)
    return Signature(
        _name(fields),
        _arguments(fields),
        _type(fields, "returns"),
        _volatility(fields, Volatility.STABLE),
    )


def read_external(function: Fields, signature: Signature) -> External | None:
    """The Lambda half of a function; what it does not say is as in the function's own signature."""
    node = function.node_of("external")
    if node is None or function.has("procedure"):
        return None
    fields = function.nested(node, _EXTERNAL_KEYS, f"{function.what}: external")
    volatile = signature.volatility is Volatility.VOLATILE
    external = External(
        name=_name(fields) if fields.has("name") else signature.name,
        arguments=_arguments(fields) if fields.has("arguments") else signature.arguments,
        returns=_type(fields, "returns") if fields.has("returns") else signature.returns,
        volatility=_volatility(fields, Volatility.VOLATILE if volatile else Volatility.STABLE),
        max_batch_rows=fields.integer("max_batch_rows", 1, MAX_BATCH_ROWS),
        max_batch_size_kb=_batch_size(fields),
        retry_timeout_ms=fields.integer("retry_timeout_ms", 0, MAX_RETRY_TIMEOUT_MS, 20_000),
    )
    if Volatility.IMMUTABLE in {external.volatility, signature.volatility}:
        fields.fault(
            fields.node.line, f"{fields.what}: Redshift has no IMMUTABLE external functions"
        )
    _check_crossing(fields, external)
    return external


def read_example(function: Fields, position: int) -> Example | None:
    """One example of a function; None when it has no SQL."""
    node = function.items("examples")[position]
    fields = function.nested(node, _EXAMPLE_KEYS, f"{function.what}: example")
    sql = fields.text("sql")
    if fields.has("result") == fields.has("error"):
        fields.fault(
            node.line, f"{fields.what}: give the expected 'result' or the expected 'error'"
        )
    result = fields.node_of("result")
    example = Example(
        sql=sql,
        result=result.plain() if result else None,
        has_result=result is not None,
        error=fields.text("error", ""),
        title=fields.text("title", ""),
        unordered=fields.flag("unordered", default=False),
    )
    return example if sql else None


def _name(fields: Fields) -> str:
    name = fields.text("name")
    if not name:
        return ""
    line = fields.line("name")
    reason = identifier_fault(name)
    if reason:
        fields.fault(line, f"{fields.what}: {name!r} is not a function name: {reason}")
    elif name != name.upper():
        fields.fault(line, f"{fields.what}: write the name in capitals: {name.upper()}")
    return name.upper()


def _arguments(fields: Fields, keys: tuple[str, ...] = _ARGUMENT_KEYS) -> tuple[Argument, ...]:
    nodes = fields.items("arguments", required=True)
    if len(nodes) > MAX_ARGUMENTS:
        fields.fault(
            fields.line("arguments"),
            f"{fields.what}: {len(nodes)} arguments; Redshift takes up to {MAX_ARGUMENTS}",
        )
    found: list[Argument] = []
    for node in nodes:
        argument = _argument(fields.nested(node, keys, f"{fields.what}: argument"))
        if argument.name and any(argument.name == each.name for each in found):
            fields.fault(node.line, f"{fields.what}: two arguments are called {argument.name!r}")
        found.append(argument)
    return tuple(found)


def _argument(fields: Fields) -> Argument:
    name = fields.text("name")
    if name and (not name.isidentifier() or not name.isascii() or name != name.lower()):
        fields.fault(
            fields.line("name"),
            f"{fields.what}: the name {name!r} has to be lower-case letters, digits and underscores",
        )
    if name in RESERVED_NAMES:
        fields.fault(fields.line("name"), f"{fields.what}: {name!r} names the {name} in templates")
    return Argument(name, _type(fields, "type"), fields.text("description", ""), _mode(fields))


def _mode(fields: Fields) -> ArgumentMode:
    text = fields.text("mode", ArgumentMode.IN.value)
    try:
        return ArgumentMode(text.upper())
    except ValueError:
        if text:
            fields.fault(
                fields.line("mode"), f"{fields.what}: the mode is IN, OUT or INOUT, not {text!r}"
            )
        return ArgumentMode.IN


def _type(fields: Fields, key: str) -> str:
    text = fields.text(key)
    if not text:
        return ""
    try:
        return canonical_type(text)
    except TypeNameError as error:
        fields.fault(fields.line(key), f"{fields.what}: {error}")
        return ""


def _volatility(fields: Fields, default: Volatility) -> Volatility:
    text = fields.text("volatility", default.value)
    try:
        return Volatility(text.upper())
    except ValueError:
        if text:
            fields.fault(
                fields.line("volatility"),
                f"{fields.what}: the volatility is IMMUTABLE, STABLE or VOLATILE, not {text!r}",
            )
        return default


def _batch_size(fields: Fields) -> int:
    """In KB."""
    text = fields.text("max_batch_size")
    match = _SIZE.fullmatch(text)
    size = int(match[1]) * (1024 if match[2].upper() == "MB" else 1) if match else 0
    if text and not 1 <= size <= MAX_BATCH_SIZE_KB:
        fields.fault(
            fields.line("max_batch_size"),
            f"{fields.what}: 'max_batch_size' is {text!r}, not between 1 KB and 5 MB",
        )
    return size or 1


def _check_crossing(fields: Fields, external: External) -> None:
    nodes = fields.items("arguments")
    for position, argument in enumerate(external.arguments):
        if argument.type and not crosses_to_lambda(argument.type):
            line = nodes[position].line if position < len(nodes) else fields.node.line
            fields.fault(line, f"{fields.what}: {_no_crossing(argument.name, argument.type)}")
    if external.returns and not crosses_to_lambda(external.returns):
        fields.fault(
            fields.line("returns"), f"{fields.what}: {_no_crossing('the result', external.returns)}"
        )


def _no_crossing(name: str, type_name: str) -> str:
    bridge = _BRIDGES.get(type_name, "convert it in the template")
    return f"{name} is {type_name}, which cannot cross to Lambda: {bridge}"
