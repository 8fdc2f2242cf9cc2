"""What is installed, as a catalog: so that parts of it can be chosen without the package that installed it.

Holds what the release tables know: names, modules, signatures, and who calls whom where the definitions were read too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carto_at_installer.core.functions import Catalog, Function, Kind, Module, Volatility
from carto_at_installer.sql.calls import called_functions
from carto_at_installer.sql.statements import tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from carto_at_installer.core.releases import RecordedObject

_DOLLAR_MARKS = re.compile(r"^\$\w*\$|\$\w*\$$")


def recorded_catalog(objects: Sequence[RecordedObject], schema: str) -> Catalog:
    """The SQL objects of a schema (its plain name) as functions of modules; external halves are functions of their own.

    `requires` is filled in from the definitions, where the objects come from a snapshot.
    """
    names = {o.name for o in objects}
    modules = tuple(
        Module(
            name, name, "", tuple(_function(o, schema, names) for o in objects if o.module == name)
        )
        for name in sorted({o.module for o in objects})
    )
    return Catalog("installed", "", modules)


def with_own_externals(catalog: Catalog, names: Collection[str]) -> frozenset[str]:
    """`names` with the external functions that nothing but they call: what goes when they go."""
    kept = {callee for f in catalog.functions if f.name not in names for callee in f.requires}
    called = {callee for f in catalog.functions if f.name in names for callee in f.requires}
    externals = {f.name for f in catalog.functions if f.kind is Kind.EXTERNAL}
    return frozenset({*names, *((called & externals) - kept)})


def _body(ddl: str) -> str:
    """The text between the dollar marks of a definition; empty where there is none."""
    quoted = (token.text for token in tokens(ddl) if token.text.startswith("$"))
    return next((_DOLLAR_MARKS.sub("", text) for text in quoted if text.endswith("$")), "")


def _function(o: RecordedObject, schema: str, names: Collection[str]) -> Function:
    called = set(called_functions(_body(o.ddl), schema)) & set(names) - {o.name}
    return Function(
        name=o.name,
        module=o.module,
        kind=Kind(o.kind),
        arguments=(),
        returns=o.returns,
        volatility=Volatility.VOLATILE,
        summary="",
        requires=tuple(sorted(called)),
    )
