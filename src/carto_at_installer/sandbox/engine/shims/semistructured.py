"""SUPER and JSON functions on DuckDB's JSON type."""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims.macro import Macro, macro, once


def _path_text(keys: int) -> list[Macro]:
    names = [f"k{index}" for index in range(1, keys + 1)]
    path = "concat('$', " + ", ".join(f"'.\"', {name}, '\"'" for name in names) + ")"
    signature = ", ".join(f"{name} varchar" for name in names)
    value = f"coalesce(json_extract_string(s, {path}), '')"
    lenient = f"CASE WHEN n AND NOT json_valid(s) THEN NULL ELSE {value} END"
    return [
        macro(f"json_extract_path_text(s varchar, {signature})", value),
        macro(f"json_extract_path_text(s varchar, {signature}, n boolean)", lenient),
    ]


_KIND = (
    "CASE json_type({0}) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' WHEN 'VARCHAR' THEN"
    " 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE 'number' END"
)


def _kind_is(name: str, kinds: str) -> Macro:
    return macro(f"{name}(s super)", f"json_type(s) IN ({kinds})")


_INTEGERS = "'BIGINT', 'UBIGINT'"
_NUMBERS = "'DOUBLE', " + _INTEGERS


def _on_super(name: str, operator: str) -> Macro:
    """Arithmetic of PartiQL: whole numbers stay whole, other numbers are floats, everything else gives NULL."""
    zero = "WHEN v.b = to_json(0) THEN error('Divide by zero')" if operator in "/%" else ""
    whole = "//" if operator == "/" else operator
    return macro(
        f"{name}(a, b)",
        once(
            {"a": "to_json(a)", "b": "to_json(b)"},
            f"CASE WHEN json_type(v.a) IN ({_INTEGERS}) AND json_type(v.b) IN ({_INTEGERS}) THEN CASE {zero}"
            f" WHEN true THEN to_json(CAST(v.a AS BIGINT) {whole} CAST(v.b AS BIGINT)) END"
            f" WHEN json_type(v.a) IN ({_NUMBERS}) AND json_type(v.b) IN ({_NUMBERS})"
            f" THEN to_json(CAST(v.a AS DOUBLE) {operator} CAST(v.b AS DOUBLE)) END",
        ),
    )


MACROS = (
    _on_super("super_plus", "+"),
    _on_super("super_minus", "-"),
    _on_super("super_times", "*"),
    _on_super("super_divided", "/"),
    _on_super("super_modulo", "%"),
    macro("json_parse(s varchar)", "json(s)"),
    macro("json_serialize(s super)", "CAST(s AS VARCHAR)"),
    macro("json_typeof(s super)", once({"s": "s"}, "CASE WHEN v.s IS NULL THEN NULL ELSE "
          + _KIND.format("v.s") + " END")),
    macro("get_array_length(s super)", once(
        {"s": "s"}, "CASE WHEN json_type(v.s) = 'ARRAY' THEN CAST(json_array_length(v.s) AS BIGINT) END")),
    macro("split_to_array(s varchar)", "to_json(string_split(s, ','))"),
    macro("split_to_array(s varchar, d varchar)", "to_json(string_split(s, d))"),
    macro("array_concat(a super, b super)",
          "to_json(list_concat(CAST(a AS JSON[]), CAST(b AS JSON[])))"),
    macro("array_flatten(a super)", "to_json(flatten(CAST(a AS JSON[][])))"),
    macro("subarray(a super, i integer)", "to_json(list_slice(CAST(a AS JSON[]), i + 1, NULL))"),
    macro("subarray(a super, i integer, n integer)",
          once({"i": "i", "n": "n", "a": "a"},
               "to_json(list_slice(CAST(v.a AS JSON[]), v.i + 1, v.i + v.n))")),
    macro("is_valid_json(s varchar)", "coalesce(json_valid(s) AND json_type(s) = 'OBJECT', false)"),
    macro("is_valid_json_array(s varchar)",
          "coalesce(json_valid(s) AND json_type(s) = 'ARRAY', false)"),
    macro("can_json_parse(s varchar)", "json_valid(s)"),
    macro("json_array_length(s varchar)", "CAST(system.main.json_array_length(s) AS INTEGER)"),
    macro("json_array_length(s varchar, n boolean)",
          "CASE WHEN n AND NOT json_valid(s) THEN NULL"
          " ELSE CAST(system.main.json_array_length(s) AS INTEGER) END"),
    macro("json_extract_array_element_text(s varchar, i integer)",
          "json_extract_string(s, concat('$[', i, ']'))"),
    *(each for keys in range(1, 6) for each in _path_text(keys)),
    _kind_is("is_array", "'ARRAY'"),
    _kind_is("is_object", "'OBJECT'"),
    _kind_is("is_varchar", "'VARCHAR'"),
    _kind_is("is_boolean", "'BOOLEAN'"),
    _kind_is("is_bigint", _INTEGERS),
    _kind_is("is_integer", _INTEGERS),
    _kind_is("is_float", "'DOUBLE'"),
    _kind_is("is_scalar", "'VARCHAR', 'BOOLEAN', 'DOUBLE', " + _INTEGERS),
    macro("super_elements(s)", once(
        {"s": "CAST(s AS JSON)"},
        "CASE WHEN v.s IS NULL THEN [] WHEN json_type(v.s) = 'ARRAY' THEN CAST(v.s AS JSON[])"
        " ELSE [v.s] END")),
    macro("super_item(s, k)", "json_extract(CAST(s AS JSON), k)"),
    macro("super_text(s)", "json_extract_string(CAST(s AS JSON), '$')"),
)  # fmt: skip
