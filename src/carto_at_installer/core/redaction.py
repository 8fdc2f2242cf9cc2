"""Takes out of a report what strangers should not see: account numbers, names of secrets, keys, addresses, homes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_PATTERNS = (
    (re.compile(r"(secretsmanager:[\w-]*:\d{12}:secret:)[\w/+=.@-]+"), r"\1<secret>"),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b"), "<key>"),
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"), "<address>"),
    (re.compile(r"(:(?:user|assumed-role)/)[^\s,'\"]+"), r"\1<name>"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<account>"),
    (re.compile(r"\b[\w-]+\.[\w-]+\.[\w-]+\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?\b"), "<endpoint>"),
)  # fmt: skip


def redacted(value: Any) -> Any:
    """The value, texts inside lists and mappings too, without what gives away who and where."""
    if isinstance(value, str):
        return _redacted_text(value)
    if isinstance(value, dict):
        return {key: redacted(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redacted(each) for each in value)
    return value


def _redacted_text(text: str) -> str:
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text
