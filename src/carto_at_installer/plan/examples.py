"""The examples that are recorded with the SQL objects, so that an installation can be tested from its own state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carto_at_installer.core.functions import Example, Function, Module


def smoke_example(function: Function) -> Example | None:
    """The example that a smoke test asks: the first one that answers a value."""
    return next((example for example in function.examples if example.has_result), None)


def recorded_examples(module: Module) -> dict[str, str]:
    """The smoke examples of a module's functions by signature, as JSON."""
    return {
        function.signature: json.dumps(
            {"sql": example.sql, "result": example.result, "unordered": example.unordered},
            sort_keys=True,
        )
        for function in module.functions
        if (example := smoke_example(function))
    }
