"""Checks of a catalog as a whole: what one `module.yaml` cannot know by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.catalog.expressions import call_fault, select_fault
from carto_at_installer.catalog.handlers import exports_handler, registered_handlers
from carto_at_installer.core.errors import CatalogError
from carto_at_installer.core.functions import Kind
from carto_at_installer.documents.fields import suggestion
from carto_at_installer.sql.calls import called_functions
from carto_at_installer.sql.templates import example_sql
from carto_at_installer.sql.types import signature_key

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.catalog.reader import Declared, DeclaredModule
    from carto_at_installer.documents.faults import FaultList

CHECK_SCHEMA = "carto"
"""The schema that templates and examples are rendered for when they are checked."""


def check_signatures(modules: list[DeclaredModule], faults: FaultList) -> None:
    """Two objects of one signature would replace each other; lengths of types do not tell them apart."""
    seen: dict[str, str] = {}
    for declared in declared_functions(modules):
        function, external = declared.function, declared.function.external
        signatures = []
        if function.template is not None:
            signatures.append((function.name, function.input_types, declared.line))
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


def check_handlers(
    modules: list[DeclaredModule], faults: FaultList, *, built: bool = False
) -> None:
    """Every external function has a registered handler and the other way round.

    In a built bundle the handlers' source is not at hand: it was checked when the bundle was built.
    """
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
        if not built:
            _check_package(module, externals, module.file.parent / settings.package, faults)


def _check_package(
    module: DeclaredModule, externals: list[Declared], package: Path, faults: FaultList
) -> None:
    if not package.is_dir():
        faults.add(
            module.file, module.package_line, f"lambda: there is no package {package.name!r} here"
        )
        return
    if not exports_handler(package):
        faults.add(
            package / "__init__.py",
            1,
            "exports no 'handler' for Lambda to call: from carto_at_runtime import handler",
        )
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


def check_requires(modules: list[DeclaredModule], faults: FaultList) -> None:
    """What `requires` names has to be in the pack."""
    known = {each.function.name for each in declared_functions(modules)}
    for each in declared_functions(modules):
        for name, line in each.requires_lines:
            if name.upper() not in known:
                faults.add(
                    each.file,
                    line,
                    f"function {each.function.name}: requires {name!r}, which no module has"
                    f"{suggestion(name, known)}",
                )


def check_examples(modules: list[DeclaredModule], faults: FaultList) -> None:
    """Every example is `SELECT <expression>`, for smoke tests to ask several in one query, or a procedure's CALL."""
    for each in declared_functions(modules):
        for example, line in zip(each.function.examples, each.example_lines, strict=True):
            try:
                sql = example_sql(example, CHECK_SCHEMA)
            except CatalogError as error:
                faults.add(each.file, line, f"function {each.function.name}: {error.message}")
                continue
            reason = _example_fault(each.function.kind, sql)
            if reason:
                faults.add(each.file, line, f"function {each.function.name}: {reason}")
            elif each.function.name not in called_functions(sql, CHECK_SCHEMA):
                faults.add(
                    each.file,
                    line,
                    f"function {each.function.name}: its example does not call "
                    f"{{{{ schema }}}}.{each.function.name}",
                )


def _example_fault(kind: Kind, sql: str) -> str:
    if kind is Kind.PROCEDURE:
        reason = call_fault(sql)
        return reason and f"an example of a procedure is one CALL, but {reason}"
    reason = select_fault(sql, clauses_inside=True)
    return reason and f"an example is one SELECT <expression>, but {reason}"


def declared_functions(modules: list[DeclaredModule]) -> list[Declared]:
    """Every function of every module."""
    return [declared for module in modules for declared in module.functions]
