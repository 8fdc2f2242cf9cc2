"""The DDL of the toolbox's objects as text, one canonical form for each.

Types only in argument lists, clauses in the order of the documentation (CREATE EXTERNAL FUNCTION, CREATE FUNCTION,
DROP FUNCTION, GRANT), every literal escaped. Function names stay unquoted, so that they fold like those in queries.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.functions import Kind, Volatility
from carto_at_installer.sql.identifiers import (
    lambda_name,
    quote_identifier,
    quote_literal,
    role_arn,
)
from carto_at_installer.sql.statements import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.core.functions import External, Function
    from carto_at_installer.core.releases import ForeignFunction

DEFAULT_ROLE = "default"
"""Instead of ARNs: the role that is the cluster's default when the statement runs."""


@dataclass(frozen=True, slots=True)
class LambdaTarget:
    """Where an external function calls: the bare Lambda name and the role, or chain of roles, that Redshift assumes.

    `roles` are ARNs, the first one attached to the cluster, each next one assumed from the one before it, or
    `("default",)`.
    """

    name: str
    roles: tuple[str, ...]


def create_external_function(schema: str, external: External, target: LambdaTarget) -> str:
    """`CREATE OR REPLACE EXTERNAL FUNCTION` with every option written out, since omitted ones fall back to defaults.

    Raises UsageError for a Lambda name or role ARN that Redshift would not take, ValueError for an IMMUTABLE function.
    """
    if external.volatility is Volatility.IMMUTABLE:
        raise ValueError(f"{external.name}: Redshift has no IMMUTABLE external functions")
    types = [argument.type for argument in external.arguments]
    return "\n".join(
        [
            f"CREATE OR REPLACE EXTERNAL FUNCTION {_signature(schema, external.name, types)}",
            f"RETURNS {external.returns} {external.volatility}",
            f"LAMBDA {quote_literal(lambda_name(target.name))}",
            f"IAM_ROLE {_roles(target.roles)}",
            f"RETRY_TIMEOUT {external.retry_timeout_ms}",
            f"MAX_BATCH_ROWS {external.max_batch_rows}",
            f"MAX_BATCH_SIZE {external.max_batch_size_kb} KB",
        ]
    )


def _roles(roles: tuple[str, ...]) -> str:
    if roles == (DEFAULT_ROLE,):
        return DEFAULT_ROLE
    if not roles:
        raise ValueError("an external function needs a role")
    return quote_literal(",".join(role_arn(role) for role in roles))


def create_sql_function(schema: str, function: Function, body: str) -> str:
    """`CREATE OR REPLACE FUNCTION ... LANGUAGE sql` around a rendered body (one SELECT)."""
    types = [argument.type for argument in function.arguments]
    tag = _dollar_tag(body)
    return "\n".join(
        [
            f"CREATE OR REPLACE FUNCTION {_signature(schema, function.name, types)}",
            f"RETURNS {function.returns} {function.volatility}",
            f"AS {tag}",
            f"  {body}",
            f"{tag} LANGUAGE sql",
        ]
    )


def create_procedure(schema: str, procedure: Function, body: str) -> str:
    """`CREATE OR REPLACE PROCEDURE ... LANGUAGE plpgsql` around a rendered block, run with the rights of the caller."""
    arguments = ", ".join(f"{a.name} {a.mode} {a.type}" for a in procedure.arguments)
    tag = _dollar_tag(body)
    return "\n".join(
        [
            f"CREATE OR REPLACE PROCEDURE {quote_identifier(schema)}.{procedure.name}({arguments})",
            f"AS {tag}",
            f"  {body}",
            f"{tag} LANGUAGE plpgsql SECURITY INVOKER",
        ]
    )


def _dollar_tag(body: str) -> str:
    """A dollar quote that does not occur in `body`; a line break keeps the two apart."""
    number = 0
    tag = "$$"
    while tag in body:
        number += 1
        tag = f"$body{number}$"
    return tag


def drop_function(schema: str, name: str, types: Sequence[str]) -> str:
    """`DROP FUNCTION` with the signature it needs. RESTRICT: views that depend on it stop it and stay."""
    return f"DROP FUNCTION {_signature(schema, name, types)} RESTRICT"


def drop_procedure(schema: str, name: str, types: Sequence[str]) -> str:
    """`DROP PROCEDURE` with the types of its IN and INOUT arguments, which are its signature."""
    return f"DROP PROCEDURE {_signature(schema, name, types)}"


def drop_object(kind: str, schema: str, name: str, types: Sequence[str]) -> str:
    """The statement that drops an object of a kind, or of a language as the database's catalogs name it."""
    drop = drop_procedure if kind in {Kind.PROCEDURE, "plpgsql"} else drop_function
    return drop(schema, name, types)


def rename_object(kind: str, schema: str, name: str, types: Sequence[str], new: str) -> str:
    """`ALTER ... RENAME TO`, of a kind or a language as `drop_object` takes them."""
    noun = "PROCEDURE" if kind in {Kind.PROCEDURE, "plpgsql"} else "FUNCTION"
    return f"ALTER {noun} {_signature(schema, name, types)} RENAME TO {quote_identifier(new)}"


def copied_function(schema: str, name: str, original: ForeignFunction) -> str:
    """`CREATE OR REPLACE FUNCTION` with the body of an SQL function of somebody else, under another name."""
    tag = _dollar_tag(original.source)
    return (
        f"CREATE OR REPLACE FUNCTION {_signature(schema, quote_identifier(name), [original.types])}\n"
        f"RETURNS {original.returns} {original.volatility}\nAS {tag}\n{original.source}\n{tag} LANGUAGE sql"
    )


def create_schema(schema: str) -> str:
    """`CREATE SCHEMA IF NOT EXISTS`."""
    return f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema)}"


def grant_usage(schema: str, grantee: str) -> str:
    """`GRANT USAGE ON SCHEMA` to `grantee`, as `to_role`, `to_group` or `TO_PUBLIC` give it."""
    return f"GRANT USAGE ON SCHEMA {quote_identifier(schema)} TO {grantee}"


def grant_execute(schema: str, grantee: str) -> str:
    """`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA`: the functions that exist when it runs."""
    return f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {quote_identifier(schema)} TO {grantee}"


def grant_execute_procedures(schema: str, grantee: str) -> str:
    """`GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA`: without it, only the owner may call them."""
    return f"GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA {quote_identifier(schema)} TO {grantee}"


def grant_execute_on(
    schema: str, name: str, types: Sequence[str], grantee: str, *, kind: str = Kind.SQL
) -> str:
    """`GRANT EXECUTE ON FUNCTION` (or PROCEDURE) for one signature."""
    return f"GRANT EXECUTE ON {_object(kind)} {_signature(schema, name, types)} TO {grantee}"


def revoke_execute_on(
    schema: str, name: str, types: Sequence[str], grantee: str, *, kind: str = Kind.SQL
) -> str:
    """`REVOKE EXECUTE ON FUNCTION` (or PROCEDURE) for one signature."""
    return f"REVOKE EXECUTE ON {_object(kind)} {_signature(schema, name, types)} FROM {grantee}"


def _object(kind: str) -> str:
    return "PROCEDURE" if kind == Kind.PROCEDURE else "FUNCTION"


def body(ddl: str) -> str | None:
    """The text between the dollar quotes of a definition; None for one without, such as an external function's."""
    for token in tokens(ddl):
        if token.kind == "dollar":
            tag = token.text[: token.text.index("$", 1) + 1]
            return token.text[len(tag) : -len(tag)]
    return None


TO_PUBLIC = "PUBLIC"


def to_role(name: str) -> str:
    """A database role as grantee."""
    return f"ROLE {quote_identifier(name)}"


def to_group(name: str) -> str:
    """A user group as grantee."""
    return f"GROUP {quote_identifier(name)}"


def to_user(name: str) -> str:
    """A database user as grantee."""
    return quote_identifier(name)


def _signature(schema: str, name: str, types: Sequence[str]) -> str:
    return f"{quote_identifier(schema)}.{name}({', '.join(types)})"


def compact(sql: str) -> str:
    """`sql` without comments and with single blanks, inside dollar-quoted bodies too; literals stay as they are."""
    pieces: list[str] = []
    for token in tokens(sql):
        if token.blank:
            if pieces and pieces[-1] != " ":
                pieces.append(" ")
        elif token.kind == "dollar":
            tag = token.text[: token.text.index("$", 1) + 1]
            pieces += [tag, " ", compact(token.text[len(tag) : -len(tag)]), " ", tag]
        else:
            pieces.append(token.text)
    return "".join(pieces).strip()


def ddl_digest(sql: str) -> str:
    """SHA-256 (hex) of a statement's meaning: the same for any white space, comments and dollar tags."""
    canonical = "\x1f".join(_meaning(sql))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _meaning(sql: str) -> list[str]:
    words: list[str] = []
    for token in tokens(sql):
        if token.kind == "dollar":
            tag = token.text[: token.text.index("$", 1) + 1]
            words += ["$$", *_meaning(token.text[len(tag) : -len(tag)]), "$$"]
        elif not token.blank:
            words.append(token.text)
    return words
