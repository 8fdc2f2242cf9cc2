"""A pack of three small functions without a layer, in as many versions as a test needs: lifecycles in seconds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from carto_at_installer.bundle.builder import Sources, build
from carto_at_installer.catalog.load import load_catalog

ROOT = Path(__file__).parents[2]
MODULE = """
module: toy
title: Toy
description: Functions for tests.
lambda: {package: carto_toy, layer: %(layer)s}
functions:
  - name: TOY_DOUBLE
    arguments: [{name: value, type: BIGINT}]
    returns: BIGINT
    summary: Twice a number.
    template: toy_double.sql
    examples: [{sql: "SELECT {{ schema }}.TOY_DOUBLE(4)", result: 8}]
  - name: TOY_TIMES
    arguments: [{name: value, type: BIGINT}]
    returns: BIGINT
    summary: A number times the factor of this version.
    template: toy_times.sql
    external: {name: __TOY_TIMES, max_batch_rows: 1000, max_batch_size: 1 MB}
    examples: [{sql: "SELECT {{ schema }}.TOY_TIMES(4)", result: %(expected)s}]
%(more)s"""
ONLY_NEW = """
  - name: TOY_NEW
    arguments: [{name: value, type: BIGINT}]
    returns: BIGINT
    summary: The number itself.
    template: toy_new.sql
    examples: [{sql: "SELECT {{ schema }}.TOY_NEW(4)", result: 4}]
"""
CODE = '''
import json


def external_function(name):
    """Say which external function is answered."""
    return lambda function: function


@external_function("__TOY_TIMES")
def times(value):
    return None if value is None else value * %(factor)s


def handler(event, context):
    rows = [times(*row) for row in event["arguments"]]
    return json.dumps({"success": True, "num_records": len(rows), "results": rows})
'''


STILL = """
module: still
title: Still
description: A module that is the same in every version.
lambda: {package: carto_still, layer: false}
functions:
  - name: STILL_TIMES
    arguments: [{name: value, type: BIGINT}]
    returns: BIGINT
    summary: A number times seven.
    template: still_times.sql
    external: {name: __STILL_TIMES, max_batch_rows: 1000, max_batch_size: 1 MB}
    examples: [{sql: "SELECT {{ schema }}.STILL_TIMES(4)", result: 28}]
"""
ONE_OF_MANY = """
  - name: TOY_MANY_%(number)s
    arguments: [{name: value, type: BIGINT}]
    returns: BIGINT
    summary: A number times the factor of this version.
    template: toy_many_%(number)s.sql
    examples: [{sql: "SELECT {{ schema }}.TOY_MANY_%(number)s(1)", result: %(factor)s}]
"""


def toy_bundle(
    folder, *, version, factor, expected=None, new=False, layer=False, many=0, still=False
):
    """Build a bundle in `folder`; `factor` is in the Lambda's code, `expected` what the catalog promises for 4.

    With `layer` the function uses the layer of the real pack. `new` adds a function, `many` as many that are different
    in every version, `still` a module that is the same in every version.
    """
    functions, sql = folder / "functions", folder / "sql"
    package = functions / "toy" / "carto_toy"
    package.mkdir(parents=True)
    (sql / "toy").mkdir(parents=True)
    values = {
        "expected": 4 * factor if expected is None else expected,
        "factor": factor,
        "layer": str(layer).lower(),
        "more": (ONLY_NEW if new else "")
        + "".join(ONE_OF_MANY % {"number": n, "factor": factor} for n in range(many)),
    }
    (functions / "toy" / "module.yaml").write_text(MODULE % values)
    (package / "__init__.py").write_text(CODE % values)
    (sql / "toy" / "toy_double.sql").write_text("SELECT {{ value }} * 2")
    (sql / "toy" / "toy_times.sql").write_text("SELECT {{ schema }}.__TOY_TIMES({{ value }})")
    for n in range(many):
        (sql / "toy" / f"toy_many_{n}.sql").write_text(f"SELECT {{{{ value }}}} * {factor}")
    if new:
        (sql / "toy" / "toy_new.sql").write_text("SELECT {{ value }}")
    if still:
        _write_still(functions, sql)
    shutil.copytree(ROOT / "bundled_functions/layer", functions / "layer")
    shutil.copytree(ROOT / "bundled_functions/runtime", functions / "runtime")
    catalog = load_catalog(functions, sql_root=sql, version=version)
    build(Sources(functions, sql), catalog, folder / "bundle", None)
    return folder / "bundle"


def _write_still(functions, sql):
    package = functions / "still" / "carto_still"
    package.mkdir(parents=True)
    (functions / "still" / "module.yaml").write_text(STILL)
    code = CODE.replace("__TOY_TIMES", "__STILL_TIMES") % {"factor": 7}
    (package / "__init__.py").write_text(code)
    (sql / "still").mkdir()
    (sql / "still" / "still_times.sql").write_text("SELECT {{ schema }}.__STILL_TIMES({{ value }})")


def use_bundle(patch, root):
    """Let commands of this process install the bundle in `root`, with its version as that of the package."""
    number = json.loads((root / "manifest.json").read_text(encoding="utf-8"))["version"]
    patch.setattr("carto_at_installer.bundle.resources.bundle_root", lambda: root)
    patch.setattr("carto_at_installer.__about__.__version__", number)
