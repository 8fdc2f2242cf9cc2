"""The grammar of function statements, which no general SQL parser knows.

CREATE EXTERNAL FUNCTION takes its clauses in any order, as Redshift does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.cursor import type_name
from carto_at_installer.sandbox.engine.data_types import RsType, parse_type
from carto_at_installer.sandbox.engine.external import (
    DEFAULT_RETRY_TIMEOUT_MS,
    MAX_BATCH_BYTES,
    MAX_BATCH_ROWS,
    ExternalOptions,
)
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine.cursor import Cursor

MAX_ARGUMENTS = 32
MAX_LAMBDA_LITERAL = 64
_ROLE_ARN = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")
PYTHON = "plpythonu"
_LAMBDA_TYPES = frozenset(
    {
        "smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean",
        "character", "character varying", "date", "timestamp without time zone",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """What a CREATE FUNCTION statement says. `options` is given for external functions, `body` for others."""

    name: tuple[str, ...]
    arguments: tuple[tuple[str, RsType], ...]
    returns: RsType
    volatility: str
    replace: bool
    options: ExternalOptions | None = None
    body: str = ""
    language: str = "sql"

    @property
    def kind(self) -> str:
        """`external`, `sql` or `python`."""
        if self.options is not None:
            return "external"
        return "python" if self.language == PYTHON else "sql"


@dataclass(slots=True)
class _Clauses:
    """The clauses read so far; a clause given twice is an error."""

    values: dict[str, object] = field(default_factory=dict)

    def put(self, name: str, value: object) -> None:
        if name in self.values:
            raise RedshiftError("conflicting or redundant options")
        self.values[name] = value


def argument_list(cursor: Cursor) -> tuple[tuple[str, RsType], ...]:
    """`(BIGINT, size INTEGER)`: types with or without names, after the opening bracket was not yet read."""
    cursor.need("(")
    found: list[tuple[str, RsType]] = []
    while not cursor.take(")"):
        if found:
            cursor.need(",")
        found.append(_argument(cursor.text_until()))
    if len(found) > MAX_ARGUMENTS:
        raise RedshiftError(f"functions cannot have more than {MAX_ARGUMENTS} arguments")
    return tuple(found)


def _argument(text: str) -> tuple[str, RsType]:
    if not text:
        raise RedshiftError('syntax error at or near ","')
    try:
        return "", parse_type(text)
    except UnsupportedSqlError:
        raise
    except RedshiftError:
        name, _, kind = text.partition(" ")
        if not kind.strip():
            raise
        return name.strip('"').lower(), parse_type(kind)


def create_function(cursor: Cursor) -> FunctionDefinition:
    """Read CREATE [OR REPLACE] [EXTERNAL] FUNCTION to its end."""
    cursor.need("create")
    replace = cursor.take("or", "replace")
    external = cursor.take("external")
    cursor.need("function")
    name = cursor.name()
    arguments = argument_list(cursor)
    clauses = _clauses(cursor, external=external)
    returns = clauses.pop("returns", None)
    if not isinstance(returns, RsType):
        raise RedshiftError("function result type must be specified")
    volatility = str(clauses.pop("volatility", "volatile"))
    common = (name, arguments, returns, volatility, replace)
    if external:
        _check_lambda_types(arguments, returns)
        return FunctionDefinition(*common, options=_options(clauses))
    language, body = _language_and_body(clauses)
    return FunctionDefinition(*common, body=body, language=language)


def _clauses(cursor: Cursor, *, external: bool) -> dict[str, object]:
    clauses = _Clauses()
    while not cursor.ended:
        word = cursor.peek()
        if cursor.take("returns"):
            clauses.put("returns", type_name(cursor))
        elif word in {"volatile", "stable", "immutable"}:
            if external and word == "immutable":
                raise RedshiftError("IMMUTABLE is not supported for external functions")
            clauses.put("volatility", cursor.identifier())
        elif external:
            _external_clause(cursor, clauses)
        elif cursor.take("language"):
            clauses.put("language", cursor.identifier())
        elif cursor.take("as"):
            clauses.put("body", _quoted_body(cursor))
        else:
            raise cursor.syntax_error()
    return clauses.values


def _external_clause(cursor: Cursor, clauses: _Clauses) -> None:
    if cursor.take("lambda"):
        clauses.put("lambda", cursor.string())
    elif cursor.take("iam_role"):
        clauses.put("iam_role", ("default",) if cursor.take("default") else _roles(cursor.string()))
    elif cursor.take("retry_timeout"):
        clauses.put("retry_timeout", cursor.number())
    elif cursor.take("max_batch_rows"):
        clauses.put("max_batch_rows", cursor.number())
    elif cursor.take("max_batch_size"):
        unit = 1024
        size = cursor.number()
        if cursor.take("mb"):
            unit = 1024 * 1024
        else:
            cursor.take("kb")
        clauses.put("max_batch_size", size * unit)
    elif cursor.peek() == "sagemaker":
        raise cursor.unsupported("CREATE EXTERNAL FUNCTION ... SAGEMAKER")
    else:
        raise cursor.syntax_error()


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(text.split(","))
    for role in roles:
        if role != "default" and not _ROLE_ARN.match(role):
            raise RedshiftError(f"Invalid IAM role ARN: {role}")
    return roles


def _options(clauses: dict[str, object]) -> ExternalOptions:
    name, roles = clauses.get("lambda"), clauses.get("iam_role")
    if not isinstance(name, str) or not isinstance(roles, tuple):
        missing = "LAMBDA" if name is None else "IAM_ROLE"
        raise RedshiftError(f"CREATE EXTERNAL FUNCTION needs the clause {missing}")
    if not 1 <= len(name) <= MAX_LAMBDA_LITERAL:
        raise RedshiftError(
            f"the Lambda function name must have 1 to {MAX_LAMBDA_LITERAL} characters: {name}"
        )
    retry = clauses.get("retry_timeout", DEFAULT_RETRY_TIMEOUT_MS)
    rows = clauses.get("max_batch_rows", MAX_BATCH_ROWS)
    size = clauses.get("max_batch_size", MAX_BATCH_BYTES)
    if not isinstance(retry, int) or not isinstance(rows, int) or not isinstance(size, int):
        raise TypeError("the grammar reads these clauses as numbers")
    if not 1 <= rows <= MAX_BATCH_ROWS:
        raise RedshiftError(f"MAX_BATCH_ROWS must be between 1 and {MAX_BATCH_ROWS}")
    if not 1024 <= size <= MAX_BATCH_BYTES:
        raise RedshiftError("MAX_BATCH_SIZE must be between 1 KB and 5 MB")
    return ExternalOptions(name, roles, retry, rows, size)


def _check_lambda_types(arguments: tuple[tuple[str, RsType], ...], returns: RsType) -> None:
    for kind in (*(kind for _, kind in arguments), returns):
        if kind.name not in _LAMBDA_TYPES:
            raise RedshiftError(f"type {kind.typname} is not supported for external functions")


def _quoted_body(cursor: Cursor) -> str:
    token = cursor.token()
    if token.kind == "dollar":
        tag = token.text[: token.text.index("$", 1) + 1]
        return token.text[len(tag) : -len(tag)]
    cursor.index -= 1
    return cursor.string()


def _language_and_body(clauses: dict[str, object]) -> tuple[str, str]:
    language = clauses.get("language")
    if language is None:
        raise RedshiftError("no language specified")
    if language not in {"sql", PYTHON}:
        raise UnsupportedSqlError(f"functions in the language {language} are not supported")
    body = clauses.get("body")
    if not isinstance(body, str):
        raise RedshiftError("no function body specified")
    return str(language), body


def drop_function(cursor: Cursor) -> tuple[tuple[str, ...], tuple[RsType, ...], bool]:
    """Read DROP FUNCTION: its name, argument types, and whether CASCADE was said. There is no IF EXISTS."""
    cursor.need("drop", "function")
    name = cursor.name()
    arguments = argument_list(cursor)
    cascade = cursor.take("cascade")
    if not cascade:
        cursor.take("restrict")
    cursor.finish()
    return name, tuple(kind for _, kind in arguments), cascade
