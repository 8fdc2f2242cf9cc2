"""What the modules on the Web Mercator tile grid (quadbin, quadkey) share, up to how they number their cells.

A tile is a column x, counted east from longitude -180, and a row y, counted south from latitude 85.0511, at a
resolution z, whose grid has 2^z columns and rows.
"""

from __future__ import annotations
