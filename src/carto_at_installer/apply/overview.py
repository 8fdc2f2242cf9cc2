"""What is installed and how it stands: for `status`, `test`, `diff` and `resume`. Changes nothing."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.apply.lease import Holder, read_holder
from carto_at_installer.aws import functions
from carto_at_installer.catalog.recorded import recorded_catalog
from carto_at_installer.catalog.select import select
from carto_at_installer.verify.smoke import recorded_tests, run_smoke_tests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.facts import GatheredFacts
    from carto_at_installer.core.options import SelectionOptions
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.core.releases import Installation, RecordedObject
    from carto_at_installer.plan.resources import DesiredState
    from carto_at_installer.verify.smoke import SmokeFailure


@dataclass(frozen=True, slots=True)
class LambdaState:
    """A Lambda function that the current release uses; `state` is AWS's, or `missing`."""

    module: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Overview:
    """An installation at a glance."""

    installation: Installation
    lambdas: tuple[LambdaState, ...]
    holder: Holder | None


def look_over(connection: Connection) -> Overview:
    """The installation, the state of its Lambda functions, and who is changing it now."""
    installation = connection.installation()
    used = {o.module: o.lambda_name for o in installation.objects if o.lambda_name}
    lambdas = []
    for module, name in sorted(used.items()):
        found = functions.find_function(connection.session, name)
        lambdas.append(LambdaState(module, name, found.state if found else "missing"))
    return Overview(
        installation, tuple(lambdas), read_holder(connection.sql, connection.store.tables)
    )


def current_snapshot(connection: Connection) -> tuple[RecordedObject, ...]:
    """The SQL objects in use, with definitions and examples."""
    installation = connection.installation()
    return connection.store.snapshot(max((r.number for r in installation.kept), default=0))


def ask_recorded_examples(
    connection: Connection, progress: Progress, selection: SelectionOptions
) -> tuple[int, list[SmokeFailure]]:
    """Ask the examples that are recorded with the chosen objects; returns how many, and those that fail."""
    objects, schema = current_snapshot(connection), connection.schema
    chosen = select(recorded_catalog(objects, schema), selection, closed=False).names
    tests = [test for test in recorded_tests(objects, schema) if test.function in chosen]
    return len(tests), run_smoke_tests(connection.sql, tests, progress)


@dataclass(frozen=True, slots=True)
class Difference:
    """An SQL object whose deployed definition is not the bundled one. `change` is added, removed or changed."""

    signature: str
    change: str
    text: str


def differences(
    snapshot: Sequence[RecordedObject], desired: DesiredState
) -> tuple[Difference, ...]:
    """Deployed against bundled definitions, as unified diffs, in the order of the modules."""
    deployed = {o.signature: o for o in snapshot}
    bundled = {o.signature: o for module in desired.modules for o in module.objects}
    found = []
    for signature in dict.fromkeys([*deployed, *bundled]):
        old, new = deployed.get(signature), bundled.get(signature)
        if old and new and old.digest == new.digest:
            continue
        change = "changed" if old and new else "added" if new else "removed"
        text = _unified(old.ddl if old else "", new.ddl if new else "", signature)
        found.append(Difference(signature, change, text))
    return tuple(found)


def differing_functions(facts: GatheredFacts) -> frozenset[str]:
    """The chosen functions whose deployed definition is another than this package's, or that are not deployed.

    A definition names the Lambda function, and that name stands for its code, so other code differs too.
    """
    snapshot = current_snapshot(facts.connection) if facts.connection.store.read() else ()
    found = differences(snapshot, facts.desired)
    names = {d.signature.partition("(")[0] for d in found if d.change != "removed"}
    return frozenset(
        f.name
        for f in facts.selected.catalog.functions
        if f.name in names or (f.external and f.external.name in names)
    )


def _unified(old: str, new: str, signature: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(),
        new.splitlines(),
        f"deployed {signature}",
        f"bundled {signature}",
        lineterm="",
    )
    return "\n".join(lines)
