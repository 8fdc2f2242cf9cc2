"""Reads the tokens of one statement from left to right: what the hand-written grammars stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.engine.data_types import RsType, parse_type
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError
from carto_at_installer.sql.statements import SqlTextError, tokens

if TYPE_CHECKING:
    from carto_at_installer.sql.statements import Token


class Cursor:
    """The significant tokens of a statement and a place in them. Words compare without case."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        try:
            self.tokens: list[Token] = [token for token in tokens(sql) if not token.blank]
        except SqlTextError as error:
            raise RedshiftError(f"{error} at position {error.position}") from error
        self.index = 0

    @property
    def ended(self) -> bool:
        """Whether all tokens were read."""
        return self.index >= len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The text of a coming token, words in lower case; empty at the end."""
        place = self.index + ahead
        if place >= len(self.tokens):
            return ""
        token = self.tokens[place]
        return token.text.lower() if token.kind == "word" else token.text

    def take(self, *words: str) -> bool:
        """Step over these words (or signs) if they all come next."""
        if all(self.peek(ahead) == word for ahead, word in enumerate(words)):
            self.index += len(words)
            return True
        return False

    def need(self, *words: str) -> None:
        """Step over these words, or raise the syntax error that names the token in the way."""
        for word in words:
            if not self.take(word):
                raise self.syntax_error()

    def token(self) -> Token:
        """Step over one token of any kind."""
        if self.ended:
            raise self.syntax_error()
        self.index += 1
        return self.tokens[self.index - 1]

    def identifier(self) -> str:
        """An identifier, folded to lower case (as Redshift folds quoted ones too), without its quotes."""
        token = self.token()
        if token.kind == "word":
            return token.text.lower()
        if token.kind == "quoted":
            return token.text[1:-1].replace('""', '"').lower()
        self.index -= 1
        raise self.syntax_error()

    def exact_identifier(self) -> str:
        """An identifier of a user or role: quoted ones (`"IAMR:deployer"`) keep their letters as they are."""
        quoted_text = self.peek()
        if quoted_text.startswith('"'):
            self.index += 1
            return quoted_text[1:-1].replace('""', '"')
        return self.identifier()

    def name(self) -> tuple[str, ...]:
        """A dotted name: one to three identifiers."""
        parts = [self.identifier()]
        while self.take("."):
            parts.append(self.identifier())
        if len(parts) > 3:
            raise RedshiftError(
                f"improper qualified name (too many dotted names): {'.'.join(parts)}"
            )
        return tuple(parts)

    def string(self) -> str:
        """A string literal's value."""
        token = self.token()
        if token.kind != "string":
            self.index -= 1
            raise self.syntax_error()
        return unquoted(token.text)

    def number(self) -> int:
        """A whole number."""
        token = self.token()
        if token.kind != "number" or not token.text.isdigit():
            self.index -= 1
            raise self.syntax_error()
        return int(token.text)

    def text_until(self, *stops: str) -> str:
        """The source text up to a comma, a closing bracket or one of `stops`, at this level of brackets."""
        start, depth = self.index, 0
        while not self.ended:
            word = self.peek()
            if depth == 0 and (word in {",", ")"} or word in stops):
                break
            depth += {"(": 1, ")": -1}.get(word, 0)
            self.index += 1
        return self.source(start, self.index)

    def source(self, start: int, end: int) -> str:
        """The source text of the tokens from `start` to before `end`."""
        if start >= end:
            return ""
        last = self.tokens[end - 1]
        return self.sql[self.tokens[start].position : last.position + len(last.text)]

    def rest(self) -> str:
        """All the text that is left; reads to the end."""
        start, self.index = self.index, len(self.tokens)
        return self.source(start, self.index)

    def finish(self) -> None:
        """Raise unless everything was read."""
        if not self.ended:
            raise self.syntax_error()

    def syntax_error(self) -> RedshiftError:
        """Redshift's message for the token that comes next."""
        if self.ended:
            return RedshiftError("syntax error at end of input")
        return RedshiftError(f'syntax error at or near "{self.tokens[self.index].text}"')

    def unsupported(self, what: str) -> UnsupportedSqlError:
        """The refusal of a construct, with its name."""
        return UnsupportedSqlError(f"{what} is not supported by the sandbox")


def type_name(cursor: Cursor) -> RsType:
    """Read a type: `DOUBLE PRECISION`, `VARCHAR(MAX)`, `TIMESTAMP WITHOUT TIME ZONE`."""
    start = cursor.index
    cursor.identifier()
    cursor.take("precision")
    cursor.take("varying")
    if cursor.take("("):
        while not cursor.take(")"):
            cursor.token()
    for word in ("without", "with"):
        cursor.take(word, "time", "zone")
    return parse_type(cursor.source(start, cursor.index))


def unquoted(literal: str) -> str:
    """The value of a string literal: doubled quotes and backslash escapes undone."""
    out: list[str] = []
    body, index = literal[1:-1], 0
    escapes = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
    while index < len(body):
        character = body[index]
        if character in {"\\", "'"} and index + 1 < len(body):
            index += 1
            follower = body[index]
            out.append(escapes.get(follower, follower) if character == "\\" else follower)
        else:
            out.append(character)
        index += 1
    return "".join(out)


def quoted(name: str) -> str:
    """An identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A DuckDB string literal."""
    return "'" + value.replace("'", "''") + "'"
