"""Which Python function answers which external function. A module's package fills this when it is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from carto_at_runtime.columns import NULL_RESULT, REQUIRED, Argument, NullPolicy
from carto_at_runtime.errors import InvocationError, abridged

if TYPE_CHECKING:
    from collections.abc import Callable

_LAST_PART = re.compile(r'(?:^|\.)\s*(?:"((?:[^"]|"")+)"|([^."\s]+))\s*$')


@dataclass(frozen=True, slots=True)
class ExternalFunction:
    """A registered function: `batch` takes one column per argument and returns the results of all rows."""

    name: str
    arguments: tuple[Argument, ...]
    batch: Callable[..., Any]

    def policy(self, place: int) -> NullPolicy:
        """Return how NULLs of the argument at `place` are treated."""
        return self.arguments[place].on_null or NULL_RESULT


class Registry:
    """The external functions that one Lambda function answers."""

    def __init__(self) -> None:
        self._functions: dict[str, ExternalFunction] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The registered names, sorted."""
        return tuple(sorted(self._functions))

    def external_function(
        self, name: str, *arguments: Argument, nulls: NullPolicy = NULL_RESULT
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register the decorated function as the external function `name`, and return it unchanged.

        It is called with one column per argument (see `columns`) for the whole batch, and returns what `results`
        can encode, one result per row. A function of no arguments is called with the number of rows. `nulls` is the
        policy of arguments that have none of their own.
        """
        key = dispatch_key(name)
        if key in self._functions:
            raise ValueError(f"external function {name} is registered twice")
        for before, after in pairwise(arguments):
            if before.default is not REQUIRED and after.default is REQUIRED:
                raise ValueError(f"{name}: {after.name} needs a default, as {before.name} has one")
        known = tuple(
            Argument(one.name, one.kind, one.on_null or nulls, one.default) for one in arguments
        )

        def register(batch: Callable[..., Any]) -> Callable[..., Any]:
            self._functions[key] = ExternalFunction(key, known, batch)
            return batch

        return register

    def find(self, external_function: str) -> ExternalFunction:
        """Return the function for the name that Redshift sent, such as `dev.carto."__QUADBIN_KRING"`."""
        found = self._functions.get(dispatch_key(external_function))
        if found is None:
            raise InvocationError(
                f"unknown external function {abridged(external_function)}: this Lambda function answers "
                f"{', '.join(self.names) or 'none'}. Install the toolbox again, so that the database and the "
                "Lambda function are of one release"
            )
        return found


def dispatch_key(external_function: str) -> str:
    """Return the last part of a dotted SQL name, unquoted and in lower case."""
    found = _LAST_PART.search(external_function)
    if found is None:
        raise InvocationError(f"not the name of a function: {abridged(external_function)}")
    quoted, plain = found.groups()
    return (plain or quoted.replace('""', '"')).lower()
