"""Taking an installation away, and taking away what old releases left: looks at what is there, then plans."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from carto_at_installer.apply.operation import Operation
from carto_at_installer.apply.overview import current_snapshot
from carto_at_installer.aws import clusters, functions, roles
from carto_at_installer.checks.schema import refuse_dependent_views
from carto_at_installer.plan.partial_removal import (
    REMOVED,
    chosen_objects,
    plan_partial_removal,
)
from carto_at_installer.plan.removal import (
    Leftovers,
    adoptions,
    plan_prune,
    plan_uninstall,
    recorded_resources,
)
from carto_at_installer.sql.aside import those_set_aside
from carto_at_installer.sql.database import functions_of_schema

if TYPE_CHECKING:
    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.operation import Conduct
    from carto_at_installer.aws.functions import FunctionSummary
    from carto_at_installer.aws.session import AwsSession
    from carto_at_installer.core.options import SelectionOptions
    from carto_at_installer.core.releases import Installation, Resources
    from carto_at_installer.plan.steps import Plan
    from carto_at_installer.sql.aside import SetAside

KEEP_RELEASES = 2
_PARALLEL_CALLS = 8


def look_at_leftovers(connection: Connection, installation: Installation) -> Leftovers:
    """What is there of everything that the kept releases may have made. Changes nothing."""
    session = connection.session
    resources = recorded_resources(installation.kept)
    with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
        found = {n: pool.submit(functions.find_function, session, n) for n in resources.functions}
        layers = {n: pool.submit(functions.find_layer, session, n) for n in resources.layers}
        role_answers = {n: pool.submit(roles.find_role, session, n) for n in resources.roles}
        everything = pool.submit(_everything, session, resources)
        attached = pool.submit(clusters.attached_roles, session, connection.target)
        return Leftovers(
            cluster=connection.target.name,
            mark=connection.mark,
            functions={name: future.result() for name, future in found.items()},
            layers={name: bool(future.result()) for name, future in layers.items()},
            roles={name: future.result() for name, future in role_answers.items()},
            log_group=resources.log_group,
            attached=attached.result(),
            all_functions=everything.result(),
            aside=those_aside(connection, installation),
        )


def those_aside(connection: Connection, installation: Installation) -> tuple[SetAside, ...]:
    """The functions of others that adopt has set aside; asks the database only where it was used."""
    if not adoptions(installation.kept):
        return ()
    return those_set_aside(functions_of_schema(connection.sql, connection.schema))


def _everything(session: AwsSession, resources: Resources) -> tuple[FunctionSummary, ...]:
    """All functions of the region, where some of them might use what is about to be deleted."""
    if not (resources.functions or resources.layers or resources.log_group):
        return ()
    return tuple(functions.list_functions(session).functions.values())


def prepare_uninstall(connection: Connection, *, keep_lambdas: bool = False) -> Plan:
    """Plan the removal of everything that the state says is ours."""
    installation = connection.installation()
    version = installation.current.version if installation.current else ""
    left = look_at_leftovers(connection, installation)
    return plan_uninstall(connection.schema, version, installation, left, keep_lambdas=keep_lambdas)


def prepare_partial_removal(connection: Connection, wishes: SelectionOptions) -> Plan | None:
    """Plan the removal of the chosen functions; None when they are all that is installed.

    Raises UsageError for names that are not installed, and PreflightError when something that stays calls what goes.
    """
    installation = connection.installation()
    snapshot = current_snapshot(connection)
    names = chosen_objects(snapshot, connection.schema, wishes)
    if names >= {o.name for o in installation.objects}:
        return None
    return plan_partial_removal(connection.schema, installation, names)


def prepare_partial_rest(connection: Connection) -> Plan:
    """Plan what is left to do of a removal of a part that stopped half-way."""
    installation = connection.installation()
    stopped = installation.unfinished
    names = stopped.options.get(REMOVED, "").split(",") if stopped else []
    return plan_partial_removal(connection.schema, installation, names)


def prepare_prune(connection: Connection, *, keep: int = KEEP_RELEASES) -> Plan:
    """Plan the removal of what only old releases use."""
    installation = connection.installation()
    left = look_at_leftovers(connection, installation)
    return plan_prune(connection.schema, installation, left, keep)


def carry_out(connection: Connection, plan: Plan, conduct: Conduct) -> tuple[str, ...]:
    """Carry out a plan that only removes; returns the keys of its steps.

    Raises PreflightError, before anything is changed, when views use what would be dropped.
    """
    refuse_dependent_views(connection.sql, plan)
    return Operation(plan, connection, conduct).run()
