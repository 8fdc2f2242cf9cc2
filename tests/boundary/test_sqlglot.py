"""What the engine assumes of sqlglot's trees of Redshift SQL."""

import pytest
from sqlglot import exp

from carto_at_installer.sandbox.engine.parser import PARAMETER, parse
from carto_at_installer.sandbox.errors import RedshiftError


def projection(sql):
    return parse(f"SELECT {sql} FROM t").expressions[0]


def test_calls_stay_calls():
    for call in (
        "nvl(a, b)",
        "st_x(g)",
        "json_parse(a)",
        "dateadd(day, 1, a)",
        "decode(a, 1, 2)",
        "from_hex(a)",
    ):
        assert isinstance(projection(call), exp.Anonymous), call
    assert projection("count(DISTINCT a)").expressions[0].key == "distinct"
    assert isinstance(projection("count(*)").expressions[0], exp.Star)


def test_qualified_calls_are_dots():
    dot = projection("carto.f(1)")
    assert isinstance(dot, exp.Dot)
    assert (dot.this.name, dot.expression.this) == ("carto", "f")


def test_identifiers_are_folded():
    assert projection('"Tab"."Col"').sql() == '"tab"."col"'


def test_paths_are_dots_and_brackets():
    path = projection("a.b[0].c")
    assert isinstance(path, exp.Dot)
    assert isinstance(path.this, exp.Bracket)
    assert isinstance(path.this.this, exp.Column)


def test_unnested_arrays_in_from():
    assert isinstance(parse("SELECT 1 FROM t, t.items AS i").args["joins"][0].this, exp.Unnest)
    numbered, inner = parse("SELECT 1 FROM t, t.items AS i AT n, i.parts AS p").args["joins"]
    assert isinstance(numbered.this, exp.AtIndex)
    assert isinstance(inner.this, exp.Table)
    assert (inner.this.db, inner.this.name) == ("i", "parts")


def test_operators():
    for sql, kind in {
        "a # b": exp.BitwiseXor, "a << 1": exp.BitwiseLeftShift, "a >> 1": exp.BitwiseRightShift,
        "a ^ 2": exp.Pow, "a / b": exp.Div, "a % b": exp.Mod, "~a": exp.BitwiseNot, "a || b": exp.DPipe,
    }.items():  # fmt: skip
        assert isinstance(projection(sql), kind), sql


def test_windows_and_groups_hold_the_call():
    assert isinstance(projection("sum(a) OVER (PARTITION BY b)").this, exp.Anonymous)
    assert isinstance(projection("listagg(a, ',') WITHIN GROUP (ORDER BY b)").this, exp.Anonymous)


def test_parameters_and_dollar_quotes_are_made_readable():
    assert projection("$1 + $2").this.name == f"{PARAMETER}1"
    assert projection("$x$it's$x$").name == "it's"


def test_escapes_in_texts():
    assert projection(r"'a\nb\'c''d'").name == "a\nb'c'd"


def test_keywords_without_brackets():
    assert isinstance(projection("sysdate"), exp.CurrentTimestamp)
    assert isinstance(projection("current_date"), exp.CurrentDate)
    assert isinstance(projection("current_user"), exp.CurrentUser)


@pytest.mark.parametrize("sql", ["SELECT FROM", "SELECT (1", "SELECT 1 1 1"])
def test_syntax_errors(sql):
    with pytest.raises(RedshiftError, match="syntax error"):
        parse(sql)
