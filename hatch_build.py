"""Builds the Lambda zips and the layer when hatchling makes a wheel, and puts them into it.

Hatchling calls this for a standard wheel (from a checkout or an unpacked sdist) and for an editable install. The
work is done by `carto_at_installer.bundle`, imported from `src/`: the package being built builds itself.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

IN_WHEEL = "carto_at_installer/_bundle"
SBOM = "carto-at-redshift-layer.cyclonedx.json"


class BundleBuildHook(BuildHookInterface[Any]):
    """Hatchling's hook: `initialize` before a wheel is written, `finalize` after."""

    PLUGIN_NAME = "custom"
    _scratch: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle; a standard wheel gets it inside, an editable install reads it in place."""
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from carto_at_installer.bundle.checkout import build_checkout  # noqa: PLC0415 - src is only now on the path
        from carto_at_installer.core.errors import CartoAtError  # noqa: PLC0415

        target = self._writable(root / "build" / "bundle", editable=version == "editable")
        try:
            report = build_checkout(root, target)
        except CartoAtError as error:
            self.app.abort("\n".join(filter(None, [error.message, error.hint])))
        for note in report.notes:
            self.app.display_info(note)
        if not report.manifest.bytecode:
            self.app.display_warning("the Lambda zips carry no byte-code")
        if version == "editable":
            return
        for path in sorted(path for path in target.rglob("*") if path.is_file()):
            build_data["force_include"][str(path)] = (
                f"{IN_WHEEL}/{path.relative_to(target).as_posix()}"
            )
        sbom = target.parent / SBOM
        sbom.write_text(report.sbom, encoding="utf-8", newline="\n")
        build_data["sbom_files"].append(str(sbom))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what a build of a read-only source tree had to put elsewhere."""
        if self._scratch is not None:
            self._scratch.cleanup()

    def _writable(self, wanted: Path, *, editable: bool) -> Path:
        """The folder to build into: `wanted`, or a temporary one if the source tree is read-only."""
        try:
            wanted.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=wanted):
                return wanted
        except OSError as error:
            if editable:
                self.app.abort(
                    f"{wanted} cannot be written, and an editable install reads its bundle there: {error}"
                )
            self._scratch = tempfile.TemporaryDirectory(prefix="carto-at-")
            return Path(self._scratch.name) / "bundle"
