"""What Lambda costs: from the table where it knows the region, from the user where it does not."""

from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.prices import lambda_prices


def test_a_known_region_has_the_prices_of_the_table():
    prices = lambda_prices("eu-west-1")
    assert prices.exact
    assert prices.per_gb_second[Architecture.ARM64] < prices.per_gb_second[Architecture.X86_64]
    assert prices.basis.startswith("list prices of eu-west-1, 20")


def test_an_unknown_region_is_said_to_be_unknown():
    prices = lambda_prices("af-south-1")
    assert not prices.exact
    assert "us-east-1" in prices.basis
    assert not lambda_prices("af-south-1", per_gb_second=1.0).exact


def test_given_prices_replace_the_table():
    prices = lambda_prices("af-south-1", per_gb_second=2.0, per_million_requests=0.0)
    assert prices.exact
    assert set(prices.per_gb_second.values()) == {2.0}
    assert prices.per_million_requests == 0.0
    partly = lambda_prices("eu-west-1", per_million_requests=0.1)
    assert partly.basis.startswith("your price of requests, otherwise list prices of eu-west-1")
