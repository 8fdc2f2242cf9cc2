"""Loading a catalog: the model that comes out, both layouts, finding things in it, the bundled pack."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs.generate.catalog import catalog

from carto_at_installer.bundle.builder import Sources, catalog_texts, write_bundle
from carto_at_installer.bundle.digests import sha256
from carto_at_installer.catalog.core_pack import FunctionPack
from carto_at_installer.catalog.faults import InvalidCatalogError
from carto_at_installer.catalog.load import bundled_catalog, load_catalog, load_pack
from carto_at_installer.catalog.select import find_functions, find_module
from carto_at_installer.core.bundle import BundleManifest
from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.functions import Kind, LambdaSettings, Volatility
from carto_at_installer.sql.templates import Templates, example_sql
from tests.unit.catalog_files import MODULE, write_pack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bundled():
    return catalog()


def test_the_model_of_a_module(tmp_path):
    catalog = load_catalog(write_pack(tmp_path), pack="mine", version="1.2")
    assert (catalog.pack, catalog.version) == ("mine", "1.2")
    (module,) = catalog.modules
    assert (module.name, module.title, module.description) == (
        "demo",
        "Demo",
        "Functions for tests.",
    )
    assert module.lambda_settings == LambdaSettings("carto_demo")
    twice, count = module.functions
    assert (twice.signature, twice.returns, twice.kind) == (
        "DEMO_TWICE(BIGINT)",
        "BIGINT",
        Kind.SQL,
    )
    assert twice.volatility is Volatility.STABLE
    assert twice.template == "demo/demo_twice.sql"
    assert (twice.examples[0].result, twice.examples[0].has_result) == (42, True)
    assert count.external is not None
    assert (count.external.signature, count.external.returns) == (
        "__DEMO_COUNT(INTEGER)",
        "VARCHAR(MAX)",
    )
    assert (count.external.max_batch_rows, count.external.max_batch_size_kb) == (100, 1024)
    assert count.requires == ()


def test_bodies_are_rendered_for_a_schema(tmp_path):
    folder = write_pack(tmp_path)
    twice, count = load_catalog(folder).modules[0].functions
    templates = Templates(folder.parent / "sql")
    assert templates.body(twice, "carto") == "SELECT (2 * $1)"
    assert templates.body(count, "my") == 'SELECT JSON_PARSE("my".__DEMO_COUNT($1))'
    assert example_sql(count.examples[0], "my") == 'SELECT "my".DEMO_COUNT(2)'


def test_a_built_bundle_needs_no_python_source(tmp_path):
    folder = write_pack(tmp_path / "source")
    bundle = tmp_path / "bundle"
    (bundle / "catalog" / "demo").mkdir(parents=True)
    shutil.copy(folder / "demo" / "module.yaml", bundle / "catalog" / "demo")
    shutil.copytree(folder.parent / "sql", bundle / "sql")
    (bundle / "manifest.json").write_text("{}")
    catalog = load_pack(FunctionPack("core", "1", 1, bundle))
    assert catalog.modules == load_catalog(folder).modules


@pytest.fixture
def checked_bundle(tmp_path):
    """The texts of a bundle, as a build leaves them, and the catalog that they were built from."""
    source = write_pack(tmp_path / "source")
    catalog = load_catalog(source)
    texts = dict(catalog_texts(Sources(source, source.parent / "sql"), catalog))
    digests = {path: sha256(data) for path, data in texts.items()}
    manifest = BundleManifest("core", catalog.version, "python3.13", False, {}, {}, digests)
    write_bundle(tmp_path / "bundle", texts, manifest)
    return tmp_path / "bundle", catalog


def test_a_bundle_that_was_checked_when_it_was_built_is_not_rendered_again(
    checked_bundle, monkeypatch
):
    bundle, catalog = checked_bundle
    assert any(function.calls for function in catalog.functions)
    monkeypatch.setattr(Templates, "render", lambda *_: pytest.fail("a template was rendered"))
    assert bundled_catalog(bundle) == catalog


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sql/demo/demo_twice.sql", "SELECT {{ nothing }}"),
        ("sql/demo/more.sql", "SELECT 1"),
        ("catalog/demo/calls.json", "{}"),
        ("catalog/demo/calls.json", None),
    ],
)
def test_a_bundle_that_was_changed_is_checked_again(checked_bundle, monkeypatch, file, text):
    bundle, _ = checked_bundle
    if text is None:
        (bundle / file).unlink()
    else:
        (bundle / file).write_text(text)
    rendered = []
    render = Templates.render
    monkeypatch.setattr(
        Templates, "render", lambda *given: rendered.append(given) or render(*given)
    )
    if file.startswith("sql"):
        with pytest.raises(InvalidCatalogError, match=Path(file).name):
            bundled_catalog(bundle)
    else:
        bundled_catalog(bundle)
        assert rendered


def test_scalars_are_those_of_json(tmp_path):
    value = "[yes, on, 1:30, 2026-01-01, 012, 1e3, -0.5, true, null, 0x1F, 9223372036854775807]"
    folder = write_pack(
        tmp_path, **{"functions/demo/module.yaml": MODULE.replace("result: 42", f"result: {value}")}
    )
    example = load_catalog(folder).modules[0].functions[0].examples[0]
    assert example.result == [
        "yes", "on", "1:30", "2026-01-01", "012", 1000.0, -0.5, True, None, "0x1F", 2**63 - 1,
    ]  # fmt: skip


def test_an_expected_null_is_an_expected_result(tmp_path):
    text = MODULE.replace("result: 42", "result: null")
    folder = write_pack(tmp_path, **{"functions/demo/module.yaml": text})
    example = load_catalog(folder).modules[0].functions[0].examples[0]
    assert (example.result, example.has_result, example.error) == (None, True, "")


def test_every_quadbin_name_of_the_reference_is_there(bundled):
    names = {function.name for function in bundled.functions if function.module == "quadbin"}
    assert names >= {
        "QUADBIN_BBOX", "QUADBIN_BOUNDARY", "QUADBIN_CENTER", "QUADBIN_DISTANCE", "QUADBIN_FROMGEOGPOINT",
        "QUADBIN_FROMGEOPOINT", "QUADBIN_FROMLONGLAT", "QUADBIN_FROMQUADKEY", "QUADBIN_FROMZXY", "QUADBIN_ISVALID",
        "QUADBIN_KRING", "QUADBIN_KRING_DISTANCES", "QUADBIN_POLYFILL", "QUADBIN_RESOLUTION", "QUADBIN_SIBLING",
        "QUADBIN_TOCHILDREN", "QUADBIN_TOPARENT", "QUADBIN_TOQUADKEY", "QUADBIN_TOZXY", "__QUADBIN_FROMQUADINT",
        "__QUADBIN_INT_TOSTRING", "__QUADBIN_STRING_TOINT",
    }  # fmt: skip


def test_only_what_needs_arrays_or_geometry_algorithms_runs_in_lambda(bundled):
    external = {
        each.name for each in bundled.functions if each.module == "quadbin" and each.external
    }
    assert external == {
        "QUADBIN_KRING",
        "QUADBIN_KRING_DISTANCES",
        "QUADBIN_TOCHILDREN",
        "QUADBIN_POLYFILL",
        "QUADBIN_POLYFILL_MODE",
        "__QUADBIN_POLYFILL_BELOW",
    }


def test_every_bundled_function_says_why_and_shows_an_example(bundled):
    for function in bundled.functions:
        assert function.why, function.name
        assert function.examples, function.name
        assert all(argument.description for argument in function.arguments), function.name


def test_batches_fit_into_lambda_payloads(bundled):
    """A row's result is at most 65 535 bytes; double encoding adds three bytes for each quote of its JSON."""
    quotes_per_byte = {
        "__QUADBIN_KRING_DISTANCES": 4 / len('{"index":5192650370358181887,"distance":1},'),
        "__H3_KRING_DISTANCES_INT": 4 / len('{"index":595478781590765567,"distance":1},'),
    }
    bounded = {("S2_BOUNDARY", 1): 270, ("__S2_CENTER", 1): 50, ("__S2_POLYFILL_BBOX", 4): 8 * 21}
    bounded |= {(f"__{name}", 1): 50 for name in ("CENTERMEAN", "CENTERMEDIAN", "POINTONSURFACE")}
    bounded |= {("__LINE_INTERPOLATE_POINT", 3): 50, ("__ENVELOPE_ARR", 1): 186}
    bounded |= {("__GREATCIRCLE_100", 2): 3300, ("__MAKEELLIPSE_64", 5): 2400}
    bounded |= {(f"__{grid}_POLYFILL_BELOW", 4): 1024 * 20 for grid in ("QUADBIN", "QUADINT")}
    bounded |= {("__S2_POLYFILL_BELOW", 4): 1024 * 21, ("__H3_POLYFILL_BELOW", 4): 2401 * 19}
    shapes = {"__QUADBIN_POLYFILL_MODE", "__QUADINT_POLYFILL_MODE", "__S2_POLYFILL_MODE"}
    shapes |= {"__QUADBIN_POLYFILL", "__S2_POLYFILL", "__H3_POLYFILL", "__H3_POLYFILL_INT"}
    # Bytes of the response for each byte received, at most: a point of a MultiPoint is 42 bytes in hexadecimal.
    growth = {
        "__DELAUNAYLINES": 310 / 42,
        "__DELAUNAYPOLYGONS": 314 / 42,
        "__VORONOILINES": 240 / 42,
        "__VORONOIPOLYGONS": 310 / 42,
        "__CLUSTERKMEANS": 150 / 42,
        "__H3_COMPACT": 24 / 26,
    }
    for function in bundled.functions:
        external = function.external
        if external and any(argument.name == "room" for argument in external.arguments):
            # Rows hold as many blanks as their results will have characters, at least.
            assert external.max_batch_size_kb <= 5 * 1024, function.name
        elif external and external.name in growth:
            received = external.max_batch_size_kb * 1024
            assert received * growth[external.name] < 6 * 1024 * 1024, function.name
        elif external and external.name not in shapes:
            size = 20 if external.returns == "BIGINT" else 65_535
            size = bounded.get((external.name, len(external.arguments)), size)
            row = size * (1 + 3 * quotes_per_byte.get(external.name, 0)) + 10
            assert external.max_batch_rows * row < 6 * 1024 * 1024, function.name


def test_find_by_name_in_any_case(bundled):
    assert find_module(bundled, "QuadBin").name == "quadbin"
    assert [each.name for each in find_functions(bundled, "carto.quadbin_kring")] == [
        "QUADBIN_KRING"
    ]


@pytest.mark.parametrize(
    ("find", "name", "message", "hint"),
    [
        (find_module, "quadbim", "There is no module 'quadbim'.", "Did you mean quadbin?"),
        (find_module, "zzz", "There is no module 'zzz'.", "The modules are"),
        (find_functions, "QUADBIN_KRNG", "There is no function 'QUADBIN_KRNG'.", "QUADBIN_KRING"),
        (find_functions, "zzz", "There is no function 'zzz'.", "carto-at list"),
    ],
)
def test_unknown_names_are_met_with_close_ones(bundled, find, name, message, hint):
    with pytest.raises(UsageError) as caught:
        find(bundled, name)
    assert caught.value.message == message
    assert hint in caught.value.hint


def test_jinja_is_not_imported_with_the_sql_folder():
    code = (
        "import sys, carto_at_installer.sql.objects, carto_at_installer.sql.templates;"
        "sys.exit('jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
