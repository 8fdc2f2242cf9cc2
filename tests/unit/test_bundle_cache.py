from __future__ import annotations

import sys
from pathlib import Path

import pytest

from carto_at_installer.bundle.cache import cache_folder, write_whole
from carto_at_installer.core.errors import BundleError


def test_the_explicit_folder_wins():
    environment = {
        "CARTO_AT_BUILD_CACHE": "/somewhere",
        "XDG_CACHE_HOME": "/xdg",
        "HOME": "/home/me",
    }
    assert cache_folder(environment) == Path("/somewhere")


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_the_platforms_cache_folder_is_the_default():
    assert cache_folder({"HOME": "/home/me"}) == Path("/home/me/.cache/carto-at-redshift/build")
    assert cache_folder({"HOME": "/home/me", "XDG_CACHE_HOME": "/xdg"}) == Path(
        "/xdg/carto-at-redshift/build"
    )


def test_files_appear_whole_and_leave_nothing_beside_them(tmp_path):
    target = tmp_path / "a" / "b.bin"
    write_whole(target, b"one")
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    assert target.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in target.parent.iterdir()] == ["b.bin"]


def test_a_place_that_cannot_be_written_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match=r"file/b\.bin cannot be written: ") as raised:
        write_whole(tmp_path / "file" / "b.bin", b"x")
    assert "CARTO_AT_BUILD_CACHE" in raised.value.hint


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(BundleError, match="taken cannot be written"):
        write_whole(tmp_path / "taken", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
