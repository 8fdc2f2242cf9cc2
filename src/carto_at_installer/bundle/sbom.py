"""The software bill of materials: which libraries are inside the layer zips, where no scanner of the wheel looks.

CycloneDX 1.6, put into the wheel's `.dist-info/sboms/` (PEP 770).
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.bundle.digests import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/CartoDB/analytics-toolbox-core")


@dataclass(frozen=True, slots=True)
class Library:
    """A wheel inside a layer: name, version, licence (SPDX or words), file name, hex SHA-256, vendored `.so` names."""

    name: str
    version: str
    licence: str
    wheel: str
    sha256: str
    native: tuple[str, ...] = ()


def bill_of_materials(libraries: Iterable[Library], name: str, version: str) -> str:
    """The SBOM of the package `name`, as JSON text. Equal input gives equal text: its serial number is a digest."""
    components = [
        _component(library) for library in sorted(libraries, key=lambda library: library.wheel)
    ]
    serial = uuid.uuid5(_NAMESPACE, sha256(json.dumps([name, version, components]).encode()))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "package",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
            }
        },
        "components": components,
        "dependencies": [
            {"ref": "package", "dependsOn": [component["bom-ref"] for component in components]}
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _component(library: Library) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": library.wheel,
        "name": library.name,
        "version": library.version,
        "purl": f"pkg:pypi/{library.name}@{library.version}?file_name={library.wheel}",
        "hashes": [{"alg": "SHA-256", "content": library.sha256}],
    }
    if library.licence:
        component["licenses"] = [_licence(library.licence)]
    if library.native:
        component["components"] = [
            {"type": "file", "bom-ref": f"{library.wheel}#{name}", "name": name}
            for name in library.native
        ]
    return component


def _licence(words: str) -> dict[str, Any]:
    """An SPDX expression if it reads like one (`BSD-3-Clause AND MIT`), else the words as a name."""
    spdx = all(
        re.fullmatch(r"[(]*[A-Za-z0-9.+-]+[)]*", word)
        for word in re.split(r" (?:AND|OR|WITH) ", words)
    )
    return {"expression": words} if spdx else {"license": {"name": words}}
