"""Redshift's procedural language: the block of a procedure as a tree, and what runs it.

`grammar` reads a block when the procedure is created, so that what the sandbox does not run is refused then;
`interpreter` runs it with the values of a CALL; `variables` holds and converts the values.
"""

from __future__ import annotations

from carto_at_installer.sandbox.engine.plpgsql.grammar import parse_block
from carto_at_installer.sandbox.engine.plpgsql.interpreter import Interpreter
from carto_at_installer.sandbox.engine.plpgsql.variables import Scope, Variable

__all__ = ["Interpreter", "Scope", "Variable", "parse_block"]
