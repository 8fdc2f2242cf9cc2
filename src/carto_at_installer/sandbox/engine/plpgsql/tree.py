"""The statements of a procedure's block. Expressions and SQL stay text: the engine reads them when they run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Declaration:
    """A variable. `type` is the text of its type; an alias has none, and names its target in `alias`.

    A cursor has none either; its query is the default.
    """

    name: str
    type: str
    constant: bool = False
    required: bool = False
    default: str = ""
    alias: str = ""
    cursor: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """DECLARE ... BEGIN ... EXCEPTION WHEN OTHERS THEN ... END; `handler` is None without EXCEPTION."""

    label: str
    declarations: tuple[Declaration, ...]
    body: tuple[Statement, ...]
    handler: tuple[Statement, ...] | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """`target := expression`."""

    target: str
    expression: str


@dataclass(frozen=True, slots=True)
class Branch:
    """Statements that run when a condition holds; a CASE with a subject has values to compare it with instead."""

    conditions: tuple[str, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """IF, or CASE: `otherwise` is None for a CASE without ELSE, which must find a branch."""

    subject: str
    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...] | None


@dataclass(frozen=True, slots=True)
class Loop:
    """LOOP, or WHILE when there is a condition."""

    label: str
    condition: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class CountedLoop:
    """FOR name IN [REVERSE] first..last."""

    label: str
    name: str
    first: str
    last: str
    reverse: bool
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class QueryLoop:
    """FOR targets IN query, or IN EXECUTE an expression (`dynamic`)."""

    label: str
    targets: tuple[str, ...]
    query: str
    dynamic: bool
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """EXIT, or CONTINUE (`again`), of the loop with that label or of the innermost."""

    again: bool
    label: str
    condition: str


@dataclass(frozen=True, slots=True)
class Execute:
    """SQL with variables (`dynamic` false) or an expression that makes it; its first row goes into the targets.

    `discard` says that rows may come and are not wanted (PERFORM, EXECUTE without INTO).
    """

    sql: str
    targets: tuple[str, ...] = ()
    dynamic: bool = False
    discard: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """CALL of another procedure with these expressions."""

    name: tuple[str, ...]
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raise:
    """RAISE level 'format', expressions."""

    level: str
    message: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowCount:
    """GET DIAGNOSTICS target := ROW_COUNT."""

    target: str


@dataclass(frozen=True, slots=True)
class Open:
    """OPEN cursor [FOR query | FOR EXECUTE expression]; `sql` is empty for a cursor with a query of its own."""

    cursor: str
    sql: str
    dynamic: bool


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH cursor INTO targets."""

    cursor: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """CLOSE cursor."""

    cursor: str


@dataclass(frozen=True, slots=True)
class EndTransaction:
    """COMMIT, or ROLLBACK."""

    commit: bool


@dataclass(frozen=True, slots=True)
class Return:
    """RETURN: the procedure ends."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """NULL."""


Statement = (
    Block | Assign | Choice | Loop | CountedLoop | QueryLoop | Leave | Execute | Call | Raise | RowCount
    | Return | Nothing | EndTransaction | Open | Fetch | Close
)  # fmt: skip
