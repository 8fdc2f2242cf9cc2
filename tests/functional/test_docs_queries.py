"""The queries of docs/queries.md answer what the page says."""

import re

from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.sql.ddl import LambdaTarget, create_schema
from carto_at_installer.sql.objects import module_objects
from carto_at_installer.sql.templates import Templates
from tests.functional.module_engine import ROLE, ROOT, open_engine

PAGE = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_queries_answer_as_the_page_says(tmp_path):
    catalog = load_catalog(ROOT / "bundled_functions", sql_root=ROOT / "sql")
    modules = [module for module in catalog.modules if module.name in {"common", "h3", "quadbin"}]
    engine, session = open_engine(tmp_path / "dev.duckdb", *modules)
    session.execute(create_schema("carto"))
    for module in modules:
        target = LambdaTarget(f"carto-at-redshift-{module.name}", (ROLE,))
        for each in module_objects(module, Templates(ROOT / "sql"), "carto", target):
            session.execute(each.ddl)
    checked = 0
    for block in BLOCKS:
        said = re.findall(r"^-- (.*)$", block, re.MULTILINE)
        code = re.sub(r"^-- .*$", "", block, flags=re.MULTILINE)
        answers = [session.execute(one) for one in code.split(";\n") if one.strip()]
        if said:
            rows = [", ".join(str(value) for value in row) for row in answers[-1].rows]
            assert rows == said, block
            checked += 1
    engine.close()
    assert checked == 5
