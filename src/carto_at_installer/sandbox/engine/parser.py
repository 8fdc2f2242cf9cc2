"""The SQL grammar: sqlglot's Redshift dialect, with its own ideas about functions taken out.

sqlglot turns many function calls into nodes with the meaning of *some* database. Here every call stays what it is, a
name with arguments, so that `calls.py` alone decides what the name means in Redshift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import TokenType

from carto_at_installer.sandbox.errors import RedshiftError
from carto_at_installer.sql.statements import tokens

if TYPE_CHECKING:
    from carto_at_installer.sql.statements import Token

PARAMETER = "rs_parameter_"
_SYNTAX = {"CAST", "CONVERT", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "TRY_CAST"}


class RedshiftGrammar(Redshift):
    """Redshift's grammar without functions."""

    class Tokenizer(Redshift.Tokenizer):
        """With `#`, Redshift's bitwise XOR."""

        SINGLE_TOKENS: ClassVar[dict[str, TokenType]] = {
            **Redshift.Tokenizer.SINGLE_TOKENS,
            "#": TokenType.HASH,
        }

    class Parser(RedshiftParser):
        """With calls left alone, and APPROXIMATE read as the exact function."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in RedshiftParser.FUNCTION_PARSERS.items()
            if name in _SYNTAX
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in RedshiftParser.NO_PAREN_FUNCTION_PARSERS.items()
            if name in {"ANY", "CASE", "SYSDATE"}
        }


def parse(sql: str) -> exp.Expr:
    """The tree of one statement. Raises RedshiftError in Redshift's wording."""
    try:
        tree = sqlglot.parse_one(_plain(sql), read=RedshiftGrammar)
    except ParseError as error:
        raise RedshiftError(_syntax_error(error)) from error
    except TokenError as error:
        raise RedshiftError(f"syntax error: {error}") from error
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", identifier.this.lower())
    return tree


def _plain(sql: str) -> str:
    """Dollar signs as sqlglot can read them: `$1` as a name, a dollar-quoted text as an ordinary literal."""
    out: list[str] = []
    found = list(tokens(sql))
    for index, token in enumerate(found):
        if token.text.lower() == "approximate" and _is_approximate(found[index + 1 :]):
            continue  # An exact answer is an approximate one.
        if token.kind == "parameter":
            out.append(f" {PARAMETER}{token.text[1:]} ")
        elif token.kind == "dollar":
            tag = token.text.index("$", 1) + 1
            body = token.text[tag:-tag].replace("\\", "\\\\").replace("'", "''")
            out.append(f"'{body}'")
        else:
            out.append(token.text)
    return "".join(out)


def _is_approximate(rest: list[Token]) -> bool:
    """Whether the word APPROXIMATE stands before an aggregate that takes it."""
    word = next((token.text.lower() for token in rest if not token.blank), "")
    return word in {"count", "percentile_disc"}


def _syntax_error(error: ParseError) -> str:
    detail = error.errors[0] if error.errors else {}
    near = detail.get("highlight")
    place = f" (line {detail['line']}, column {detail['col']})" if detail.get("line") else ""
    return f'syntax error at or near "{near}"{place}' if near else f"syntax error: {error}"
