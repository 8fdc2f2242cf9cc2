"""What changed since a commit, and which functions that reaches."""

import shutil
import subprocess

import pytest

from carto_at_installer.catalog.changes import affected, changed_functions
from carto_at_installer.catalog.load import load_catalog
from carto_at_installer.core.errors import UsageError
from carto_at_installer.sql.templates import Templates
from tests.unit.catalog_files import MODULE, write_pack

BOTH, COUNT, TWICE = ("DEMO_COUNT", "DEMO_TWICE"), ("DEMO_COUNT",), ("DEMO_TWICE",)


@pytest.fixture
def pack(tmp_path):
    functions = write_pack(tmp_path)
    functions.rename(tmp_path / "bundled_functions")
    return tmp_path, load_catalog(tmp_path / "bundled_functions", sql_root=tmp_path / "sql")


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("bundled_functions/demo/carto_demo/handlers.py", COUNT),
        ("bundled_functions/demo/carto_demo/deep/er.py", COUNT),
        ("bundled_functions/runtime/carto_at_runtime/event.py", COUNT),
        ("bundled_functions/layer/requirements.lock", COUNT),
        ("bundled_functions/other/carto_other/x.py", COUNT),
        ("bundled_functions/README.md", ()),
        ("sql/demo/macros.sql", TWICE),
        ("sql/demo/demo_twice.sql", TWICE),
        ("sql/demo/demo_count.sql", COUNT),
        ("sql/demo/other.sql", ()),
        ("src/carto_at_installer/sql/ddl.py", BOTH),
        ("src/carto_at_installer/bundle/builder.py", BOTH),
        ("src/carto_at_installer/cli/root.py", ()),
        ("docs/x.md", ()),
    ],
)
def test_a_changed_file_reaches_what_uses_it(pack, path, reached):
    folder, catalog = pack
    templates = Templates(folder / "sql")
    assert affected(catalog, templates, [path], lambda _: ("", "")) == reached


@pytest.mark.parametrize(
    ("before", "reached"),
    [
        (MODULE, ()),
        (f"# a comment\n{MODULE}", ()),
        (MODULE.replace("title: Demo", "title: Other"), ()),
        (MODULE.replace("Twice a number", "Double"), TWICE),
        (MODULE.replace("max_batch_rows: 100", "max_batch_rows: 99"), COUNT),
        (MODULE.replace("package: carto_demo", "package: carto_demo\n  memory_mb: 999"), COUNT),
        ("", BOTH),
        ("not: [yaml", BOTH),
    ],
)
def test_of_a_description_the_changed_entries_count(pack, before, reached):
    folder, catalog = pack
    path = "bundled_functions/demo/module.yaml"
    found = affected(catalog, Templates(folder / "sql"), [path], lambda _: (before, MODULE))
    assert found == reached


def git(folder, *words):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_changes_are_those_of_the_working_tree(pack):
    folder, catalog = pack
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    inside = folder / "sql" / "demo"
    assert changed_functions(catalog, inside, "HEAD") == ()
    (inside / "macros.sql").write_text("{% macro twice(n) %}({{ n }} + {{ n }}){% endmacro %}\n")
    assert changed_functions(catalog, inside, "HEAD") == TWICE
    (folder / "bundled_functions/demo/carto_demo/new file.py").write_text("")
    assert changed_functions(catalog, inside, "HEAD") == BOTH
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "two")
    assert changed_functions(catalog, inside, "HEAD") == ()
    assert changed_functions(catalog, inside, "HEAD~1") == BOTH
    description = folder / "bundled_functions/demo/module.yaml"
    description.write_text(MODULE.replace("Twice a number", "Double"))
    assert changed_functions(catalog, inside, "HEAD") == TWICE
    for ref in ("nosuch", "--help", "HEAD:sql"):
        with pytest.raises(UsageError, match="git knows no commit"):
            changed_functions(catalog, inside, ref)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_only_a_checkout_of_the_sources_has_changes(tmp_path, pack):
    _, catalog = pack
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(UsageError, match="--changed-since needs the sources"):
        changed_functions(catalog, elsewhere, "HEAD")
    git(elsewhere, "init", "-q")
    with pytest.raises(UsageError, match="has none"):
        changed_functions(catalog, elsewhere, "HEAD")
