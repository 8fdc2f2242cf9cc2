"""What there is to say about a function, for `carto-at describe` and for docs/functions/ alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.catalog.places import LAMBDA, Places
from carto_at_installer.core.functions import ArgumentMode, Kind
from carto_at_installer.core.options import DEFAULT_SCHEMA

if TYPE_CHECKING:
    from carto_at_installer.core.functions import Argument, Catalog, Example, External, Function

MAX_RESULT = 2000
"""Longer results of examples are cut, in characters."""


@dataclass(frozen=True, slots=True)
class ReadyExample:
    """An example as it can be pasted into an SQL client, and what it answers, as JSON text or as an error."""

    title: str
    sql: str
    answer: str


@dataclass(frozen=True, slots=True)
class Page:
    """One signature of a function. `limits` is empty where nothing is sent to Lambda."""

    heading: str
    place: str
    summary: str
    description: str
    arguments: tuple[tuple[str, str, str], ...]
    why: str
    limits: str
    examples: tuple[ReadyExample, ...]


def pages(catalog: Catalog, functions: tuple[Function, ...]) -> list[Page]:
    """The pages of some functions of a catalog."""
    places = Places(catalog)
    return [_page(function, places) for function in functions]


def _page(function: Function, places: Places) -> Page:
    return Page(
        heading=heading(function),
        place=places.place(function),
        summary=function.summary,
        description=function.description.strip(),
        arguments=tuple((a.name, _passing(a), a.description) for a in function.arguments),
        why=_why(function, places.place(function)),
        limits=_limits(places.externals(function)),
        examples=tuple(_ready(example) for example in function.examples),
    )


def heading(function: Function) -> str:
    """How it is called, and what comes back."""
    if function.kind is Kind.PROCEDURE:
        return f"CALL {function.signature}"
    return f"{function.signature} -> {function.returns}"


def for_reading(sql: str) -> str:
    """The SQL of an example with the usual schema."""
    return sql.replace("{{ schema }}", DEFAULT_SCHEMA).strip()


def _passing(argument: Argument) -> str:
    if argument.mode is ArgumentMode.IN:
        return argument.type
    return f"{argument.mode} {argument.type}"


def _why(function: Function, place: str) -> str:
    where = "Runs in Lambda" if place == LAMBDA else "Runs in the database"
    return f"{where}: {function.why.strip()}" if function.why else f"{where}."


def _limits(externals: tuple[External, ...]) -> str:
    if not externals:
        return ""
    rows = sorted({e.max_batch_rows for e in externals})
    sizes = sorted({e.max_batch_size_kb for e in externals})
    return (
        f"A call of Lambda has up to {_either([f'{n:,}'.replace(',', ' ') for n in rows])} rows "
        f"and {_either([_size(kb) for kb in sizes])}."
    )


def _either(texts: list[str]) -> str:
    return " or ".join(texts)


def _size(kilobytes: int) -> str:
    return f"{kilobytes // 1024} MB" if kilobytes % 1024 == 0 else f"{kilobytes} KB"


def _ready(example: Example) -> ReadyExample:
    if example.error:
        return ReadyExample(example.title, for_reading(example.sql), f"error: {example.error}")
    answer = json.dumps(example.result, ensure_ascii=False)
    if len(answer) > MAX_RESULT:
        answer = f"{answer[:MAX_RESULT]} ..."
    return ReadyExample(example.title, for_reading(example.sql), answer)
