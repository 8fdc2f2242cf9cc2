"""Redshift's data types, and how each one is kept in DuckDB.

GEOMETRY is a pair of SRID and DuckDB geometry, because DuckDB's own values carry no SRID; SUPER is DuckDB's JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from carto_at_installer.sandbox.errors import RedshiftError, UnsupportedSqlError

GEOMETRY = "STRUCT(srid INTEGER, g GEOMETRY)"
MAX_VARCHAR = 65535
DEFAULT_VARCHAR = 256


@dataclass(frozen=True, slots=True)
class _Kind:
    """One base type: its catalog name, OID, DuckDB type, and all the spellings that DDL accepts."""

    name: str
    typname: str
    oid: int
    duckdb: str
    spellings: tuple[str, ...]


_KINDS = (
    _Kind("smallint", "int2", 21, "SMALLINT", ("smallint", "int2")),
    _Kind("integer", "int4", 23, "INTEGER", ("integer", "int", "int4")),
    _Kind("bigint", "int8", 20, "BIGINT", ("bigint", "int8")),
    _Kind("numeric", "numeric", 1700, "DECIMAL", ("decimal", "numeric")),
    _Kind("real", "float4", 700, "FLOAT", ("real", "float4")),
    _Kind(
        "double precision",
        "float8",
        701,
        "DOUBLE",
        ("double precision", "float8", "float", "double"),
    ),
    _Kind("boolean", "bool", 16, "BOOLEAN", ("boolean", "bool")),
    _Kind("character", "bpchar", 1042, "VARCHAR", ("character", "char", "nchar", "bpchar")),
    _Kind(
        "character varying",
        "varchar",
        1043,
        "VARCHAR",
        ("character varying", "varchar", "nvarchar", "text"),
    ),
    _Kind("date", "date", 1082, "DATE", ("date",)),
    _Kind("time without time zone", "time", 1083, "TIME", ("time", "time without time zone")),
    _Kind(
        "timestamp without time zone",
        "timestamp",
        1114,
        "TIMESTAMP",
        ("timestamp", "timestamp without time zone"),
    ),
    _Kind(
        "timestamp with time zone",
        "timestamptz",
        1184,
        "TIMESTAMP WITH TIME ZONE",
        ("timestamptz", "timestamp with time zone"),
    ),
    _Kind("super", "super", 4000, "JSON", ("super",)),
    _Kind("geometry", "geometry", 3000, GEOMETRY, ("geometry",)),
    _Kind("binary varying", "varbyte", 6551, "BLOB", ("varbyte", "varbinary", "binary varying")),
)
_BY_SPELLING = {spelling: kind for kind in _KINDS for spelling in kind.spellings}
_BY_NAME = {kind.name: kind for kind in _KINDS}
_KNOWN_BUT_REFUSED = frozenset(
    {
        "geography",
        "hllsketch",
        "timetz",
        "time with time zone",
        "interval",
        "oid",
        "name",
        "regclass",
    }
)
_PARTS = re.compile(r"^(?P<word>[^()]+?)\s*(?:\((?P<inside>[^()]*)\)\s*(?P<after>[^()]*))?$")


@dataclass(frozen=True, slots=True)
class RsType:
    """A Redshift type. `name` is the catalog's long name; `length` is in bytes; numerics have precision and scale."""

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0

    @property
    def typname(self) -> str:
        """The short name of `pg_type` and of the Data API (`int8`, `varchar`)."""
        return _BY_NAME[self.name].typname

    @property
    def oid(self) -> int:
        """The OID in `pg_type`."""
        return _BY_NAME[self.name].oid

    @property
    def duckdb(self) -> str:
        """The DuckDB type that holds its values."""
        if self.name == "numeric":
            return f"DECIMAL({self.precision},{self.scale})"
        return _BY_NAME[self.name].duckdb

    @property
    def textual(self) -> bool:
        """Whether it is a character type."""
        return self.name in {"character", "character varying"}

    @property
    def declared(self) -> str:
        """The type as `format_type` shows it, with its length or precision."""
        if self.textual:
            return f"{self.name}({self.length})"
        if self.name == "numeric":
            return f"numeric({self.precision},{self.scale})"
        return self.name


def parse_type(text: str) -> RsType:
    """Read a type as DDL and casts write it (`VARCHAR(MAX)`, `double precision`, `DECIMAL(18, 3)`).

    Raises RedshiftError for a type that does not exist, UnsupportedSqlError for one that is not emulated.
    """
    match = _PARTS.match(re.sub(r"\s+", " ", text.strip().lower()))
    if match is None:
        raise RedshiftError(f'syntax error in the type "{text}"')
    word = f"{match['word']} {match['after'] or ''}".strip()
    kind = _BY_SPELLING.get(word)
    if kind is None:
        if word in _KNOWN_BUT_REFUSED:
            raise UnsupportedSqlError(f"the type {word.upper()} is not supported by the sandbox")
        raise RedshiftError(f'type "{word}" does not exist')
    sizes = [size.strip() for size in match["inside"].split(",")] if match["inside"] else []
    if not all(size.isdigit() or size == "max" for size in sizes):
        raise RedshiftError(f'syntax error in the type "{text}"')
    return _sized(kind, word, sizes)


def _sized(kind: _Kind, word: str, sizes: list[str]) -> RsType:
    if kind.name == "numeric":
        return _numeric(sizes)
    if kind.name in {"character", "character varying", "binary varying"}:
        return RsType(kind.name, length=_length(kind, word, sizes))
    if word == "float" and len(sizes) == 1 and sizes[0].isdigit():
        return RsType("real" if int(sizes[0]) <= 24 else "double precision")
    if sizes:
        raise RedshiftError(f'type modifier is not allowed for type "{kind.name}"')
    return RsType(kind.name)


def _numeric(sizes: list[str]) -> RsType:
    if "max" in sizes or len(sizes) > 2:
        raise RedshiftError('type modifier is not allowed for type "numeric"')
    precision = int(sizes[0]) if sizes else 18
    scale = int(sizes[1]) if len(sizes) > 1 else 0
    if not 1 <= precision <= 38:
        raise RedshiftError(f"DECIMAL precision {precision} must be between 1 and 38")
    if not 0 <= scale <= min(37, precision):
        raise RedshiftError(f"DECIMAL scale {scale} must be between 0 and precision {precision}")
    return RsType("numeric", precision=precision, scale=scale)


def _length(kind: _Kind, word: str, sizes: list[str]) -> int:
    top = {"character": 4096, "binary varying": 16_777_216}.get(kind.name, MAX_VARCHAR)
    if not sizes:
        if kind.name == "binary varying":
            return 64_000
        return DEFAULT_VARCHAR if kind.name == "character varying" or word == "bpchar" else 1
    if sizes[0] == "max":
        return top
    length = int(sizes[0]) if sizes[0].isdigit() else 0
    if not 1 <= length <= top:
        raise RedshiftError(f"length for type {kind.name} must be between 1 and {top}")
    return length


def all_types() -> list[tuple[int, str, str]]:
    """(oid, short name, long name) of every type, for the catalog views."""
    return [(kind.oid, kind.typname, kind.name) for kind in _KINDS]


_FROM_DUCKDB = {
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "VARCHAR": "character varying",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "JSON": "super",
    "BLOB": "binary varying",
    '"NULL"': "character varying",
}


def from_duckdb(text: str) -> RsType:
    """The Redshift type of a DuckDB result column (`BIGINT`, `DECIMAL(18,3)`, the geometry pair).

    Integers wider than 64 bits are Redshift's NUMERIC(38,0). Raises UnsupportedSqlError for the rest.
    """
    if text in _FROM_DUCKDB:
        name = _FROM_DUCKDB[text]
        return RsType(name, length=MAX_VARCHAR if name == "character varying" else 0)
    if text in {"HUGEINT", "UHUGEINT", "UBIGINT"}:
        return RsType("numeric", precision=38)
    if text.startswith("DECIMAL("):
        return parse_type(text)
    if text.startswith("STRUCT(srid INTEGER, g GEOMETRY"):
        return RsType("geometry")
    if text.endswith("[]"):
        return RsType("super")
    raise UnsupportedSqlError(f"a result of the type {text} is not supported by the sandbox")
