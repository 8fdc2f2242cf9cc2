"""Checks of this machine: Python, the package, boto3, the clock, programs that some options need."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from carto_at_installer.aws.capabilities import botocore_version, missing_capabilities
from carto_at_installer.bundle.resources import verify
from carto_at_installer.checks.outcome import (
    Answer,
    Check,
    Plane,
    failed,
    passed,
    skipped,
    unknown,
    warned,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.checks.facts import Facts

_PYTHON = (3, 11)
_REFUSED_SKEW_S = 300
_NOTABLE_SKEW_S = 60
TOOLS = {
    "aws": (
        "AWS CLI",
        "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    ),
    "cdk": ("AWS CDK", "npm install -g aws-cdk"),
    "node": ("Node.js", "https://nodejs.org/en/download"),
    "npm": ("npm", "https://nodejs.org/en/download"),
}
CDK_TOOLS = frozenset({"cdk", "node", "npm"})
"""What is needed to deploy an export with the AWS CDK."""


def check_python(version: tuple[int, ...]) -> Answer:
    """Whether this Python is new enough."""
    text = ".".join(map(str, version))
    if version >= _PYTHON:
        return passed(f"Python {text}")
    return failed(f"Python {text} is too old", "Install Python 3.11 or newer.")


def check_package(facts: Facts) -> Answer:
    """Whether every file of the bundle is what its manifest says."""
    manifest = verify(facts.root)
    slow = "" if manifest.bytecode else " (without byte-code: cold starts take about 0.2 s longer)"
    return passed(f"{manifest.pack} {manifest.version} is intact{slow}")


def check_boto3(facts: Facts) -> Answer:
    """Whether the installed boto3 knows the calls that are made."""
    missing = missing_capabilities(facts.session)
    if missing:
        return failed(
            f"botocore {botocore_version()} does not know {', '.join(missing)}",
            "Run: pip install --upgrade boto3",
        )
    return passed(f"botocore {botocore_version()} knows all that is used")


def check_clock(facts: Facts) -> Answer:
    """Whether this machine's clock agrees with AWS's."""
    skew = facts.clock_skew
    if skew is None:
        return unknown("AWS did not tell the time")
    side = "ahead of" if skew > 0 else "behind"
    text = f"this clock is {abs(skew):.0f} seconds {side} AWS's"
    fix = "Set the clock, best by time synchronisation (NTP), and repeat the command."
    if abs(skew) >= _REFUSED_SKEW_S:
        return failed(f"{text}: AWS refuses what is signed more than five minutes off", fix)
    if abs(skew) >= _NOTABLE_SKEW_S:
        return warned(text, fix)
    return passed("this clock agrees with AWS's")


def _tool_check(program: str) -> Callable[[Facts], Answer]:
    def check(facts: Facts) -> Answer:
        path, (_, source) = facts.tools.get(program), TOOLS[program]
        if path:
            return passed(path)
        if program in facts.wanted_tools:
            return failed(f"{program} is not installed, and a chosen option needs it", source)
        return skipped("not installed; not needed")

    return check


CHECKS = (
    Check("Python", Plane.ENVIRONMENT, lambda _: check_python(sys.version_info[:3])),
    Check("Package", Plane.ENVIRONMENT, check_package, decisive=True),
    Check("boto3", Plane.ENVIRONMENT, check_boto3, ("session",)),
    Check("Clock", Plane.ENVIRONMENT, check_clock),
    *(Check(name, Plane.ENVIRONMENT, _tool_check(program)) for program, (name, _) in TOOLS.items()),
)
