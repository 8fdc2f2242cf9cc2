import itertools

import pytest

from carto_at_installer.sandbox.engine.cursor import Cursor
from carto_at_installer.sandbox.engine.function_grammar import create_function, drop_function
from carto_at_installer.sandbox.engine.parameters import bind, used
from carto_at_installer.sandbox.engine.table_grammar import create_table
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

ROLE = "arn:aws:iam::123456789012:role/r"
CLAUSES = ("RETURNS VARCHAR(MAX)", "STABLE", "LAMBDA 'f'", f"IAM_ROLE '{ROLE}'", "MAX_BATCH_ROWS 7")


def read(sql):
    return create_function(Cursor(sql))


@pytest.mark.parametrize("clauses", list(itertools.permutations(CLAUSES))[::7])
def test_the_clauses_of_an_external_function_come_in_any_order(clauses):
    found = read(f"CREATE EXTERNAL FUNCTION s.f(BIGINT) {' '.join(clauses)}")
    assert found.name == ("s", "f")
    assert found.returns.length == 65535
    assert found.volatility == "stable"
    assert (found.options.lambda_name, found.options.role_arns) == ("f", (ROLE,))
    assert found.options.max_batch_rows == 7


def test_the_documented_defaults_of_an_external_function():
    found = read("CREATE EXTERNAL FUNCTION f() RETURNS INT LAMBDA 'x' IAM_ROLE default")
    assert found.volatility == "volatile"
    assert not found.replace
    assert found.options.role_arns == ("default",)
    assert found.options.retry_timeout_ms == 20_000
    assert found.options.max_batch_rows == 2_147_483_647
    assert found.options.max_batch_bytes == 5 * 1024 * 1024


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512 * 1024), ("512 KB", 512 * 1024), ("2 MB", 2 * 1024 * 1024)]
)
def test_batch_sizes_are_kilobytes_unless_said(text, size):
    found = read(
        f"CREATE EXTERNAL FUNCTION f(INT) RETURNS INT LAMBDA 'x' IAM_ROLE default MAX_BATCH_SIZE {text}"
    )
    assert found.options.max_batch_bytes == size


def test_roles_can_be_chained():
    found = read(
        f"CREATE EXTERNAL FUNCTION f(INT) RETURNS INT LAMBDA 'x' IAM_ROLE '{ROLE},{ROLE}2'"
    )
    assert found.options.role_arns == (ROLE, f"{ROLE}2")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("RETURNS INT IMMUTABLE LAMBDA 'x' IAM_ROLE default", "IMMUTABLE is not supported"),
        ("RETURNS INT LAMBDA 'x'", "needs the clause IAM_ROLE"),
        ("RETURNS INT IAM_ROLE default", "needs the clause LAMBDA"),
        ("LAMBDA 'x' IAM_ROLE default", "result type must be specified"),
        ("RETURNS INT LAMBDA 'x' IAM_ROLE 'bad'", "Invalid IAM role ARN: bad"),
        (
            "RETURNS SUPER LAMBDA 'x' IAM_ROLE default",
            "type super is not supported for external functions",
        ),
        ("RETURNS INT LAMBDA 'x' LAMBDA 'y' IAM_ROLE default", "conflicting or redundant options"),
        (
            "RETURNS INT LAMBDA 'x' IAM_ROLE default MAX_BATCH_ROWS 0",
            "MAX_BATCH_ROWS must be between",
        ),
        ("RETURNS INT LAMBDA 'x' IAM_ROLE default MAX_BATCH_SIZE 6 MB", "between 1 KB and 5 MB"),
        (
            "RETURNS INT LAMBDA 'x' IAM_ROLE default PARALLEL SAFE",
            'syntax error at or near "PARALLEL"',
        ),
        (f"RETURNS INT LAMBDA '{'x' * 65}' IAM_ROLE default", "must have 1 to 64 characters"),
    ],
)
def test_faults_of_external_functions_are_named(sql, message):
    with pytest.raises(RedshiftError) as caught:
        read(f"CREATE EXTERNAL FUNCTION f(INT) {sql}")
    assert message in str(caught.value)


def test_sql_functions_may_name_their_arguments():
    found = read(
        "create or replace function f(origin bigint, d double precision, varchar(10)) returns int8"
        " immutable as $body$ select $1 $body$ language sql"
    )
    assert [(name, kind.name) for name, kind in found.arguments] == [
        ("origin", "bigint"), ("d", "double precision"), ("", "character varying"),
    ]  # fmt: skip
    assert (found.body, found.replace, found.kind) == (" select $1 ", True, "sql")


@pytest.mark.parametrize(
    ("sql", "error", "message"),
    [
        ("returns int stable as 'x' language java", UnsupportedSqlError, "java"),
        ("returns int stable as 'x'", RedshiftError, "no language specified"),
        ("returns int stable language sql", RedshiftError, "no function body specified"),
        ("returns int strict as 'x' language sql", RedshiftError, 'near "strict"'),
    ],
)
def test_faults_of_sql_functions_are_named(sql, error, message):
    with pytest.raises(error, match=message):
        read(f"create function f(int) {sql}")


def test_functions_have_32_arguments_at_most():
    with pytest.raises(RedshiftError, match="more than 32 arguments"):
        read(
            f"create function f({', '.join(['int'] * 33)}) returns int stable as 'select 1' language sql"
        )


def test_functions_are_dropped_by_signature():
    name, kinds, cascade = drop_function(Cursor("DROP FUNCTION s.f(x INT, VARCHAR(5)) CASCADE"))
    assert (name, [kind.name for kind in kinds], cascade) == (
        ("s", "f"),
        ["integer", "character varying"],
        True,
    )


def test_dropping_a_function_knows_no_if_exists():
    with pytest.raises(RedshiftError, match='near "EXISTS"'):
        drop_function(Cursor("DROP FUNCTION IF EXISTS f(int)"))


def test_tables_take_the_attributes_of_redshift():
    table = create_table(
        Cursor(
            "CREATE TABLE IF NOT EXISTS s.t (id BIGINT IDENTITY(1, 2) ENCODE az64 DISTKEY,"
            " n VARCHAR(5) NOT NULL DEFAULT 'a,b' ENCODE lzo, p INT PRIMARY KEY, FOREIGN KEY (p) REFERENCES o(p),"
            " u INT UNIQUE) DISTSTYLE KEY COMPOUND SORTKEY (id, n) BACKUP NO"
        )
    )
    assert table.lenient
    assert [each.name for each in table.columns] == ["id", "n", "p", "u"]
    assert table.columns[0].identity == (1, 2)
    assert table.columns[1].default == "'a,b'"
    assert [each.required for each in table.columns] == [False, True, True, False]


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("create table t (a int) tablespace x", "tablespace"),
        ("create table t (a int check (a > 1))", "check"),
        ("create table t (a int encode zip)", "zip"),
        ("create table t (a int) diststyle sideways", "sideways"),
    ],
)
def test_an_unknown_attribute_of_a_table_is_a_syntax_error(sql, word):
    with pytest.raises(RedshiftError, match=f'near "{word}"'):
        create_table(Cursor(sql))


def test_tables_of_queries():
    table = create_table(Cursor("create temp table t (a, b) diststyle all as select 1, 2"))
    assert (table.temporary, table.query_columns, table.query) == (True, ["a", "b"], "select 1, 2")


def test_parameters_are_found_outside_of_quotes_and_casts():
    sql = "select :a::int, ':b', \":c\", $$ :d $$ -- :e\n, x::f /* :g */, :h"
    assert used(sql) == {"a", "h"}
    assert bind("select :a, ':a', :b", {"a": "it's \\ x"}) == "select 'it''s \\\\ x', ':a', :b"
