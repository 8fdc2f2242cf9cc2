"""Runs checks at the same time; one that fails, or crashes, never hides the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from carto_at_installer.checks.outcome import (
    Answer,
    NoListener,
    Outcome,
    Status,
    failed,
    skipped,
    unknown,
)
from carto_at_installer.core.errors import CartoAtError, PreflightError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from carto_at_installer.checks.facts import Facts
    from carto_at_installer.checks.outcome import Check, CheckListener

_AT_ONCE = 12
_IN_WORDS = {
    "desired": "what is to be made",
    "observed": "what is there",
    "sql": "the way into the database",
}


def run_checks(
    checks: Sequence[Check], facts: Facts, listener: CheckListener | None = None
) -> tuple[Outcome, ...]:
    """The outcomes of all checks, in the order of `checks`."""
    watching = listener or NoListener()
    watching.began(checks)

    def run(check: Check) -> Outcome:
        answer = _answer(check, facts)
        outcome = Outcome(check.name, check.plane, answer.status, answer.reason, answer.fix)
        watching.answered(outcome)
        return outcome

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(run, checks))


def _answer(check: Check, facts: Facts) -> Answer:
    for need in check.needs:
        try:
            getattr(facts, need)
        except Exception:  # noqa: BLE001 - whose fault it is, the check about that fact says
            return skipped(f"{_IN_WORDS.get(need, f'the {need}')} is not known")
    try:
        return check.look(facts)
    except CartoAtError as error:
        say = failed if check.decisive else unknown
        return say(error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - a crash of one check must not hide the others
        return unknown(f"the check itself failed: {type(error).__name__}: {error}")


def refuse_failures(outcomes: Iterable[Outcome]) -> None:
    """Raise PreflightError naming every check that failed, with what to do about each."""
    bad = [outcome for outcome in outcomes if outcome.status is Status.FAIL]
    if bad:
        raise PreflightError(
            "\n".join(f"{outcome.check}: {outcome.reason}" for outcome in bad),
            hint="\n".join(dict.fromkeys(outcome.fix for outcome in bad if outcome.fix)),
        )
