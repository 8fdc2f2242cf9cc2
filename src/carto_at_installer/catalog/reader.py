"""Turns the tree of a `module.yaml` into a Module of the model, noting every fault on the way.

The format is described for authors in `docs/authoring.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.catalog.fields import Fields
from carto_at_installer.core.functions import (
    Argument,
    Example,
    External,
    Function,
    Kind,
    LambdaSettings,
    Module,
    Volatility,
)
from carto_at_installer.sql.identifiers import identifier_fault
from carto_at_installer.sql.types import TypeNameError, canonical_type, crosses_to_lambda

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.catalog.document import Node
    from carto_at_installer.catalog.faults import FaultList

MAX_ARGUMENTS = 32
MAX_BATCH_ROWS = 2_147_483_647
MAX_BATCH_SIZE_KB = 5 * 1024
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
    "external",
    "requires",
    "examples",
)
_EXTERNAL_KEYS = (
    "name",
    "arguments",
    "returns",
    "volatility",
    "max_batch_rows",
    "max_batch_size",
    "retry_timeout_ms",
)
_ARGUMENT_KEYS = ("name", "type", "description")
_EXAMPLE_KEYS = ("title", "sql", "result", "unordered", "error")
_SIZE = re.compile(r"(\d{1,7})\s*(KB|MB)", re.IGNORECASE)
_MODULE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
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
    """A module as declared, with its file and its functions' lines."""

    module: Module
    file: Path
    package_line: int
    functions: tuple[Declared, ...]


class ModuleReader:
    """Reads one `module.yaml`; a reader serves one file."""

    def __init__(self, file: Path, faults: FaultList) -> None:
        self.file = file
        self.faults = faults
        self.module_name = file.parent.name

    def read(self, root: Node) -> DeclaredModule:
        """The module that the file declares. Faults are noted; what is faulty is left out or made harmless."""
        fields = self._fields(root, _MODULE_KEYS, "module")
        name = fields.text("module")
        if name and not _MODULE_NAME.fullmatch(name):
            fields.fault(fields.line("module"), f"{name!r} is not a module name: [a-z][a-z0-9_]*")
        elif name and name != self.module_name:
            fields.fault(
                fields.line("module"),
                f"the module {name!r} lies in a folder called {self.module_name!r}",
            )
        title, description = fields.text("title"), fields.text("description", "")
        settings, package_line = self._lambda(fields)
        functions = tuple(
            declared
            for node in fields.items("functions", required=True)
            if (declared := self._function(node)) is not None
        )
        if fields.has("functions") and not functions and not fields.items("functions"):
            fields.fault(fields.line("functions"), "module: there are no functions")
        module = Module(
            self.module_name,
            title,
            description,
            tuple(each.function for each in functions),
            settings,
        )
        return DeclaredModule(module, self.file, package_line, functions)

    def _fields(self, node: Node, allowed: tuple[str, ...], what: str) -> Fields:
        return Fields(node, allowed, what, self.file, self.faults)

    def _lambda(self, module: Fields) -> tuple[LambdaSettings | None, int]:
        node = module.node_of("lambda")
        if node is None:
            return None, module.node.line
        fields = self._fields(node, _LAMBDA_KEYS, "lambda")
        package = fields.text("package")
        if package and not package.isidentifier():
            fields.fault(fields.line("package"), f"{package!r} is not the name of a Python package")
        settings = LambdaSettings(
            package=package,
            memory_mb=fields.integer("memory_mb", 128, 10_240, 512),
            timeout_s=fields.integer("timeout_s", 1, 900, 60),
            layer=fields.flag("layer", default=True),
            environment=self._environment(fields),
        )
        return settings, fields.line("package")

    def _environment(self, fields: Fields) -> dict[str, str]:
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
                fields.fault(
                    value.line, f"lambda: the environment variable {name!r} has to be a text"
                )
        return {name: str(value.value) for name, value in node.value.items()}

    def _function(self, node: Node) -> Declared | None:
        named = node.value.get("name") if isinstance(node.value, dict) else None
        what = f"function {named.value}" if named else "function"
        fields = self._fields(node, _FUNCTION_KEYS, what)
        name = self._name(fields)
        arguments = self._arguments(fields)
        returns = self._type(fields, "returns")
        volatility = self._volatility(fields, Volatility.STABLE)
        external = self._external(fields, name, arguments, returns, volatility)
        template = self._template(fields)
        if template is None and external is None:
            fields.fault(node.line, f"{what}: needs a 'template', an 'external' part, or both")
        if template is None and external is not None and external.name != name:
            fields.fault(
                fields.line("external"),
                f"{what}: has no template, so its external function has to have its name",
            )
        requires = tuple(fields.texts("requires"))
        examples = [self._example(each, what) for each in fields.items("examples")]
        if name and not name.startswith("__") and not examples:
            fields.fault(node.line, f"{what}: a public function needs an example")
        function = Function(
            name=name,
            module=self.module_name,
            kind=Kind.SQL if template else Kind.EXTERNAL,
            arguments=arguments,
            returns=returns,
            volatility=volatility,
            summary=self._summary(fields),
            description=fields.text("description", ""),
            why=fields.text("why", ""),
            examples=tuple(example for example in examples if example is not None),
            external=external,
            template=template,
            requires=tuple(each.upper() for each, _ in requires),
        )
        if not name:
            return None
        lines = tuple(
            each.line
            for each, example in zip(fields.items("examples"), examples, strict=True)
            if example is not None
        )
        return Declared(
            function,
            self.file,
            node.line,
            fields.line("external"),
            fields.line("template"),
            requires,
            lines,
        )

    def _name(self, fields: Fields) -> str:
        name = fields.text("name")
        if not name:
            return ""
        reason = identifier_fault(name)
        if reason:
            fields.fault(fields.line("name"), f"{fields.what}: not a function name: {reason}")
        elif name != name.upper():
            fields.fault(
                fields.line("name"), f"{fields.what}: write the name in capitals: {name.upper()}"
            )
        return name.upper()

    def _summary(self, fields: Fields) -> str:
        summary = fields.text("summary")
        if "\n" in summary or len(summary) > 100:
            fields.fault(
                fields.line("summary"),
                f"{fields.what}: the summary is one line of up to 100 characters",
            )
        return summary

    def _arguments(self, fields: Fields) -> tuple[Argument, ...]:
        nodes = fields.items("arguments", required=True)
        if len(nodes) > MAX_ARGUMENTS:
            fields.fault(
                fields.line("arguments"),
                f"{fields.what}: {len(nodes)} arguments; Redshift takes up to {MAX_ARGUMENTS}",
            )
        found: list[Argument] = []
        for node in nodes:
            argument = self._argument(node, fields.what)
            if argument.name and argument.name in {each.name for each in found}:
                self.faults.add(
                    self.file,
                    node.line,
                    f"{fields.what}: two arguments are called {argument.name!r}",
                )
            found.append(argument)
        return tuple(found)

    def _argument(self, node: Node, what: str) -> Argument:
        fields = self._fields(node, _ARGUMENT_KEYS, f"{what}: argument")
        name = fields.text("name")
        if name and (not name.isidentifier() or name != name.lower()):
            fields.fault(
                fields.line("name"),
                f"{what}: the argument name {name!r} has to be lower-case letters, digits, underscores",
            )
        if name == "schema":
            fields.fault(fields.line("name"), f"{what}: 'schema' is the schema's name in templates")
        return Argument(name, self._type(fields, "type"), fields.text("description", ""))

    def _type(self, fields: Fields, key: str) -> str:
        text = fields.text(key)
        if not text:
            return ""
        try:
            return canonical_type(text)
        except TypeNameError as error:
            fields.fault(fields.line(key), f"{fields.what}: {error}")
            return ""

    def _volatility(self, fields: Fields, default: Volatility) -> Volatility:
        text = fields.text("volatility", default.value)
        try:
            return Volatility(text.upper())
        except ValueError:
            if text:
                fields.fault(
                    fields.line("volatility"),
                    f"{fields.what}: the volatility is IMMUTABLE, STABLE or VOLATILE, not {text!r}",
                )
            return default

    def _template(self, fields: Fields) -> str | None:
        if not fields.has("template"):
            return None
        name = fields.text("template")
        if name and not re.fullmatch(r"[A-Za-z0-9_]+\.sql", name):
            fields.fault(
                fields.line("template"),
                f"{fields.what}: the template is the name of an .sql file in sql/{self.module_name}/",
            )
        return f"{self.module_name}/{name}" if name else None

    def _external(
        self,
        function: Fields,
        name: str,
        arguments: tuple[Argument, ...],
        returns: str,
        volatility: Volatility,
    ) -> External | None:
        node = function.node_of("external")
        if node is None:
            return None
        fields = self._fields(node, _EXTERNAL_KEYS, f"{function.what}: external")
        default = Volatility.VOLATILE if volatility is Volatility.VOLATILE else Volatility.STABLE
        external = External(
            name=self._name(fields) if fields.has("name") else name,
            arguments=self._arguments(fields) if fields.has("arguments") else arguments,
            returns=self._type(fields, "returns") if fields.has("returns") else returns,
            volatility=self._volatility(fields, default),
            max_batch_rows=fields.integer("max_batch_rows", 1, MAX_BATCH_ROWS),
            max_batch_size_kb=self._batch_size(fields),
            retry_timeout_ms=fields.integer("retry_timeout_ms", 0, 3_600_000, 20_000),
        )
        self._check_external(fields, external, volatility)
        return external

    def _check_external(self, fields: Fields, external: External, volatility: Volatility) -> None:
        if Volatility.IMMUTABLE in {external.volatility, volatility}:
            fields.fault(
                fields.node.line, f"{fields.what}: Redshift has no IMMUTABLE external functions"
            )
        arguments = fields.items("arguments")
        for position, argument in enumerate(external.arguments):
            line = arguments[position].line if position < len(arguments) else fields.node.line
            if argument.type and not crosses_to_lambda(argument.type):
                fields.fault(line, f"{fields.what}: {_no_crossing(argument.name, argument.type)}")
        if external.returns and not crosses_to_lambda(external.returns):
            fields.fault(
                fields.line("returns"),
                f"{fields.what}: {_no_crossing('the result', external.returns)}",
            )

    def _batch_size(self, fields: Fields) -> int:
        text = fields.text("max_batch_size")
        match = _SIZE.fullmatch(text)
        size = int(match[1]) * (1024 if match[2].upper() == "MB" else 1) if match else 0
        if text and not 1 <= size <= MAX_BATCH_SIZE_KB:
            fields.fault(
                fields.line("max_batch_size"),
                f"{fields.what}: 'max_batch_size' is {text!r}, not between 1 KB and 5 MB",
            )
        return size or 1

    def _example(self, node: Node, what: str) -> Example | None:
        fields = self._fields(node, _EXAMPLE_KEYS, f"{what}: example")
        sql = fields.text("sql")
        if fields.has("result") == fields.has("error"):
            fields.fault(
                node.line, f"{fields.what}: give the expected 'result' or the expected 'error'"
            )
        if not sql:
            return None
        result = fields.node_of("result")
        return Example(
            sql=sql,
            result=result.plain() if result else None,
            has_result=result is not None,
            error=fields.text("error", ""),
            title=fields.text("title", ""),
            unordered=fields.flag("unordered", default=False),
        )


def _no_crossing(name: str, type_name: str) -> str:
    bridges: dict[str, Any] = {
        "GEOMETRY": "send ST_AsHexEWKB(...) as VARCHAR(MAX)",
        "GEOGRAPHY": "send its text as VARCHAR(MAX)",
        "SUPER": "send JSON text as VARCHAR(MAX), JSON_PARSE it in the template",
    }
    bridge = bridges.get(type_name, "convert it in the template")
    return f"{name} is {type_name}, which cannot cross to Lambda: {bridge}"
