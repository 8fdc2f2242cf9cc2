"""The package as users have it: installed offline from a wheelhouse, with no source tree in sight."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from tests.packaging.building import CHECKOUT, Installation, succeed

from carto_at_installer import __version__
from carto_at_installer.bundle.bytecode import find_compiler
from carto_at_installer.cli.sandbox import client_environment
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.sandbox import daemon

READ_EVERYTHING = """
import json, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from carto_at_installer.bundle.resources import bundle_root, read_artifact, verify
from carto_at_installer.catalog.core_pack import pack
from carto_at_installer.catalog.load import load_pack
root = bundle_root()
manifest = verify(root)
catalog = load_pack(pack())
json.dump({
    "root": str(root),
    "modules": sorted(manifest.modules),
    "functions": len(catalog.functions),
    "opened": opened,
}, sys.stdout)
"""
REPORT = """
import sys
from carto_at_installer.bundle.resources import load_manifest, read_artifact
from carto_at_installer.core.errors import CartoAtError
try:
    read_artifact(load_manifest().modules["quadbin"].artifact)
except CartoAtError as error:
    sys.stdout.write(f"{error.exit_code}|{error.message}|{error.hint}")
"""


def test_the_command_says_its_version(installation: Installation):
    answer = installation.run("carto-at", "--version")
    assert answer.returncode == 0, answer.stderr
    assert __version__ in answer.stdout


def test_everything_is_read_from_the_installed_package(installation: Installation):
    answer = installation.python(READ_EVERYTHING)
    assert answer.returncode == 0, answer.stderr
    seen = json.loads(answer.stdout)
    assert seen["root"] == str(installation.package / "_bundle")
    assert "quadbin" in seen["modules"]
    assert seen["functions"] > 0
    assert not [path for path in seen["opened"] if path.startswith(str(CHECKOUT / "src"))]
    assert not [
        path for path in seen["opened"] if path.startswith(str(CHECKOUT / "bundled_functions"))
    ]
    assert not [path for path in seen["opened"] if path.startswith(str(CHECKOUT / "sql"))]


def test_the_base_install_carries_none_of_the_sandboxs_dependencies(installation: Installation):
    names = {path.name for path in installation.package.parent.iterdir()}
    assert not names & {"duckdb", "moto", "sqlglot", "numpy", "pyarrow", "flask"}


@pytest.fixture
def damaged(installation: Installation):
    """Damage a copy of a file of the installed bundle, and put it back."""
    path = installation.package / "_bundle" / "modules" / "quadbin.zip"
    kept = path.read_bytes()
    yield path
    path.write_bytes(kept)


def test_a_corrupt_zip_is_one_clear_error(installation: Installation, damaged: Path):
    damaged.write_bytes(damaged.read_bytes()[:-20] + bytes(20))
    code, message, hint = installation.python(REPORT).stdout.split("|")
    assert code == "3"
    assert message.startswith(f"{damaged} is corrupt: its SHA-256 is")
    assert hint.startswith("Install the package again: python -m pip install")


def test_a_missing_zip_is_one_clear_error(installation: Installation, damaged: Path):
    damaged.unlink()
    assert f"{damaged} cannot be read: No such file" in installation.python(REPORT).stdout


def test_what_is_installed_runs_in_lambdas_python(installation: Installation, tmp_path: Path):
    compiler = find_compiler()
    machine = {"x86_64": Architecture.X86_64, "aarch64": Architecture.ARM64}.get(os.uname().machine)
    if compiler is None or machine is None or os.uname().sysname != "Linux":
        pytest.skip("no Python 3.13 on Linux here")
    bundle = installation.package / "_bundle"
    for name, folder in ((f"layers/{machine}.zip", "opt"), ("modules/quadbin.zip", "task")):
        with zipfile.ZipFile(bundle / name) as archive:
            archive.extractall(tmp_path / folder)
    code = (
        "import h3, msgspec, numpy, orjson, shapely, carto_quadbin, json, importlib.metadata as m, sys;"
        "json.dump([m.version(n) for n in ('h3', 'numpy', 'shapely')]"
        " + [callable(carto_quadbin.handler), shapely.box(0, 0, 2, 2).area, numpy.__cached__], sys.stdout)"
    )
    environment = {
        "PYTHONPATH": f"{tmp_path / 'task'}:{tmp_path / 'opt' / 'python'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    answer = succeed(compiler.executable, "-S", "-s", "-c", code, cwd=tmp_path, env=environment)
    *versions, handler, area, cached = json.loads(answer)
    assert all(versions)
    assert (handler, area) == (True, 4.0)
    assert Path(cached).is_file() == json.loads((bundle / "manifest.json").read_text())["bytecode"]


TARGET = ("--cluster-id", "demo", "--database", "dev", "--modules", "quadbin")


def test_the_installed_package_installs_the_toolbox(installation: Installation, tmp_path: Path):
    """From the base package alone, against a sandbox that this checkout serves in place of AWS."""
    home = tmp_path / "sandbox"
    home.mkdir()
    info = daemon.start(home)
    try:
        aws = client_environment(info.endpoint) | {"NO_PROXY": "127.0.0.1"}
        first = installation.run("carto-at", "install", *TARGET, "--output", "json", env=aws)
        assert first.returncode == 0, first.stderr
        assert json.loads(first.stdout)["data"]["changed"] is True
        query = "SELECT carto.QUADBIN_KRING(5209574053332910079, 1)"
        rows = installation.run("carto-at", "sql", *TARGET[:4], "--output", "json", query, env=aws)
        assert rows.returncode == 0, rows.stderr
        assert len(json.loads(json.loads(rows.stdout)["data"]["rows"][0][0])) == 9
        again = installation.run("carto-at", "install", *TARGET, "--output", "json", env=aws)
        assert json.loads(again.stdout)["data"]["aws_calls"]["mutating"] == 0
    finally:
        daemon.stop(home)


def test_the_sandbox_says_what_it_needs(installation: Installation):
    answer = installation.run("carto-at", "sandbox", "start")
    assert answer.returncode == 4
    assert "carto-at-redshift[sandbox]" in answer.stderr
    assert "Traceback" not in answer.stderr
