"""Imports point one way, and heavy libraries stay where they belong."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "carto_at_installer"
PACKAGE = "carto_at_installer"

# What each folder may import of ours, itself always included.
ALLOWED = {
    "core": set(),
    "sql": {"core"},
    "bundle": {"core"},
    "documents": {"core"},
    "catalog": {"core", "sql", "bundle", "documents"},
    "config": {"core", "sql", "documents"},
    "aws": {"core"},
    "plan": {"core", "sql", "bundle", "catalog", "config", "aws"},
    "checks": {"core", "sql", "bundle", "catalog", "config", "aws", "plan"},
    "verify": {"core", "sql", "bundle", "catalog", "config", "aws", "plan"},
    "apply": {"core", "sql", "bundle", "catalog", "config", "aws", "plan", "checks", "verify"},
    "export": {"core", "sql", "bundle", "catalog", "config", "aws", "plan"},
    "sandbox": {"sql"},
    "cli": {
        "core",
        "documents",
        "sql",
        "bundle",
        "catalog",
        "config",
        "aws",
        "plan",
        "checks",
        "verify",
        "apply",
        "export",
    },
}
# The few exceptions, each a whole module.
EXCEPTIONS = {
    "cli/sandbox.py": {"sandbox"},
    "cli/sandbox_faults.py": {"sandbox"},
    "bundle/checkout.py": {"catalog"},
    "bundle/extension.py": {"catalog", "documents"},
    "bundle/__main__.py": {"catalog"},
}
SANDBOX_MAY_USE = {"sql.statements"}
LIBRARIES = {
    "boto3": {"aws", "sandbox"},
    "botocore": {"aws", "sandbox"},
    "click": {"cli"},
    "rich": {"cli"},
    "yaml": {"documents", "sandbox"},
    "duckdb": {"sandbox"},
    "moto": {"sandbox"},
    "sqlglot": {"sandbox"},
}


def imports(path):
    """Every (dotted module, line) that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


FILES = sorted(path for path in SRC.rglob("*.py") if path.parent != SRC)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_module_imports_only_what_lies_below_it(path):
    place = path.relative_to(SRC)
    folder = place.parts[0]
    allowed = ALLOWED[folder] | {folder} | EXCEPTIONS.get(place.as_posix(), set())
    for name, line in imports(path):
        parts = name.split(".")
        if parts[0] != PACKAGE or parts[1] in {"__about__", "__version__"}:
            continue
        assert parts[1] in allowed, f"{place}:{line} imports {name}"
        if folder == "sandbox" and parts[1] == "sql":
            assert ".".join(parts[1:3]) in SANDBOX_MAY_USE, f"{place}:{line} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_libraries_stay_in_their_folders(path):
    place = path.relative_to(SRC)
    for name, line in imports(path):
        owners = LIBRARIES.get(name.split(".")[0])
        assert owners is None or place.parts[0] in owners, f"{place}:{line} imports {name}"


def test_help_imports_nothing_slow():
    code = (
        "import sys\n"
        "from carto_at_installer.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "slow = {'boto3', 'botocore', 'jinja2', 'yaml', 'rich', 'duckdb', 'moto', 'sqlglot', 'numpy'}\n"
        "print(sorted(slow & set(sys.modules)), file=sys.stderr)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stderr.strip() == "[]"
    assert "install" in run.stdout
