"""Looks at the world: asks AWS and the release tables about everything that the desired state names, all at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from carto_at_installer.aws import functions, log_groups, roles
from carto_at_installer.plan.observed import ObservedState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.plan.resources import DesiredState

_PARALLEL_CALLS = 8
T = TypeVar("T")


def observe(desired: DesiredState, connection: Connection) -> ObservedState:
    """The present state of every resource that `desired` names. Changes nothing."""
    session, store, target = connection.session, connection.store, connection.target
    with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
        installation = pool.submit(store.read)
        group = pool.submit(log_groups.find_log_group, session, desired.log_group.name)
        role_futures = _ask(
            pool, (r.name for r in desired.roles), lambda n: roles.find_role(session, n)
        )
        layers = _ask(
            pool,
            (layer.name for layer in (desired.layer,) if layer),
            lambda n: functions.find_layer(session, n),
        )
        found = _ask(
            pool, (f.name for f in desired.functions), lambda n: functions.find_function(session, n)
        )
        return ObservedState(
            roles=_answers(role_futures),
            log_group=group.result() if desired.functions else None,
            layers=_answers(layers),
            functions=_answers(found),
            attached=frozenset(arn for arn, state in target.roles.items() if state == "in-sync"),
            installation=installation.result(),
        )


def _ask(
    pool: ThreadPoolExecutor, names: Iterable[str], look: Callable[[str], T]
) -> dict[str, Future[T]]:
    return {name: pool.submit(look, name) for name in names}


def _answers(futures: Mapping[str, Future[T]]) -> dict[str, T]:
    return {name: future.result() for name, future in futures.items()}
