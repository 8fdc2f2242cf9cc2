"""Checks of the cluster or workgroup, of the way into its database, and of what the login may do there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carto_at_installer.checks.login import has_system_privilege, installer_of, may_use_language
from carto_at_installer.checks.outcome import (
    Answer,
    Check,
    Plane,
    failed,
    passed,
    skipped,
    unknown,
    warned,
)
from carto_at_installer.core.errors import CartoAtError
from carto_at_installer.core.target import Deployment
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from carto_at_installer.checks.facts import Facts
    from carto_at_installer.checks.login import Login
    from carto_at_installer.core.target import Target

_NO_DATABASE = re.compile(r'database "?[^"]*"? does not exist', re.IGNORECASE)
_BOOTSTRAP = "Have a superuser run what `carto-at bootstrap-sql` prints"
_CREATE_EXTERNAL = ("CREATE OR REPLACE EXTERNAL FUNCTION",)


def check_target(facts: Facts) -> Answer:
    """Whether the cluster or workgroup exists and can be used now."""
    return judge_target(facts.target)


def judge_target(target: Target) -> Answer:
    """As `check_target`, for a given target."""
    text = f"The {target.deployment.value} {target.name} is {target.status}"
    if target.status == "paused":
        return failed(
            text, f"Resume it: aws redshift resume-cluster --cluster-identifier {target.name}"
        )
    if target.maintenance:
        return failed(f"{text}, under maintenance", "Wait until the maintenance is over.")
    if not target.available:
        return failed(text, "Wait until it is available, then repeat the command.")
    if target.status != "available":
        return warned(text, "It can be used, but queries may be slower or interrupted meanwhile.")
    return passed(text)


def check_network(facts: Facts) -> Answer:
    """Whether Redshift's traffic to Lambda may need a path that the VPC does not have."""
    if not facts.target.enhanced_vpc_routing:
        return passed("Redshift reaches Lambda through AWS's own network")
    region = facts.identity.region
    return warned(
        "enhanced VPC routing is on: queries need a path from the VPC to Lambda and STS",
        f"Have interface endpoints for com.amazonaws.{region}.lambda and com.amazonaws.{region}.sts (private DNS "
        "on, port 443 open to the cluster), or a NAT gateway.",
    )


def check_version(facts: Facts) -> Answer:
    """The patch level, which tells what Redshift can do."""
    target = facts.target
    if not target.version:
        return unknown("Redshift does not say its version")
    return passed(f"version {target.version}")


def check_database(facts: Facts) -> Answer:
    """Whether the database exists and the Data API can log in to it, and as whom."""
    database = facts.options.target.database
    try:
        login = facts.login
    except CartoAtError as error:
        if _NO_DATABASE.search(error.message):
            return failed(error.message, _list_databases(facts.target))
        fix = error.hint or "Check --database, --db-user and --secret-arn."
        return failed(f"cannot log in to {database}: {error.message}", fix)
    kind = "a superuser" if login.superuser else "not a superuser"
    return passed(f"logged in to {database} as {login.user}, {kind}")


def _list_databases(target: Target) -> str:
    flag = (
        f"--cluster-identifier {target.name}"
        if target.deployment is Deployment.CLUSTER
        else f"--workgroup-name {target.name}"
    )
    return f"Check --database: aws redshift-data list-databases {flag} --database dev"


def check_language(facts: Facts) -> Answer:
    """Whether the login may make Lambda functions known to SQL."""
    if not facts.desired.functions:
        return skipped("no function of this plan runs in Lambda")
    if facts.login.superuser:
        return passed("superuser")
    if may_use_language(facts.sql, facts.login, "exfunc"):
        return passed("USAGE ON LANGUAGE exfunc is granted")
    return failed(
        f"{facts.login.user} may not use the language exfunc: CREATE EXTERNAL FUNCTION would be refused",
        f"{_BOOTSTRAP}, or log in as one (--db-user, --secret-arn).",
    )


def check_external_functions(facts: Facts) -> Answer:
    """Whether the login has the system privilege to create and replace external functions.

    Redshift's documentation asks for it; clusters are known that do with the language and the schema alone.
    """
    if not facts.desired.functions:
        return skipped("no function of this plan runs in Lambda")
    login = facts.login
    if login.superuser:
        return passed("superuser")
    if has_system_privilege(facts.sql, login, *_CREATE_EXTERNAL):
        return passed("CREATE OR REPLACE EXTERNAL FUNCTION is granted")
    return warned(
        f"{login.user} lacks the system privilege CREATE OR REPLACE EXTERNAL FUNCTION, which Redshift may ask for",
        f"{_BOOTSTRAP}, or log in as one (--db-user, --secret-arn).",
    )


def check_schema_rights(facts: Facts) -> Answer:
    """Whether the login may create the schema, or create in the one that is there."""
    login, schema, sql = facts.login, facts.options.schema, facts.sql
    if login.superuser:
        return passed("superuser")
    there = sql.query(f"SELECT COUNT(*) FROM pg_namespace WHERE nspname = {literal(schema)}").rows
    if there[0][0]:
        return _rights_in(facts, login, schema)
    name = literal(facts.options.target.database)
    allowed = sql.query(f"SELECT has_database_privilege({name}, 'create')").rows[0][0]
    if allowed or has_system_privilege(sql, login, "CREATE SCHEMA"):
        return passed(f"{login.user} may create the schema {schema}")
    return failed(f"{login.user} may not create the schema {schema}", f"{_BOOTSTRAP}.")


def _rights_in(facts: Facts, login: Login, schema: str) -> Answer:
    named = literal(schema)
    owner = installer_of(facts.sql, schema)
    if owner not in (None, login.user):
        return failed(
            f"the installation in the schema {schema} belongs to {owner}; {login.user} may not change it",
            f"Log in as {owner}, or as a superuser (--db-user, --secret-arn).",
        )
    row = facts.sql.query(
        f"SELECT has_schema_privilege({named}, 'usage'), has_schema_privilege({named}, 'create')"
    ).rows[0]
    missing = [word for word, has in zip(("USAGE", "CREATE"), row, strict=True) if not has]
    if not missing:
        return passed(f"{login.user} may create in the schema {schema}")
    grant = (
        f"GRANT {', '.join(missing)} ON SCHEMA {quote_identifier(schema)} TO "
        f"{quote_identifier(login.user)};"
    )
    return failed(
        f"{login.user} lacks {' and '.join(missing)} on the schema {schema}",
        f"Have its owner or a superuser run: {grant}",
    )


CHECKS = (
    Check("State", Plane.TARGET, check_target, ("identity",), decisive=True),
    Check("Network", Plane.TARGET, check_network, ("target",)),
    Check("Version", Plane.TARGET, check_version, ("target",)),
    Check("Database", Plane.TARGET, check_database, ("sql",), decisive=True),
    Check("Language exfunc", Plane.TARGET, check_language, ("login", "desired")),
    Check("External functions", Plane.TARGET, check_external_functions, ("login", "desired")),
    Check("Schema rights", Plane.TARGET, check_schema_rights, ("login",)),
)
