"""Character functions whose Redshift meaning differs from DuckDB's."""

from __future__ import annotations

from carto_at_installer.sandbox.engine.shims.macro import macro, once

_VARCHAR = (
    "CASE WHEN typeof(v.x) IN ('DOUBLE', 'FLOAT') THEN regexp_replace(CAST(v.x AS VARCHAR), '\\.0$', '')"
    " WHEN typeof(v.x) = 'JSON' THEN json_extract_string(CAST(v.x AS JSON), '$')"
    " WHEN typeof(v.x) = 'BOOLEAN' THEN error('cannot cast type boolean to character varying')"
    " WHEN typeof(v.x) = 'VARCHAR' AND strlen(CAST(v.x AS VARCHAR)) > 65535"
    " THEN error('Value too long for character type') ELSE CAST(v.x AS VARCHAR) END"
)
_REGEX = "regexp_extract_all(s, p)"
MACROS = (
    macro("varchar_of(x)", once({"x": "x"}, _VARCHAR)),
    macro("varchar_of(g geometry)", "pg_rs.geometry_text(g)"),
    macro("cut(s, n)", once(
        {"s": "s", "n": "n"},
        "CASE WHEN strlen(v.s) <= v.n THEN v.s ELSE pg_cut(v.s, v.n) END")),
    macro("substring(s varchar, i bigint)", "system.main.substring(s, greatest(i, 1))"),
    macro("substring(s varchar, i bigint, n bigint)",
          "system.main.substring(s, greatest(i, 0), greatest(0, n + least(i, 0)))"),
    macro("lpad(s varchar, n integer)", "system.main.lpad(s, n, ' ')"),
    macro("lpad(s varchar, n integer, f varchar)", "system.main.lpad(s, n, f)"),
    macro("rpad(s varchar, n integer)", "system.main.rpad(s, n, ' ')"),
    macro("rpad(s varchar, n integer, f varchar)", "system.main.rpad(s, n, f)"),
    macro("concat(a, b)", "CAST(a AS VARCHAR) || CAST(b AS VARCHAR)"),
    macro("strpos(s varchar, p varchar)", "CAST(system.main.strpos(s, p) AS INTEGER)"),
    macro("charindex(p varchar, s varchar)", "CAST(system.main.strpos(s, p) AS INTEGER)"),
    macro("octet_length(s varchar)", "CAST(strlen(s) AS INTEGER)"),
    macro("len(s varchar)", "CAST(length(s) AS INTEGER)"),
    macro("chr(i integer)", "CASE WHEN i = 0 THEN error('null character not permitted')"
          " ELSE system.main.chr(i) END"),
    macro("listagg_result(t)", once(
        {"t": "t"}, "CASE WHEN strlen(v.t) > 65535 THEN error('Result size exceeds LISTAGG limit') ELSE v.t END")),
    macro("split_part(s varchar, d varchar, i integer)", "CASE WHEN i < 1 THEN"
          " error('field position must be greater than zero') ELSE system.main.split_part(s, d, i) END"),
    macro("replicate(s varchar, n integer)", "repeat(s, n)"),
    macro("regexp_count(s varchar, p varchar)", f"CAST(len({_REGEX}) AS INTEGER)"),
    macro("regexp_substr(s varchar, p varchar)", "regexp_extract(s, p)"),
    macro("regexp_instr(s varchar, p varchar)", once(
        {"s": "s", "f": "regexp_extract(s, p)", "m": "regexp_matches(s, p)"},
        "CASE WHEN v.m THEN CAST(system.main.strpos(v.s, v.f) AS INTEGER) ELSE 0 END")),
    macro("regexp_replace(s varchar, p varchar)", "system.main.regexp_replace(s, p, '', 'g')"),
    macro("regexp_replace(s varchar, p varchar, r varchar)",
          "system.main.regexp_replace(s, p, regexp_replace(r, '\\$([0-9])', '\\\\\\1', 'g'), 'g')"),
    macro("to_hex(i bigint)", "lower(system.main.to_hex(i))"),
    macro("to_hex(i integer)", "lower(system.main.to_hex(CAST(i AS BIGINT) & 4294967295))"),
    macro("to_hex(b varbyte)", "lower(hex(b))"),
    macro("from_hex(s varchar)", "unhex(CASE WHEN length(s) % 2 = 1 THEN '0' || s ELSE s END)"),
    macro("sha1(s varchar)", "system.main.sha1(s)"),
    macro("sha2(s varchar, n integer)", "CASE WHEN n IN (0, 256) THEN sha256(s)"
          " ELSE error('sha2: only 256 bits are supported by the sandbox') END"),
    macro("quote_ident(s varchar)", "CASE WHEN regexp_matches(s, '^[a-z_][a-z0-9_$]*$') THEN s"
          " ELSE concat('\"', replace(s, '\"', '\"\"'), '\"') END"),
    macro("quote_literal(s varchar)", "'''' || replace(s, '''', '''''') || ''''"),
    macro("initcap(s varchar)", "list_aggregate(list_transform(regexp_extract_all(s,"
          " '[A-Za-z0-9]+|[^A-Za-z0-9]+'), lambda w: upper(w[1]) || lower(substr(w, 2))),"
          " 'string_agg', '')"),
)  # fmt: skip
