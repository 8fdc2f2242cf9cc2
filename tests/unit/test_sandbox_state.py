from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from carto_at_installer.sandbox.settings import Settings, SettingsError, read_settings
from carto_at_installer.sandbox.state import StateError, Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state.sqlite")


def test_documents(store: Store, tmp_path: Path) -> None:
    store.put("kind", "a/1", {"x": 1})
    store.put("kind", "a/2", {"x": 2})
    store.put("kind", "a_/3", {"x": 3})
    store.put("other", "a/1", {"x": 4})
    assert store.get("kind", "a/1") == {"x": 1}
    assert store.get("kind", "none") is None
    assert store.items("kind", "a/") == [("a/1", {"x": 1}), ("a/2", {"x": 2})]
    assert store.delete("kind", "a/1") is True
    assert store.delete("kind", "a/1") is False
    assert Store(tmp_path / "state.sqlite").get("kind", "a/2") == {"x": 2}


def fail_inside(store: Store) -> None:
    with store.transaction():
        store.put("kind", "a", {})
        with store.transaction():
            store.put("kind", "b", {})
        raise LookupError


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(LookupError):
        fail_inside(store)
    assert store.items("kind") == []
    store.put("kind", "c", {})
    assert [key for key, _ in store.items("kind")] == ["c"]


def test_threads_take_turns(store: Store) -> None:
    store.put("kind", "counter", {"n": 0})

    def count() -> None:
        for _ in range(50):
            with store.transaction():
                document = store.get("kind", "counter") or {}
                store.put("kind", "counter", {"n": document["n"] + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("kind", "counter") == {"n": 200}


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(b"no database at all" * 200)
    with pytest.raises(StateError, match="cannot be opened"):
        Store(bad)
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StateError, match="newer version"):
        Store(newer)
    with pytest.raises(StateError, match="cannot be opened"):
        Store(tmp_path / "missing" / "state.sqlite")


def test_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    assert read_settings(path) == Settings()
    path.write_text('{"lambda_pending_seconds": 2, "lambda_concurrency": 3}')
    settings = read_settings(path)
    assert (settings.lambda_pending_seconds, settings.workers) == (2.0, 3)
    assert Settings().workers >= 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "JSON object"),
        ('{"speed": 1}', "unknown setting 'speed'; known: cluster_change_seconds"),
        ('{"lambda_concurrency": 1.5}', "whole number"),
        ('{"lambda_concurrency": true}', "must be a number"),
        ('{"role_attach_seconds": -1}', "not negative"),
    ],
)
def test_bad_settings(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_settings(path)
