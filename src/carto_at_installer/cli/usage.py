"""`carto-at usage`: how much the functions have been used, and what that may have cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import output_flags
from carto_at_installer.cli.installed import opened, place_flags
from carto_at_installer.cli.times import since_flag

if TYPE_CHECKING:
    from datetime import datetime

    from carto_at_installer.apply.usage import FunctionUsage
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.prices import LambdaPrices
    from carto_at_installer.core.result import Block, Problem, Result

_PRICE = click.FloatRange(min=0)
_SHOWN = 25
_UNITS = ("B", "kB", "MB", "GB", "TB")


@click.command()
@place_flags
@since_flag("7d", "How far back (Redshift keeps about a week):")
@click.option(
    "--price-gb-second",
    type=_PRICE,
    metavar="DOLLARS",
    envvar="CARTO_AT_PRICE_GB_SECOND",
    help="What a second of 1024 MB costs in Lambda, instead of AWS's list price.",
)
@click.option(
    "--price-million-requests",
    type=_PRICE,
    metavar="DOLLARS",
    envvar="CARTO_AT_PRICE_MILLION_REQUESTS",
    help="What a million requests cost in Lambda, instead of AWS's list price.",
)
@output_flags
@click.pass_obj
def usage(
    terminal: Terminal,
    /,
    *,
    since: datetime,
    price_gb_second: float | None,
    price_million_requests: float | None,
    **flags: Any,
) -> Result:
    """Show how much the functions have been used, and what that may have cost.

    From Redshift's own record of Lambda calls, SYS_LUDF_DETAIL, which superusers may read. Functions in plain SQL
    call no Lambda and cost nothing of their own. Costs are estimates: list prices before free tiers and discounts,
    and the durations that Redshift has seen, not those that Lambda bills. The dearest are shown; --verbose shows all.

    \b
    carto-at usage --cluster-id my-cluster --database dev --db-user admin
    carto-at usage --since 1d --price-gb-second 0.0000133334 --cluster-id my-cluster --database dev --output json
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.usage import read_usage  # noqa: PLC0415 - imports boto3
    from carto_at_installer.cli import reports  # noqa: PLC0415
    from carto_at_installer.core.prices import lambda_prices  # noqa: PLC0415
    from carto_at_installer.core.result import Result  # noqa: PLC0415

    connection = opened(flags)
    prices = lambda_prices(
        connection.identity.region,
        per_gb_second=price_gb_second,
        per_million_requests=price_million_requests,
    )
    used = read_usage(connection, since, prices)
    data = {
        **reports.place(connection),
        "since": since.isoformat(timespec="seconds"),
        "functions": [asdict(each) for each in used],
        "cost": _total(used),
        "prices": {
            "currency": "USD",
            "per_million_requests": prices.per_million_requests,
            "per_gb_second": {arch.value: p for arch, p in prices.per_gb_second.items()},
            "basis": prices.basis,
        },
    }
    return Result(
        "usage", data=data, blocks=_blocks(used, prices, terminal), warnings=_warnings(prices)
    )


def _total(used: tuple[FunctionUsage, ...]) -> float:
    return round(sum(each.cost or 0 for each in used), 6)


def _blocks(
    used: tuple[FunctionUsage, ...], prices: LambdaPrices, terminal: Terminal
) -> tuple[Block, ...]:
    from carto_at_installer.core.result import Paragraph, Table  # noqa: PLC0415

    if not used:
        return (Paragraph("No Lambda function has been called in that time.", "good"),)
    rows = tuple(
        (
            each.function,
            each.queries,
            each.invocations,
            f"{each.rows:,}",
            _size(each.input_bytes),
            _size(each.output_bytes),
            f"{each.seconds:.1f}",
            "?" if each.cost is None else f"{each.cost:.4f}",
        )
        for each in (used if terminal.verbose else used[:_SHOWN])
    )
    heads = ("function", "queries", "calls", "rows", "sent", "received", "seconds", "USD")
    caption = f"About {_total(used):.4f} US dollars ({prices.basis})."
    if len(rows) < len(used):
        caption = f"{len(used) - len(rows)} functions more: --verbose shows them. {caption}"
    return (Table(heads, rows, caption=caption),)


def _warnings(prices: LambdaPrices) -> tuple[Problem, ...]:
    from carto_at_installer.core.result import Problem  # noqa: PLC0415

    if prices.exact:
        return ()
    hint = (
        "Some regions are dearer: give yours with --price-gb-second and --price-million-requests."
    )
    message = f"The prices of this region are not known: {prices.basis} are used"
    return (Problem("prices", message, hint),)


def _size(count: int) -> str:
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
