"""The checks that an installation begins with. Each returns an `Outcome`; one that fails never hides the others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from carto_at_installer.checks.outcome import Outcome, Status
from carto_at_installer.core.errors import CartoAtError, SqlError
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.core.releases import Installation
    from carto_at_installer.core.target import Target
    from carto_at_installer.plan.resources import DesiredState

_PYTHON = (3, 11)


def check_python() -> Outcome:
    """Whether this Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _PYTHON:
        return Outcome("Python", Status.PASS, f"Python {version}")
    return Outcome(
        "Python", Status.FAIL, f"Python {version} is too old", "Install Python 3.11 or newer."
    )


def check_package(root: Path) -> Outcome:
    """Whether every file of the bundle is what its manifest says."""
    from carto_at_installer.bundle.resources import verify  # noqa: PLC0415 - only needed here

    try:
        manifest = verify(root)
    except CartoAtError as error:
        return Outcome("Package", Status.FAIL, error.message, error.hint)
    bytecode = (
        "" if manifest.bytecode else " (without byte-code: cold starts take about 0.2 s longer)"
    )
    return Outcome(
        "Package", Status.PASS, f"{manifest.pack} {manifest.version} is intact{bytecode}"
    )


def check_network(target: Target) -> Outcome:
    """Whether Redshift's traffic to Lambda may need a path that the VPC does not have."""
    if not target.enhanced_vpc_routing:
        return Outcome("Network", Status.PASS, "Redshift reaches Lambda through AWS's own network")
    return Outcome(
        "Network",
        Status.WARN,
        "enhanced VPC routing is on: queries need a path from the VPC to Lambda and STS",
        "Have interface endpoints for lambda and sts (private DNS, port 443 open), or a NAT gateway.",
    )


def check_login(sql: SqlBackend, database: str) -> Outcome:
    """Whether the Data API can log in to the database, and as whom."""
    try:
        user = sql.query("SELECT current_user").rows[0][0]
    except SqlError as error:
        fix = error.hint or "Check --database, --db-user and --secret-arn."
        return Outcome(
            "Database", Status.FAIL, f"cannot log in to {database}: {error.message}", fix
        )
    return Outcome("Database", Status.PASS, f"logged in to {database} as {user}")


def check_foreign_objects(
    sql: SqlBackend, desired: DesiredState, installation: Installation | None
) -> Outcome:
    """Whether functions in the schema that are not ours bear names that we are about to use."""
    ours = {(o.name.lower()) for o in installation.objects} if installation else set()
    wanted = {o.name.lower() for module in desired.modules for o in module.objects} - ours
    if not wanted:
        return Outcome("Schema", Status.PASS, f"all functions in {desired.schema} are ours")
    found = sql.query(
        "SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE n.nspname = {literal(desired.schema)}"
    )
    foreign = sorted(wanted & {str(row[0]).lower() for row in found.rows})
    if not foreign:
        return Outcome("Schema", Status.PASS, f"nothing in {desired.schema} stands in the way")
    named = ", ".join(foreign[:5]) + (f" and {len(foreign) - 5} more" if len(foreign) > 5 else "")
    return Outcome(
        "Schema",
        Status.FAIL,
        f"{desired.schema} holds functions that carto-at did not make: {named}",
        "Choose another schema with --schema, or drop those functions.",
    )
