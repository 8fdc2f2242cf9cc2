"""Makes results of DuckDB's rows: Redshift's types, and text for everything that the Data API shows as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from carto_at_installer.sandbox.engine.data_types import RsType, from_duckdb
from carto_at_installer.sandbox.engine.results import ResultColumn, ResultSet
from carto_at_installer.sandbox.engine.text import to_ewkb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import duckdb

_PLAIN = frozenset(
    {"smallint", "integer", "bigint", "real", "double precision", "boolean", "character varying"}
)
_WIDTHS = {"smallint": 5, "integer": 10, "bigint": 19, "real": 8, "double precision": 17}


def fetch(answer: duckdb.DuckDBPyConnection) -> tuple[ResultSet | None, int]:
    """The rows of a query, or how many rows DML changed (DuckDB answers it with a count; -1 for a query)."""
    if not answer.description:
        return None, -1
    names = [column[0] for column in answer.description]
    texts = [str(column[1]) for column in answer.description]
    if names == ["Count"]:  # The names of queries are in lower case.
        counted = answer.fetchone()
        return None, counted[0] if counted else -1
    kinds = [from_duckdb(text) for text in texts]
    rows = _rows(answer, texts)
    writers = [
        (i, _writer(kind, texts[i])) for i, kind in enumerate(kinds) if kind.name not in _PLAIN
    ]
    if writers:
        rows = [_written(row, writers) for row in rows]
    columns = tuple(_column(name, kind) for name, kind in zip(names, kinds, strict=True))
    return ResultSet(columns, rows), -1


def _rows(answer: duckdb.DuckDBPyConnection, kinds: list[str]) -> list[tuple[Any, ...]]:
    """All rows as Python values. Times with a zone go through Arrow: DuckDB would want a time zone package for them."""
    if "TIMESTAMP WITH TIME ZONE" not in kinds:
        return answer.fetchall()
    table = answer.to_arrow_table()
    columns = [
        column.cast(pa.timestamp("us")) if pa.types.is_timestamp(column.type) else column
        for column in table.columns
    ]
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def _column(name: str, kind: RsType) -> ResultColumn:
    precision = kind.precision or kind.length or _WIDTHS.get(kind.name, 0)
    return ResultColumn(name, kind.typname, kind.length, precision, kind.scale)


def _written(
    row: tuple[Any, ...], writers: list[tuple[int, Callable[[Any], Any]]]
) -> tuple[Any, ...]:
    values = list(row)
    for index, write in writers:
        if values[index] is not None:
            values[index] = write(values[index])
    return tuple(values)


def _writer(kind: RsType, duckdb_type: str) -> Callable[[Any], Any]:
    if kind.name == "super":
        return _super_list if duckdb_type.endswith("[]") else str
    return _WRITERS.get(kind.name, str)


def _super_list(value: list[Any]) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)


def _geometry(value: dict[str, Any]) -> str:
    return to_ewkb(bytes(value["g"]), value["srid"]).hex().upper()


def _timestamp(value: datetime) -> str:
    text = value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return text.rstrip("0").rstrip(".")


def _timestamptz(value: datetime) -> str:
    return _timestamp(value) + "+00"


def _bytes(value: bytes) -> str:
    return value.hex()


_WRITERS: dict[str, Callable[[Any], Any]] = {
    "geometry": _geometry,
    "timestamp without time zone": _timestamp,
    "timestamp with time zone": _timestamptz,
    "binary varying": _bytes,
}
