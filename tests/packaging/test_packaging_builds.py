"""Builds other than the ordinary wheel: editable ones, and those that must fail with one clear reason."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

from tests.packaging.building import OFFLINE, copy_tree, run, succeed

if TYPE_CHECKING:
    from pathlib import Path


def test_an_editable_install_reads_the_checkouts_bundle_and_refuses_a_stale_one(
    wheel: Path, snapshot: Path, tmp_path: Path
):
    del wheel  # built before, so the layers come from the cache
    tree = copy_tree(tmp_path / "tree", snapshot)
    code = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    succeed(sys.executable, "-c", code, tmp_path / "out", cwd=tree)
    (editable,) = (tmp_path / "out").glob("*.whl")
    with zipfile.ZipFile(editable) as archive:
        assert not [name for name in archive.namelist() if "_bundle" in name]
    environment = {"PYTHONPATH": str(tree / "src")}
    ask = "from carto_at_installer.bundle.resources import bundle_root; print(bundle_root())"
    assert succeed(sys.executable, "-c", ask, cwd=tmp_path, env=environment).strip() == str(
        tree / "build" / "bundle"
    )
    template = next((tree / "sql" / "quadbin").glob("*.sql"))
    os.utime(template, (4e9, 4e9))
    answer = run(sys.executable, "-c", ask, cwd=tmp_path, env=environment)
    assert f"is older than {template.relative_to(tree)}" in answer.stderr
    shutil.rmtree(tree / "build")
    answer = run(sys.executable, "-c", ask, cwd=tmp_path, env=environment)
    assert "this checkout has no bundle yet" in answer.stderr


def test_a_faulty_catalog_stops_the_build_with_every_fault_and_no_traceback(
    snapshot: Path, tmp_path: Path
):
    tree = copy_tree(tmp_path / "tree", snapshot)
    description = tree / "bundled_functions" / "quadbin" / "module.yaml"
    description.write_text(description.read_text() + "\nsurprise: 1\nanother: 2\n")
    answer = run(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        tmp_path / "out",
        cwd=tree,
    )
    said = answer.stdout + answer.stderr
    assert answer.returncode != 0
    assert "surprise" in said
    assert "another" in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("out/*.whl"))


def test_a_build_without_wheels_and_network_says_what_to_do(snapshot: Path, tmp_path: Path):
    tree = copy_tree(tmp_path / "tree", snapshot)
    environment = OFFLINE | {"CARTO_AT_BUILD_CACHE": str(tmp_path / "cache")}
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path / "out"),
    ]
    answer = run(*command, cwd=tree, env=environment)
    said = answer.stdout + answer.stderr
    assert answer.returncode != 0
    assert "pip could not download the layer's libraries" in said
    assert "CARTO_AT_WHEELHOUSE" in said
    assert "Traceback" not in said


def test_locking_again_against_the_same_wheels_changes_nothing(
    snapshot: Path, layer_wheels: Path, tmp_path: Path
):
    tree = copy_tree(tmp_path / "tree", snapshot)
    lock = tree / "bundled_functions" / "layer" / "requirements.lock"
    before = lock.read_text(encoding="utf-8")
    lock.unlink()
    environment = OFFLINE | {"PIP_FIND_LINKS": str(layer_wheels), "PYTHONPATH": str(tree / "src")}
    said = succeed(
        sys.executable, "-m", "carto_at_installer.bundle", "lock", cwd=tree, env=environment
    )
    assert [line.split()[0] for line in said.splitlines()] == [
        "h3",
        "msgspec",
        "numpy",
        "orjson",
        "shapely",
    ]
    assert lock.read_text(encoding="utf-8") == before


def test_an_editable_install_that_cannot_build_says_so(snapshot: Path, tmp_path: Path):
    tree = copy_tree(tmp_path / "tree", snapshot)
    (tree / "build").write_text("in the way")
    code = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    answer = run(sys.executable, "-c", code, tmp_path / "out", cwd=tree)
    assert answer.returncode == 1
    assert "an editable install reads its bundle there" in answer.stderr
    assert "Traceback" not in answer.stderr
