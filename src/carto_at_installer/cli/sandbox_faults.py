"""`carto-at sandbox fault ...`: make the sandbox fail as AWS does on a bad day, to see what happens then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import output_flags

if TYPE_CHECKING:
    from carto_at_installer.core.result import Result
    from carto_at_installer.sandbox.faults import Fault, FaultState


@click.group()
def fault() -> None:
    """Make calls to the sandbox fail, as those to AWS sometimes do."""


@fault.command()
@click.argument("kind")
@click.argument("operation", default="")
@click.option("--call", default=1, metavar="N", help="The first call that it strikes (1).")
@click.option("--times", type=int, metavar="N", help="How many calls it strikes (1).")
@click.option("--every", is_flag=True, help="Strike every call from the first one on.")
@click.option("--where", default="", metavar="TEXT", help="Only calls in which this text occurs.")
@click.option("--code", default="", help="The code of the AWS error.")
@click.option("--message", default="", help="The text of the error.")
@click.option("--seconds", default=0.0, metavar="S", help="How long it delays.")
@output_flags
def add(kind: str, operation: str, times: int | None, *, every: bool, **given: Any) -> Result:
    """Add a fault of a KIND; the first six strike calls of an OPERATION.

    \b
    error           answer with the AWS error --code
    throttle        refuse as too fast
    delay           carry out --seconds later
    drop            lose the connection before anything is done
    lose-reply      do everything, then lose the connection
    expire          the credentials have expired (*:*)
    kill-worker     kill the process of a Lambda function, --seconds after it began
    slow-worker     a Lambda function takes --seconds longer
    abort-statement an SQL statement ends as ABORTED
    fail-statement  an SQL statement ends as FAILED with --message
    pause-cluster   the cluster is paused as an SQL statement begins
    role-not-ready  no role can be assumed until it is --seconds old

    An OPERATION is service:Operation in the names of the AWS API; * and ? are wildcards, in --where too.

    \b
    carto-at sandbox fault add throttle lambda:CreateFunction --times 3
    carto-at sandbox fault add fail-statement --where "*QUADBIN*"
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.cli.sandbox import explained  # noqa: PLC0415 - it imports this module
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415
    from carto_at_installer.sandbox import daemon, faults  # noqa: PLC0415 - only here

    if every and times is not None:
        raise click.UsageError("--every and --times exclude each other.")
    lasting = kind in {faults.Kind.EXPIRE, faults.Kind.ROLE_NOT_READY}
    given["times"] = faults.ALWAYS if every or (lasting and times is None) else times or 1
    if kind == faults.Kind.EXPIRE:
        operation = operation or "*:*"
    with explained():
        wanted = _fault({"kind": kind, "operation": operation, **given})
        (state,) = faults.add(daemon.default_home(), wanted)
    text = f"Fault {state.id} is set: {_described(state.fault)}."
    return Result("sandbox fault add", data=state.to_json(), blocks=(Paragraph(text),))


def _fault(fields: dict[str, Any]) -> Fault:
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415
    from carto_at_installer.sandbox import faults  # noqa: PLC0415

    try:
        return faults.from_json(fields)
    except faults.FaultError as error:
        text = str(error)
        raise UsageError(f"{text[:1].upper()}{text[1:]}.", hint=_HELP) from error


_HELP = "See: carto-at sandbox fault add --help"


@fault.command("list")
@output_flags
def list_faults() -> Result:
    """Show the faults that are set, and how many calls each has seen and struck.

    \b
    carto-at sandbox fault list
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.cli.sandbox import explained  # noqa: PLC0415 - it imports this module
    from carto_at_installer.core.result import Paragraph, Result, Table  # noqa: PLC0415
    from carto_at_installer.sandbox import daemon, faults  # noqa: PLC0415

    with explained():
        states = faults.states(daemon.default_home())
    data = {"faults": [state.to_json() for state in states]}
    if not states:
        return Result("sandbox fault list", data=data, blocks=(Paragraph("No fault is set."),))
    rows = tuple(_row(state) for state in states)
    table = Table(("Fault", "What", "Calls seen", "Struck"), rows)
    return Result("sandbox fault list", data=data, blocks=(table,))


def _row(state: FaultState) -> tuple[Any, ...]:
    return state.id, _described(state.fault), state.seen, state.hits


def _described(given: Fault) -> str:
    words: list[str] = [given.kind, given.operation]
    words += [f"{name} {value!r}" for name in ("where", "code") if (value := getattr(given, name))]
    words += [f"{given.seconds:g} s"] if given.seconds else []
    if not given.times:
        words.append("every call" if given.call == 1 else f"every call from number {given.call} on")
    elif given.times == 1:
        words.append(f"call {given.call}")
    else:
        words.append(f"calls {given.call} to {given.call + given.times - 1}")
    return " ".join(filter(None, words))


@fault.command()
@click.argument("numbers", nargs=-1, type=int, metavar="[FAULT]...")
@output_flags
def clear(numbers: tuple[int, ...]) -> Result:
    """Remove the faults with these numbers, or all of them.

    \b
    carto-at sandbox fault clear
    carto-at sandbox fault clear 2
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.cli.sandbox import explained  # noqa: PLC0415 - it imports this module
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415
    from carto_at_installer.sandbox import daemon, faults  # noqa: PLC0415

    with explained():
        cleared = faults.clear(daemon.default_home(), *numbers)
    text = f"{cleared} fault{'' if cleared == 1 else 's'} removed."
    return Result("sandbox fault clear", data={"cleared": cleared}, blocks=(Paragraph(text),))
