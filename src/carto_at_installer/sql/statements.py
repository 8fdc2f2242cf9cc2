"""Cuts SQL text into tokens and statements the way Redshift reads it.

Knows quotes (with doubled quotes and backslash escapes), dollar quoting, line comments and nested block comments;
knows nothing of grammar. Used for user-written scripts, for the catalog's checks and by the sandbox.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<parameter>\$\d+)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))
    | (?P<word>[^\W\d]\w*)
    | (?P<sign>::|<=|>=|<>|!=|\|\||<<|>>|:=|[^\w\s'"$])
    """,
    re.VERBOSE | re.DOTALL,
)
_DOLLAR_TAG = re.compile(r"\$(?:[^\W\d]\w*)?\$")


class SqlTextError(ValueError):
    """SQL text that cannot be cut into tokens; `position` is the offset of the first bad character."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL text. `kind` is space, comment, string, quoted, dollar, parameter, number, word or sign."""

    kind: str
    text: str
    position: int

    @property
    def blank(self) -> bool:
        """Whether it means nothing: white space or a comment."""
        return self.kind in {"space", "comment"}


def tokens(sql: str) -> Iterator[Token]:
    """Yield every token of `sql`, white space and comments included: joined, they are the text again.

    Raises SqlTextError on an unterminated quote or comment.
    """
    position = 0
    while position < len(sql):
        token = _token_at(sql, position)
        yield token
        position += len(token.text)


def _token_at(sql: str, position: int) -> Token:
    if sql.startswith("/*", position):
        return Token("comment", sql[position : _block_comment_end(sql, position)], position)
    if tag := _DOLLAR_TAG.match(sql, position):
        end = sql.find(tag[0], tag.end())
        if end < 0:
            raise SqlTextError(f"the text quoted with {tag[0]} does not end", position)
        return Token("dollar", sql[position : end + len(tag[0])], position)
    match = _TOKEN.match(sql, position)
    if match is None or match.lastgroup is None:
        raise SqlTextError(_unreadable(sql[position]), position)
    return Token(match.lastgroup, match[0], position)


def _unreadable(character: str) -> str:
    if character in "'\"":
        return f"the text quoted with {character} does not end"
    return f"the character {character!r} cannot stand here"


def _block_comment_end(sql: str, position: int) -> int:
    depth = 0
    for mark in re.finditer(r"/\*|\*/", sql[position:]):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return position + mark.end()
    raise SqlTextError("the comment that starts with /* does not end", position)


def split(sql: str) -> list[str]:
    """The statements of a script, without the semicolons between them; pieces that mean nothing are left out."""
    statements: list[str] = []
    current: list[Token] = []
    for token in [*tokens(sql), Token("sign", ";", len(sql))]:
        if token.kind == "sign" and token.text == ";":
            if any(not piece.blank for piece in current):
                statements.append("".join(piece.text for piece in current).strip())
            current = []
        else:
            current.append(token)
    return statements
