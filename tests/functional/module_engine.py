"""The sandbox's SQL engine with modules of the catalog installed, their Lambda halves running in this process."""

import json
from functools import cache
from pathlib import Path

from docs.generate.toolbox import CLUSTER, ROLE, open_engine

from carto_at_installer.catalog.load import load_catalog

__all__ = ["CLUSTER", "ROLE", "open_engine"]

ROOT = Path(__file__).parents[2]
SQL_TYPES = {
    "BIGINT": "int8",
    "BOOLEAN": "bool",
    "VARCHAR(MAX)": "varchar",
    "VARCHAR(256)": "varchar",
}


@cache
def _modules():
    catalog = load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql")
    return {module.name: module for module in catalog.modules}


def load_module(name):
    return _modules()[name]


def select(session, columns, source):
    return session.execute(f"SELECT {columns} FROM {source}").rows


def value(session, expression):
    ((answer,),) = session.execute(f"SELECT {expression}").rows
    return answer


def super_value(session, expression):
    answer = value(session, expression)
    return None if answer is None else json.loads(answer)


def fill_table(session, name, columns, rows):
    """Make and fill a table; numbers are written so that they are read back exactly."""
    session.execute(f"CREATE TABLE {name} ({columns})")
    for start in range(0, len(rows), 5000):
        values = ", ".join(f"({', '.join(map(repr, row))})" for row in rows[start : start + 5000])
        session.execute(f"INSERT INTO {name} VALUES {values}")
