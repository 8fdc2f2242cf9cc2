"""The whole catalog in one database: every statement of every module, and every example with its answer.

They run as an identity that is no superuser and has what an administrator grants it before an installation.
"""

import pytest

from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.sandbox.errors import RedshiftError
from carto_at_installer.sql.ddl import LambdaTarget, create_schema, drop_object
from carto_at_installer.sql.objects import module_objects, modules_in_order
from carto_at_installer.sql.templates import Templates, example_sql
from carto_at_installer.verify.comparison import matches
from tests.functional.module_engine import ROLE, ROOT, open_engine

CATALOG = load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql")
MODULES = modules_in_order(CATALOG)
TEMPLATES = Templates(ROOT / "sql")
USER = "IAMR:Deploy"
BOOTSTRAP = (
    "CREATE ROLE installer",
    (
        "GRANT CREATE SCHEMA, CREATE OR REPLACE FUNCTION, CREATE OR REPLACE EXTERNAL FUNCTION, DROP FUNCTION,"
        " CREATE OR REPLACE PROCEDURE, DROP PROCEDURE TO ROLE installer"
    ),
    "GRANT USAGE ON LANGUAGE exfunc TO ROLE installer",
    f'GRANT ROLE installer TO "{USER}"',
)


def objects(module):
    target = LambdaTarget(f"carto-at-redshift-{module.name}", (ROLE,))
    return module_objects(module, TEMPLATES, "own", target)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    engine, admin = open_engine(tmp_path_factory.mktemp("engine") / "dev.duckdb", *MODULES)
    session = engine.session(USER)
    for statement in BOOTSTRAP:
        admin.execute(statement)
    session.execute(create_schema("own"))
    for module in MODULES:
        for each in objects(module):
            session.execute(each.ddl)
    yield session
    engine.close()


def failure(session, example):
    """What is wrong with the answer of an example, or nothing."""
    try:
        answer = session.execute(example_sql(example, "own"))
    except RedshiftError as error:
        return "" if example.error and example.error in str(error) else f"failed: {error}"
    if example.error:
        return "did not fail"
    if answer is None:
        return "" if example.result is None else "has no result"
    value = answer.rows[0][0]
    good = matches(example.result, value, unordered=example.unordered)
    return "" if good else f"answers {value}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_example_answers_what_it_says(session, module):
    wrong = [
        f"{function.name}, {example.sql}: {problem}"
        for function in module.functions
        for example in function.examples
        if (problem := failure(session, example))
    ]
    assert not wrong, "\n".join(wrong)
    assert all(function.examples for function in module.functions)


def test_everything_is_listed(session):
    made = [each for module in MODULES for each in objects(module)]
    ((listed,),) = session.execute(
        "SELECT COUNT(*) FROM pg_proc_info p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'own'"
    ).rows
    assert listed == len({each.signature for each in made}) == len(made)


def test_everything_can_be_dropped(session):
    for module in reversed(MODULES):
        for each in reversed(objects(module)):
            session.execute(drop_object(each.kind, "own", each.name, each.types))
    session.execute("DROP SCHEMA own")
