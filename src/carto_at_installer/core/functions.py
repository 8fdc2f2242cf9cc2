"""What the toolbox offers: packs of modules of SQL functions, as read from their `module.yaml`.

SQL types are kept as canonical Redshift text (`BIGINT`, `VARCHAR(MAX)`, `GEOMETRY`); `sql.types` makes them so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Volatility(StrEnum):
    """How often Redshift may reuse a result. Lambda functions are never IMMUTABLE (AWS does not support it)."""

    IMMUTABLE = "IMMUTABLE"
    STABLE = "STABLE"
    VOLATILE = "VOLATILE"


class Kind(StrEnum):
    """What an object is in the database."""

    EXTERNAL = "external"
    SQL = "sql"
    PROCEDURE = "procedure"


class ArgumentMode(StrEnum):
    """Which way an argument of a procedure goes. Functions have IN only."""

    IN = "IN"
    OUT = "OUT"
    INOUT = "INOUT"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a function or procedure: its documented name and its canonical Redshift type."""

    name: str
    type: str
    description: str = ""
    mode: ArgumentMode = ArgumentMode.IN


@dataclass(frozen=True, slots=True)
class Example:
    """A query and what it answers. `sql` is a Jinja text that names the schema as `{{ schema }}`.

    `result` is a JSON value: the single value of a one-row, one-column query, else a list of rows. Exactly one of
    `result` (with `has_result`) and `error` (a part of the expected message) is given.
    """

    sql: str
    result: Any = None
    has_result: bool = True
    error: str = ""
    title: str = ""
    unordered: bool = False


@dataclass(frozen=True, slots=True)
class External:
    """The Lambda half of a function: the external function that Redshift calls with batches of rows.

    `name` is the SQL name without schema (also the key under which the Lambda's code registers its handler);
    `max_batch_size_kb` and `max_batch_rows` bound what Redshift sends, so that neither 5 MB in nor 6 MB out can be
    exceeded; `retry_timeout_ms` is how long Redshift repeats throttled calls.
    """

    name: str
    arguments: tuple[Argument, ...]
    returns: str
    volatility: Volatility
    max_batch_rows: int
    max_batch_size_kb: int
    retry_timeout_ms: int = 20_000

    @property
    def signature(self) -> str:
        """`NAME(TYPE, TYPE)`, as Redshift identifies a function."""
        return f"{self.name}({', '.join(argument.type for argument in self.arguments)})"


@dataclass(frozen=True, slots=True)
class Function:
    """One SQL function or procedure with one signature. Overloads are several `Function`s of one name.

    `template` is the path of its SQL body below the pack's `sql/` folder, or None where users call the external
    function itself. A procedure returns nothing (an empty text) but its OUT and INOUT arguments. `requires` names
    other functions of the pack that the SQL of its name calls; `calls` are the names, external ones too, in the SQL of
    this one signature. `why` says why it runs where it runs (in the engine or in Lambda).
    `clouds` are the data warehouses that it is for.
    """

    name: str
    module: str
    kind: Kind
    arguments: tuple[Argument, ...]
    returns: str
    volatility: Volatility
    summary: str
    description: str = ""
    why: str = ""
    examples: tuple[Example, ...] = ()
    external: External | None = None
    template: str | None = None
    requires: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ("redshift",)

    @property
    def public(self) -> bool:
        """Whether users are meant to call it: internal names start with two underscores."""
        return not self.name.startswith("__")

    @property
    def signature(self) -> str:
        """`NAME(TYPE, TYPE)`, as Redshift identifies a function."""
        return f"{self.name}({', '.join(self.input_types)})"

    @property
    def input_types(self) -> tuple[str, ...]:
        """The types of what a caller gives: they identify a function or procedure, OUT arguments do not."""
        return tuple(a.type for a in self.arguments if a.mode is not ArgumentMode.OUT)


@dataclass(frozen=True, slots=True)
class LambdaSettings:
    """How a module's Lambda function is configured. `package` is the Python package that exports `handler`."""

    package: str
    memory_mb: int = 512
    timeout_s: int = 60
    layer: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def handler(self) -> str:
        """Lambda's `Handler` value."""
        return f"{self.package}.handler"


@dataclass(frozen=True, slots=True)
class Module:
    """A family of functions that share one Lambda function. `lambda_settings` is None for a pure-SQL module."""

    name: str
    title: str
    description: str
    functions: tuple[Function, ...]
    lambda_settings: LambdaSettings | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """All modules of one pack, valid as a whole."""

    pack: str
    version: str
    modules: tuple[Module, ...]

    @property
    def functions(self) -> tuple[Function, ...]:
        """Every function of every module, in the order of the files."""
        return tuple(function for module in self.modules for function in module.functions)
