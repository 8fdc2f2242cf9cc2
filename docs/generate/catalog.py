"""The catalog that the documentation is made from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.catalog.load import load_catalog

if TYPE_CHECKING:
    from carto_at_installer.core.functions import Catalog

ROOT = Path(__file__).parents[2]


@cache
def catalog() -> Catalog:
    """The functions of the source tree."""
    return load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql")
