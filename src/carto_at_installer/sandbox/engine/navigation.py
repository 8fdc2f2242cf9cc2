"""SUPER navigation: `t.doc.items[0].name`, and FROM clauses that unnest an array (`FROM t, t.items AS i AT n`).

Runs before functions are rewritten, while a column's dotted parts are still together. Which part is a relation and
which an attribute depends on the relations in scope, as in PartiQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from carto_at_installer.sandbox.engine.parser import PARAMETER
from carto_at_installer.sandbox.errors import UnsupportedSqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCOPES = (exp.Select, exp.Update, exp.Delete, exp.Merge, exp.Insert)
UNNESTED = "rs_unnested"


def shim(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of one of our macros."""
    call = exp.Anonymous(this=name, expressions=list(arguments))
    return exp.Dot(this=exp.to_identifier("pg_rs", quoted=True), expression=call)


def is_path(node: exp.Expr) -> bool:
    """Whether an expression is a step into a SUPER."""
    call = node.expression if isinstance(node, exp.Dot) else None
    return isinstance(call, exp.Anonymous) and call.this == "super_item"


def sources(scope: exp.Expr) -> Iterator[exp.Expr]:
    """The things a statement selects from or changes, in order."""
    if not isinstance(scope, exp.Select):
        used = scope.args.get("using")
        for part in [scope.args.get("this"), *(used if isinstance(used, list) else [used])]:
            if isinstance(part, exp.Table):
                yield part
    for key in ("from_", "from"):
        part = scope.args.get(key)
        if isinstance(part, exp.From):
            yield part.this
    for join in scope.args.get("joins") or []:
        yield join.this


def aliases(node: exp.Expr) -> dict[str, bool]:
    """Names of the relations in scope at `node`, inner ones first; the value says whether it is an unnested array."""
    found: dict[str, bool] = {}
    scope = node.find_ancestor(*_SCOPES)
    while scope is not None:
        for source in sources(scope):
            name = _alias(source)
            if name:
                found.setdefault(name, source.meta.get(UNNESTED, False))
        scope = scope.find_ancestor(*_SCOPES)
    return found


def _alias(source: exp.Expr) -> str:
    if isinstance(source, exp.AtIndex):
        source = source.this
    return str(source.alias_or_name)


def rewrite_unnests(tree: exp.Expr) -> None:
    """Turn every `FROM t, t.items AS i` into a lateral subquery that yields one SUPER per element."""
    for scope in list(tree.find_all(*_SCOPES)):
        known = aliases_above(scope)
        for source in list(sources(scope)):
            if isinstance(source, exp.Lateral):
                raise UnsupportedSqlError("LATERAL is not supported by Redshift")
            if element := _unnest(source, known):
                source.replace(element)
                source = element  # noqa: PLW2901 - its alias is in scope for the next source
            name = _alias(source)
            if name:
                known[name] = source.meta.get(UNNESTED, False)


def aliases_above(scope: exp.Expr) -> dict[str, bool]:
    """Names in scope outside of `scope`, for correlated subqueries."""
    return aliases(scope)


def _unnest(source: exp.Expr, known: dict[str, bool]) -> exp.Expr | None:
    index = ""
    if isinstance(source, exp.AtIndex):
        index = source.args["expression"].name
        source = source.this
    if isinstance(source, exp.Unnest):
        if len(source.expressions) != 1 or not isinstance(source.expressions[0], exp.Column):
            raise UnsupportedSqlError("UNNEST is not supported by the sandbox")
        parts = [part.name for part in source.expressions[0].parts]
        return _lateral(_navigate(parts, known), _unnest_alias(source) or parts[-1], index)
    if isinstance(source, exp.Alias) and isinstance(source.this, exp.Column):
        parts, alias = [part.name for part in source.this.parts], source.alias
    elif isinstance(source, exp.Table) and source.args.get("db") and source.name:
        parts, alias = [part.name for part in source.parts], source.alias or source.name
    elif index:
        raise UnsupportedSqlError("AT is supported for unnested arrays only")
    else:
        return None
    if parts[0] not in known:
        return None
    array = _navigate(parts, known)
    return _lateral(array, alias, index)


def _unnest_alias(source: exp.Unnest) -> str:
    """Sqlglot puts the alias of an unnested array among the column names."""
    alias = source.args.get("alias")
    if not isinstance(alias, exp.TableAlias):
        return ""
    return str(alias.name or (alias.columns[0].name if alias.columns else ""))


def _lateral(array: exp.Expr, alias: str, index: str) -> exp.Expr:
    def unnest(value: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="unnest", expressions=[value])

    elements = shim("super_elements", array)
    columns: list[exp.Expr] = [
        exp.alias_(unnest(elements), alias, quoted=True),
    ]
    if index:
        count = exp.Anonymous(this="len", expressions=[elements.copy()])
        places = exp.Anonymous(this="range", expressions=[count])
        columns.append(exp.alias_(unnest(places), index, quoted=True))
    query = exp.Select(expressions=columns)
    lateral = exp.Subquery(
        this=query, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    )
    for part in lateral.walk():
        part.meta["final"] = True
    lateral.meta[UNNESTED] = True
    return lateral


def _navigate(parts: list[str], known: dict[str, bool]) -> exp.Expr:
    """The expression of a dotted path whose first part is a relation in scope."""
    if known[parts[0]]:
        column, path = exp.column(parts[0], table=parts[0], quoted=True), parts[1:]
    else:
        column, path = exp.column(parts[1], table=parts[0], quoted=True), parts[2:]
    return attributes(column, path)


def attributes(base: exp.Expr, path: list[str]) -> exp.Expr:
    """`base.a.b` on a SUPER; attributes that are not there give NULL."""
    for part in path:
        base = shim("super_item", base, exp.Literal.string(f'$."{part}"'))
    return base


def rewrite_columns(tree: exp.Expr) -> exp.Expr:
    """Turn dotted and bracketed paths into look-ups, wherever they are not plain columns."""
    for column in list(tree.find_all(exp.Column)):
        parts = [part.name for part in column.parts]
        if isinstance(column.this, exp.Star) or column.meta.get("final"):
            continue
        known = aliases(column)
        new = _column(parts, known)
        if new is not None:
            tree = _replace(tree, column, new)
    for node in reversed(list(tree.find_all(exp.Bracket, exp.Dot))):
        new = _step(node)
        if new is not None:
            tree = _replace(tree, node, new)
    return tree


def _column(parts: list[str], known: dict[str, bool]) -> exp.Expr | None:
    if parts[0] in known:
        if known[parts[0]]:
            return _navigate(parts, known)
        return _navigate(parts, known) if len(parts) > 2 else None
    if len(parts) == 1 or (len(parts) > 2 and parts[1] in known):
        # schema.relation.column: DuckDB knows the relation by its last name.
        return _navigate(parts[1:], known) if len(parts) > 1 else None
    if known or parts[0].startswith(PARAMETER):
        return attributes(exp.column(parts[0], quoted=True), parts[1:])
    return None


def _step(node: exp.Expr) -> exp.Expr | None:
    """One `.name` or `[index]` after an expression."""
    if isinstance(node, exp.Dot):
        if isinstance(node.expression, exp.Identifier) and not isinstance(
            node.this, exp.Identifier
        ):
            return attributes(node.this, [node.expression.name])
        return None
    keys = node.expressions
    if len(keys) != 1 or isinstance(keys[0], exp.Slice):
        raise UnsupportedSqlError("array slices are not supported by the sandbox")
    key = keys[0]
    if isinstance(key, exp.Literal) and key.is_string:
        return attributes(node.this, [key.name])
    if isinstance(key, exp.Literal):
        return shim("super_item", node.this, exp.Literal.string(f"$[{key.name}]"))
    path = exp.Anonymous(
        this="concat", expressions=[exp.Literal.string("$["), key, exp.Literal.string("]")]
    )
    path.meta["final"] = True
    return shim("super_item", node.this, path)


def _replace(tree: exp.Expr, old: exp.Expr, new: exp.Expr) -> exp.Expr:
    if old is tree:
        return new
    old.replace(new)
    return tree
