"""Says DuckDB's errors in Redshift's words, where those are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.data_types import from_duckdb
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    import duckdb

NO_MATCH = "\n  Hint: No {} matches the given name and argument types. You may need to add explicit type casts."
CATALOG_CONFLICT = "could not complete because of conflict with concurrent transaction"
CANCELLED = "Query cancelled on user's request"
_PYTHON = re.compile(
    r"Python exception occurred while executing the UDF: \w+: (.*?)\n\nAt:", re.DOTALL
)
_RULES: list[tuple[re.Pattern[str], str]] = []


def _say(pattern: str, replacement: str) -> None:
    _RULES.append((re.compile(pattern, re.DOTALL), replacement))


_say("INTERRUPT Error.*", CANCELLED)
_say(r"Out of Range Error: Overflow in (\w+) of INT\d+ .*", r"Numeric data overflow (\1)")
_say(
    r"Out of Range Error: Overflow in (\w+) of DECIMAL.*",
    "Numeric data overflow (result precision)",
)
_say(
    r"Conversion Error: Type \w+ with value .*? for the destination type INT16.*",
    "Value out of range for 2 bytes.",
)
_say(
    r"Conversion Error: Type \w+ with value .*? for the destination type INT32.*",
    "Value out of range for 4 bytes.",
)
_say(
    r"Conversion Error: Type \w+ with value .*? for the destination type INT64.*",
    "Value out of range for 8 bytes.",
)
_say(
    r"Conversion Error: (?:Type|Casting value|Could not cast value) .*",
    "Numeric data overflow (result precision)",
)
_say(
    r"Conversion Error: Could not convert string '(.*)' to U?INT\d+.*",
    r'invalid input syntax for integer: "\1"',
)
_say(
    r"Conversion Error: Could not convert string '(.*)' to (?:DOUBLE|FLOAT).*",
    r'invalid input syntax for type double precision: "\1"',
)
_say(
    r'Conversion Error: Could not convert string "(.*)" to DECIMAL.*',
    r'invalid input syntax for type numeric: "\1"',
)
_say(
    r"Conversion Error: Could not convert string '(.*)' to BOOL.*",
    r'invalid input syntax for type boolean: "\1"',
)
_say(
    r"Conversion Error: (?:invalid )?(?:timestamp|date) field.*?\"(.*?)\".*",
    r'invalid input syntax for type date: "\1"',
)
_say(
    r"(?:Conversion|Invalid Input) Error: Malformed JSON at byte (\d+).*?: (.*?)\.\s+Input.*",
    r"Unable to parse JSON: \2 at byte \1",
)
_say(
    r"Constraint Error: CHECK constraint failed on table .*? with expression CHECK\(\(strlen\(.*?\) <= (\d+)\)\).*",
    r"value too long for type character varying(\1)",
)
_say(
    r"Constraint Error: NOT NULL constraint failed: .*\.(\w+)$",
    r"Cannot insert a NULL value into column \1",
)
_say(r"Catalog Error: Table with name (\S+) does not exist!.*", r'relation "\1" does not exist')
_say(
    r'Catalog Error: Schema with name "?(\w+)"? (does not exist|already exists)!.*',
    r'schema "\1" \2',
)
_say(
    r'Catalog Error: (?:Table|View) with name "?(\w+)"? already exists!.*',
    r'relation "\1" already exists',
)
_say(
    r"Catalog Error: (?:Scalar |Table )?(?:Function|Macro) with name (.*?) does not exist!.*",
    r"function \1 does not exist",
)
_say(
    r"Binder Error: Macro (\w+).*?\(\) does not support the supplied.*",
    rf"function \1 does not exist{NO_MATCH.format('function')}",
)
_say(
    r'Binder Error: Referenced column "(\w+)" was not found because the FROM clause is missing.*',
    r'column "\1" does not exist',
)
_say(
    r'Binder Error: (?:Referenced column|Column) "(\w+)" not found.*', r'column "\1" does not exist'
)
_say(
    r'Binder Error: Values list "?(\w+)"? does not have a column named "(\w+)".*',
    r"column \1.\2 does not exist",
)
_say(
    r'Binder Error: Table "?(\w+)"? does not have a column named "(\w+)".*',
    r"column \1.\2 does not exist",
)
_say(r'Binder Error: Referenced table "(\w+)" not found.*', r'relation "\1" does not exist')
_say(
    r'Binder Error: Ambiguous reference to column name "(\w+)".*',
    r'column reference "\1" is ambiguous',
)
_say(
    r"Binder Error: table .* has (\d+) columns but (\d+) values were supplied.*",
    "INSERT has a different number of expressions than target columns",
)
_say(
    r'Binder Error: column "?([\w.]+)"? must appear in the GROUP BY clause.*',
    r'column "\1" must appear in the GROUP BY clause or be used in an aggregate function',
)
_say(
    r"Invalid Input Error: (?:ST_GeomFromText|Expected geometry type).*",
    "parse error - invalid geometry",
)
_say(
    r"TransactionContext Error: .*[Cc]onflict.*",
    "1023\n  Detail: Serializable isolation violation on table",
)
_say(r".*write-write conflict.*", CATALOG_CONFLICT)
_OPERATOR = re.compile(
    r"Binder Error: (?:No function matches the given name and argument types|Could not choose a best candidate"
    r" function for the function call) ['\"](?P<name>[^\s(]+)\((?P<types>.*?)\)['\"]",
)
_COMPARISON = re.compile(
    r"Binder Error: Cannot compare values of type (\S+) and (?:values of )?type (\S+)"
)
_PREFIX = re.compile(
    r"^(?:Invalid Input|Binder|Catalog|Not implemented|Conversion|Out of Range) Error: "
)


def redshift_error(error: duckdb.Error) -> RedshiftError:
    """The RedshiftError that says what a DuckDB error means."""
    text = str(error)
    if raised := _PYTHON.search(text):
        return RedshiftError(raised[1])
    if operator := _OPERATOR.match(text):
        return RedshiftError(_no_operator(operator["name"], operator["types"].split(", ")))
    if compared := _COMPARISON.match(text):
        return RedshiftError(_no_operator("=", list(compared.groups())))
    for pattern, replacement in _RULES:
        match = pattern.match(text)
        if match:
            return RedshiftError(match.expand(replacement))
    first = text.split("\n\nLINE ", maxsplit=1)[0].split("\nCandidate", maxsplit=1)[0]
    return RedshiftError(_PREFIX.sub("", first).strip())


def _no_operator(name: str, types: list[str]) -> str:
    shown = [_type_name(each) for each in types]
    if name.isidentifier():
        return f"function {name}({', '.join(shown)}) does not exist{NO_MATCH.format('function')}"
    words = f"{shown[0]} {name} {shown[1]}" if len(shown) > 1 else f"{name} {shown[0]}"
    return f"operator does not exist: {words}{NO_MATCH.format('operator')}"


def _type_name(text: str) -> str:
    literals = {"INTEGER_LITERAL": "integer", "STRING_LITERAL": '"unknown"'}
    try:
        return literals.get(text) or from_duckdb(text).name
    except UnsupportedSqlError:
        return text.lower()


def says_no_match(error: duckdb.Error) -> bool:
    """Whether a macro was called with arguments that it does not take."""
    return "does not support the supplied arguments" in str(error)


def says_conflict(error: duckdb.Error) -> bool:
    """Whether two transactions have changed the same thing."""
    text = str(error)
    return text.startswith("TransactionContext Error") and "onflict" in text
