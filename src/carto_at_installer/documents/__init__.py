"""YAML files that people write: read with the line of every value, so that whatever is wrong can be pointed at.

The catalog and the configuration are read with it. Only `document` imports PyYAML.
"""
