"""Runs `carto-at` in this process, as a user would, and reads what it printed."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass

from carto_at_installer.cli.entry import main
from tests.documents import check_document

TARGET = ("--cluster-id", "demo", "--database", "dev")


@dataclass(frozen=True)
class Outcome:
    """Exit code and texts of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """The JSON document of a command that was run with --output json; it is as its schema says."""
        document = json.loads(self.out)
        check_document(document)
        return document

    @property
    def data(self):
        """The `data` of the JSON document."""
        assert self.code == 0, self.err
        return self.document["data"]


def carto_at(*words, environment=None):
    """The outcome of a command line; the process's environment is as before afterwards."""
    before = dict(os.environ)
    out, err = io.StringIO(), io.StringIO()
    os.environ.update(environment or {})
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(words)
    except SystemExit as end:
        return Outcome(int(end.code or 0), out.getvalue(), err.getvalue())
    finally:
        os.environ.clear()
        os.environ.update(before)
    raise AssertionError("the command did not exit")


def install(*words):
    """Install into the sandbox's demo cluster and return the JSON outcome."""
    return carto_at("install", "--sandbox", *TARGET, "--output", "json", *words)


def sql(statement, *words):
    """The rows of a statement run on the sandbox's demo cluster."""
    return carto_at("sql", "--sandbox", *TARGET, "--output", "json", *words, statement).data["rows"]


def run(command, *words):
    """The JSON outcome of any command on the sandbox's demo cluster."""
    return carto_at(command, "--sandbox", *TARGET, "--output", "json", *words)
