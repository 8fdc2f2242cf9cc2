"""What the sandbox adds to a Lambda function's own work: 100 000 rows through a SQL wrapper, against the bare handler.

The handler is called in this process on the very batches that the sandbox's engine makes of the query, in turns with
the query, which a client sends to the sandbox by the Data API. CPU time is that of the sandbox with its workers. The
less a function has to do, the more the way to it counts: reading vectors from DuckDB costs about as much as the
quickest handlers need for their work.
"""

from __future__ import annotations

import importlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.engine import Cluster, Engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.aws.data_api import DataApi
    from carto_at_installer.sandbox.engine.external import LambdaCall

CLUSTER = "arn:aws:redshift:us-east-1:123456789012:cluster:demo"
ROWS = 100_000
ROUNDS = 3
GOAL = 0.5
"""The rate through the sandbox over the handler's own, by wall time."""

START_GOAL = 3.0
"""CPU seconds of the first start of a sandbox, until it has answered a query."""

TABLE = f"""CREATE TABLE public.throughput AS
SELECT lon, lat, ST_POINT(lon, lat) AS point,
       ST_MAKEENVELOPE(lon, lat, lon + 0.01, lat + 0.01, 4326) AS area
FROM (
  SELECT CAST((CAST(i AS BIGINT) * 7919) % 350000 AS DOUBLE PRECISION) / 1000 - 175 AS lon,
         CAST((CAST(i AS BIGINT) * 104729) % 160000 AS DOUBLE PRECISION) / 1000 - 80 AS lat
  FROM generate_series(1, {ROWS}) AS s(i)
) AS places"""
QUICKEST = "S2_FROMLONGLAT"
"""The function whose handler has the least to do: shown, and no goal, for the way to it costs more than its work."""

CASES = (
    (QUICKEST, "s2", "SUM(carto.S2_FROMLONGLAT(lon, lat, 15) % 1000003)"),
    ("ST_POINTONSURFACE", "transformations", "SUM(ST_X(carto.ST_POINTONSURFACE(area)))"),
    ("QUADBIN_POLYFILL", "quadbin", "SUM(GET_ARRAY_LENGTH(carto.QUADBIN_POLYFILL(area, 16)))"),
)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds, by the clock and of CPU time."""

    wall: float
    cpu: float

    def best(self, other: Spent) -> Spent:
        """The less of both."""
        return Spent(min(self.wall, other.wall), min(self.cpu, other.cpu))


@dataclass(frozen=True, slots=True)
class Throughput:
    """One wrapper: how many batches it made, and what they took directly and through the sandbox."""

    function: str
    batches: int
    direct: Spent
    sandbox: Spent

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return None if self.function == QUICKEST else self.ratio >= GOAL

    @property
    def ratio(self) -> float:
        """The rate through the sandbox over that of the handler alone."""
        return self.direct.wall / self.sandbox.wall


def measure_throughput(sql: DataApi, server: int) -> list[Throughput]:
    """Measure in a sandbox, the process `server`, in which the toolbox is installed."""
    sql.execute(TABLE)
    return [_measure(sql, server, *case) for case in CASES]


def _measure(sql: DataApi, server: int, function: str, module: str, what: str) -> Throughput:
    respond = importlib.import_module(f"carto_{module}").handler.respond
    payloads = _batches(sql, module, f"SELECT {what} FROM public.throughput", respond)

    def query() -> object:
        return sql.query(f"SELECT {what} FROM public.throughput").rows[0][0]

    def handle() -> list[bytes]:
        return [respond(payload) for payload in payloads]

    query()
    direct = through = Spent(float("inf"), float("inf"))
    for _ in range(ROUNDS):
        direct = direct.best(_spent(handle, time.process_time))
        through = through.best(_spent(query, lambda: cpu_seconds(server)))
    return Throughput(function, len(payloads), direct, through)


def _spent(work: Callable[[], object], cpu: Callable[[], float]) -> Spent:
    cpu_before, begin = cpu(), time.perf_counter()
    work()
    wall = time.perf_counter() - begin
    return Spent(wall, cpu() - cpu_before)


def _batches(
    sql: DataApi, module: str, query: str, respond: Callable[[bytes], bytes]
) -> list[bytes]:
    """The payloads that a query makes: an engine in this process, with the module's functions, writes them down."""
    payloads: list[bytes] = []

    def call(made: LambdaCall) -> bytes:
        payloads.append(made.payload)
        return respond(made.payload)

    engine = Engine(":memory:", "dev", call, Cluster(CLUSTER))
    try:
        session = engine.session("admin")
        session.execute("CREATE SCHEMA carto")
        for statement in _definitions(sql, module):
            session.execute(statement)
        session.execute(TABLE)
        session.execute(query)
    finally:
        engine.close()
    return payloads


def _definitions(sql: DataApi, module: str) -> list[str]:
    rows: list[Any] = sql.query(
        "SELECT ddl FROM carto.__at_object"
        f" WHERE module = '{module}' AND kind <> 'procedure' ORDER BY position"
    ).rows
    return [row[0] for row in rows]


def cpu_seconds(server: int) -> float:
    """User and system time that a process and its living and ended children have taken. Linux only."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # It has ended meanwhile.
        if int(entry.name) == server:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
