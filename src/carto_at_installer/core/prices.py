"""What AWS charges for Lambda, as far as a table can say: list prices of a day, before free tiers and discounts."""

from __future__ import annotations

from dataclasses import dataclass

from carto_at_installer.core.bundle import Architecture

AS_OF = "2026-06"
"""When the table was last compared with AWS's list prices."""
PER_MILLION_REQUESTS = 0.20
# US dollars for a second of 1024 MB, in the first price tier. These regions have the same list prices.
_REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1")
_PER_GB_SECOND = {Architecture.X86_64: 0.0000166667, Architecture.ARM64: 0.0000133334}


@dataclass(frozen=True, slots=True)
class LambdaPrices:
    """US dollars for a million requests, and for a second of 1024 MB by architecture.

    `basis` says where they come from, in words; `exact` whether the table knows the region.
    """

    per_million_requests: float
    per_gb_second: dict[Architecture, float]
    basis: str
    exact: bool


def lambda_prices(
    region: str,
    *,
    per_gb_second: float | None = None,
    per_million_requests: float | None = None,
) -> LambdaPrices:
    """The prices in a region; those that are given take the place of the table's, for both architectures."""
    seconds = (
        _PER_GB_SECOND if per_gb_second is None else dict.fromkeys(Architecture, per_gb_second)
    )
    requests = PER_MILLION_REQUESTS if per_million_requests is None else per_million_requests
    given = [
        text
        for text, value in (("GB-second", per_gb_second), ("requests", per_million_requests))
        if value is not None
    ]
    known = region in _REGIONS
    table = f"list prices of {region if known else _REGIONS[0]}, {AS_OF}"
    basis = table if not given else f"your price of {' and '.join(given)}"
    if len(given) == 1:
        basis += f", otherwise {table}"
    return LambdaPrices(requests, dict(seconds), basis, known or len(given) == 2)
