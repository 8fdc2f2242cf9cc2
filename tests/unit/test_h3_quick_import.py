"""How the h3 module spares its cold start the H3 library's search for its own version."""

import subprocess
import sys
from importlib import metadata

from carto_h3.quick_import import installed_version

_PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
import carto_h3, h3
print("importlib.metadata" in sys.modules, h3.__version__, h3.versions()["python"])
"""


def test_the_version_is_the_installed_one():
    assert installed_version() == metadata.version("h3")


def test_the_library_is_imported_without_a_search_for_its_version():
    # Without `site`, whose hooks may import anything.
    command = [sys.executable, "-S", "-c", _PROGRAM, *sys.path]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    version = metadata.version("h3")
    assert printed.split() == ["False", version, version]
