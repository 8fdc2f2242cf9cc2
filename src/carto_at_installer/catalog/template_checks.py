"""Checks of the SQL templates of a catalog: they exist, render to one expression, call what exists, and are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.catalog.checks import CHECK_SCHEMA, declared_functions
from carto_at_installer.catalog.expressions import block_fault, select_fault
from carto_at_installer.core.errors import CatalogError
from carto_at_installer.core.functions import Kind
from carto_at_installer.documents.fields import suggestion
from carto_at_installer.sql.calls import called_functions, in_creation_order
from carto_at_installer.sql.templates import RESERVED_NAMES, TemplateError, Templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.catalog.reader import Declared, DeclaredModule
    from carto_at_installer.documents.faults import FaultList


def check_templates(
    modules: list[DeclaredModule], templates: Templates, faults: FaultList
) -> dict[str, tuple[str, ...]]:
    """Render every SQL body and check it. Returns what the SQL of each signature calls, by the pack's SQL names."""
    calls: dict[str, tuple[str, ...]] = {}
    bodies = {
        id(each): _body(each, templates, faults)
        for each in declared_functions(modules)
        if each.function.kind is not Kind.EXTERNAL
    }
    known = {each.function.name for each in declared_functions(modules)}
    known |= {
        each.function.external.name
        for each in declared_functions(modules)
        if each.function.external
    }
    for each in declared_functions(modules):
        body = bodies.get(id(each))
        if body is None:
            continue
        function = each.function
        callees = called_functions(body, CHECK_SCHEMA)
        calls[function.signature] = callees
        for name in callees:
            if name not in known:
                _template_fault(
                    each,
                    templates,
                    f"calls {name}, which no module has{suggestion(name, known)}",
                    faults,
                )
        if function.external and function.external.name not in callees:
            _template_fault(each, templates, f"does not call {function.external.name}", faults)
    _check_circles(modules, by_name(modules, calls), faults)
    return calls


def by_name(
    modules: list[DeclaredModule], calls: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """What all signatures of each name call together, of those that have SQL."""
    found: dict[str, tuple[str, ...]] = {}
    for each in declared_functions(modules):
        if (callees := calls.get(each.function.signature)) is not None:
            found[each.function.name] = (*found.get(each.function.name, ()), *callees)
    return found


def _body(declared: Declared, templates: Templates, faults: FaultList) -> str | None:
    name = declared.function.template or ""
    if not (templates.sql_root / name).is_file():
        faults.add(
            declared.file,
            declared.template_line,
            f"function {declared.function.name}: there is no template sql/{name}",
        )
        return None
    if _has_undefined(declared, templates, faults):
        return None
    try:
        body = templates.body(declared.function, CHECK_SCHEMA)
    except TemplateError as error:
        faults.add(
            templates.sql_root / error.file,
            error.line,
            f"{error.reason} (rendered for {declared.function.name})",
        )
        return None
    reason = _body_fault(declared.function.kind, body)
    if reason:
        _template_fault(declared, templates, reason, faults)
        return None
    return body


def _body_fault(kind: Kind, body: str) -> str:
    if kind is Kind.PROCEDURE:
        reason = block_fault(body)
        return reason and f"a procedure's body is one block, but {reason}"
    reason = select_fault(body, clauses_inside=False)
    return reason and f"a SQL function's body is one SELECT <expression>, but {reason}"


def _has_undefined(declared: Declared, templates: Templates, faults: FaultList) -> bool:
    """Find names that nothing defines: templates know the arguments, what they import does not."""
    function = declared.function
    arguments = [argument.name for argument in function.arguments]
    found = False
    for name in templates.closure([function.template or ""]):
        known = [*RESERVED_NAMES, *arguments] if name == function.template else []
        for variable, line in templates.undefined_names(name, known):
            found = True
            hint = (
                suggestion(variable, known)
                if known
                else ": imported templates get macro arguments only"
            )
            faults.add(
                templates.sql_root / name,
                line,
                f"function {function.name}: {variable!r} is not defined{hint}",
            )
    return found


def _template_fault(
    declared: Declared, templates: Templates, reason: str, faults: FaultList
) -> None:
    file = templates.sql_root / (declared.function.template or "")
    faults.add(file, 1, f"function {declared.function.name}: {reason}")


def _check_circles(
    modules: list[DeclaredModule], calls: dict[str, tuple[str, ...]], faults: FaultList
) -> None:
    overloads: dict[str, int] = {}
    for each in declared_functions(modules):
        overloads[each.function.name] = overloads.get(each.function.name, 0) + 1
    edges = {
        name: [callee for callee in callees if callee != name or overloads[name] == 1]
        for name, callees in calls.items()
    }
    try:
        in_creation_order(edges, edges)
    except CatalogError as error:
        first = next(
            each for each in declared_functions(modules) if each.function.name in error.message
        )
        faults.add(first.file, first.line, error.message.removesuffix("."))


def check_unused_templates(
    modules: list[DeclaredModule], templates: Templates, faults: FaultList
) -> None:
    """Every .sql file of a module is some function's template, or is imported by one that is, of any module."""
    own = {each.function.template for each in declared_functions(modules) if each.function.template}
    used = own | set(templates.closure(own))
    for module in modules:
        folder = templates.sql_root / module.module.name
        for file in sorted(folder.glob("**/*.sql")):
            if file.relative_to(templates.sql_root).as_posix() not in used:
                faults.add(file, 1, "no function uses this template")
