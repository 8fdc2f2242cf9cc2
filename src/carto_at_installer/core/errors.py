"""Errors that tell people what failed, on which object, why, and what to do next.

Every error that reaches a user is a `CartoAtError`; its class decides the exit code of the command.
"""

from __future__ import annotations

EXIT_CODES = {
    0: "done, or nothing to do",
    1: "a fault of the program",
    2: "the command line is wrong",
    3: "the catalog, the package or the configuration is wrong",
    4: "a check failed, or AWS or the database refused; nothing was changed by an installation",
    5: "an installation or upgrade failed, and everything was put back",
    6: "it stopped half-way: `carto-at resume` or `carto-at rollback`",
    7: "a function does not answer as documented",
    8: "somebody else is changing this installation",
    9: "there is drift (only with `status --drift --exit-code`)",
    130: "interrupted",
}
"""What the exit codes of all commands mean."""


class CartoAtError(Exception):
    """An expected failure: one clear message, an optional next step, an exit code.

    `code` is the stable name in JSON output; `hint` is the next step, as a sentence or a command.
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CartoAtError):
    """The words of the command line cannot be used: a name that is not an identifier, an unknown function."""

    code = "usage"
    exit_code = 2


class ConfigError(CartoAtError):
    """A configuration value is missing or wrong."""

    code = "config"
    exit_code = 3


class CatalogError(CartoAtError):
    """The catalog of functions has faults; the message lists every one with file and line."""

    code = "catalog"
    exit_code = 3


class BundleError(CartoAtError):
    """The prebuilt Lambda zips or their manifest are missing or not what the manifest says."""

    code = "bundle"
    exit_code = 3


class TargetError(CartoAtError):
    """AWS, the cluster or the database refused or could not be reached, before anything was changed."""

    code = "target"
    exit_code = 4


class PreflightError(TargetError):
    """A check found that the installation cannot work."""

    code = "preflight"


class RolledBackError(CartoAtError):
    """An installation failed and everything was put back."""

    code = "rolled-back"
    exit_code = 5


class ApplyError(CartoAtError):
    """An installation stopped half-way; running it again completes it.

    `cause_hint` is the next step about the cause alone, for when nothing is left to be completed.
    """

    code = "apply"
    exit_code = 6

    def __init__(self, message: str, *, hint: str = "", cause_hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.cause_hint = cause_hint


class InterruptedApplyError(CartoAtError):
    """The user stopped an installation; its state is recorded."""

    code = "interrupted"
    exit_code = 130


class SmokeTestError(CartoAtError):
    """The functions were installed, but one of them does not answer as documented."""

    code = "smoke-test"
    exit_code = 7


class LockHeldError(CartoAtError):
    """Somebody else is changing this installation."""

    code = "lock-held"
    exit_code = 8


class SqlError(CartoAtError):
    """The database refused a statement. `sqltext` holds the statement, for the log and for tests."""

    code = "sql"
    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", sqltext: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sqltext = sqltext
