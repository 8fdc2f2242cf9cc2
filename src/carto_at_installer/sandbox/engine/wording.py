"""Says DuckDB's errors in Redshift's words, where those are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    import duckdb

_PYTHON = re.compile(r"Python exception occurred while executing the UDF: \w+: (.*?)\n\nAt:", re.DOTALL)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in (
        (r"INTERRUPT Error.*", "Query cancelled on user's request"),
        (r"Out of Range Error: Overflow in (\w+) of INT(?:16|32|64) \(.*", r"Numeric data overflow (\1)"),
        (r"Out of Range Error: Overflow in (\w+) of DECIMAL.*", r"Numeric data overflow (result precision)"),
        (r"Conversion Error: Type INT\d+ with value \S+ can't be cast because the value is out of"
         r" range for the destination type INT(16|32|64).*", "Value out of range for \\1 bits."),
        (r"Conversion Error: Type \w+ with value \S+ can't be cast.*", "Numeric data overflow (result precision)"),
        (r"Conversion Error: Could not convert string '(.*)' to INT(16|32|64).*",
         r'invalid input syntax for integer: "\1"'),
        (r"Conversion Error: Could not convert string '(.*)' to (?:DOUBLE|FLOAT).*",
         r'invalid input syntax for type double precision: "\1"'),
        (r"Conversion Error: Could not convert string '(.*)' to BOOL.*",
         r'invalid input syntax for type boolean: "\1"'),
        (r"Conversion Error: (?:invalid|timestamp|date).*\"(.*?)\".*", r'Invalid timestamp or date: "\1"'),
        (r"(?:Conversion|Invalid Input) Error: Malformed JSON at byte (\d+).*?: (.*?)\.\s+Input.*",
         r"Unable to parse JSON: \2 at byte \1"),
        (r"Constraint Error: CHECK constraint failed on table \S+ with expression"
         r" CHECK\(\(strlen\(.*?\) <= (\d+)\)\).*", r"value too long for type character varying(\1)"),
        (r"Constraint Error: NOT NULL constraint failed: \w+\.(\w+).*",
         r"Cannot insert a NULL value into column \1"),
        (r"Catalog Error: Table with name (\S+) does not exist!.*", r'relation "\1" does not exist'),
        (r'Catalog Error: Schema with name "?(\w+)"? (does not exist|already exists)!.*', r'schema "\1" \2'),
        (r'Catalog Error: (?:Table|View) with name "?(\w+)"? already exists!.*',
         r'relation "\1" already exists'),
        (r"Catalog Error: Scalar Function with name (.*?) does not exist!.*", r"function \1 does not exist"),
        (r"Binder Error: Macro (.*?)\(\) does not support the supplied arguments.*",
         r"function \1 does not exist\n  Hint: No function matches the given name and argument types."
         r" You may need to add explicit type casts."),
        (r'Binder Error: Referenced column "(\w+)" was not found because the FROM clause is missing.*',
         r'column "\1" does not exist'),
        (r"Binder Error: No function matches the given name and argument types '([-+*/%|&^<>=!~]+)\((.*?)\)'.*",
         r"operator does not exist: \1 (\2)\n  Hint: No operator matches the given name and argument type(s)."
         r" You may need to add explicit type casts."),
        (r"Binder Error: Could not choose a best candidate function for the function call"
         r' "([-+*/%|&^<>=!~]+)\((.*?)\)".*',
         r"operator is not unique: \1 (\2)\n  Hint: You may need to add explicit type casts."),
        (r"Binder Error: No function matches the given name and argument types '(\w+)\((.*?)\)'.*",
         r"function \1(\2) does not exist\n  Hint: No function matches the given name and argument types."
         r" You may need to add explicit type casts."),
        (r"Binder Error: Cannot compare values of type (\S+) and type (\S+).*",
         r"operator does not exist: \1 = \2\n  Hint: No operator matches the given name and argument"
         r" type(s). You may need to add explicit type casts."),
        (r'Binder Error: (?:Referenced column|Column) "(\w+)" not found.*', r'column "\1" does not exist'),
        (r'Binder Error: Values list "?(\w+)"? does not have a column named "(\w+)".*',
         r"column \1.\2 does not exist"),
        (r'Binder Error: Table "?(\w+)"? does not have a column named "(\w+)".*',
         r"column \1.\2 does not exist"),
        (r'Binder Error: Referenced table "(\w+)" not found.*',
         r'invalid reference to FROM-clause entry for table "\1"'),
        (r'Binder Error: Ambiguous reference to column name "(\w+)".*', r'column reference "\1" is ambiguous'),
        (r"Binder Error: table \S+ has (\d+) columns but (\d+) values were supplied.*",
         "INSERT has a different number of expressions than target columns"),
        (r'Binder Error: column "(\w+)" must appear in the GROUP BY clause.*',
         r'column "\1" must appear in the GROUP BY clause or be used in an aggregate function'),
        (r"Invalid Input Error: ST_GeomFromText.*|Invalid Input Error: Expected geometry type.*",
         "parse error - invalid geometry"),
        (r"TransactionContext Error: .*[Cc]onflict.*",
         "1023 DETAIL: Serializable isolation violation on table"),
        (r"Catalog (?:Error|write-write).*write-write conflict.*",
         "could not complete because of conflict with concurrent transaction"),
    )
)  # fmt: skip


def redshift_error(error: duckdb.Error) -> RedshiftError:
    """The RedshiftError that says what a DuckDB error means."""
    text = str(error)
    if raised := _PYTHON.search(text):
        return RedshiftError(raised[1])
    for pattern, replacement in _RULES:
        match = pattern.match(text)
        if match:
            return RedshiftError(match.expand(replacement))
    first = text.split("\n\nLINE ")[0].split("\nCandidate")[0]
    return RedshiftError(re.sub(r"^(?:Invalid Input|Binder|Catalog) Error: ", "", first).strip())
