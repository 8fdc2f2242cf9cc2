"""Renders the SQL bodies of the catalog's functions from their Jinja templates.

A template sees `schema` (the quoted schema identifier), `version` (the version of the pack, as text) and one variable
for each argument, which renders as `$1`, `$2` and so on. It can import other templates of the sql folder and nothing
else. Jinja is imported when the first template is rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from carto_at_installer.__about__ import __version__
from carto_at_installer.core.errors import CatalogError
from carto_at_installer.core.functions import Kind
from carto_at_installer.sql.ddl import compact
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.statements import SqlTextError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    import jinja2

    from carto_at_installer.core.functions import Example, Function


RESERVED_NAMES = ("schema", "version")
"""What every template sees; no argument can have these names."""


class TemplateError(CatalogError):
    """A template that cannot be rendered; `file` is its path below the sql folder, `line` where it went wrong."""

    def __init__(self, reason: str, *, file: str, line: int) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.reason = reason
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class _Analysis:
    """What the text of a template imports, and the names it does not define, with their first lines."""

    imports: tuple[str, ...] = ()
    names: tuple[tuple[str, int], ...] = ()


@cache
def _environment(sql_root: Path) -> jinja2.Environment:
    """One for a folder: checking a catalog and rendering it compile each template once."""
    import jinja2  # noqa: PLC0415 (rendering is rare, importing Jinja is slow)
    import jinja2.sandbox  # noqa: PLC0415

    return jinja2.sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(sql_root),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Templates:
    """The SQL templates below one folder (`<sql_root>/<module>/<name>.sql`) of a pack of some version."""

    def __init__(self, sql_root: Path, version: str = __version__) -> None:
        self.sql_root = sql_root
        self.version = version
        self._analyses: dict[str, _Analysis] = {}

    @property
    def environment(self) -> jinja2.Environment:
        """Jinja confined to the sql folder: undefined names are errors, text is not escaped, code is sandboxed."""
        return _environment(self.sql_root.resolve())

    def body(self, function: Function, schema: str) -> str:
        """The SQL body of `function` for a schema (its plain name), compact. Raises TemplateError."""
        if function.template is None:
            raise ValueError(f"{function.name} has no SQL body")
        numbered = (
            function.kind is not Kind.PROCEDURE
        )  # a procedure's block knows its arguments by name
        names = {
            argument.name: f"${n}" if numbered else argument.name
            for n, argument in enumerate(function.arguments, 1)
        }
        given = {"schema": quote_identifier(schema), "version": self.version}
        text = self.render(function.template, {**names, **given})
        try:
            return compact(text)
        except SqlTextError as error:
            raise TemplateError(str(error), file=function.template, line=1) from None

    def render(self, template: str, variables: Mapping[str, str]) -> str:
        """The text of a template with `variables`. Raises TemplateError with the line of the template."""
        import jinja2  # noqa: PLC0415

        try:
            return self.environment.get_template(template).render(variables)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(
                error.message or "syntax error", file=error.name or template, line=error.lineno
            ) from None
        except jinja2.TemplateNotFound as error:
            _, line = self._place(error, template)
            raise TemplateError(
                f"there is no template {error.name!r}", file=template, line=line
            ) from None
        except UnicodeDecodeError:
            raise TemplateError("the text is not UTF-8", file=template, line=1) from None
        except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError) as error:
            file, line = self._place(error, template)
            raise TemplateError(str(error), file=file, line=line) from None

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """`names` and every template that they import or include, directly or not."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._analysed(name).imports
        return frozenset(found)

    def undefined_names(self, template: str, known: Collection[str]) -> list[tuple[str, int]]:
        """The variables, with their lines, that a template uses but that neither it nor `known` defines.

        Finds them in branches that are not rendered, too. A template that cannot be parsed has none.
        """
        names = self._analysed(template).names
        return [(name, line) for name, line in names if name not in known]

    def _analysed(self, template: str) -> _Analysis:
        """What a template's text says about others; nothing when there is no such template or it cannot be parsed."""
        import jinja2.meta  # noqa: PLC0415
        import jinja2.nodes  # noqa: PLC0415

        if template in self._analyses:
            return self._analyses[template]
        analysis = _Analysis()
        loader = self.environment.loader
        try:
            tree = self.environment.parse(
                loader.get_source(self.environment, template)[0] if loader else ""
            )
        except (jinja2.TemplateError, OSError, UnicodeDecodeError):
            tree = None
        if tree is not None:
            used = jinja2.meta.find_undeclared_variables(tree) - {*self.environment.globals}
            lines = {
                name.name: name.lineno for name in reversed([*tree.find_all(jinja2.nodes.Name)])
            }
            analysis = _Analysis(
                tuple(name for name in jinja2.meta.find_referenced_templates(tree) if name),
                tuple((name, lines.get(name, 1)) for name in sorted(used)),
            )
        self._analyses[template] = analysis
        return analysis

    def _place(self, error: BaseException, template: str) -> tuple[str, int]:
        """The deepest template frame of an error's traceback: Jinja maps those back to template lines."""
        found = (template, 1)
        root = self.sql_root.resolve()
        trace = error.__traceback__
        while trace is not None:
            path = trace.tb_frame.f_code.co_filename
            if path.startswith((f"{root}/", f"{self.sql_root}/")):
                name = path.removeprefix(f"{root}/").removeprefix(f"{self.sql_root}/")
                found = (name, trace.tb_lineno)
            trace = trace.tb_next
        return found


def example_sql(example: Example, schema: str) -> str:
    """The text of an example's query for a schema (its plain name), compact. Raises CatalogError."""
    import jinja2  # noqa: PLC0415
    import jinja2.sandbox  # noqa: PLC0415

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    try:
        text = environment.from_string(example.sql).render(schema=quote_identifier(schema))
        return compact(text)
    except (jinja2.TemplateError, SqlTextError) as error:
        raise CatalogError(f"The example {example.sql!r} cannot be read: {error}") from None
