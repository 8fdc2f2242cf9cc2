"""What the project claims about speed, measured: run by `make bench`, never by the tests.

The Lambda functions' code is not part of the installed package: it is put on the path here. And BLAS gets one thread,
before numpy is imported, so that its pool does not count as CPU time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SOURCES = Path(__file__).resolve().parent.parent / "bundled_functions"
for _folder in sorted({str(package.parent) for package in _SOURCES.glob("*/carto_*")}):
    if _folder not in sys.path:
        sys.path.insert(0, _folder)
