"""Every fault of a catalog is reported with its file, line and reason, all of them at once."""

import pytest

from tests.unit.catalog_files import FILES, MODULE, edited, faults_of

YAML = "functions/demo/module.yaml"
HANDLERS = "functions/demo/carto_demo/handlers.py"
INIT = "functions/demo/carto_demo/__init__.py"
TWICE = "sql/demo/demo_twice.sql"
COUNT = "sql/demo/demo_count.sql"
MACROS = "sql/demo/macros.sql"
ARGUMENTS = "\n".join(f"      - {{name: a{n}, type: BIGINT}}" for n in range(33))
OVERLOAD = """\
  - name: DEMO_TWICE
    arguments: [{name: other, type: INT8}]
    returns: BIGINT
    summary: The same signature once more.
    template: demo_twice.sql
    examples:
      - {sql: 'SELECT {{ schema }}.DEMO_TWICE(1)', result: 2}
"""


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


MODULE_EDITS = [
    # what is changed, into what, the line of the fault, its reason
    ("title: Demo", "titel: Demo", 2, "module: unknown key 'titel' (did you mean 'title'?)"),
    ("title: Demo\n", "", 1, "module: 'title' is missing"),
    ("title: Demo", "title: 3", 2, "module: 'title' has to be a text"),
    ("title: Demo", "title: [Demo", 3, "flow sequence"),
    ("title: Demo", "title: Demo\ntitle: Again", 3, "the key 'title' is there twice (first on line 2)"),
    ("title: Demo", "title: &a Demo", 2, "anchors and aliases are not supported"),
    ("title: Demo", "title: !!python/name:os.system x", 2, "is not supported"),
    ("title: Demo", 'title: "\\ud800"', 2, "half a surrogate pair"),
    ("title: Demo", 'title: "\\0"', 2, "a control character"),
    ("result: 42", f"result: {'9' * 5000}", 15, "the number has more than 40 digits"),
    ("title: Demo", "? [a]\n: b\ntitle: Demo", 2, "a key has to be text"),
    ("module: demo", "module: other", 1, "module: 'other' lies in a folder called 'demo'"),
    ("module: demo", "module: De mo", 1, "'De mo' is not up to 31 lower-case letters"),
    ("  package: carto_demo", "  package: carto-demo", 5, "'carto-demo' is not the name of a Python package"),
    ("  package: carto_demo", "  package: carto_other", 5, "there is no package 'carto_other' here"),
    ("  package: carto_demo", "  package: carto_demo\n  memory_mb: 64", 6, "'memory_mb' is 64, not between 128"),
    ("  package: carto_demo", "  package: carto_demo\n  timeout_s: 1.5", 6, "'timeout_s' has to be a whole number"),
    ("  package: carto_demo", "  package: carto_demo\n  layer: yes", 6, "'layer' has to be true or false"),
    ("  package: carto_demo", "  package: carto_demo\n  environment: [A]", 6, "'environment' has to hold names"),
    ("  package: carto_demo", "  package: carto_demo\n  environment: {A-B: x}", 6, "'A-B' cannot be an environment"),
    ("  package: carto_demo", "  package: carto_demo\n  environment: {AB: 1}", 6, "'AB' has to be a text"),
    ("lambda:\n  package: carto_demo\n", "", 20, "the module has no 'lambda' part to run it"),
    ("  - name: DEMO_TWICE", "  - naem: DEMO_TWICE", 7, "function: unknown key 'naem' (did you mean 'name'?)"),
    ("  - name: DEMO_TWICE", "  - name: Demo_Twice", 7, "write the name in capitals: DEMO_TWICE"),
    ("  - name: DEMO_TWICE", "  - name: DEMO TWICE", 7, "is not a function name: it contains ' '"),
    ("  - name: DEMO_TWICE", f"  - name: D{'E' * 127}", 7, "it is longer than 127 bytes"),
    ("  - name: DEMO_TWICE", "  - name: SELECT", 7, "it is a reserved word of Redshift"),
    ("    summary: Twice a number.\n", "", 7, "function DEMO_TWICE: 'summary' is missing"),
    ("    summary: Twice a number.", f"    summary: {'x' * 101}", 11, "one line of up to 100 characters"),
    ("    returns: BIGINT", "    returns: BIGNIT", 10, "'BIGNIT' is not a Redshift type"),
    ("    returns: BIGINT", "    returns: VARCHAR", 10, "means VARCHAR(256) in Redshift: write VARCHAR(MAX)"),
    ("    returns: BIGINT", "    returns: BIGINT\n    volatility: SOMETIMES", 11, "not 'SOMETIMES'"),
    ("      - {name: number, type: BIGINT}", ARGUMENTS, 8, "33 arguments; Redshift takes up to 32"),
    ("{name: number, type: BIGINT}", "{name: number, type: MONEY}", 9, "'MONEY' is not a Redshift type"),
    ("{name: number, type: BIGINT}", "{name: Number, type: BIGINT}", 9, "'Number' has to be lower-case"),
    ("{name: number, type: BIGINT}", "{name: schema, type: BIGINT}", 9, "'schema' names the schema"),
    ("{name: number, type: BIGINT}", "{name: version, type: BIGINT}", 9, "'version' names the version"),
    ("{name: number, type: BIGINT}", "number", 9, "argument: expected keys and values"),
    (
        "      - {name: number, type: BIGINT}",
        "      - {name: number, type: BIGINT}\n      - {name: number, type: BIGINT}",
        10,
        "two arguments are called 'number'",
    ),
    ("    arguments:\n      - {name: number, type: BIGINT}\n", "", 7, "'arguments' is missing"),
    ("    template: demo_twice.sql\n", "", 7, "needs a 'template', an 'external' part, or both"),
    ("demo_twice.sql", "demo_thrice.sql", 12, "there is no template sql/demo/demo_thrice.sql"),
    ("demo_twice.sql", "../demo_twice.sql", 12, "is not the name of a file such as my_function.sql"),
    ("    template: demo_count.sql\n", "", 21, "its external part cannot have another name"),
    ("      name: __DEMO_COUNT\n", "", 22, "its external part needs a name of its own"),
    ("{name: size, type: INT}", "{name: size, type: SUPER}", 22, "size is SUPER, which cannot cross to Lambda"),
    ("      returns: VARCHAR(MAX)\n", "", 22, "the result is SUPER, which cannot cross to Lambda: send JSON"),
    ("VARCHAR(MAX)", "GEOMETRY", 24, "the result is GEOMETRY, which cannot cross to Lambda: send ST_AsHexEWKB"),
    (
        "      returns: VARCHAR(MAX)",
        "      arguments: [{name: a, type: INT},\n        {name: b, type: VARBYTE}]\n      returns: VARCHAR(MAX)",
        25,
        "b is VARBYTE, which cannot cross to Lambda",
    ),
    ("      max_batch_rows: 100\n", "", 22, "'max_batch_rows' is missing"),
    ("max_batch_rows: 100", "max_batch_rows: 0", 25, "'max_batch_rows' is 0, not between 1 and 2147483647"),
    ("max_batch_rows: 100", "max_batch_rows: true", 25, "'max_batch_rows' has to be a whole number"),
    ("max_batch_size: 1 MB", "max_batch_size: 6 MB", 26, "'6 MB', not between 1 KB and 5 MB"),
    ("max_batch_size: 1 MB", "max_batch_size: big", 26, "'big', not between 1 KB and 5 MB"),
    ("max_batch_size: 1 MB", "max_batch_size: 1 MB\n      retry_timeout_ms: -1", 27, "'retry_timeout_ms' is -1"),
    ("max_batch_size: 1 MB", "max_batch_size: 1 MB\n      volatility: IMMUTABLE", 22, "no IMMUTABLE external"),
    ("    returns: SUPER", "    returns: SUPER\n    volatility: IMMUTABLE", 23, "no IMMUTABLE external functions"),
    ("__DEMO_COUNT", "__DEMO_OTHER", 22, "no handler registers '__DEMO_OTHER'"),
    ("    summary: Twice a number.", "    requires: [DEMO_CONT]\n    summary: x", 11,
     "requires 'DEMO_CONT', which no module has (did you mean 'DEMO_COUNT'?)"),
    ("    summary: Twice a number.", "    requires: [1]\n    summary: x", 11, "has to be a list of texts"),
    ("        result: 42\n", "", 14, "give the expected 'result' or the expected 'error'"),
    ("        result: 42", "        result: 42\n        error: no", 14, "the expected 'result' or the expected"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT {{ schema }}.DEMO_TWICE(21", 14, "a bracket does not end"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT {{ schema }}.DEMO_TWICE(21) FROM t", 14, "FROM is not allowed"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT {{ schema }}.DEMO_TWICE(21), 2", 14, "more than one expression"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT {{ schema }}.DEMO_TWICE(21); SELECT 1", 14, "one statement"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT {{ schema }}.DEMO_TWICE(21) AS n", 14, "cannot have a name"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "DELETE {{ schema }}.DEMO_TWICE(21)", 14, "starts with 'DELETE'"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT {{ schema }}.DEMO_TWICE('21)", 14, "quoted with ' does not end"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT {{ scheme }}.DEMO_TWICE(21)", 14, "'scheme' is undefined"),
    ("SELECT {{ schema }}.DEMO_TWICE(21)", "SELECT DEMO_TWICE(21)", 14, "does not call {{ schema }}.DEMO_TWICE"),
    ("    examples:\n      - sql: SELECT {{ schema }}.DEMO_TWICE(21)\n        result: 42\n", "", 7, "needs an example"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"), MODULE_EDITS, ids=lambda value: str(value)[:40]
)
def test_faults_of_a_module_file(tmp_path, old, new, line, reason):
    text = edited(old, new) if MODULE.count(old) == 1 else MODULE.replace(old, new, 1)
    faults = faults_of(tmp_path, **{YAML: text})
    assert any(fault.startswith(f"{YAML}:{line}: ") and reason in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("- a\n- b\n", 1, "module: expected keys and values"),
        ("module: demo\ntitle: x\nfunctions: []\n", 3, "module: there are no functions"),
        ("module: demo\ntitle: x\nfunctions: none\n", 3, "'functions' has to be a list"),
        (b"module: demo\ntitle: \xff\n", 2, "the text is not UTF-8"),
        ("module: demo\ntitle: \x07\n", 1, "not readable as YAML"),
        ("module: demo\nx: " + "[" * 20 + "]" * 20, 2, "nested deeper than 16 levels"),
        ("#" * (1024 * 1024 + 1), 1, "the file is larger than 1048576 bytes"),
        ("a: &x [1]\nb: [*x, *x]\n", 1, "anchors and aliases are not supported"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_faults_of_a_file_as_a_whole(tmp_path, text, line, reason):
    faults = faults_of(tmp_path, **{YAML: text})
    assert any(fault.startswith(f"{YAML}:{line}: ") and reason in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("file", "text", "place", "reason"),
    [
        (TWICE, "SELECT 1 +\n {{ numbr }}\n", f"{TWICE}:2", "'numbr' is not defined (did you mean 'number'?)"),
        (TWICE, "SELECT 1\n{% if false %}{{ numbr }}{% endif %}", f"{TWICE}:2", "'numbr' is not defined"),
        (TWICE, "SELECT\n {{ number \n", f"{TWICE}:2", "unexpected end of template"),
        (TWICE, "SELECT\n{{ number }\n", f"{TWICE}:2", "unexpected '}'"),
        (TWICE, "{% import 'demo/none.sql' as n %}\nSELECT 1", f"{TWICE}:1", "no template 'demo/none.sql'"),
        (TWICE, "{% include '../functions/demo/module.yaml' %}", f"{TWICE}:1", "no template '../functions"),
        (TWICE, "SELECT 1\n{{ 1 / 0 }}\n", f"{TWICE}:2", "division by zero"),
        (TWICE, "SELECT {{ ''.__class__ }}", f"{TWICE}:1", "access to attribute '__class__'"),
        (TWICE, "SELECT {{ number }} FROM t", f"{TWICE}:1", "FROM is not allowed in it"),
        (TWICE, "SELECT (SELECT {{ number }})", f"{TWICE}:1", "SELECT is not allowed in it"),
        (TWICE, "SELECT {{ number }} WHERE TRUE", f"{TWICE}:1", "WHERE is not allowed in it"),
        (TWICE, "SELECT {{ number }} LIMIT 1", f"{TWICE}:1", "LIMIT is not allowed in it"),
        (TWICE, "SELECT {{ number }};", f"{TWICE}:1", "one statement without a semicolon"),
        (TWICE, "2 * {{ number }}", f"{TWICE}:1", "it starts with '2', not with SELECT"),
        (TWICE, "SELECT", f"{TWICE}:1", "there is no expression after SELECT"),
        (TWICE, "-- nothing", f"{TWICE}:1", "one statement"),
        (TWICE, "SELECT 'open", f"{TWICE}:1", "the text quoted with ' does not end"),
        (TWICE, b"SELECT '\xff'", f"{TWICE}:1", "the text is not UTF-8"),
        (TWICE, "SELECT {{ schema }}.DEMO_NONE({{ number }})", f"{TWICE}:1", "calls DEMO_NONE, which no module has"),
        (TWICE, "SELECT {{ schema }}.DEMO_TWICE({{ number }})", f"{YAML}:7", "in a circle: DEMO_TWICE -> DEMO_TWICE"),
        (COUNT, "SELECT JSON_PARSE('[]')", f"{COUNT}:1", "does not call __DEMO_COUNT"),
        (MACROS, "{% macro twice(n) %}\n{{ number }}{% endmacro %}", f"{MACROS}:2", "'number' is not defined"),
        ("sql/demo/spare.sql", "SELECT 1", "sql/demo/spare.sql:1", "no function uses this template"),
        (HANDLERS, "def f(:\n", f"{HANDLERS}:1", "not readable as Python"),
        (HANDLERS, FILES[HANDLERS].replace("__DEMO_COUNT", "__DEMO_CNT"), f"{HANDLERS}:4",
         "the handler of __DEMO_CNT belongs to no function"),
        (INIT, "from carto_demo import handlers\n", f"{INIT}:1", "exports no 'handler' for Lambda to call"),
        (INIT, None, f"{INIT}:1", "exports no 'handler' for Lambda to call"),
        (HANDLERS, FILES[HANDLERS] + FILES[HANDLERS], f"{HANDLERS}:10", "registered twice (first in handlers.py:4)"),
        (YAML, MODULE + OVERLOAD, f"{YAML}:30",
         "the signature demo_twice(bigint) is there twice (first at demo/module.yaml:7)"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_faults_of_templates_and_handlers(tmp_path, file, text, place, reason):
    faults = faults_of(tmp_path, **{file: text})
    assert any(fault.startswith(f"{place}: ") and reason in fault for fault in faults), faults


def test_a_source_without_its_package_is_a_fault(tmp_path):
    faults = faults_of(tmp_path, **{HANDLERS: None, INIT: None})
    assert faults == [f"{YAML}:5: lambda: there is no package 'carto_demo' here"]


def test_circles_between_functions_name_the_way(tmp_path):
    twice = "SELECT {{ schema }}.DEMO_COUNT({{ number }})"
    count = "SELECT {{ schema }}.DEMO_TWICE({{ schema }}.__DEMO_COUNT({{ size }}))"
    faults = faults_of(tmp_path, **{TWICE: twice, COUNT: count})
    assert any("in a circle: DEMO_TWICE -> DEMO_COUNT -> DEMO_TWICE" in fault for fault in faults)


def test_all_faults_come_at_once_in_the_order_of_files_and_lines(tmp_path):
    text = MODULE.replace("title: Demo", "titel: Demo").replace("returns: BIGINT", "returns: BIG")
    faults = faults_of(tmp_path, **{YAML: text, TWICE: "SELECT {{ nothing }}"})
    places = [fault.split(": ")[0] for fault in faults]
    assert places == [f"{YAML}:1", f"{YAML}:2", f"{YAML}:10", f"{TWICE}:1", f"{MACROS}:1"]


def test_a_folder_without_modules_is_a_fault(tmp_path):
    none = dict.fromkeys(FILES)
    (tmp_path / "functions").mkdir()
    assert faults_of(tmp_path, **none) == [
        "functions:1: there is no <module>/module.yaml in this folder"
    ]


def test_a_file_that_is_no_file_is_a_fault(tmp_path):
    (tmp_path / YAML).mkdir(parents=True)
    assert faults_of(tmp_path, **{YAML: None}) == [f"{YAML}:1: cannot be read: Is a directory"]


def test_the_pack_of_these_tests_has_no_faults(tmp_path):
    assert faults_of(tmp_path) == []
