"""The sandbox's SQL engine with every quadbin object installed, its Lambda half running in this process."""

import json
from pathlib import Path

from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.sandbox.engine import Cluster, Engine
from carto_at_installer.sql.ddl import LambdaTarget, create_schema
from carto_at_installer.sql.objects import module_objects
from carto_at_installer.sql.templates import Templates
from carto_quadbin import handler

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/carto-at-invoke"
CLUSTER = "arn:aws:redshift:eu-west-1:123456789012:namespace:demo"


def call_handler(call):
    """What Lambda does with a handler's result: it is JSON once more."""
    return json.dumps(handler(json.loads(call.payload), None)).encode()


def quadbin_module():
    catalog = load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql")
    return next(module for module in catalog.modules if module.name == "quadbin")


def open_engine(path):
    """An engine on a new database file, and a session, with the module installed in schema carto."""
    engine = Engine(path, "dev", call_handler, Cluster(CLUSTER))
    session = engine.session("admin")
    session.execute(create_schema("carto"))
    target = LambdaTarget("carto-at-redshift-quadbin", (ROLE,))
    for each in module_objects(quadbin_module(), Templates(ROOT / "sql"), "carto", target):
        session.execute(each.ddl)
    return engine, session
