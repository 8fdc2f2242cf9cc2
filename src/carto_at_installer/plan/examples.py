"""The examples that are recorded with the SQL objects, so that an installation can be tested from its own state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carto_at_installer.sql.calls import called_functions
from carto_at_installer.sql.templates import example_sql

if TYPE_CHECKING:
    from collections.abc import Collection

    from carto_at_installer.core.functions import Example, Function, Module

_SCHEMA = "carto"


def smoke_example(function: Function, there: Collection[str] | None = None) -> Example | None:
    """The example that a smoke test asks: the first one that answers a value and calls nothing that is not there.

    `there` are the names of the SQL functions that can be called; None stands for all.
    """
    return next(
        (each for each in function.examples if each.has_result and _asks(each, there)), None
    )


def _asks(example: Example, there: Collection[str] | None) -> bool:
    if there is None:
        return True
    return set(called_functions(example_sql(example, _SCHEMA), _SCHEMA)) <= set(there)


def recorded_examples(module: Module, there: Collection[str] | None = None) -> dict[str, str]:
    """The smoke examples of a module's functions by signature, as JSON."""
    return {
        function.signature: json.dumps(
            {"sql": example.sql, "result": example.result, "unordered": example.unordered},
            sort_keys=True,
        )
        for function in module.functions
        if (example := smoke_example(function, there))
    }
