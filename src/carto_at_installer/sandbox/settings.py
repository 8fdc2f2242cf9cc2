"""How the sandbox behaves: delays, limits and sizes, read from `settings.json` in its home."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class SettingsError(ValueError):
    """A settings file that cannot be used; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Delays are in seconds. They are short, so that tests are quick, but never zero: clients must wait and look.

    `latency_seconds` is added to every call from outside, as a distant region would; `role_ready_seconds` is how old a
    role must be before anything can assume it (IAM's changes spread slowly). `lambda_account_concurrency` and
    `lambda_code_storage_gb` are limits of the account. `lambda_concurrency` bounds the worker processes that run at the
    same time (0: the number of processors);
    `lambda_idle_seconds` is how long an unused worker is kept warm; `log_events_kept` bounds the events of all
    log groups together; `rate_limits` multiplies the requests a second that AWS takes (0: any number); `enforce_iam`
    makes callers need permissions; `python_functions` lets functions in plpythonu be made, as before June 2026.
    """

    latency_seconds: float = 0.0
    lambda_pending_seconds: float = 0.03
    lambda_update_seconds: float = 0.03
    lambda_account_concurrency: int = 1000
    lambda_code_storage_gb: float = 300.0
    role_ready_seconds: float = 0.0
    role_attach_seconds: float = 0.05
    cluster_change_seconds: float = 0.05
    lambda_concurrency: int = 0
    lambda_idle_seconds: float = 300.0
    log_events_kept: int = 100_000
    rate_limits: float = 1.0
    enforce_iam: bool = False
    python_functions: bool = False

    @property
    def code_storage_bytes(self) -> int:
        """How many bytes of code an account may store in a region."""
        return int(self.lambda_code_storage_gb * 1024**3)

    @property
    def workers(self) -> int:
        """How many Lambda workers may exist at the same time."""
        return self.lambda_concurrency or max(2, os.cpu_count() or 2)


def read_settings(path: Path) -> Settings:
    """The settings in the JSON file `path`; the defaults where it does not exist.

    Raises SettingsError for unknown keys and for values of another type.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold a JSON object")
    return Settings(**{key: _checked(path, key, value) for key, value in content.items()})


def _checked(path: Path, key: str, value: Any) -> Any:
    known = {field.name: type(getattr(Settings(), field.name)) for field in fields(Settings)}
    if key not in known:
        raise SettingsError(f"{path}: unknown setting {key!r}; known: {', '.join(sorted(known))}")
    wanted = known[key]
    if wanted is bool:
        if not isinstance(value, bool):
            raise SettingsError(f"{path}: {key} must be true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise SettingsError(f"{path}: {key} must be a number that is not negative")
    if wanted is int and value != int(value):
        raise SettingsError(f"{path}: {key} must be a whole number")
    return wanted(value)
