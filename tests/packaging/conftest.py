"""Builds the package once per session, from copies of the tree, and installs it offline into a clean environment.

The layer's wheels come from the build cache, which pip fills the first time; after that nothing here but the download
of the base dependencies (one `pip wheel`) needs a network.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest
from tests.packaging.building import (
    CHECKOUT,
    OFFLINE,
    Installation,
    build_wheel,
    copy_tree,
    disturb,
    succeed,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as it was when the session began, so that edits meanwhile do not look like irreproducible builds."""
    return copy_tree(tmp_path_factory.mktemp("snapshot"))


@pytest.fixture(scope="session")
def wheel(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from a copy of the tree; the copy is gone when the tests run."""
    tree = copy_tree(tmp_path_factory.mktemp("tree") / "tree", snapshot)
    built = build_wheel(tree, tmp_path_factory.mktemp("wheel"))
    shutil.rmtree(tree)
    return built


@pytest.fixture(scope="session")
def layer_wheels(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheelhouse of the layer's libraries, made with the documented command."""
    assert wheel.is_file(), "built first, so the cache has the libraries"
    folder = tmp_path_factory.mktemp("layer-wheels")
    command = [
        sys.executable,
        "-m",
        "carto_at_installer.bundle",
        "--root",
        CHECKOUT,
        "wheels",
        folder,
    ]
    succeed(*command, cwd=CHECKOUT, env={"PYTHONPATH": str(CHECKOUT / "src")})
    return folder


@pytest.fixture(scope="session")
def sdist(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of a disturbed copy of the tree."""
    tree = copy_tree(tmp_path_factory.mktemp("disturbed") / "another-name", snapshot)
    disturb(tree)
    target = tmp_path_factory.mktemp("sdist")
    succeed(
        sys.executable,
        "-m",
        "build",
        "--sdist",
        "--no-isolation",
        "--outdir",
        target,
        tree,
        cwd=tree,
    )
    (built,) = target.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def wheel_from_sdist(
    sdist: Path, layer_wheels: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The wheel of the unpacked sdist, built under the worst conditions at once.

    No network, an empty build cache, a tight umask, and a tree in which nothing can be built (`build` is a file).
    """
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    (tree / "build").write_text("in the way")
    cache = tmp_path_factory.mktemp("empty-cache")
    environment = OFFLINE | {
        "CARTO_AT_WHEELHOUSE": str(layer_wheels),
        "CARTO_AT_BUILD_CACHE": str(cache),
    }
    previous = os.umask(0o077)
    try:
        return build_wheel(tree, tmp_path_factory.mktemp("wheel-from-sdist"), environment)
    finally:
        os.umask(previous)


@pytest.fixture(scope="session")
def wheelhouse(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make wheelhouse` makes: the wheel and everything that it needs."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    succeed(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", folder, wheel, cwd=folder
    )
    return folder


@pytest.fixture(scope="session")
def installation(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """`pip install --no-index --find-links WHEELHOUSE carto-at-redshift` in a new virtual environment."""
    folder = tmp_path_factory.mktemp("venv") / "venv"
    succeed(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin" / "python",
        "install",
        "--quiet",
    ]
    succeed(
        *command,
        "--no-index",
        "--find-links",
        wheelhouse,
        "carto-at-redshift",
        cwd=folder,
        env=OFFLINE,
    )
    return Installation(folder)
