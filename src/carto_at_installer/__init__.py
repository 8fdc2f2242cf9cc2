"""Installs the CARTO Analytics Toolbox into Amazon Redshift: Lambda functions and the SQL that calls them."""

from carto_at_installer.__about__ import __version__

__all__ = ["__version__"]
