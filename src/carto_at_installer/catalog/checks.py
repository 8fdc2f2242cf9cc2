"""Checks of a catalog as a whole: what one `module.yaml` cannot know by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.catalog.expressions import select_fault
from carto_at_installer.catalog.fields import suggestion
from carto_at_installer.catalog.handlers import registered_handlers
from carto_at_installer.core.errors import CatalogError
from carto_at_installer.core.functions import Kind
from carto_at_installer.sql.calls import called_functions, in_creation_order
from carto_at_installer.sql.templates import TemplateError, Templates, example_sql
from carto_at_installer.sql.types import signature_key

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.catalog.faults import FaultList
    from carto_at_installer.catalog.reader import Declared, DeclaredModule

CHECK_SCHEMA = "carto"
"""The schema that templates and examples are rendered for when they are checked."""


def check_signatures(modules: list[DeclaredModule], faults: FaultList) -> None:
    """Two objects of one signature would replace each other; lengths of types do not tell them apart."""
    seen: dict[str, str] = {}
    for declared in _functions(modules):
        function, external = declared.function, declared.function.external
        signatures = []
        if function.template is not None:
            types = tuple(argument.type for argument in function.arguments)
            signatures.append((function.name, types, declared.line))
        if external is not None:
            types = tuple(argument.type for argument in external.arguments)
            signatures.append((external.name, types, declared.external_line))
        for name, types, line in signatures:
            key = signature_key(name, types)
            place = f"{declared.file.parent.name}/{declared.file.name}:{line}"
            if key in seen:
                faults.add(
                    declared.file,
                    line,
                    f"function {function.name}: the signature {key} is there twice (first at {seen[key]})",
                )
            seen.setdefault(key, place)


def check_handlers(modules: list[DeclaredModule], faults: FaultList) -> None:
    """Every external function has a registered handler and the other way round, where the source is at hand."""
    for module in modules:
        externals = [each for each in module.functions if each.function.external]
        settings = module.module.lambda_settings
        if settings is None:
            for each in externals:
                faults.add(
                    module.file,
                    each.external_line,
                    f"function {each.function.name}: the module has no 'lambda' part to run it",
                )
            continue
        if not externals:
            faults.add(module.file, module.package_line, "lambda: no function has an external part")
        _check_package(module, externals, module.file.parent / settings.package, faults)


def _check_package(
    module: DeclaredModule, externals: list[Declared], package: Path, faults: FaultList
) -> None:
    if not package.is_dir():
        if not _is_bundled(module.file):
            faults.add(
                module.file,
                module.package_line,
                f"lambda: there is no package {package.name!r} here",
            )
        return
    handlers = registered_handlers(package, faults)
    declared = set()
    for each in externals:
        name = each.function.external.name if each.function.external else ""
        declared.add(name)
        if name not in handlers:
            faults.add(
                module.file,
                each.external_line,
                f"function {each.function.name}: no handler registers {name!r}: expected "
                f'@external_function("{name}", ...) in {package.name}',
            )
    for name, (file, line) in handlers.items():
        if name not in declared:
            faults.add(file, line, f"the handler of {name} belongs to no function of module.yaml")


def _is_bundled(file: Path) -> bool:
    """In a built bundle a module's folder holds its description alone: the code is in the module's zip."""
    return not any(each.suffix == ".py" or each.is_dir() for each in file.parent.iterdir())


def check_requires(modules: list[DeclaredModule], faults: FaultList) -> None:
    """What `requires` names has to be in the pack."""
    known = {each.function.name for each in _functions(modules)}
    for each in _functions(modules):
        for name, line in each.requires_lines:
            if name.upper() not in known:
                faults.add(
                    each.file,
                    line,
                    f"function {each.function.name}: requires {name!r}, which no module has"
                    f"{suggestion(name, known)}",
                )


def check_examples(modules: list[DeclaredModule], faults: FaultList) -> None:
    """Every example is `SELECT <expression>`, so that smoke tests can ask several in one query."""
    for each in _functions(modules):
        for example, line in zip(each.function.examples, each.example_lines, strict=True):
            try:
                sql = example_sql(example, CHECK_SCHEMA)
            except CatalogError as error:
                faults.add(each.file, line, f"function {each.function.name}: {error.message}")
                continue
            reason = select_fault(sql, clauses_inside=True)
            if reason:
                faults.add(
                    each.file,
                    line,
                    f"function {each.function.name}: an example is one SELECT <expression>, but {reason}",
                )
            elif each.function.name not in called_functions(sql, CHECK_SCHEMA):
                faults.add(
                    each.file,
                    line,
                    f"function {each.function.name}: its example does not call "
                    f"{{{{ schema }}}}.{each.function.name}",
                )


def check_templates(
    modules: list[DeclaredModule], templates: Templates, faults: FaultList
) -> dict[str, tuple[str, ...]]:
    """Render every SQL body and check it. Returns which functions of the pack each function's SQL calls."""
    calls: dict[str, tuple[str, ...]] = {}
    bodies = {
        id(each): _body(each, templates, faults)
        for each in _functions(modules)
        if each.function.kind is Kind.SQL
    }
    known = {each.function.name for each in _functions(modules)}
    known |= {each.function.external.name for each in _functions(modules) if each.function.external}
    for each in _functions(modules):
        body = bodies.get(id(each))
        if body is None:
            continue
        function = each.function
        callees = called_functions(body, CHECK_SCHEMA)
        calls[function.name] = (*calls.get(function.name, ()), *callees)
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
    _check_circles(modules, calls, faults)
    return calls


def _body(declared: Declared, templates: Templates, faults: FaultList) -> str | None:
    name = declared.function.template or ""
    if not (templates.sql_root / name).is_file():
        faults.add(
            declared.file,
            declared.template_line,
            f"function {declared.function.name}: there is no template sql/{name}",
        )
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
    reason = select_fault(body, clauses_inside=False)
    if reason:
        _template_fault(
            declared,
            templates,
            f"a SQL function's body is one SELECT <expression>, but {reason}",
            faults,
        )
        return None
    return body


def _template_fault(
    declared: Declared, templates: Templates, reason: str, faults: FaultList
) -> None:
    file = templates.sql_root / (declared.function.template or "")
    faults.add(file, 1, f"function {declared.function.name}: {reason}")


def _check_circles(
    modules: list[DeclaredModule], calls: dict[str, tuple[str, ...]], faults: FaultList
) -> None:
    overloads: dict[str, int] = {}
    for each in _functions(modules):
        overloads[each.function.name] = overloads.get(each.function.name, 0) + 1
    edges = {
        name: [callee for callee in callees if callee != name or overloads[name] == 1]
        for name, callees in calls.items()
    }
    try:
        in_creation_order(edges, edges)
    except CatalogError as error:
        first = next(each for each in _functions(modules) if each.function.name in error.message)
        faults.add(first.file, first.line, error.message.removesuffix("."))


def check_unused_templates(
    modules: list[DeclaredModule], templates: Templates, faults: FaultList
) -> None:
    """Every .sql file of a module is some function's template, or is imported by one that is."""
    for module in modules:
        folder = templates.sql_root / module.module.name
        used = {each.function.template for each in module.functions if each.function.template}
        for name in templates.closure(used):
            used.add(name)
        for file in sorted(folder.glob("**/*.sql")):
            if file.relative_to(templates.sql_root).as_posix() not in used:
                faults.add(file, 1, "no function uses this template")


def _functions(modules: list[DeclaredModule]) -> list[Declared]:
    return [declared for module in modules for declared in module.functions]
