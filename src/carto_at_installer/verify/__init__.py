"""Proves by real queries that what was installed answers as documented."""
