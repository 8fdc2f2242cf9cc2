from __future__ import annotations

from pathlib import Path

import pytest

from carto_at_installer.bundle.lock import Pin, format_lock, read_lock
from carto_at_installer.core.errors import BundleError

LOCK = Path(__file__).parents[2] / "bundled_functions" / "layer" / "requirements.lock"
ONE, TWO = "1" * 64, "2" * 64


def read(tmp_path, text: str):
    path = tmp_path / "requirements.lock"
    path.write_bytes(text.encode())
    return read_lock(path)


def test_the_shipped_lock_has_one_wheel_per_architecture_and_is_as_the_tool_writes_it():
    pins = read_lock(LOCK)
    assert [pin.name for pin in pins] == ["h3", "msgspec", "numpy", "orjson", "shapely"]
    assert {len(pin.hashes) for pin in pins} == {2}
    assert format_lock(pins) == LOCK.read_text(encoding="utf-8")


def test_each_library_asked_for_is_locked():
    asked = [
        line.split(">=")[0] for line in (LOCK.parent / "requirements.in").read_text().splitlines()
    ]
    assert {name for name in asked if not name.startswith("#")} <= {
        pin.name for pin in read_lock(LOCK)
    }


def test_windows_line_ends_change_nothing(tmp_path):
    assert read(tmp_path, LOCK.read_text().replace("\n", "\r\n")) == read_lock(LOCK)


def test_names_are_made_canonical(tmp_path):
    assert read(tmp_path, f"My_Lib==1.0 --hash=sha256:{ONE}\n") == (
        Pin("my-lib", "1.0", frozenset({ONE})),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"numpy>=2 --hash=sha256:{ONE}", "numpy is not pinned with == to one version"),
        (f"numpy==2.* --hash=sha256:{ONE}", "numpy is not pinned with == to one version"),
        (f"numpy --hash=sha256:{ONE}", "numpy is not pinned with == to one version"),
        (f"numpy==2.0,!=3 --hash=sha256:{ONE}", "numpy is not pinned with == to one version"),
        ("numpy==2.0", "numpy needs --hash"),
        ("numpy==2.0 --hash=md5:123", "numpy needs --hash"),
        (f"numpy==2.0 --hash=sha256:{ONE} --hash=sha256:{TWO[:-1]}", "numpy needs --hash"),
        (f"numpy==2.0 --no-index --hash=sha256:{ONE}", "numpy needs --hash"),
        ("--extra-index-url https://example.org", "is not a requirement"),
        ("# nothing", "names no library"),
    ],
)
def test_anything_but_hashed_pins_is_refused(tmp_path, line, reason):
    with pytest.raises(BundleError, match=reason) as raised:
        read(tmp_path, line + "\n")
    assert str(tmp_path) in raised.value.message
    assert raised.value.hint == "python -m carto_at_installer.bundle lock"


def test_a_missing_lock_is_an_error(tmp_path):
    with pytest.raises(BundleError, match="cannot be read: No such file"):
        read_lock(tmp_path / "requirements.lock")
