"""The lists in docs/sandbox.md are those of the code. To write them anew: python -m tests.unit.test_sandbox_docs"""

from __future__ import annotations

import re
import tempfile
import textwrap
from pathlib import Path

from carto_at_installer.sandbox.engine import (
    builtins,
    commands,
    data_types,
    privilege_functions,
    shims,
    special,
)
from carto_at_installer.sandbox.engine.catalog_views import INTERNAL, VIEWS
from carto_at_installer.sandbox.faults import Kind
from carto_at_installer.sandbox.server import Sandbox
from carto_at_installer.sandbox.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
_FAMILIES = {
    "Numbers": "numbers", "Text": "strings", "Dates": "dates", "SUPER": "semistructured",
    "Spatial": "spatial", "H3": "h3_cells", "Catalog": "catalog", "Privileges": "privileges",
}  # fmt: skip


def operations():
    """The AWS operations that the sandbox answers itself."""
    with tempfile.TemporaryDirectory() as home:
        sandbox = Sandbox(Path(home), settings=Settings())
        try:
            lists = {name: sorted(found) for name, found in sandbox.services.items()}
            lists["redshift-data"] = sorted(sandbox.services["redshift-data"].of("x")._operations)
        finally:
            sandbox.close()
    return [(f"`{name}`", ", ".join(lists[name])) for name in sorted(lists)]


def statements():
    """What the SQL engine takes and refuses."""
    taken = {" ".join(words).upper() for words, _ in commands._COMMANDS}
    taken |= {word.upper() for word in commands._QUERIES if word.isalpha()}
    types = sorted(kind.spellings[0].upper() for kind in data_types._KINDS)
    catalogs = sorted(
        name.replace("information_schema_", "information_schema.")
        for name in VIEWS
        if name not in INTERNAL
    )
    return [
        ("Statements", ", ".join(sorted(taken))),
        ("Refused statements", ", ".join(sorted(refused_statements()))),
        ("Types", ", ".join(types)),
        ("Refused types", ", ".join(sorted(data_types._KNOWN_BUT_REFUSED)).upper()),
        ("Catalogs", ", ".join(f"`{name}`" for name in catalogs)),
        *functions(),
    ]


def refused_statements():
    """The first words of statements that have no other form that is taken."""
    beginnings = {words[0] for words, _ in commands._COMMANDS} | commands._QUERIES
    return {word.upper() for word in commands._UNSUPPORTED if word not in beginnings}


def functions():
    """The built-in functions by family, and those that are refused."""
    families = {
        family: {each.name for each in getattr(shims, module).MACROS} - shims.INTERNAL
        for family, module in _FAMILIES.items()
    }
    families["Spatial"] |= {each.name for each in shims.spatial_edits.MACROS}
    families["Aggregates"] = set(builtins.AGGREGATES)
    families["Window"] = set(builtins.WINDOW)
    rest = (
        set(builtins.NATIVE)
        | set(privilege_functions.FORMS)
        | {name for name, same in builtins.ALIASES.items() if same}
        | set(special.FORMS)
    )
    families["Other functions"] = rest - set().union(*families.values())
    available = set().union(*families.values())
    return [
        *((family, ", ".join(sorted(names)).upper()) for family, names in families.items()),
        ("Refused functions", ", ".join(sorted(builtins.REFUSED - available)).upper()),
    ]


LISTS = {"operations": operations, "sql": statements}


def written(page, name, rows):
    """The page with a list in its place, as paragraphs."""
    wrapped = [
        textwrap.fill(f"- **{head}**: {text}.", 118, subsequent_indent="  ", break_on_hyphens=False)
        for head, text in rows
    ]
    block = "\n".join(wrapped)
    return re.sub(
        rf"(<!-- {name}: begin -->\n).*?(\n<!-- {name}: end -->)",
        lambda match: match[1] + block + match[2],
        page,
        flags=re.DOTALL,
    )


def up_to_date(page):
    """The page with all lists as they should be."""
    for name, make in LISTS.items():
        assert f"<!-- {name}: begin -->" in page
        page = written(page, name, make())
    return page


def test_the_lists_are_those_of_the_code():
    page = PAGE.read_text(encoding="utf-8")
    assert page == up_to_date(page), "run: python -m tests.unit.test_sandbox_docs"


def test_every_kind_of_fault_and_every_setting_is_described():
    page = PAGE.read_text(encoding="utf-8")
    names = [*Kind, *Settings.__dataclass_fields__]
    assert [name for name in names if f"| `{name}`" not in page] == []


if __name__ == "__main__":
    PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
