"""What a superuser grants once, so that a login without rights can install: each grant with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import UsageError
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

ROLE = "carto_at_installer"


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement, and what cannot be done without it."""

    sql: str
    why: str


def login_of(caller: str) -> str:
    """The database user of an IAM identity: `IAM:user`, or `IAMR:role` for an assumed role. Raises UsageError."""
    kind, _, rest = caller.rpartition(":")[2].partition("/")
    if kind == "user" and rest:
        return f"IAM:{rest.rpartition('/')[2]}"
    if kind == "assumed-role" and rest:
        return f"IAMR:{rest.partition('/')[0]}"
    raise UsageError(
        "The login that installs is not known",
        hint='Name it: --login "IAMR:NAME" for an IAM role, --login "IAM:NAME" for an IAM user.',
    )


def bootstrap_grants(
    login: str, invoke_role: str | None, taken: frozenset[str] = frozenset()
) -> tuple[Grant, ...]:
    """The grants for a login; with `invoke_role` also the right to use that role, where everybody's was revoked.

    A user or role whose name is `taken` is not created.
    """
    role, user = quote_identifier(ROLE), quote_identifier(login)
    new_role = Grant(
        f"CREATE ROLE {role}",
        "The role that holds the rights, one for all who install; leave this out if it is there (role already exists).",
    )
    new_user = Grant(
        f"CREATE USER {user} PASSWORD DISABLE",
        "The login; leave this out if it has logged in before (user already exists).",
    )
    grants = [
        *(() if ROLE in taken else (new_role,)),
        Grant(f"GRANT CREATE SCHEMA TO ROLE {role}", "To create the schema of the toolbox."),
        Grant(
            f"GRANT USAGE ON LANGUAGE exfunc TO ROLE {role}",
            "To make Lambda functions known to SQL; without it: permission denied for language exfunc.",
        ),
        Grant(
            f"GRANT CREATE OR REPLACE EXTERNAL FUNCTION TO ROLE {role}",
            "The documented system privilege of CREATE EXTERNAL FUNCTION.",
        ),
    ]
    if invoke_role:
        grants.append(
            Grant(
                f"GRANT ASSUMEROLE ON {literal(invoke_role)} TO ROLE {role} FOR EXTERNAL FUNCTION",
                "To name the invoke role in CREATE EXTERNAL FUNCTION, where that was revoked from PUBLIC.",
            )
        )
    return (
        *grants,
        *(() if login in taken else (new_user,)),
        Grant(f"GRANT ROLE {role} TO {user}", "Gives the rights to the login."),
    )


def script(grants: Iterable[Grant]) -> str:
    """The grants as a script, with their reasons as comments."""
    return "\n".join(f"-- {grant.why}\n{grant.sql};" for grant in grants)
