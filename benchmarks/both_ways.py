"""One function of each module both ways: in plain SQL, as in the toolbox, and as a Lambda function for comparison."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carto_at_installer.aws import functions
from carto_at_installer.aws.functions import FunctionSettings
from carto_at_installer.bundle.archives import Member, pack

if TYPE_CHECKING:
    from carto_at_installer.aws.data_api import DataApi
    from carto_at_installer.aws.session import AwsSession

ROOT = Path(__file__).parents[1]
ROWS = 100_000
ROUNDS = 5
PACKAGES = (
    ROOT / "bundled_functions/runtime/carto_at_runtime",
    ROOT / "bundled_functions/quadbin/carto_quadbin",
    ROOT / "benchmarks/lambda_variant/carto_benchmark",
)
POINTS = f"""CREATE TABLE public.points AS
SELECT p.number, p.longitude, p.latitude, CAST(p.number AS BIGINT) * 92233720368547 + 1 AS id,
  carto.H3_FROMLONGLAT(p.longitude, p.latitude, 10) AS cell FROM (
  SELECT i AS number, CAST((CAST(i AS BIGINT) * 7919) % 360000 AS DOUBLE PRECISION) / 1000 - 180 AS longitude,
    CAST((CAST(i AS BIGINT) * 104729) % 170000 AS DOUBLE PRECISION) / 1000 - 85 AS latitude
  FROM generate_series(1, {ROWS}) AS s(i)) p"""


@dataclass(frozen=True)
class Pair:
    """A function in plain SQL and the same in Lambda: expressions over the points, and how the second is declared."""

    module: str
    name: str
    in_sql: str
    in_lambda: str
    declaration: str
    rows: int = ROWS


PAIRS = (
    Pair("quadbin", "QUADBIN_FROMLONGLAT", "SUM(carto.QUADBIN_FROMLONGLAT(longitude, latitude, 15) % 1000003)",
         "SUM(carto.__BENCHMARK_FROMLONGLAT(longitude, latitude, 15) % 1000003)",
         "__BENCHMARK_FROMLONGLAT(DOUBLE PRECISION, DOUBLE PRECISION, INTEGER) RETURNS BIGINT"),
    Pair("quadkey", "QUADINT_FROMLONGLAT", "SUM(carto.QUADINT_FROMLONGLAT(longitude, latitude, 15) % 1000003)",
         "SUM(carto.__BENCHMARK_QUADINT(longitude, latitude, 15) % 1000003)",
         "__BENCHMARK_QUADINT(DOUBLE PRECISION, DOUBLE PRECISION, INTEGER) RETURNS BIGINT"),
    Pair("s2", "S2_TOTOKEN", "SUM(LEN(carto.S2_TOTOKEN(id)))", "SUM(LEN(carto.__BENCHMARK_S2_TOKEN(id)))",
         "__BENCHMARK_S2_TOKEN(BIGINT) RETURNS VARCHAR(MAX)"),
    Pair("h3", "H3_FROMLONGLAT", "COUNT(DISTINCT carto.H3_FROMLONGLAT(longitude, latitude, 9))",
         "COUNT(DISTINCT carto.__BENCHMARK_H3(longitude, latitude, 9))",
         "__BENCHMARK_H3(DOUBLE PRECISION, DOUBLE PRECISION, INTEGER) RETURNS VARCHAR(MAX)"),
    Pair("placekey", "PLACEKEY_FROMH3", "COUNT(DISTINCT carto.PLACEKEY_FROMH3(cell))",
         "COUNT(DISTINCT carto.__BENCHMARK_PLACEKEY(cell))",
         "__BENCHMARK_PLACEKEY(VARCHAR(MAX)) RETURNS VARCHAR(MAX)", 20_000),
    Pair("constructors", "ST_MAKEENVELOPE",
         "COUNT(carto.ST_MAKEENVELOPE(longitude, latitude, longitude + 1, latitude + 1))",
         "COUNT(ST_GeomFromEWKB(carto.__BENCHMARK_ENVELOPE(longitude, latitude, longitude + 1, latitude + 1)))",
         "__BENCHMARK_ENVELOPE(DOUBLE PRECISION, DOUBLE PRECISION, DOUBLE PRECISION, DOUBLE PRECISION)"
         " RETURNS VARCHAR(MAX)"),
    Pair("transformations", "ST_DESTINATION", "COUNT(carto.ST_DESTINATION(ST_Point(longitude, latitude), 10, 45))",
         "COUNT(ST_GeomFromEWKB(carto.__BENCHMARK_DESTINATION(longitude, latitude, 10, 45)))",
         "__BENCHMARK_DESTINATION(DOUBLE PRECISION, DOUBLE PRECISION, DOUBLE PRECISION, DOUBLE PRECISION)"
         " RETURNS VARCHAR(MAX)"),
)  # fmt: skip


@dataclass(frozen=True)
class Rates:
    """Rows per second of a pair, the best of the rounds."""

    module: str
    name: str
    in_sql: float
    in_lambda: float


def measure_rates(session: AwsSession, sql: DataApi) -> list[Rates]:
    """Measure all pairs in an installation."""
    _add_lambda_variant(session, sql)
    sql.execute(POINTS)
    return [_rate(sql, pair) for pair in PAIRS]


def _rate(sql: DataApi, pair: Pair) -> Rates:
    """Ask both ways in turns, and see that they answer the same."""
    best = {pair.in_sql: 0.0, pair.in_lambda: 0.0}
    answers = set()
    for _ in range(ROUNDS):
        for expression in (pair.in_sql, pair.in_lambda):
            query = f"SELECT {expression} FROM public.points WHERE number <= {pair.rows}"
            begin = time.perf_counter()
            answers.add(str(sql.query(query).rows[0][0]))
            best[expression] = max(best[expression], pair.rows / (time.perf_counter() - begin))
    assert len(answers) == 1, f"{pair.name}: the two ways disagree: {answers}"
    return Rates(pair.module, pair.name, *best.values())


def _add_lambda_variant(session: AwsSession, sql: DataApi) -> None:
    """Upload the variant with the installed quadbin function's settings, and declare it in SQL."""
    name = sql.query(
        "SELECT MAX(lambda_name) FROM carto.__at_object WHERE module = 'quadbin'"
    ).rows[0][0]
    installed = functions.find_function(session, name)
    assert installed is not None
    settings = FunctionSettings(
        name="carto-at-redshift-benchmark",
        runtime=installed.runtime,
        handler="carto_benchmark.handler",
        role=installed.role,
        architecture=installed.architecture,
        memory_mb=installed.memory_mb,
        timeout_s=installed.timeout_s,
        layers=installed.layers,
        environment=installed.environment,
        log_group=installed.log_group,
        description="benchmark",
        tags={},
    )
    functions.create_function(session, settings, _variant_zip())
    role = sql.query("SELECT MAX(role) FROM carto.__at_object").rows[0][0]
    for pair in PAIRS:
        sql.execute(
            f"CREATE OR REPLACE EXTERNAL FUNCTION carto.{pair.declaration}"
            f" STABLE LAMBDA '{settings.name}' IAM_ROLE '{role}' MAX_BATCH_ROWS 20000"
        )


def _variant_zip() -> bytes:
    members = [
        Member(f"{package.name}/{path.relative_to(package).as_posix()}", 0o644, path.read_bytes())
        for package in PACKAGES
        for path in sorted(package.rglob("*.py"))
    ]
    return pack(members)
