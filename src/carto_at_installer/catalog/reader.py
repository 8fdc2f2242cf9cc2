"""Turns the tree of a `module.yaml` into a Module of the model, noting every fault on the way.

The format is described for authors in `docs/authoring.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.catalog.parts import read_example, read_external, read_signature
from carto_at_installer.core.functions import Function, Kind, LambdaSettings, Module
from carto_at_installer.core.options import CLOUDS
from carto_at_installer.documents.fields import Fields, suggestion

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.core.functions import External
    from carto_at_installer.documents.document import Node
    from carto_at_installer.documents.faults import FaultList

MAX_SUMMARY = 100
_MODULE_KEYS = ("module", "title", "description", "lambda", "functions")
_LAMBDA_KEYS = ("package", "memory_mb", "timeout_s", "layer", "environment")
_FUNCTION_KEYS = (
    "name",
    "arguments",
    "returns",
    "volatility",
    "summary",
    "description",
    "why",
    "template",
    "procedure",
    "external",
    "requires",
    "clouds",
    "examples",
)
_MODULE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_TEMPLATE_NAME = re.compile(r"[A-Za-z0-9_]+\.sql")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Declared:
    """A function as declared: the model, and the lines that later checks point at."""

    function: Function
    file: Path
    line: int
    external_line: int
    template_line: int
    requires_lines: tuple[tuple[str, int], ...]
    example_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DeclaredModule:
    """A module as declared, with its file, the line of its Lambda package and its functions' lines."""

    module: Module
    file: Path
    package_line: int
    functions: tuple[Declared, ...]


def read_module(root: Node, file: Path, faults: FaultList) -> DeclaredModule:
    """The module that a file declares. What is faulty is noted, and left out or made harmless."""
    fields = Fields(root, _MODULE_KEYS, "module", file, faults)
    _check_name(fields, file.parent.name)
    settings, package_line = _lambda(fields)
    functions = [_function(fields, node) for node in fields.items("functions", required=True)]
    if fields.has("functions") and not functions:
        fields.fault(fields.line("functions"), "module: there are no functions")
    module = Module(
        name=file.parent.name,
        title=fields.text("title"),
        description=fields.text("description", ""),
        functions=tuple(each.function for each in functions if each.function.name),
        lambda_settings=settings,
    )
    named = tuple(each for each in functions if each.function.name)
    return DeclaredModule(module, file, package_line, named)


def _check_name(fields: Fields, folder: str) -> None:
    name, line = fields.text("module"), fields.line("module")
    if name and not _MODULE_NAME.fullmatch(name):
        fields.fault(
            line, f"module: {name!r} is not up to 31 lower-case letters, digits and underscores"
        )
    elif name and name != folder:
        fields.fault(line, f"module: {name!r} lies in a folder called {folder!r}")


def _lambda(module: Fields) -> tuple[LambdaSettings | None, int]:
    node = module.node_of("lambda")
    if node is None:
        return None, module.node.line
    fields = module.nested(node, _LAMBDA_KEYS, "lambda")
    package = fields.text("package")
    if package and not package.isidentifier():
        fields.fault(
            fields.line("package"), f"lambda: {package!r} is not the name of a Python package"
        )
    settings = LambdaSettings(
        package=package,
        memory_mb=fields.integer("memory_mb", 128, 10_240, 512),
        timeout_s=fields.integer("timeout_s", 1, 900, 60),
        layer=fields.flag("layer", default=True),
        environment=_environment(fields),
    )
    return settings, fields.line("package")


def _environment(fields: Fields) -> dict[str, str]:
    node = fields.node_of("environment")
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        fields.fault(node.line, "lambda: 'environment' has to hold names and texts")
        return {}
    for name, value in node.value.items():
        if not _ENVIRONMENT_NAME.fullmatch(name):
            fields.fault(value.line, f"lambda: {name!r} cannot be an environment variable")
        if not isinstance(value.value, str):
            fields.fault(value.line, f"lambda: the environment variable {name!r} has to be a text")
    return {name: str(value.value) for name, value in node.value.items()}


def _function(module: Fields, node: Node) -> Declared:
    named = node.value.get("name") if isinstance(node.value, dict) else None
    fields = module.nested(node, _FUNCTION_KEYS, f"function {named.value}" if named else "function")
    signature = read_signature(fields)
    external = read_external(fields, signature)
    template = _template(fields)
    _check_halves(fields, signature.name, template, external)
    examples = [
        (example, each.line)
        for position, each in enumerate(fields.items("examples"))
        if (example := read_example(fields, position)) is not None
    ]
    if signature.name and not signature.name.startswith("__") and not examples:
        fields.fault(node.line, f"{fields.what}: a public function needs an example")
    requires = tuple(fields.texts("requires"))
    function = Function(
        name=signature.name,
        module=fields.file.parent.name,
        kind=_kind(fields, template),
        arguments=signature.arguments,
        returns=signature.returns,
        volatility=signature.volatility,
        summary=_summary(fields),
        description=fields.text("description", ""),
        why=fields.text("why", ""),
        examples=tuple(example for example, _ in examples),
        external=external,
        template=template,
        requires=tuple(name.upper() for name, _ in requires),
        clouds=_clouds(fields),
    )
    return Declared(
        function=function,
        file=fields.file,
        line=node.line,
        external_line=fields.line("external"),
        template_line=fields.line(_body_key(fields)),
        requires_lines=requires,
        example_lines=tuple(line for _, line in examples),
    )


def _clouds(fields: Fields) -> tuple[str, ...]:
    if not fields.has("clouds"):
        return CLOUDS
    named = fields.texts("clouds")
    if not named:
        fields.fault(fields.line("clouds"), f"{fields.what}: 'clouds' names no cloud")
    for name, line in named:
        if name not in CLOUDS:
            fields.fault(line, f"{fields.what}: unknown cloud {name!r}{suggestion(name, CLOUDS)}")
    return tuple(name for name, _ in named)


def _check_halves(
    fields: Fields, name: str, template: str | None, external: External | None
) -> None:
    if fields.has("procedure"):
        return
    if not fields.has("template") and external is None:
        fields.fault(
            fields.node.line,
            f"{fields.what}: needs a 'template', an 'external' part, or both; or a 'procedure'",
        )
    if not fields.has("template") and external is not None and external.name != name:
        fields.fault(
            fields.line("external"),
            f"{fields.what}: has no template, so its external part cannot have another name",
        )
    if template and external is not None and external.name == name:
        fields.fault(
            fields.line("external"),
            f"{fields.what}: has a template, so its external part needs a name of its own",
        )


def _body_key(fields: Fields) -> str:
    """The key that names the file with the body: a procedure has its own."""
    return "procedure" if fields.has("procedure") else "template"


def _kind(fields: Fields, template: str | None) -> Kind:
    if fields.has("procedure"):
        return Kind.PROCEDURE
    return Kind.SQL if template else Kind.EXTERNAL


def _template(fields: Fields) -> str | None:
    key = _body_key(fields)
    if not fields.has(key):
        return None
    name = fields.text(key)
    if name and not _TEMPLATE_NAME.fullmatch(name):
        fields.fault(
            fields.line(key),
            f"{fields.what}: the {key} {name!r} is not the name of a file such as my_function.sql",
        )
        return None
    return f"{fields.file.parent.name}/{name}" if name else None


def _summary(fields: Fields) -> str:
    summary = fields.text("summary")
    if "\n" in summary or len(summary) > MAX_SUMMARY:
        fields.fault(
            fields.line("summary"),
            f"{fields.what}: the summary is one line of up to {MAX_SUMMARY} characters",
        )
    return summary
