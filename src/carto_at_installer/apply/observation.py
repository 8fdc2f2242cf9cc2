"""Looks at the world: asks AWS and the release tables about everything that the desired state names, all at once.

A Lambda function that a complete release names, and that the list of all functions shows as it should be, is not asked
about one by one: its tags are those that the release put on it. `thorough` asks about each.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from carto_at_installer.aws import functions, log_groups, roles
from carto_at_installer.aws.retries import heard
from carto_at_installer.plan.deviations import as_it_should_be, layer_arn
from carto_at_installer.plan.observed import ObservedState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.aws.functions import DeployedFunction, FunctionList
    from carto_at_installer.aws.session import AwsSession
    from carto_at_installer.core.releases import Installation
    from carto_at_installer.plan.resources import DesiredState, LambdaFunction

_PARALLEL_CALLS = 16
T = TypeVar("T")


def observe(
    desired: DesiredState,
    connection: Connection,
    *,
    thorough: bool = False,
    with_database: bool = True,
) -> ObservedState:
    """The present state of every resource that `desired` names. Changes nothing.

    Not `with_database`, nothing is known of what is installed, and the database is not asked.
    """
    session, target = connection.session, connection.target
    with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
        recorded = pool.submit(heard(connection.store.read)) if with_database else None
        groups = _ask(
            pool,
            (desired.log_group.name for _ in desired.functions[:1]),
            lambda name: log_groups.find_log_group(session, name),
        )
        role_futures = _ask(
            pool, (r.name for r in desired.roles), lambda n: roles.find_role(session, n)
        )
        listed = pool.submit(heard(_list_functions), session, len(desired.functions))
        installation = recorded.result() if recorded else None
        alone = thorough or _reserves(desired, installation)
        known = frozenset() if alone else _marked_by(installation)
        found = _functions(pool, session, desired, listed.result(), known)
        return ObservedState(
            roles=_answers(role_futures),
            log_group=_answers(groups).get(desired.log_group.name),
            layers=_layers(session, desired, found, thorough=thorough),
            functions=found,
            attached=frozenset(arn for arn, state in target.roles.items() if state == "in-sync"),
            installation=installation,
        )


def _list_functions(session: AwsSession, pages: int) -> FunctionList:
    """The list of all functions as far as it may be worth reading; none where no function is wanted."""
    if not pages:
        return functions.FunctionList({}, complete=True)
    return functions.list_functions(session, pages=pages)


def _reserves(desired: DesiredState, installation: Installation | None) -> bool:
    """Whether executions are, or were, reserved for the functions, which the list of functions does not tell."""
    current = installation.current if installation else None
    records = [desired.options, current.options if current else {}]
    return any(record.get("reserved_concurrency", "null") != "null" for record in records)


def _marked_by(installation: Installation | None) -> frozenset[str]:
    """The Lambda functions that bear the mark of an installation, because a release that names them was completed."""
    if installation is None or installation.current is None:
        return frozenset()
    return frozenset(installation.current.resources.functions.values())


def _functions(
    pool: ThreadPoolExecutor,
    session: AwsSession,
    desired: DesiredState,
    listed: FunctionList,
    known: frozenset[str],
) -> dict[str, DeployedFunction | None]:
    found: dict[str, DeployedFunction | None] = {}
    for function in desired.functions:
        summary = listed.functions.get(function.name)
        if summary is None and listed.complete:
            found[function.name] = None
        elif summary and function.name in known and as_it_should_be(function, summary):
            found[function.name] = functions.described(
                summary, state="Active", update_status="Successful", tags=function.tags
            )
    others = (f.name for f in desired.functions if f.name not in found)
    asked = _ask(pool, others, lambda name: functions.find_function(session, name))
    return found | _answers(asked)


def _layers(
    session: AwsSession,
    desired: DesiredState,
    found: Mapping[str, DeployedFunction | None],
    *,
    thorough: bool,
) -> dict[str, str | None]:
    """The ARN of the layer: as the functions that need it name it, where all have it, else as AWS lists it."""
    if desired.layer is None:
        return {}
    users = [function for function in desired.functions if function.layer]
    arns = {_used_layer(function, found) for function in users}
    if len(arns) == 1 and None not in arns and not thorough:
        return {desired.layer.name: arns.pop()}
    return {desired.layer.name: functions.find_layer(session, desired.layer.name)}


def _used_layer(
    function: LambdaFunction, found: Mapping[str, DeployedFunction | None]
) -> str | None:
    deployed = found.get(function.name)
    return layer_arn(function, deployed) if deployed else None


def _ask(
    pool: ThreadPoolExecutor, names: Iterable[str], look: Callable[[str], T]
) -> dict[str, Future[T]]:
    return {name: pool.submit(heard(look), name) for name in names}


def _answers(futures: Mapping[str, Future[T]]) -> dict[str, T]:
    return {name: future.result() for name, future in futures.items()}
