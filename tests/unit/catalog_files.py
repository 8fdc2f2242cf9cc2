"""A small pack on disk for the tests of the catalog, and edits of it that break one thing each."""

from carto_at_installer.catalog.faults import InvalidCatalogError
from carto_at_installer.catalog.load import load_catalog

MODULE = """\
module: demo
title: Demo
description: Functions for tests.
lambda:
  package: carto_demo
functions:
  - name: DEMO_TWICE
    arguments:
      - {name: number, type: BIGINT}
    returns: BIGINT
    summary: Twice a number.
    template: demo_twice.sql
    examples:
      - sql: SELECT {{ schema }}.DEMO_TWICE(21)
        result: 42
  - name: DEMO_COUNT
    arguments:
      - {name: size, type: INT}
    returns: SUPER
    summary: The numbers below a number.
    template: demo_count.sql
    external:
      name: __DEMO_COUNT
      returns: VARCHAR(MAX)
      max_batch_rows: 100
      max_batch_size: 1 MB
    examples:
      - sql: SELECT {{ schema }}.DEMO_COUNT(2)
        result: [0, 1]
"""
FILES = {
    "functions/demo/module.yaml": MODULE,
    "functions/demo/carto_demo/__init__.py": (
        "from carto_at_runtime import handler\n\nfrom carto_demo import handlers\n"
    ),
    "functions/demo/carto_demo/handlers.py": (
        'from carto_at_runtime import external_function\n\n\n@external_function("__DEMO_COUNT")\n'
        "def count(size):\n    return [list(range(n)) for n in size]\n"
    ),
    "sql/demo/macros.sql": "{% macro twice(n) %}(2 * {{ n }}){% endmacro %}\n",
    "sql/demo/demo_twice.sql": (
        '{% import "demo/macros.sql" as m %}\n-- twice\nSELECT {{ m.twice(number) }}\n'
    ),
    "sql/demo/demo_count.sql": "SELECT JSON_PARSE({{ schema }}.__DEMO_COUNT({{ size }}))\n",
}


def write_pack(folder, **edits):
    """Write the pack below `folder`. Edits replace a file (`None`: leave it out), by path with / as __."""
    files = FILES | edits
    for path, text in files.items():
        if text is not None:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / "functions"


def edited(old, new, text=MODULE):
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


def faults_of(folder, **edits):
    """The faults, as text, of the pack with edits."""
    try:
        load_catalog(write_pack(folder, **edits))
    except InvalidCatalogError as error:
        return error.message.replace("  ", "").splitlines()[1:]
    return []
