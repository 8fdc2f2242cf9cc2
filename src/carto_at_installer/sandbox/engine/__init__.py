"""Redshift's SQL on DuckDB: one engine per database, one session per connection.

The path of a statement: `session` -> (`commands` for DDL and session control | `transpile` for queries and DML) ->
DuckDB -> `rendering`. `shims` holds Redshift's functions, `functions` the users', `external` the calls to Lambda.
"""

from __future__ import annotations

from carto_at_installer.sandbox.engine.engine import Cluster, Engine
from carto_at_installer.sandbox.engine.external import LambdaCall, LambdaCaller
from carto_at_installer.sandbox.engine.results import ResultColumn, ResultSet
from carto_at_installer.sandbox.engine.session import Session

__all__ = [
    "Cluster",
    "Engine",
    "LambdaCall",
    "LambdaCaller",
    "ResultColumn",
    "ResultSet",
    "Session",
]
