"""docs/functions/pictures/: what functions answer to queries, drawn over a simple map.

To add one, append a `Picture` to the list of its family (`cell_pictures`, `geometry_pictures`): the page of its
function shows it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from docs.generate import cell_pictures, geometry_pictures
from docs.generate.catalog import catalog
from docs.generate.drawing import Shape, draw
from docs.generate.toolbox import toolbox

if TYPE_CHECKING:
    from docs.generate.picture import Layer, Picture

    from carto_at_installer.sandbox.engine import Session

PICTURES = (*cell_pictures.PICTURES, *geometry_pictures.PICTURES)
FOLDER = "functions/pictures"


def files() -> dict[str, str]:
    """Every picture as an SVG."""
    names = {name for picture in PICTURES for name in picture.modules}
    with toolbox(module for module in catalog().modules if module.name in names) as session:
        return {f"{FOLDER}/{picture.file}": _drawn(picture, session) for picture in PICTURES}


def of_function(name: str) -> list[Picture]:
    """The pictures of a function."""
    return [picture for picture in PICTURES if picture.function == name]


def _drawn(picture: Picture, session: Session) -> str:
    shapes = [shape for layer in picture.layers for shape in _shapes(layer, session)]
    return draw(shapes, picture.caption)


def _shapes(layer: Layer, session: Session) -> list[Shape]:
    rows = session.execute(layer.sql).rows
    return [Shape(json.loads(text), layer.style, *map(str, labels)) for text, *labels in rows]
