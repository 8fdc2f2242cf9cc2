from __future__ import annotations

import email
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from carto_at_installer import __version__
from carto_at_installer.cli.schemas import schema_files

BUNDLE = "carto_at_installer/_bundle/"


@pytest.fixture(scope="module")
def files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def manifest(files) -> dict:
    return json.loads(files[BUNDLE + "manifest.json"])


def test_the_tree_and_the_sdist_give_the_same_wheel_whatever_the_dates_modes_and_cache(
    wheel, wheel_from_sdist
):
    assert wheel.name == wheel_from_sdist.name
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(wheel_from_sdist) as two:
        assert one.namelist() == two.namelist()
        assert [name for name in one.namelist() if one.read(name) != two.read(name)] == []
    assert wheel.read_bytes() == wheel_from_sdist.read_bytes(), "the same files, packed differently"


def test_the_manifest_lists_the_bundle_of_this_version(files, manifest):
    assert (manifest["schema"], manifest["pack"], manifest["version"]) == (1, "core", __version__)
    assert sorted(manifest["layers"]) == ["arm64", "x86_64"]
    assert "quadbin" in manifest["modules"]
    zips = [
        *manifest["layers"].values(),
        *(module["artifact"] for module in manifest["modules"].values()),
    ]
    listed = {each["path"]: each["sha256"] for each in zips} | manifest["files"]
    present = {name.removeprefix(BUNDLE) for name in files if name.startswith(BUNDLE)}
    assert present == {*listed, "manifest.json"}
    for path, digest in listed.items():
        assert hashlib.sha256(files[BUNDLE + path]).hexdigest() == digest, path


def test_the_schemas_of_what_commands_print_are_in_the_wheel(files):
    for name, text in schema_files().items():
        assert files[f"carto_at_installer/schemas/{name}"].decode() == text


def test_nothing_but_the_package_is_in_the_wheel(files):
    info = f"carto_at_redshift-{__version__}.dist-info/"
    assert all(name.startswith(("carto_at_installer/", info)) for name in files)
    for name in files:
        path = Path(name)
        assert not {"tests", "__pycache__", "carto_at_runtime", "numpy", "shapely"} & set(
            path.parts
        ), name
        if name.startswith(BUNDLE):
            assert path.suffix in {".zip", ".json", ".yaml", ".sql"}, name


def test_the_metadata_name_what_is_needed_and_no_more(files):
    metadata = email.message_from_bytes(
        files[f"carto_at_redshift-{__version__}.dist-info/METADATA"]
    )
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    base = [each.name for each in needed if each.marker is None]
    assert {each.name for each in needed} > {"duckdb", "moto"}, "in the extra"
    assert sorted(base) == ["boto3", "click", "jinja2", "packaging", "pyyaml", "rich"]
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    for name in metadata.get_all("License-File"):
        assert files[f"carto_at_redshift-{__version__}.dist-info/licenses/{name}"]
    assert any(
        name.endswith("THIRD_PARTY_LICENSES.md") for name in metadata.get_all("License-File")
    )


def test_lambda_can_read_every_member_of_every_zip(files):
    zips = [name for name in files if name.endswith(".zip")]
    assert len(zips) >= 3
    for name in zips:
        with zipfile.ZipFile(io.BytesIO(files[name])) as archive:
            for info in archive.infolist():
                assert (info.external_attr >> 16) & 0o777 in {0o644, 0o755}, info.filename
                assert info.date_time == (1980, 1, 1, 0, 0, 0)
                assert "\\" not in info.filename
                assert not info.is_dir()


def test_the_zips_have_byte_code_for_every_source_if_the_manifest_says_so(files, manifest):
    for name in [name for name in files if name.endswith(".zip")]:
        with zipfile.ZipFile(io.BytesIO(files[name])) as archive:
            names = archive.namelist()
        sources = [member for member in names if member.endswith(".py")]
        codes = [member for member in names if member.endswith(".cpython-313.pyc")]
        assert sources
        assert len(codes) == (len(sources) if manifest["bytecode"] else 0), name


def test_layers_hold_the_libraries_with_their_licences_for_their_own_machine(files):
    for name, machine in (("x86_64", b"\x3e\x00"), ("arm64", b"\xb7\x00")):
        with zipfile.ZipFile(io.BytesIO(files[f"{BUNDLE}layers/{name}.zip"])) as archive:
            names = archive.namelist()
            libraries = [member for member in names if member.endswith(".so")]
            heads = {archive.read(member)[18:20] for member in libraries}
        assert heads == {machine}, "the machine in the ELF header"
        for library in ("numpy", "orjson", "msgspec", "shapely", "h3"):
            assert f"python/{library}/__init__.py" in names
            assert any(
                member.startswith(f"python/{library}-") and "/licenses/LICENSE" in member
                for member in names
            )
        assert not any("/tests/" in member and "LICEN" not in member for member in names)
        assert not any(member.endswith((".pyi", ".pxd", ".h", ".c")) for member in names)


def test_the_bill_of_materials_names_the_wheels_of_the_layers(files):
    (name,) = [name for name in files if "/sboms/" in name]
    bill = json.loads(files[name])
    assert bill["metadata"]["component"]["version"] == __version__
    libraries = [component["name"] for component in bill["components"]]
    assert sorted(libraries) == sorted(["h3", "msgspec", "numpy", "orjson", "shapely"] * 2)
    assert all(component["licenses"] and component["hashes"] for component in bill["components"])


def test_the_sdist_carries_sources_and_nothing_built(sdist):
    with tarfile.open(sdist) as archive:
        names = [name.split("/", 1)[1] for name in archive.getnames()]
    for wanted in (
        "hatch_build.py",
        "bundled_functions/layer/requirements.lock",
        "bundled_functions/quadbin/module.yaml",
    ):
        assert wanted in names
    assert not [
        name
        for name in names
        if name.endswith((".zip", ".whl", ".pyc")) or name.startswith(("build/", "dist/"))
    ]
