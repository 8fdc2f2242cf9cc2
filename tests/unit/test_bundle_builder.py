"""Builds whole bundles from a made-up module and made-up wheels: no network, no compiler unless one is at hand."""

from __future__ import annotations

import json
import marshal
import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carto_at_installer.bundle.archives import Member, pack, unpack
from carto_at_installer.bundle.builder import Sources, build, check_sizes
from carto_at_installer.bundle.bytecode import compiled, find_compiler, probe
from carto_at_installer.bundle.digests import sha256
from carto_at_installer.bundle.layer import slimmed
from carto_at_installer.bundle.lock import Pin, format_lock, read_lock
from carto_at_installer.bundle.resources import load_manifest, read_artifact, read_file, verify
from carto_at_installer.bundle.wheels import fetch_wheels, platforms
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.errors import BundleError
from carto_at_installer.core.functions import Catalog, LambdaSettings, Module

if TYPE_CHECKING:
    from pathlib import Path

NO_PYTHON = {"PATH": "/nowhere", "HOME": "/nowhere"}
TAGS = {
    Architecture.X86_64: "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64",
    Architecture.ARM64: "cp313-cp313-manylinux_2_28_aarch64",
}
CATALOG = Catalog(
    pack="core",
    version="9.8.7",
    modules=(
        Module("toy", "Toy", "", (), LambdaSettings("carto_toy")),
        Module("plain", "Only SQL", "", ()),
    ),
)
compiler = find_compiler()
needs_compiler = pytest.mark.skipif(compiler is None, reason="no Python 3.13 on this machine")


def make_wheel(folder: Path, machine: Architecture, extra: list[Member] | None = None) -> Path:
    metadata = b"Metadata-Version: 2.4\nName: Toy-Lib\nVersion: 1.0\nLicense-Expression: MIT\n"
    members = [
        Member("toy_lib/__init__.py", 0o644, f"MACHINE = {machine.value!r}\n".encode()),
        Member("toy_lib/core.so", 0o755, b"ELF"),
        Member("toy_lib/core.pyi", 0o644, b"stub"),
        Member("toy_lib/tests/test_it.py", 0o644, b"assert"),
        Member("toy_lib.libs/libgeo-1234.so.3.1", 0o755, b"ELF"),
        Member("toy_lib-1.0.dist-info/METADATA", 0o644, metadata),
        Member("toy_lib-1.0.dist-info/RECORD", 0o644, b""),
        Member("toy_lib-1.0.dist-info/licenses/LICENSE", 0o644, b"do as you like"),
        *(extra or []),
    ]
    path = folder / f"toy_lib-1.0-{TAGS[machine]}.whl"
    path.write_bytes(pack(members))
    return path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


@pytest.fixture
def wheelhouse(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    for machine in Architecture:
        make_wheel(folder, machine)
    monkeypatch.setenv("CARTO_AT_WHEELHOUSE", str(folder))
    monkeypatch.setenv("CARTO_AT_BUILD_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def sources(tmp_path, wheelhouse) -> Sources:
    root = tmp_path / "tree"
    functions = root / "bundled_functions"
    hashes = frozenset(sha256(path.read_bytes()) for path in wheelhouse.iterdir())
    write(functions / "layer" / "requirements.lock", format_lock([Pin("toy-lib", "1.0", hashes)]))
    write(
        functions / "runtime" / "carto_at_runtime" / "__init__.py",
        "def handler(event, context):\n    return event\n",
    )
    write(functions / "toy" / "carto_toy" / "__init__.py", "from carto_at_runtime import handler\n")
    write(functions / "toy" / "carto_toy" / "tables" / "hilbert.json", "[1,\n2]\n")
    write(functions / "toy" / "module.yaml", "module: toy\n")
    write(functions / "plain" / "module.yaml", "module: plain\n")
    write(root / "sql" / "toy" / "TOY.sql", "SELECT $1\n")
    write(root / "sql" / "plain" / "PLAIN.sql", "SELECT $1\n")
    return Sources.of_checkout(root)


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_bundle_holds_what_its_manifest_says(sources, tmp_path):
    report = build(sources, CATALOG, tmp_path / "bundle", None)
    assert verify(tmp_path / "bundle") == report.manifest
    assert sorted(contents(tmp_path / "bundle")) == [
        "catalog/plain/calls.json",
        "catalog/plain/module.yaml",
        "catalog/toy/calls.json",
        "catalog/toy/module.yaml",
        "layers/arm64.zip",
        "layers/x86_64.zip",
        "manifest.json",
        "modules/toy.zip",
        "sql/plain/PLAIN.sql",
        "sql/toy/TOY.sql",
    ]
    toy = report.manifest.modules["toy"]
    assert (toy.handler, toy.uses_layer) == ("carto_toy.handler", True)
    assert report.manifest.version == "9.8.7"


def test_layers_are_slim_keep_licences_and_differ_by_architecture(sources, tmp_path):
    manifest = build(sources, CATALOG, tmp_path / "bundle", None).manifest
    for machine, layer in manifest.layers.items():
        members = {
            member.path: member
            for member in unpack(read_artifact(layer, tmp_path / "bundle"), "layer")
        }
        assert (
            members["python/toy_lib/__init__.py"].data == f"MACHINE = {machine.value!r}\n".encode()
        )
        assert [path for path in members if not path.endswith(".pyc")] == [
            "python/toy_lib-1.0.dist-info/METADATA",
            "python/toy_lib-1.0.dist-info/licenses/LICENSE",
            "python/toy_lib.libs/libgeo-1234.so.3.1",
            "python/toy_lib/__init__.py",
            "python/toy_lib/core.so",
        ]


def test_dates_modes_line_ends_and_leftovers_do_not_change_the_bundle(sources, tmp_path):
    build(sources, CATALOG, tmp_path / "one", None)
    twin = Sources.of_checkout(tmp_path / "twin")
    shutil.copytree(sources.functions, twin.functions)
    shutil.copytree(sources.sql, twin.sql)
    for path in [*twin.functions.rglob("*"), *twin.sql.rglob("*")]:
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
            path.chmod(0o777)
            os.utime(path, (1, 1))
    write(twin.functions / "toy" / "carto_toy" / "__pycache__" / "x.cpython-311.pyc", "old")
    write(twin.functions / "toy" / "carto_toy" / ".DS_Store", "mac")
    write(twin.functions / "toy" / "carto_toy" / "__init__.py~", "editor")
    shutil.rmtree(tmp_path / "cache")
    build(twin, CATALOG, tmp_path / "two", None)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_changed_source_changes_its_module_only(sources, tmp_path):
    before = build(sources, CATALOG, tmp_path / "bundle", None).manifest
    write(sources.functions / "toy" / "carto_toy" / "more.py", "X = 1\n")
    after = build(sources, CATALOG, tmp_path / "bundle", None).manifest
    assert (
        before.modules["toy"].artifact.content_digest
        != after.modules["toy"].artifact.content_digest
    )
    assert (before.layers, before.files) == (after.layers, after.files)


def test_a_second_build_takes_the_layer_from_the_cache_and_leaves_equal_files_alone(
    sources, tmp_path, wheelhouse
):
    target = tmp_path / "bundle"
    build(sources, CATALOG, target, None)
    before = {path: path.stat().st_ino for path in target.rglob("*.zip")}
    write(target / "modules" / "gone.zip", "of an earlier version")
    for wheel in wheelhouse.iterdir():
        wheel.unlink()
    report = build(sources, CATALOG, target, None)
    assert sum("from the build cache" in note for note in report.notes) == 2
    assert {path: path.stat().st_ino for path in target.rglob("*.zip")} == before


def test_a_damaged_cached_layer_is_built_again(sources, tmp_path):
    manifest = build(sources, CATALOG, tmp_path / "bundle", None).manifest
    for path in (tmp_path / "cache" / "layers").glob("*.zip"):
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    again = build(sources, CATALOG, tmp_path / "again", None)
    assert again.manifest == manifest
    assert not any("from the build cache" in note for note in again.notes)


def test_without_a_compiler_the_byte_code_is_left_out_and_it_is_said(sources, tmp_path):
    report = build(sources, CATALOG, tmp_path / "bundle", None)
    assert not load_manifest(tmp_path / "bundle").bytecode
    assert any(note.startswith("no byte-code: no python3.13 was found") for note in report.notes)
    names = [
        member.path for member in unpack(tmp_path / "bundle" / "modules" / "toy.zip", "toy.zip")
    ]
    assert names == [
        "carto_at_runtime/__init__.py",
        "carto_toy/__init__.py",
        "carto_toy/tables/hilbert.json",
    ]


@needs_compiler
def test_with_a_compiler_each_source_has_byte_code(sources, tmp_path):
    report = build(sources, CATALOG, tmp_path / "bundle", compiler)
    assert report.manifest.bytecode
    assert any(note.startswith(f"byte-code by Python {compiler.version}") for note in report.notes)
    for path in ("modules/toy.zip", "layers/arm64.zip", "layers/x86_64.zip"):
        names = [member.path for member in unpack(tmp_path / "bundle" / path, path)]
        assert (
            sum(name.endswith(".py") for name in names)
            == sum(name.endswith(".pyc") for name in names)
            > 0
        )


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 13), reason="the running Python is a compiler itself"
)
def test_a_release_does_not_go_without_byte_code():
    assert find_compiler(NO_PYTHON) is None
    with pytest.raises(
        BundleError, match=r"no python3\.13 was found, and CARTO_AT_REQUIRE_BYTECODE is set"
    ):
        find_compiler(NO_PYTHON | {"CARTO_AT_REQUIRE_BYTECODE": "1"})


def test_an_explicit_python_that_is_not_313_is_an_error_not_ignored():
    with pytest.raises(BundleError, match="CARTO_AT_PYTHON313=/bin/true does not run"):
        find_compiler({"CARTO_AT_PYTHON313": "/bin/true"})


def test_shims_that_fail_are_no_compiler(tmp_path):
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert probe(str(shim)) is None
    assert probe(str(tmp_path / "gone")) is None


@needs_compiler
def test_a_python_is_found_in_the_folders_of_pyenv(tmp_path):
    link = tmp_path / "versions" / "3.13.99" / "bin" / "python3.13"
    write(link, f'#!/bin/sh\nexec "{compiler.executable}" "$@"\n')
    link.chmod(0o755)
    found = find_compiler({"PYENV_ROOT": str(tmp_path), "PATH": os.defpath, "HOME": "/nowhere"})
    assert found == compiler


@needs_compiler
def test_byte_code_is_unchecked_deterministic_and_names_lambdas_own_paths():
    source = (
        b"NAMES = frozenset({'a', 'b', 'c'})\n\ndef f(x: int) -> str:\n    return 'a' + str(x)\n"
    )
    members = [Member("pkg/__init__.py", 0o644, source), Member("pkg/other.py", 0o644, source * 3)]
    first, second = (compiled(members, compiler, "/var/task") for _ in range(2))
    assert first == second
    alone = compiled(members[1:], compiler, "/var/task")
    assert alone == [member for member in first if "other" in member.path]
    assert [member.path for member in first] == [
        "pkg/__pycache__/__init__.cpython-313.pyc",
        "pkg/__pycache__/other.cpython-313.pyc",
    ]
    for member in first:
        assert int.from_bytes(member.data[4:8], "little") == 0b01, "hash-based, never checked"
        assert b"/var/task/pkg/" in member.data
        assert b"/tmp" not in member.data
        assert marshal.version >= 4


@needs_compiler
def test_code_that_does_not_compile_stops_the_build(sources, tmp_path):
    write(sources.functions / "toy" / "carto_toy" / "broken.py", "def f(:\n")
    with pytest.raises(BundleError, match=r"(?s)could not compile.*broken\.py.*SyntaxError"):
        build(sources, CATALOG, tmp_path / "bundle", compiler)
    assert not (tmp_path / "bundle").exists()


def test_a_missing_wheel_is_named_with_the_way_out(sources, tmp_path, wheelhouse):
    next(wheelhouse.glob("*aarch64*")).unlink()
    with pytest.raises(
        BundleError, match=r"the wheel of toy-lib 1\.0 for Python 3\.13 on arm64 is not in"
    ) as raised:
        build(sources, CATALOG, tmp_path / "bundle", None)
    assert "CARTO_AT_WHEELHOUSE" in raised.value.hint


def test_a_wheel_with_another_hash_is_refused(sources, tmp_path, wheelhouse):
    make_wheel(wheelhouse, Architecture.X86_64, [Member("toy_lib/evil.py", 0o644, b"import os")])
    with pytest.raises(
        BundleError,
        match=r"on x86_64 is not the locked one: the SHA-256 of toy_lib-1\.0-.* differs",
    ):
        build(sources, CATALOG, tmp_path / "bundle", None)


def test_wheels_for_newer_machines_than_lambdas_do_not_count(sources, wheelhouse):
    wheel = next(wheelhouse.glob("*x86_64*"))
    wheel.rename(wheelhouse / "toy_lib-1.0-cp313-cp313-manylinux_2_39_x86_64.whl")
    (wheelhouse / "notes.whl").write_bytes(b"not the name of a wheel")
    with pytest.raises(BundleError, match="on x86_64 is not in"):
        fetch_wheels(read_lock(sources.lock), sources.lock, Architecture.X86_64)


def test_the_platforms_are_those_of_amazon_linux_2023():
    assert platforms(Architecture.ARM64)[0] == "manylinux_2_34_aarch64"
    assert platforms(Architecture.X86_64)[-2:] == ("manylinux_2_17_x86_64", "manylinux2014_x86_64")


def test_a_wheel_that_installs_scripts_is_refused(sources, tmp_path, wheelhouse):
    script = Member("toy_lib-1.0.data/scripts/toy", 0o755, b"#!python")
    hashes = {
        sha256(make_wheel(wheelhouse, machine, [script]).read_bytes()) for machine in Architecture
    }
    write(sources.lock, format_lock([Pin("toy-lib", "1.0", frozenset(hashes))]))
    with pytest.raises(
        BundleError, match=r"installs toy_lib-1\.0\.data/scripts/toy outside site-packages"
    ):
        build(sources, CATALOG, tmp_path / "bundle", None)


def test_links_and_stray_files_in_the_sources_are_refused(sources, tmp_path):
    stray = sources.sql / "toy" / "notes.md"
    write(stray, "text")
    with pytest.raises(BundleError, match=r"notes\.md is not an SQL template"):
        build(sources, CATALOG, tmp_path / "bundle", None)
    stray.unlink()
    (sources.functions / "toy" / "carto_toy" / "secret.py").symlink_to("/etc/passwd")
    with pytest.raises(BundleError, match=r"secret\.py is a symbolic link"):
        build(sources, CATALOG, tmp_path / "bundle", None)


def test_a_package_that_is_not_there_is_named(sources, tmp_path):
    catalog = Catalog("core", "1", (Module("toy", "Toy", "", (), LambdaSettings("carto_typo")),))
    with pytest.raises(BundleError, match="carto_typo is not a Python package"):
        build(sources, catalog, tmp_path / "bundle", None)


def test_what_lambda_would_refuse_is_refused_here(sources, tmp_path):
    manifest = build(sources, CATALOG, tmp_path / "bundle", None).manifest
    layer = manifest.layers[Architecture.ARM64]
    heavy = replace(manifest, layers={Architecture.ARM64: replace(layer, size=50 * 2**20 + 1)})
    with pytest.raises(
        BundleError,
        match=r"layers/arm64\.zip has 52428801 bytes; Lambda takes 52428800 in one upload",
    ):
        check_sizes(heavy)
    wide = replace(manifest, layers={Architecture.ARM64: replace(layer, unzipped_size=250 * 2**20)})
    with pytest.raises(
        BundleError,
        match=r"modules/toy\.zip and its layer unpack to \d+ bytes; Lambda takes 262144000",
    ):
        check_sizes(wide)


def test_a_target_that_cannot_be_written_is_one_clear_error(sources, tmp_path):
    write(tmp_path / "file", "not a folder")
    with pytest.raises(BundleError, match="cannot be written"):
        build(sources, CATALOG, tmp_path / "file" / "bundle", None)


def test_the_bill_of_materials_lists_wheels_and_what_they_carry(sources, tmp_path):
    report = build(sources, CATALOG, tmp_path / "bundle", None)
    again = build(sources, CATALOG, tmp_path / "bundle", None)
    assert report.sbom == again.sbom
    bill = json.loads(report.sbom)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert [component["purl"].split("?")[0] for component in bill["components"]] == [
        "pkg:pypi/Toy-Lib@1.0"
    ] * 2
    for component in bill["components"]:
        assert component["licenses"] == [{"expression": "MIT"}]
        assert [native["name"] for native in component["components"]] == ["libgeo-1234.so.3.1"]
    references = [component["bom-ref"] for component in bill["components"]]
    assert bill["dependencies"] == [{"ref": "package", "dependsOn": references}]


def test_slimming_keeps_every_licence_even_in_tests():
    kept = [
        "numpy/tests/LICENSE",
        "numpy/f2py/COPYING.txt",
        "h3-4.5.0.dist-info/METADATA",
        "numpy/_core/x.so",
    ]
    dropped = [
        "numpy/f2py/a.py",
        "numpy/a.pxd",
        "numpy/ma/tests/a.py",
        "h3-4.5.0.dist-info/WHEEL",
        "h3/_cy/a.pyx",
    ]
    members = [Member(path, 0o644, b"") for path in kept + dropped]
    assert [member.path for member in slimmed(members)] == kept


@pytest.mark.parametrize("damage", ["corrupt", "missing"])
def test_a_damaged_bundle_is_noticed_before_it_is_used(sources, tmp_path, damage):
    root = tmp_path / "bundle"
    manifest = build(sources, CATALOG, root, None).manifest
    for path in ("modules/toy.zip", "sql/toy/TOY.sql"):
        (root / path).unlink()
        if damage == "corrupt":
            (root / path).write_bytes(b"PK damaged")
    word = "is corrupt" if damage == "corrupt" else "cannot be read"
    with pytest.raises(BundleError, match=rf"toy\.zip {word}") as raised:
        read_artifact(manifest.modules["toy"].artifact, root)
    assert "--force-reinstall" in raised.value.hint
    with pytest.raises(BundleError, match=rf"TOY\.sql {word}"):
        read_file(manifest, "sql/toy/TOY.sql", root)
    with pytest.raises(BundleError, match=rf"(?s)toy\.zip {word}.*TOY\.sql {word}"):
        verify(root)


def test_files_that_nobody_listed_are_noticed(sources, tmp_path):
    root = tmp_path / "bundle"
    manifest = build(sources, CATALOG, root, None).manifest
    assert read_file(manifest, "sql/toy/TOY.sql", root) == b"SELECT $1\n"
    write(root / "sql" / "toy" / "ADDED.sql", "SELECT 1")
    with pytest.raises(BundleError, match=r"ADDED\.sql is not in the manifest"):
        verify(root)
    with pytest.raises(BundleError, match=r"the bundle has no file sql/toy/ADDED\.sql"):
        read_file(manifest, "sql/toy/ADDED.sql", root)
