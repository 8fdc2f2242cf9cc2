"""What `carto-at status` says about drift: what repair would do, and which Lambda functions really answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carto_at_installer.core.result import Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.apply.probing import ProbeResult
    from carto_at_installer.cli.installed import Found
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.result import Block


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out, for people and as data; `any` says that something has drifted."""

    blocks: tuple[Block, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    any: bool = False

    def __add__(self, other: Findings) -> Findings:
        """Both findings together."""
        return Findings(
            self.blocks + other.blocks, {**self.data, **other.data}, self.any or other.any
        )


NOTHING = Findings()


def compared(terminal: Terminal, there: Found) -> Findings:
    """The release tables compared with the database's catalog, and with Lambda, IAM and the rest of AWS."""
    from carto_at_installer.cli import reports  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.cli.installed import repair_preparation  # noqa: PLC0415 - imports boto3
    from carto_at_installer.core.errors import PreflightError  # noqa: PLC0415

    try:
        plan = repair_preparation(terminal, there).plan
    except PreflightError as refusal:
        text = f"Drift that `carto-at repair` does not put right: {refusal.message}"
        data = {"drift": [], "drift_refused": refusal.message}
        return Findings((Paragraph(text, "bad"),), data, any=True)
    seen = {"drift": reports.steps_data(plan.steps)}
    if plan.empty:
        return Findings((Paragraph("No drift.", "good"),), seen)
    text = f"Drift: `carto-at repair` would take {len(plan.steps)} steps."
    return Findings((Paragraph(text, "bad"), reports.steps_table(plan, "")), seen, any=True)


def probed(terminal: Terminal, there: Found) -> Findings:
    """Which Lambda function answers each external function that was asked."""
    from carto_at_installer.apply.probing import probe  # noqa: PLC0415 - imports boto3
    from carto_at_installer.aws.retries import telling  # noqa: PLC0415
    from carto_at_installer.cli.progress import shown  # noqa: PLC0415

    connection = there.connection
    newest = max((release.number for release in there.installation.kept), default=0)
    snapshot = connection.store.snapshot(newest)
    with shown(terminal) as progress, telling(lambda why: progress.waiting("Probe", why)):
        result = probe(connection, snapshot)
    return _probe_findings(result)


def _probe_findings(result: ProbeResult) -> Findings:
    functions = [
        {"function": f.function, "module": f.module, "expected": f.expected, "answered": f.answered}
        for f in result.functions
    ]
    data = {"probe": {"functions": functions, "unreadable": result.unreadable}}
    if result.unreadable:
        return Findings((Paragraph(f"Not probed: {result.unreadable}"),), data)
    rows = tuple(
        (f.module, f.function, f.answered or "none", "as recorded" if f.right else f.expected)
        for f in result.functions
    )
    heads = ("module", "external function", "answered by", "should be")
    wrong = sum(not f.right for f in result.functions)
    text = (
        f"{wrong} external functions are not answered by the Lambda function that is recorded:"
        " `carto-at repair --redefine` defines them anew."
        if wrong
        else f"{len(rows)} Lambda functions answer as recorded."
    )
    blocks = (Table(heads, rows), Paragraph(text, "bad" if wrong else "good"))
    return Findings(blocks, data, any=bool(wrong))
