"""An engine in memory whose Lambda runs in this process, for the tests of the engine."""

import json

from carto_at_installer.sandbox.engine import Cluster, Engine

CLUSTER = "arn:aws:redshift:eu-west-1:123456789012:namespace:demo"
ROLE = "arn:aws:iam::123456789012:role/caller"


class Lambda:
    """Lambda functions by name: each takes the list of rows and returns the list of results."""

    def __init__(self):
        self.functions = {}
        self.calls = []

    def __call__(self, call):
        self.calls.append(call)
        event = json.loads(call.payload)
        results = self.functions[call.function_name](event["arguments"])
        answer = {"success": True, "num_records": len(results), "results": results}
        return json.dumps(json.dumps(answer)).encode()

    @property
    def events(self):
        return [json.loads(call.payload) for call in self.calls]


def open_engine(functions=None, path=":memory:"):
    """(engine, session of admin, Lambda)."""
    service = Lambda()
    service.functions.update(functions or {})
    engine = Engine(path, "dev", service, Cluster(CLUSTER))
    return engine, engine.session("admin"), service


def external(name, types, returns, function, options=""):
    """A CREATE EXTERNAL FUNCTION statement."""
    return (
        f"CREATE OR REPLACE EXTERNAL FUNCTION {name}({types}) RETURNS {returns} STABLE"
        f" LAMBDA '{function}' IAM_ROLE '{ROLE}' {options}"
    )
