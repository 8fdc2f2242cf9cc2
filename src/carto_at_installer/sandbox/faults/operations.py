"""Which operations there are: a fault for one that does not exist would never strike."""

from __future__ import annotations

from difflib import get_close_matches

from carto_at_installer.sandbox.faults.book import wildcard
from carto_at_installer.sandbox.faults.fault import FaultError
from carto_at_installer.sandbox.protocols.naming import operation_names

SERVICES = (
    "iam",
    "lambda",
    "logs",
    "redshift",
    "redshift-data",
    "redshift-serverless",
    "s3",
    "secretsmanager",
    "sts",
)


def require_known(pattern: str) -> None:
    """Raise FaultError unless `service:Operation`, possibly with wildcards, names an operation of a service here."""
    service, colon, operation = pattern.partition(":")
    if not colon or not operation:
        raise FaultError(f"{pattern} is not of the form service:Operation")
    services = [name for name in SERVICES if wildcard(service).fullmatch(name)]
    if not services:
        known = ", ".join(SERVICES)
        raise FaultError(f"the sandbox has no service {service}; it has {known}")
    wanted = wildcard(operation)
    if any(wanted.fullmatch(name) for each in services for name in operation_names(each)):
        return
    names = [name for each in services for name in operation_names(each)]
    close = get_close_matches(operation, names, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise FaultError(f"{service} has no operation {operation}{hint}")
