"""Pictures of the functions that make and change geometries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docs.generate.picture import Picture

PICTURES: tuple[Picture, ...] = ()
