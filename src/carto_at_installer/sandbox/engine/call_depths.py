"""Which calls of external functions in a statement must have answered before others can be made.

The depth of a call is 0 when its arguments, and the conditions under which it is made, come from tables alone; it is
one more than that of the deepest call that they depend on. The analysis is careful: where a dependency cannot be
excluded, it is assumed. It works on trees in DuckDB's form, where a call of a user's function carries the function.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from carto_at_installer.sandbox.engine.functions import UserFunction

FUNCTION = "function"  # The meta key under which a call carries its UserFunction.
_CLAUSES = ("group", "having", "qualify", "expressions", "distinct", "order", "limit", "offset")
_FROM = ("from_", "joins", "laterals")
_IN_TURN = frozenset({"coalesce", "ifnull", "nvl", "list_transform", "if"})


@dataclass(frozen=True, slots=True)
class Summary:
    """What a function calls, relative to the depth at which it is called, and how much deeper its result is.

    `volatile` names those among them whose results for equal arguments differ.
    """

    depths: dict[str, set[int]] = field(default_factory=dict)
    height: int = 0
    volatile: frozenset[str] = frozenset()


class CallDepths:
    """Collects the depths of all external functions (`schema.name`) that a tree calls.

    `summary` tells what a user's function calls itself, `of_view` the same of a view (schema, name): None for a table.
    """

    def __init__(
        self,
        summary: Callable[[UserFunction], Summary],
        of_view: Callable[[str, str], Summary | None] = lambda _schema, _name: None,
    ) -> None:
        self._of_view = of_view
        self.found: dict[str, set[int]] = defaultdict(set)
        self.volatile: frozenset[str] = frozenset()
        self._summary = summary
        self._answered: set[str] = set()
        self._special: dict[type[exp.Expr], Callable[[Any, int], int]] = {
            exp.Select: self._select,
            exp.Case: self._case,
            exp.Table: self._table,
        }

    def visit(self, node: Any, base: int) -> int:
        """Collect from a part of a tree that waits for calls of less depth than `base`.

        Returns the depth of what waits for this part.
        """
        if isinstance(node, list):
            return max((self.visit(each, base) for each in node), default=base)
        if not isinstance(node, exp.Expr):
            return base
        if FUNCTION in node.meta:
            return self._call(node, base)
        if special := self._special.get(type(node)):
            return special(node, base)
        children = list(node.args.values())
        return self._in_turn(children, base) if _guards(node) else self.visit(children, base)

    def _table(self, node: exp.Table, base: int) -> int:
        view = self._of_view(node.db, node.name) if node.db else None
        if view is not None:
            base = self._summed(view, base)
        return self.visit(list(node.args.values()), base)

    def _in_turn(self, nodes: Iterable[Any], base: int) -> int:
        """Parts of which each may stop, or feed, the next one."""
        for node in nodes:
            base = self._in_turn(node, base) if isinstance(node, list) else self.visit(node, base)
        return base

    def _select(self, node: exp.Select, base: int) -> int:
        base = self._in_turn([node.args.get("with_"), *map(node.args.get, _FROM)], base)
        where = node.args.get("where")
        base = self.visit(where, base)
        # What the filter has asked already need not be asked again: it waits for nothing.
        before, self._answered = self._answered, {call.sql() for call in _calls(where)}
        base = self.visit([node.args.get(key) for key in _CLAUSES], base)
        self._answered = before
        return base

    def _case(self, node: exp.Case, base: int) -> int:
        guard = self.visit(node.this, base)
        deepest = guard
        for branch in node.args["ifs"]:
            guard = self.visit(branch.this, guard)
            deepest = max(deepest, self.visit(branch.args.get("true"), guard))
        return max(deepest, self.visit(node.args.get("default"), guard))

    def _call(self, node: exp.Expr, base: int) -> int:
        arguments = node.expression.expressions if isinstance(node, exp.Dot) else []
        base = self.visit(arguments, base)
        if self._answered and node.sql() in self._answered:
            return base
        return self._summed(self._summary(node.meta[FUNCTION]), base)

    def _summed(self, summary: Summary, base: int) -> int:
        self.volatile |= summary.volatile
        for name, depths in summary.depths.items():
            self.found[name] |= {base + depth for depth in depths}
        return base + summary.height


def _guards(node: exp.Expr) -> bool:
    """Whether the parts of a node are computed one after the other."""
    if isinstance(node, (exp.With, exp.Coalesce, exp.If, exp.Insert)):
        return True
    return isinstance(node, exp.Anonymous) and str(node.this).lower() in _IN_TURN


def _calls(node: Any) -> list[exp.Expr]:
    """The calls of users' functions below a node, subqueries included."""
    if isinstance(node, list):
        return [call for each in node for call in _calls(each)]
    if not isinstance(node, exp.Expr):
        return []
    return [each for each in node.walk() if FUNCTION in each.meta]
