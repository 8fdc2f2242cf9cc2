"""docs/functions/: a page for each module, with every public function, its examples and its pictures; and an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs.generate import pictures
from docs.generate.catalog import catalog

from carto_at_installer.catalog.pages import pages
from carto_at_installer.catalog.places import Places

if TYPE_CHECKING:
    from carto_at_installer.catalog.pages import Page
    from carto_at_installer.core.functions import Catalog, Function, Module

FOLDER = "functions"


def files() -> dict[str, str]:
    """The pages and the index; the pictures are made by `docs.generate.pictures`."""
    found = catalog()
    made = {f"{FOLDER}/{m.name}.md": module_page(found, m) for m in found.modules}
    return made | {f"{FOLDER}/index.md": index(found)}


def index(found: Catalog) -> str:
    """All names of all modules with what they do."""
    places = Places(found)
    lines = [
        "# Functions",
        "",
        "What the toolbox offers, module by module. `carto-at describe NAME` shows the same in a terminal.",
        "A name is marked *SQL* where a call never leaves the database, and *Lambda* where it may.",
        "How answers are used in SQL (arrays as rows, joins by cell) is in [queries.md](../queries.md).",
    ]
    for module in found.modules:
        lines += ["", f"## [{module.title}]({module.name}.md)", "", "| function | runs in | |"]
        lines.append("| --- | --- | --- |")
        for name, forms in _by_name(module):
            ran = sorted({places.place(form) for form in forms}, reverse=True)
            link = f"[{name}]({module.name}.md#{name.lower()})"
            lines.append(f"| {link} | {', '.join(ran)} | {_cell(forms[0].summary)} |")
    return _text(lines)


def module_page(found: Catalog, module: Module) -> str:
    """All public functions of a module."""
    lines = [f"# {module.title}", "", module.description.strip()]
    for name, forms in _by_name(module):
        lines += ["", f"## {name}"]
        for page in pages(found, forms):
            lines += _form(page)
        for picture in pictures.of_function(name):
            lines += ["", f"![{picture.caption}](pictures/{picture.file})", "", picture.caption]
    return _text(lines)


def _by_name(module: Module) -> list[tuple[str, tuple[Function, ...]]]:
    names = dict.fromkeys(each.name for each in module.functions if each.public)
    return [(n, tuple(f for f in module.functions if f.name == n)) for n in names]


def _form(page: Page) -> list[str]:
    lines = ["", f"**`{page.heading}`**", "", page.summary]
    if page.description:
        lines += ["", page.description]
    if page.arguments:
        lines += ["", "| argument | type | |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {type_} | {_cell(text)} |" for name, type_, text in page.arguments]
    lines += ["", f"{page.why} {page.limits}".strip()]
    for example in page.examples:
        title = f"{example.title}:" if example.title else "Example:"
        body = f"{example.sql};\n-- {example.answer}"
        lines += ["", title, "", "```sql", body, "```"]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
