"""Checks by its tokens that SQL of the catalog has the form it needs.

That is `SELECT <expression>` for SQL functions and examples, a block for procedures, and a CALL for their examples.
"""

from __future__ import annotations

from carto_at_installer.sql.statements import SqlTextError, Token, split, tokens

_CLAUSES = frozenset(
    {
        "distinct",
        "except",
        "from",
        "group",
        "having",
        "intersect",
        "into",
        "join",
        "limit",
        "minus",
        "offset",
        "order",
        "qualify",
        "top",
        "union",
        "where",
        "window",
        "with",
    }
)
_FROM_INSIDE = frozenset({"extract", "trim", "substring", "overlay", "position"})


def select_fault(sql: str, *, clauses_inside: bool) -> str:
    """Why `sql` is not one `SELECT <expression>`, or an empty string.

    With `clauses_inside` brackets may hold whole queries (examples); without, no clause is allowed anywhere (the bodies
    of SQL functions, of which Redshift takes no FROM, WHERE, GROUP BY, ORDER BY or LIMIT).
    """
    try:
        statements = split(sql)
    except SqlTextError as error:
        return str(error)
    if len(statements) != 1 or ";" in _last(sql):
        return "it has to be one statement without a semicolon"
    pieces = [token for token in tokens(sql) if not token.blank]
    if pieces[0].text.lower() != "select":
        return f"it starts with {pieces[0].text!r}, not with SELECT"
    if len(pieces) == 1:
        return "there is no expression after SELECT"
    return _expression_fault(pieces[1:], clauses_inside=clauses_inside)


def call_fault(sql: str) -> str:
    """Why `sql` is not one CALL, or an empty string."""
    try:
        statements = split(sql)
    except SqlTextError as error:
        return str(error)
    if len(statements) != 1 or ";" in _last(sql):
        return "it has to be one statement without a semicolon"
    first = next(token.text for token in tokens(sql) if not token.blank)
    return "" if first.lower() == "call" else f"it starts with {first!r}, not with CALL"


def block_fault(sql: str) -> str:
    """Why `sql` is not the block of a procedure (`[DECLARE ...] BEGIN ... END`), or an empty string."""
    try:
        words = [token.text.lower() for token in tokens(sql) if not token.blank]
    except SqlTextError as error:
        return str(error)
    if not words or words[0] not in {"declare", "begin"}:
        return f"it starts with {words[0] if words else ''!r}, not with DECLARE or BEGIN"
    if "begin" not in words:
        return "there is no BEGIN"
    last = words[-2] if words[-1] == ";" and len(words) > 1 else words[-1]
    return "" if last == "end" else f"it ends with {last!r}, not with END"


def _last(sql: str) -> str:
    pieces = [token.text for token in tokens(sql) if not token.blank]
    return pieces[-1] if pieces else ""


def _expression_fault(pieces: list[Token], *, clauses_inside: bool) -> str:
    openers: list[str] = []
    before = ""
    for token in pieces:
        word = token.text.lower()
        if word in {"(", "["}:
            openers.append(before)
        elif word in {")", "]"}:
            if not openers:
                return f"a {token.text!r} too many"
            openers.pop()
        elif not openers and word == ",":
            return "it selects more than one expression"
        elif not openers and word == "as":
            return "the expression cannot have a name"
        elif token.kind == "word" and _is_clause(word, openers, clauses_inside=clauses_inside):
            return f"{token.text.upper()} is not allowed in it"
        before = word
    return "a bracket does not end" if openers else ""


def _is_clause(word: str, openers: list[str], *, clauses_inside: bool) -> bool:
    if word not in _CLAUSES:
        return word == "select" and not (clauses_inside and openers)
    if word == "from" and openers and openers[-1] in _FROM_INSIDE:
        return False
    return not (clauses_inside and openers)
