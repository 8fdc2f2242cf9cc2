"""Runs the block of a procedure in a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.engine.data_types import MAX_VARCHAR, RsType
from carto_at_installer.sandbox.engine.plpgsql import cursors
from carto_at_installer.sandbox.engine.plpgsql.assignment import Assigner, declared_variable
from carto_at_installer.sandbox.engine.plpgsql.simple import message_of
from carto_at_installer.sandbox.engine.plpgsql.tree import (
    Assign,
    Block,
    Call,
    Choice,
    Close,
    CountedLoop,
    EndTransaction,
    Execute,
    Fetch,
    Leave,
    Loop,
    Open,
    QueryLoop,
    Raise,
    Return,
    RowCount,
    Statement,
)
from carto_at_installer.sandbox.engine.plpgsql.variables import Scope, Variable
from carto_at_installer.sandbox.engine.wording import CANCELLED
from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from carto_at_installer.sandbox.engine.results import ResultSet
    from carto_at_installer.sandbox.engine.session import Session

_BOOLEAN = RsType("boolean")
_TEXT = RsType("character varying", length=MAX_VARCHAR)


@dataclass(frozen=True, slots=True)
class _Jump:
    """How a statement ended other than by going on: `return`, `exit` or `continue`."""

    kind: str
    label: str = ""


_RETURN = _Jump("return")


class Interpreter:
    """One run of one procedure. `call` runs a nested CALL."""

    def __init__(self, session: Session, call: Callable[[Call, Scope], None]) -> None:
        self._session = session
        self._call = call
        self._assign = Assigner(session)
        self._rows = 0
        self._found = Variable("found", _BOOLEAN, value=False)

    def run(self, block: Block, arguments: Scope) -> None:
        """Run a procedure's outermost block over the scope of its arguments, which keeps what OUT ones get."""
        outer = Scope(arguments)
        outer.add(self._found)
        jump = self._block(block, outer)
        if jump is not None and jump is not _RETURN:
            word = "EXIT" if jump.kind == "exit" else "CONTINUE"
            raise RedshiftError(f"{word} {jump.label}".strip() + " stands outside of its loop")

    def _block(self, block: Block, outer: Scope) -> _Jump | None:
        scope = Scope(outer)
        for declaration in block.declarations:
            if declaration.alias:
                scope.add(scope.need(declaration.alias), declaration.name)
                continue
            if declaration.cursor:
                scope.add(cursors.declared_cursor(declaration))
                continue
            variable = declared_variable(self._session, declaration, scope)
            if declaration.default:
                self._assign.expression(variable, declaration.default, scope, first=True)
            elif declaration.required:
                raise RedshiftError(
                    f'variable "{variable.name}" must have a default, being NOT NULL'
                )
            scope.add(variable)
        jump = self._guarded(block, scope)
        if jump and jump.kind == "exit" and block.label and jump.label == block.label:
            return None
        return jump

    def _guarded(self, block: Block, scope: Scope) -> _Jump | None:
        """The body of a block; after an error its handler runs in a transaction of its own, and the error goes on."""
        try:
            return self._body(block.body, scope)
        except UnsupportedSqlError:
            raise
        except RedshiftError as error:
            if block.handler is None or self._session.cancelled:
                raise
            self._session.restart(commit=False)
            inner = Scope(scope)
            inner.add(Variable("sqlerrm", _TEXT, value=str(error)))
            self._body(block.handler, inner)
            self._session.restart(commit=True)
            raise

    def _body(self, body: Iterable[Statement], scope: Scope) -> _Jump | None:
        for statement in body:
            if self._session.cancelled:
                raise RedshiftError(CANCELLED)
            jump = self._statement(statement, scope)
            if jump is not None:
                return jump
        return None

    def _statement(self, statement: Statement, scope: Scope) -> _Jump | None:
        match statement:
            case Block() | Choice() | Loop() | CountedLoop() | QueryLoop():
                return self._compound(statement, scope)
            case Leave():
                return self._leave(statement, scope)
            case Return():
                return _RETURN
            case Assign(target, expression):
                self._assign.expression(scope.need(target), expression, scope)
            case Execute():
                self._execute(statement, scope)
            case Call():
                self._call(statement, scope)
            case Raise():
                self._raise(statement, scope)
            case Open() | Fetch() | Close():
                self._on_cursor(statement, scope)
            case EndTransaction(commit):
                self._session.restart(commit=commit)
            case RowCount(target):
                self._assign.value(scope.need(target), self._rows, RsType("bigint"))
        return None

    def _on_cursor(self, statement: Open | Fetch | Close, scope: Scope) -> None:
        if isinstance(statement, Fetch):
            self._found.value = cursors.fetch(scope, statement, self._assign)
        elif isinstance(statement, Close):
            cursors.close(scope, statement.cursor)
        else:
            sql = statement.sql or cursors.named(scope, statement.cursor).query
            if not sql:
                raise RedshiftError(f'cursor "{statement.cursor}" has no query')
            result = self._run(sql, scope, dynamic=statement.dynamic)
            cursors.open_cursor(scope, statement.cursor, result)

    def _compound(
        self, statement: Block | Choice | Loop | CountedLoop | QueryLoop, scope: Scope
    ) -> _Jump | None:
        if isinstance(statement, Block):
            return self._block(statement, scope)
        if isinstance(statement, Choice):
            return self._choice(statement, scope)
        return self._loop(statement, scope)

    def _holds(self, condition: str, scope: Scope) -> bool:
        return self._assign.evaluated(condition, _BOOLEAN, scope) is True

    def _choice(self, choice: Choice, scope: Scope) -> _Jump | None:
        subject = f"({choice.subject}) = " if choice.subject else ""
        for branch in choice.branches:
            if any(self._holds(f"{subject}({each})", scope) for each in branch.conditions):
                return self._body(branch.body, scope)
        if choice.otherwise is None:
            raise RedshiftError("case not found\n  Hint: CASE statement is missing ELSE part.")
        return self._body(choice.otherwise, scope)

    def _leave(self, leave: Leave, scope: Scope) -> _Jump | None:
        if leave.condition and not self._holds(leave.condition, scope):
            return None
        return _Jump("continue" if leave.again else "exit", leave.label)

    def _loop(self, loop: Loop | CountedLoop | QueryLoop, scope: Scope) -> _Jump | None:
        for inner in self._turns(loop, scope):
            jump = self._body(loop.body, inner)
            if jump is None:
                continue
            if jump.kind == "return" or jump.label not in {"", loop.label}:
                return jump
            if jump.kind == "exit":
                break
        return None

    def _turns(self, loop: Loop | CountedLoop | QueryLoop, scope: Scope) -> Iterable[Scope]:
        if isinstance(loop, CountedLoop):
            yield from self._counted(loop, scope)
        elif isinstance(loop, QueryLoop):
            yield from self._queried(loop, scope)
        else:
            while not loop.condition or self._holds(loop.condition, scope):
                yield scope

    def _counted(self, loop: CountedLoop, scope: Scope) -> Iterable[Scope]:
        ends = [
            self._assign.evaluated(each, RsType("integer"), scope)
            for each in (loop.first, loop.last)
        ]
        if None in ends:
            raise RedshiftError("the bounds of a FOR loop cannot be NULL")
        first, last = ends
        for value in range(first, last - 1, -1) if loop.reverse else range(first, last + 1):
            inner = Scope(scope)
            inner.add(Variable(loop.name, RsType("integer"), value))
            yield inner

    def _queried(self, loop: QueryLoop, scope: Scope) -> Iterable[Scope]:
        result = self._run(loop.query, scope, dynamic=loop.dynamic)
        if result is None:
            raise RedshiftError("the query of a FOR loop returns no rows: it is no query")
        self._found.value = bool(result.rows)
        for row in result.rows:
            self._assign.row(loop.targets, result, row, scope)
            yield scope

    def _run(self, sql: str, scope: Scope, *, dynamic: bool) -> ResultSet | None:
        if dynamic:
            text = self._assign.evaluated(sql, _TEXT, scope)
            if text is None:
                raise RedshiftError("cannot EXECUTE a null querystring")
        else:
            text = scope.fill_in(sql)
        result = self._session.inner(text)
        self._rows = len(result.rows) if result else max(self._session.affected_rows, 0)
        return result

    def _execute(self, statement: Execute, scope: Scope) -> None:
        result = self._run(statement.sql, scope, dynamic=statement.dynamic)
        if result is None and statement.targets:
            raise RedshiftError("INTO needs a statement that returns rows")
        if result is not None and not statement.targets and not statement.discard:
            raise RedshiftError(
                "query has no destination for result data\n"
                "  Hint: If you want to discard the results, use PERFORM instead."
            )
        if result is not None and statement.targets:
            row: tuple[Any, ...] = result.rows[0] if result.rows else (None,) * len(result.columns)
            self._assign.row(statement.targets, result, row, scope)
            self._rows = min(self._rows, 1)
        if not statement.dynamic:
            self._found.value = self._rows > 0

    def _raise(self, raised: Raise, scope: Scope) -> None:
        values = [self._assign.evaluated(each, _TEXT, scope) for each in raised.arguments]
        text = message_of(raised, ["<NULL>" if each is None else str(each) for each in values])
        if raised.level == "exception":
            raise RedshiftError(text)
        self._session.notices.append((raised.level.upper(), text))
