from __future__ import annotations

import json

import pytest

from carto_at_installer.bundle.manifest import format_manifest, parse_manifest, read_manifest
from carto_at_installer.core.bundle import Architecture, Artifact, BundleManifest, ModuleArtifact
from carto_at_installer.core.errors import BundleError

ONE, TWO = "1" * 64, "2" * 64
MANIFEST = BundleManifest(
    pack="core",
    version="1.2.3",
    runtime="python3.13",
    bytecode=True,
    layers={Architecture.X86_64: Artifact("layers/x86_64.zip", ONE, TWO, 10, 20)},
    modules={
        "quadbin": ModuleArtifact(
            "quadbin",
            "carto_quadbin.handler",
            True,
            Artifact("modules/quadbin.zip", TWO, ONE, 3, 4),
        )
    },
    files={"sql/quadbin/A.sql": ONE},
)


def document() -> dict:
    return json.loads(format_manifest(MANIFEST))


def faults(changed: object) -> str:
    with pytest.raises(BundleError) as raised:
        parse_manifest(json.dumps(changed), "manifest.json")
    assert raised.value.hint
    return raised.value.message


def test_it_is_read_as_it_was_written(tmp_path):
    (tmp_path / "manifest.json").write_text(format_manifest(MANIFEST))
    assert read_manifest(tmp_path) == MANIFEST


def test_its_text_is_the_same_in_any_order_and_names_its_schema():
    layers = {Architecture.ARM64: Artifact("layers/arm64.zip", ONE, TWO, 1, 2), **MANIFEST.layers}
    backwards = dict(reversed(layers.items()))
    texts = {
        format_manifest(BundleManifest("core", "1", "python3.13", True, order, MANIFEST.modules))
        for order in (layers, backwards)
    }
    assert len(texts) == 1
    assert document()["schema"] == 1


def test_another_schema_is_refused_with_the_way_out():
    with pytest.raises(
        BundleError, match="has schema 2, and this version reads schema 1"
    ) as raised:
        parse_manifest(json.dumps(document() | {"schema": 2}), "manifest.json")
    assert "--upgrade" in raised.value.hint


def test_every_fault_is_reported_at_once():
    changed = document()
    changed["bytecode"] = "yes"
    changed["surprise"] = 1
    del changed["runtime"]
    changed["layers"]["sparc"] = changed["layers"].pop("x86_64")
    changed["layers"]["sparc"]["sha256"] = "abc"
    changed["modules"]["quadbin"]["artifact"]["path"] = "../outside.zip"
    changed["modules"]["quadbin"]["artifact"]["size"] = True
    changed["files"]["/etc/passwd"] = ONE
    changed["files"]["sql/b.sql"] = None
    assert faults(changed).splitlines() == [
        "manifest.json is not valid:",
        "  the manifest has an unknown key 'surprise'",
        "  the manifest lacks 'runtime'",
        "  the manifest: bytecode is not true or false",
        "  layers.sparc is not one of x86_64, arm64",
        "  layers.sparc.sha256 is not a SHA-256 in hexadecimal",
        "  modules.quadbin.artifact: size is not a whole number",
        "  modules.quadbin.artifact.path is '../outside.zip', which is not a path below the bundle",
        "  files./etc/passwd is '/etc/passwd', which is not a path below the bundle",
        "  files.sql/b.sql is not a SHA-256 in hexadecimal",
    ]


@pytest.mark.parametrize("value", [None, [], 3, "text"])
def test_things_of_the_wrong_kind_are_faults_not_crashes(value):
    for key in ("layers", "modules", "files"):
        assert f"{key} is not an object" in faults(document() | {key: value})
        if key != "files":
            assert "is not an object" in faults(document() | {key: {"x86_64": value}})
    if value is not None:
        assert "is not a JSON object" in faults(value) or "has schema" in faults(value)


@pytest.mark.parametrize("text", ["", "{", "nul", "\ufeff{}"])
def test_what_is_not_json_is_said_so(text):
    with pytest.raises(BundleError, match=r"manifest\.json is not JSON"):
        parse_manifest(text, "manifest.json")


def test_a_missing_manifest_names_the_file_and_the_next_step(tmp_path):
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read") as raised:
        read_manifest(tmp_path)
    assert "pip install" in raised.value.hint
