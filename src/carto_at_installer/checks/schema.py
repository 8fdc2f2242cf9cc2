"""Checks of the schema: functions of others under our names, leftover Python functions, views that would break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.checks.outcome import Answer, Check, Plane, failed, passed
from carto_at_installer.core.errors import PreflightError
from carto_at_installer.plan.steps import ApplyModule
from carto_at_installer.sql.database import views_with
from carto_at_installer.sql.identifiers import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carto_at_installer.checks.facts import Facts
    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.plan.steps import Plan
    from carto_at_installer.sql.database import DatabaseFunction

PYTHON = "plpythonu"
_ADOPT = "Replace them with `carto-at adopt` (it shows them first), drop them, or choose another --schema."
_VIEWS = "views use functions that would be dropped or renamed"
_SAVE_VIEWS = (
    "Save their definitions (SELECT definition FROM pg_views), drop them, repeat the command, "
    "and create them again."
)
_SHOWN = 5


def foreign_functions(facts: Facts) -> tuple[DatabaseFunction, ...]:
    """The functions in the schema that carto-at did not make and that bear names it is about to use."""
    installation = facts.observed.installation
    ours = {o.name.lower() for o in installation.objects} if installation else set()
    wanted = {o.name.lower() for module in facts.desired.modules for o in module.objects} - ours
    if not wanted:
        return ()
    return tuple(f for f in facts.functions_in_schema if f.name.lower() in wanted)


def check_foreign_objects(facts: Facts) -> Answer:
    """Whether functions of others stand in the way."""
    schema = facts.desired.schema
    foreign = [f for f in foreign_functions(facts) if f.language != PYTHON]
    if not foreign:
        return passed(f"nothing in {schema} stands in the way")
    return failed(
        f"{schema} holds functions that carto-at did not make: {_listed(f.name for f in foreign)}",
        _ADOPT,
    )


def check_python_functions(facts: Facts) -> Answer:
    """Whether Python functions of an older toolbox are left, which Redshift no longer runs."""
    found = [f for f in foreign_functions(facts) if f.language == PYTHON]
    if not found:
        return passed("no Python function of our names is left")
    return failed(
        f"{facts.desired.schema} holds Python functions, which Redshift no longer runs, under our names: "
        f"{_listed(f.key for f in found)}",
        _ADOPT,
    )


def dependent_views(sql: SqlBackend, plan: Plan) -> tuple[str, ...]:
    """The views that use functions which a plan drops, drops and makes again, or renames: Redshift would refuse.

    Views WITH NO SCHEMA BINDING do not keep functions from being dropped.
    """
    modules = [step.action for step in plan.steps if isinstance(step.action, ApplyModule)]
    gone = {o.name.lower() for action in modules for o in action.drops}
    gone |= {o.name.lower() for action in modules for o in action.foreign if not o.copied}
    if not gone:
        return ()
    found = views_with(sql, tuple(sorted(f"{name}(" for name in gone)))
    return tuple(v.name for v in found if "with no schema binding" not in v.definition.lower())


def refuse_dependent_views(sql: SqlBackend, plan: Plan) -> None:
    """Raise PreflightError naming the views that keep functions of a plan from being dropped."""
    if views := dependent_views(sql, plan):
        raise PreflightError(f"{_VIEWS}: {_listed(views)}", hint=_SAVE_VIEWS)


def check_owners(facts: Facts) -> Answer:
    """Whether the functions of others that are to be set aside are this user's to rename and replace."""
    installation = facts.observed.installation
    foreign = installation.foreign if installation else ()
    if not foreign:
        return passed("no function of others is to be replaced")
    login = facts.login
    theirs = [f for f in foreign if f.owner != login.user]
    if login.superuser or not theirs:
        return passed(
            f"{login.user} may rename and replace {_listed(f.signature for f in foreign)}"
        )
    owners = sorted({f.owner or "another user" for f in theirs})
    return failed(
        f"{_listed(f.signature for f in theirs)} belong to {', '.join(owners)}: only the owner or a superuser may"
        f" rename or replace them, and this is {login.user}",
        "Log in as the owner or a superuser (--db-user, --secret-arn), or let one of them run ALTER FUNCTION ..."
        f" OWNER TO {quote_identifier(login.user)} for each.",
    )


def check_views(facts: Facts) -> Answer:
    """Whether views use functions that this plan has to drop."""
    if views := dependent_views(facts.sql, facts.plan):
        return failed(f"{_VIEWS}: {_listed(views)}", _SAVE_VIEWS)
    return passed("no view uses a function that this plan drops or renames")


def _listed(names: Iterable[str]) -> str:
    unique = sorted(dict.fromkeys(names))
    more = len(unique) - _SHOWN
    return ", ".join(unique[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


CHECKS = (
    Check(
        "Functions of others", Plane.SCHEMA, check_foreign_objects, ("desired", "observed", "sql")
    ),
    Check("Python functions", Plane.SCHEMA, check_python_functions, ("desired", "observed", "sql")),
    Check("Owners", Plane.SCHEMA, check_owners, ("observed", "login")),
    Check("Views", Plane.SCHEMA, check_views, ("plan", "sql")),
)
