"""`carto-at sql`: runs statements on the target and shows their rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import output_flags, sandbox_flag, target_flags

if TYPE_CHECKING:
    from carto_at_installer.core.queries import QueryResult
    from carto_at_installer.core.result import Block, Result

_MAX_SCRIPT_BYTES = 10 * 1024 * 1024


@click.command()
@click.argument("statements", nargs=-1, metavar="[SQL]...")
@click.option(
    "-f",
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Read the statements from a file (- is standard input).",
)
@target_flags
@sandbox_flag
@output_flags
def sql(statements: tuple[str, ...], path: Path | None, **flags: Any) -> Result:
    """Run SQL on the target and show the rows.

    Several statements run one after the other in one session, so that SET, temporary tables and BEGIN ... COMMIT work;
    the first one that fails ends the run.

    \b
    carto-at sql --sandbox --cluster-id demo --database dev "SELECT 1 AS one"
    carto-at sql --cluster-id my-cluster --database dev --file report.sql --output json
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.config import validation  # noqa: PLC0415 - keeps --help quick

    script = _script(statements, path)
    aws = validation.aws_options(flags.pop("profile"), flags.pop("region"))
    flags.pop("deploy_role_arn")  # SQL needs no Lambda
    target = validation.target_options(**flags)
    from carto_at_installer.aws.data_api import DataApi  # noqa: PLC0415 - imports boto3
    from carto_at_installer.aws.session import AwsSession  # noqa: PLC0415

    database = DataApi(AwsSession(aws), target)
    if len(script) > 1:
        database = database.in_session()
    answers = [(statement, database.execute(statement)) for statement in script]
    return _result(answers)


def _script(statements: tuple[str, ...], path: Path | None) -> list[str]:
    """The statements to run, from the arguments or the file. Raises UsageError when there is none."""
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.sql.statements import SqlTextError, split  # noqa: PLC0415

    if bool(statements) == bool(path):
        raise UsageError(
            "Give SQL either as an argument or with --file",
            hint='For example: carto-at sql "SELECT 1" ...',
        )
    text = ";\n".join(statements) if path is None else _read(path)
    try:
        script = split(text)
    except SqlTextError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UsageError(f"Line {line} of the SQL cannot be read: {error}") from error
    if not script:
        raise UsageError("There is no statement in the SQL")
    return script


def _read(path: Path) -> str:
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415 - keeps --help quick

    if str(path) == "-":
        data = sys.stdin.buffer.read(_MAX_SCRIPT_BYTES + 1)
    else:
        with path.open("rb") as stream:
            data = stream.read(_MAX_SCRIPT_BYTES + 1)
    if len(data) > _MAX_SCRIPT_BYTES:
        raise UsageError(f"{path} is larger than 10 MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: {error}") from error


def _result(answers: list[tuple[str, QueryResult]]) -> Result:
    from carto_at_installer.core.result import Paragraph, Result, Table  # noqa: PLC0415

    documents = [
        {
            "statement": statement,
            "columns": [{"name": c.name, "type": c.type} for c in answer.columns],
            "rows": [list(row) for row in answer.rows],
        }
        for statement, answer in answers
    ]
    shown = [d for d in documents if d["columns"]]
    last: dict[str, Any] = shown[-1] if shown else {"columns": [], "rows": []}
    blocks: list[Block] = []
    for _, answer in answers:
        if answer.columns:
            count = len(answer.rows)
            names = tuple(c.name for c in answer.columns)
            blocks.append(
                Table(names, answer.rows, caption=f"{count} row{'' if count == 1 else 's'}")
            )
    if not blocks:
        blocks.append(
            Paragraph(f"{len(answers)} statement{'' if len(answers) == 1 else 's'} done", "good")
        )
    data = {"columns": last["columns"], "rows": last["rows"], "results": documents}
    return Result("sql", data=data, blocks=tuple(blocks))
