"""The sandbox's SQL engine with modules of the catalog installed, their Lambda halves running in this process."""

import importlib
import json
from pathlib import Path

from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.sandbox.engine import Engine
from carto_at_installer.sql.ddl import LambdaTarget, create_schema
from carto_at_installer.sql.objects import module_objects
from carto_at_installer.sql.templates import Templates

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/carto-at-invoke"
CLUSTER = "arn:aws:redshift:eu-west-1:123456789012:namespace:demo"
SQL_TYPES = {
    "BIGINT": "int8",
    "BOOLEAN": "bool",
    "VARCHAR(MAX)": "varchar",
    "VARCHAR(256)": "varchar",
}


def load_module(name):
    catalog = load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql")
    return next(module for module in catalog.modules if module.name == name)


def open_engine(path, *modules):
    """An engine on a new database file, and a session, with the modules installed in schema carto."""
    handlers = {
        f"carto-at-redshift-{module.name}": importlib.import_module(
            module.lambda_settings.package
        ).handler
        for module in modules
        if module.lambda_settings
    }

    def call(lambda_call):
        """What Lambda does with a handler's result: it is JSON once more."""
        answer = handlers[lambda_call.function_name](json.loads(lambda_call.payload), None)
        return json.dumps(answer).encode()

    engine = Engine(path, "dev", call, CLUSTER)
    session = engine.session("admin")
    session.execute(create_schema("carto"))
    for module in modules:
        target = LambdaTarget(f"carto-at-redshift-{module.name}", (ROLE,))
        for each in module_objects(module, Templates(ROOT / "sql"), "carto", target):
            session.execute(each.ddl)
    return engine, session


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


def example_cases(module):
    return [
        (example, f"{function.name}-{number}")
        for function in module.functions
        for number, example in enumerate(function.examples)
    ]
