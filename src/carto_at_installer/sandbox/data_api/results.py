"""Result sets as the Data API shows them: typed fields in pages, or CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.data_api.statements import read_token, write_token
from carto_at_installer.sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from carto_at_installer.sandbox.engine import ResultColumn, ResultSet

_FIELDS = {
    "int2": "longValue",
    "int4": "longValue",
    "int8": "longValue",
    "float4": "doubleValue",
    "float8": "doubleValue",
    "bool": "booleanValue",
}
MAX_ROW_BYTES = 64 * 1024
_PAGE_BYTES = 1_000_000
_NUMBER_BYTES = 24


def page(result: ResultSet, token: str | None) -> dict[str, Any]:
    """GetStatementResult's answer for one page of about a megabyte."""
    start = read_token(token)
    kinds = [_FIELDS.get(column.type, "stringValue") for column in result.columns]
    records: list[list[dict[str, Any]]] = []
    size = 0
    for row in result.rows[start:]:
        if size > _PAGE_BYTES:
            break
        records.append(
            [
                {"isNull": True} if value is None else {kind: value}
                for kind, value in zip(kinds, row, strict=True)
            ]
        )
        size += sum(len(v) if isinstance(v, str) else _NUMBER_BYTES for v in row)
    return _answer(result, records, start + len(records))


def csv_page(result: ResultSet, token: str | None) -> dict[str, Any]:
    """GetStatementResultV2's answer for one page of CSV text; the first page begins with the header."""
    start = read_token(token)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if start == 0:
        writer.writerow([column.name for column in result.columns])
    end = start
    for row in result.rows[start:]:
        if out.tell() > _PAGE_BYTES:
            break
        writer.writerow(["" if value is None else value for value in row])
        end += 1
    return _answer(result, [{"CSVRecords": out.getvalue()}], end) | {"ResultFormat": "CSV"}


def _answer(result: ResultSet, records: list[Any], end: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "Records": records,
        "ColumnMetadata": [column_metadata(column) for column in result.columns],
        "TotalNumRows": len(result.rows),
    }
    if end < len(result.rows):
        answer["NextToken"] = write_token(end)
    return answer


def column_metadata(column: ResultColumn) -> dict[str, Any]:
    """A column as ColumnMetadata."""
    return {
        "name": column.name,
        "label": column.name,
        "typeName": column.type,
        "nullable": 1,
        "isCaseSensitive": column.type in {"varchar", "bpchar", "super"},
        "isCurrency": False,
        "isSigned": column.type in _FIELDS and column.type != "bool",
        "length": column.length,
        "precision": column.precision,
        "scale": column.scale,
        "schemaName": "",
        "tableName": "",
    }


def check_rows(result: ResultSet) -> None:
    """Raise RedshiftError for a row of more than 64 KB, which the Data API does not hand out."""
    for number, row in enumerate(result.rows, 1):
        size = sum(len(v.encode()) if isinstance(v, str) else 8 for v in row)
        if size > MAX_ROW_BYTES:
            raise RedshiftError(
                f"row {number} of the result has {size} bytes: the Data API hands out rows of up to"
                f" {MAX_ROW_BYTES // 1024} KB"
            )


def size_of(result: ResultSet) -> int:
    """About how many bytes a result has."""
    return sum(len(v) if isinstance(v, str) else 8 for row in result.rows for v in row)
