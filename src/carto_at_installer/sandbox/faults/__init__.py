"""Faults on demand: make the sandbox fail as AWS does on a bad day.

    from carto_at_installer.sandbox import faults

    faults.add(home, faults.lost_reply("lambda:CreateFunction", call=2))
    with faults.during(home, faults.throttled("lambda:*", times=3), faults.aborted(where="CREATE SCHEMA")) as book:
        ...
        assert book.states()[0].hits == 3

Faults live in the server until they are cleared or it ends. Of a sandbox in the same process (`server.Sandbox`), use
the attribute `faults`, which has the same methods. Standard library only: the command line imports this.
"""

from carto_at_installer.sandbox.faults.fault import (
    ALWAYS,
    Fault,
    FaultError,
    FaultState,
    Kind,
    aborted,
    delayed,
    dropped,
    error,
    expired,
    failed_statement,
    from_json,
    killed_worker,
    lost_reply,
    paused,
    role_not_ready,
    slow_worker,
    throttled,
)
from carto_at_installer.sandbox.faults.remote import add, book_of, clear, during, states

__all__ = [
    "ALWAYS",
    "Fault",
    "FaultError",
    "FaultState",
    "Kind",
    "aborted",
    "add",
    "book_of",
    "clear",
    "delayed",
    "dropped",
    "during",
    "error",
    "expired",
    "failed_statement",
    "from_json",
    "killed_worker",
    "lost_reply",
    "paused",
    "role_not_ready",
    "slow_worker",
    "states",
    "throttled",
]
