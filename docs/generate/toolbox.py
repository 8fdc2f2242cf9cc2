"""The toolbox in the sandbox's SQL engine, in this process: the documentation shows what functions really answer."""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.engine import Cluster, Engine
from carto_at_installer.sql.ddl import LambdaTarget, create_schema
from carto_at_installer.sql.objects import module_objects
from carto_at_installer.sql.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from carto_at_installer.core.functions import Module
    from carto_at_installer.sandbox.engine import LambdaCall, Session

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/carto-at-invoke"
CLUSTER = "arn:aws:redshift:eu-west-1:123456789012:namespace:demo"
SOURCES = ROOT / "bundled_functions"


def open_engine(
    path: Path, *modules: Module, watch: Callable[[Any, Any], None] | None = None
) -> tuple[Engine, Session]:
    """An engine on a new database file, and an administrator's session; the modules are installed in schema carto.

    `watch` is called with each event and with what was answered.
    """
    handlers = {_function(m): _handler(m) for m in modules if m.lambda_settings}

    def call(lambda_call: LambdaCall) -> bytes:
        """What Lambda does with a handler's result: it is JSON once more."""
        event = json.loads(lambda_call.payload)
        answer = handlers[lambda_call.function_name](event, None)
        if watch:
            watch(event, json.loads(answer))
        return json.dumps(answer).encode()

    engine = Engine(path, "dev", call, Cluster(CLUSTER))
    session = engine.session("admin")
    session.execute(create_schema("carto"))
    for module in modules:
        target = LambdaTarget(_function(module), (ROLE,))
        for each in module_objects(module, Templates(ROOT / "sql"), "carto", target):
            session.execute(each.ddl)
    return engine, session


@contextmanager
def toolbox(modules: Iterable[Module]) -> Iterator[Session]:
    """A session with the modules installed, for as long as it takes."""
    with TemporaryDirectory(prefix="carto-at-") as folder:
        engine, session = open_engine(Path(folder) / "dev.db", *modules)
        try:
            yield session
        finally:
            engine.close()


def _function(module: Module) -> str:
    return f"carto-at-redshift-{module.name}"


def _handler(module: Module) -> Any:
    for folder in (SOURCES / "runtime", SOURCES / module.name):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    package = module.lambda_settings.package if module.lambda_settings else ""
    return importlib.import_module(package).handler
