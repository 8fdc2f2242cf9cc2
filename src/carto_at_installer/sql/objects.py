"""What a module becomes in a database: the ordered list of its SQL objects with their DDL and digests.

External functions first, then SQL functions, each after those it calls, then procedures: in this order every statement
finds what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import CatalogError
from carto_at_installer.core.functions import Kind
from carto_at_installer.sql.calls import called_functions, in_creation_order
from carto_at_installer.sql.ddl import (
    LambdaTarget,
    create_external_function,
    create_procedure,
    create_sql_function,
    ddl_digest,
)

if TYPE_CHECKING:
    from carto_at_installer.core.functions import Catalog, External, Function, Module
    from carto_at_installer.sql.templates import Templates

MAX_STATEMENT_BYTES = 100_000
"""The Data API takes statements of up to 100 KB."""


@dataclass(frozen=True, slots=True)
class SqlObject:
    """One function or procedure in the database.

    `types` are the canonical types of the arguments that a caller gives; `ddl` creates or replaces it; `digest` is
    the SHA-256 of the DDL's meaning, blind to white space and comments.
    """

    name: str
    types: tuple[str, ...]
    returns: str
    kind: Kind
    module: str
    ddl: str
    digest: str

    @property
    def signature(self) -> str:
        """`NAME(TYPE, TYPE)`, as Redshift identifies a function."""
        return f"{self.name}({', '.join(self.types)})"


def module_objects(
    module: Module, templates: Templates, schema: str, target: LambdaTarget | None
) -> tuple[SqlObject, ...]:
    """The SQL objects of a module for a schema (its plain name), in order of creation.

    `target` may be None for a module without external functions. Raises CatalogError for templates that cannot be
    rendered, for functions that call each other in a circle and for statements over 100 KB.
    """
    externals = [function.external for function in module.functions if function.external]
    if externals and target is None:
        raise ValueError(f"the module {module.name} needs a Lambda function")
    objects = [_external(module, each, schema, target) for each in externals if target]
    bodies = [
        (function, templates.body(function, schema))
        for function in module.functions
        if function.kind is Kind.SQL
    ]
    objects += [
        _sql_function(function, schema, body) for function, body in _ordered(bodies, schema)
    ]
    objects += [
        _procedure(function, schema, templates.body(function, schema))
        for function in module.functions
        if function.kind is Kind.PROCEDURE
    ]
    for each in objects:
        _check_size(each)
    return tuple(objects)


def _external(module: Module, external: External, schema: str, target: LambdaTarget) -> SqlObject:
    ddl = create_external_function(schema, external, target)
    types = tuple(argument.type for argument in external.arguments)
    return SqlObject(
        external.name, types, external.returns, Kind.EXTERNAL, module.name, ddl, ddl_digest(ddl)
    )


def _sql_function(function: Function, schema: str, body: str) -> SqlObject:
    ddl = create_sql_function(schema, function, body)
    types = tuple(argument.type for argument in function.arguments)
    return SqlObject(
        function.name, types, function.returns, Kind.SQL, function.module, ddl, ddl_digest(ddl)
    )


def _procedure(procedure: Function, schema: str, body: str) -> SqlObject:
    ddl = create_procedure(schema, procedure, body)
    return SqlObject(
        procedure.name,
        procedure.input_types,
        "",
        Kind.PROCEDURE,
        procedure.module,
        ddl,
        ddl_digest(ddl),
    )


def _ordered(bodies: list[tuple[Function, str]], schema: str) -> list[tuple[Function, str]]:
    """Overloads of one name stay together: a call names a function, not a signature."""
    calls: dict[str, set[str]] = {}
    for function, body in bodies:
        callees = set(called_functions(body, schema)) - {function.name}
        calls.setdefault(function.name, set()).update(callees)
    names = in_creation_order(calls, {name: sorted(callees) for name, callees in calls.items()})
    return [pair for name in names for pair in bodies if pair[0].name == name]


def _check_size(each: SqlObject) -> None:
    size = len(each.ddl.encode())
    if size > MAX_STATEMENT_BYTES:
        raise CatalogError(
            f"The DDL of {each.signature} is {size} bytes long; the Data API takes {MAX_STATEMENT_BYTES}."
        )


def modules_in_order(catalog: Catalog) -> tuple[Module, ...]:
    """The modules of a catalog, each after those whose functions its own functions require."""
    homes = {function.name: function.module for function in catalog.functions}
    requires: dict[str, set[str]] = {module.name: set() for module in catalog.modules}
    for function in catalog.functions:
        needed = {homes[name] for name in function.requires if name in homes}
        requires[function.module] |= needed - {function.module}
    by_name = {module.name: module for module in catalog.modules}
    order = in_creation_order(by_name, {name: sorted(needs) for name, needs in requires.items()})
    return tuple(by_name[name] for name in order)
