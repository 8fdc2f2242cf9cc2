"""Redshift SQL as text: types, identifiers, statements, and the DDL of the toolbox's objects."""
