"""The examples that are recorded with the SQL objects, so that an installation can be tested from its own state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carto_at_installer.catalog.select import reached_names
from carto_at_installer.core.functions import Example, Kind
from carto_at_installer.sql.calls import called_functions
from carto_at_installer.sql.templates import example_sql

if TYPE_CHECKING:
    from collections.abc import Collection

    from carto_at_installer.core.functions import Catalog, Function, Module

_SCHEMA = "carto"


def smoke_example(function: Function, there: Collection[str] | None = None) -> Example | None:
    """The example that a smoke test asks: the first one that answers a value and calls nothing that is not there.

    `there` are the names of the SQL functions that can be called; None stands for all. A procedure has none: its
    examples make tables.
    """
    if function.kind is Kind.PROCEDURE:
        return None
    return next(
        (each for each in function.examples if each.has_result and _asks(each, there)), None
    )


def callable_with(sql: str, there: Collection[str]) -> bool:
    """Whether an example's text calls only functions of the toolbox that are there (the names of SQL functions)."""
    text = example_sql(Example(sql), _SCHEMA)
    return set(called_functions(text, _SCHEMA)) <= set(there)


def _asks(example: Example, there: Collection[str] | None) -> bool:
    return there is None or callable_with(example.sql, there)


def recorded_examples(module: Module, offered: Catalog) -> dict[str, str]:
    """The smoke examples of a module's functions by signature, as JSON.

    Preferred are examples that call nothing but what the function itself needs (of all that is `offered`): they can be
    asked whatever else is installed.
    """
    chosen = {
        function.signature: smoke_example(function, reached_names(offered, function.name))
        or smoke_example(function)
        for function in module.functions
    }
    return {
        signature: json.dumps(
            {"sql": example.sql, "result": example.result, "unordered": example.unordered},
            sort_keys=True,
        )
        for signature, example in chosen.items()
        if example
    }
