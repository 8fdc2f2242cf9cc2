"""Asks through real queries which Lambda function answers each external function.

Redshift shows the Lambda function behind an external function nowhere; but it records the calls that it makes in
SYS_LUDF_DETAIL. So one recorded example for each Lambda function is asked, without the result cache, and the record is
read. Superusers, and holders of the role sys:monitor, may read it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.aws.retries import Patience, Pauses
from carto_at_installer.core.errors import SqlError
from carto_at_installer.core.functions import Example
from carto_at_installer.sql.calls import called_functions
from carto_at_installer.sql.ddl import body
from carto_at_installer.sql.literals import literal
from carto_at_installer.sql.templates import example_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.aws.data_api import DataApi
    from carto_at_installer.core.releases import RecordedObject

_RECORDING = Patience(0.2, 5.0, 30.0)
UNREADABLE = (
    "SYS_LUDF_DETAIL, where Redshift records its calls to Lambda, is for superusers: log in as one (--db-user,"
    " --secret-arn), or have one run GRANT ROLE sys:monitor TO the user of this login. Without it, `carto-at test`"
    " shows whether the functions answer as this release promises, and `carto-at logs` which Lambda functions ran."
)


@dataclass(frozen=True, slots=True)
class ProbedFunction:
    """Which Lambda function should answer an external function, and which did (empty: none was recorded)."""

    function: str
    module: str
    expected: str
    answered: str

    @property
    def right(self) -> bool:
        """Whether the intended one answered."""
        return self.answered == self.expected


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The functions that were probed; `unreadable` says why the database's record could not be read."""

    functions: tuple[ProbedFunction, ...]
    unreadable: str = ""


def probe(connection: Connection, snapshot: Sequence[RecordedObject]) -> ProbeResult:
    """Ask one example for each Lambda function of the snapshot, and say which Lambda functions answered."""
    chosen = list(_examples(snapshot, connection.schema))
    if not chosen:
        return ProbeResult(())
    session = connection.sql.in_session()
    try:
        session.query("SELECT COUNT(*) FROM sys_ludf_detail WHERE 1 = 0")
    except SqlError as error:
        if "permission denied" not in error.message:
            raise
        return ProbeResult((), f"{error.message}. {UNREADABLE}")
    session.execute("SET enable_result_cache_for_session TO off")
    begin = str(session.query("SELECT CAST(GETDATE() AS VARCHAR(32))").rows[0][0])
    for _, example in chosen:
        session.query(example)
    externals = [external for external, _ in chosen]
    return ProbeResult(_recorded_calls(session, connection.schema, externals, begin))


def _examples(
    snapshot: Sequence[RecordedObject], schema: str
) -> Iterator[tuple[RecordedObject, str]]:
    """For each Lambda function an external function, and an example of an SQL function that calls it."""
    externals = {o.name: o for o in snapshot if o.lambda_name}
    probed: set[str] = set()
    for wrapper in snapshot:
        if not wrapper.example:
            continue
        for name in called_functions(body(wrapper.ddl) or "", schema):
            external = externals.get(name)
            if external is None or external.lambda_name in probed or external.name == wrapper.name:
                continue
            probed.add(external.lambda_name)
            yield external, example_sql(Example(json.loads(wrapper.example)["sql"]), schema)
            break


def _recorded_calls(
    session: DataApi, schema: str, externals: Sequence[RecordedObject], begin: str
) -> tuple[ProbedFunction, ...]:
    """What the database has recorded since `begin`; it may take some seconds to do so."""
    pauses = Pauses(_RECORDING)
    names = ", ".join(literal(external.name.lower()) for external in externals)
    query = (
        "SELECT UPPER(p.proname), TRIM(d.lambda_function_name) FROM sys_ludf_detail d"
        " JOIN pg_proc p ON p.oid = d.function_oid JOIN pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE n.nspname = {literal(schema)} AND p.proname IN ({names})"
        f" AND d.start_time >= DATEADD(second, -1, CAST({literal(begin)} AS TIMESTAMP)) ORDER BY d.start_time"
    )
    while True:
        answered = {str(name): str(lambda_name) for name, lambda_name in session.query(query).rows}
        complete = all(external.name in answered for external in externals)
        if complete or not pauses.wait("Redshift has not yet recorded the calls to Lambda"):
            return tuple(
                ProbedFunction(o.signature, o.module, o.lambda_name, answered.get(o.name, ""))
                for o in externals
            )
