"""How much CPU a cold start costs: each module's bundle and layer, unpacked, and imported by a fresh Python 3.13.

`python -m benchmarks.imports` prints it. Without a Python 3.13, which has to be on the machine (see `bundle.bytecode`),
nothing can be measured, since byte-code serves one version only.
"""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import catalog
from benchmarks.handlers import LAMBDA_ENVIRONMENT
from benchmarks.measure import Timing
from carto_at_installer.bundle.bytecode import find_compiler
from carto_at_installer.bundle.resources import bundle_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carto_at_installer.bundle.bytecode import Compiler

GOAL = 0.120
"""CPU seconds."""

ROUNDS = 7
_IMPORT = """
import sys, time
begin = time.process_time()
sys.path[:0] = sys.argv[1].split(":")
__import__(sys.argv[2]).handler
print(time.process_time() - begin)
"""


@dataclass(frozen=True, slots=True)
class ColdImport:
    """CPU seconds of importing a module's package with its handler."""

    module: str
    cpu: Timing

    @property
    def met(self) -> bool:
        """Whether the goal is met, best round."""
        return self.cpu.minimum <= GOAL


def measure_imports() -> tuple[str, list[ColdImport]]:
    """The full version of the Python that was used, and what each module with a Lambda function costs.

    Modules take turns. No version and no figures without a Python 3.13.
    """
    compiler = find_compiler()
    if compiler is None:
        return "", []
    with tempfile.TemporaryDirectory(prefix="carto-at-") as name:
        folders = _unpack(Path(name))
        spent: dict[str, list[float]] = {module: [] for module in folders}
        for _ in range(ROUNDS):
            for module, (package, paths) in folders.items():
                spent[module].append(_import(compiler, package, paths))
    return compiler.version, [ColdImport(m, Timing.of(times)) for m, times in spent.items()]


def _unpack(target: Path) -> dict[str, tuple[str, Sequence[Path]]]:
    """By module, its package and the folders that it is imported from."""
    root = bundle_root()
    architecture = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    zipfile.ZipFile(root / f"layers/{architecture}.zip").extractall(target / "layer")
    folders: dict[str, tuple[str, Sequence[Path]]] = {}
    for module in catalog().modules:
        if module.lambda_settings:
            zipfile.ZipFile(root / f"modules/{module.name}.zip").extractall(target / module.name)
            paths = (target / module.name, target / "layer" / "python")
            folders[module.name] = (module.lambda_settings.package, paths)
    return folders


def _import(compiler: Compiler, package: str, paths: Sequence[Path]) -> float:
    command = [compiler.executable, "-I", "-S", "-c", _IMPORT, ":".join(map(str, paths)), package]
    answer = subprocess.run(
        command,
        env=os.environ | LAMBDA_ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(answer.stdout)


if __name__ == "__main__":
    version, found = measure_imports()
    print(f"Python {version}" if version else "There is no Python 3.13")
    for one in found:
        print(f"{one.module:<16}{one.cpu.minimum * 1000:>6.0f} ms{one.cpu.median * 1000:>6.0f} ms")
