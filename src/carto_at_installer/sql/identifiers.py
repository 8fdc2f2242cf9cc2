"""Names that go into SQL text: checked against Redshift's rules, and quoted so that they cannot be anything else.

Rules: "Names and identifiers" and "Reserved words" of the Redshift Database Developer Guide. Redshift folds names to
lower case (quoted ones too, unless enable_case_sensitive_identifier is on), so names are folded here as well: the
objects are then found with that setting on or off.
"""

from __future__ import annotations

import re

from carto_at_installer.core.errors import UsageError

MAX_IDENTIFIER_BYTES = 127
_IDENTIFIER = re.compile(r"[^\W\d][\w$]*")
_LAMBDA_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=.@/-]{1,575}", re.ASCII)

# fmt: off
RESERVED_WORDS = frozenset(
    {
        "aes128", "aes256", "all", "allowoverwrite", "analyse", "analyze", "and", "any", "array",
        "as", "asc", "authorization", "az64", "backup", "between", "binary", "blanksasnull", "both",
        "bytedict", "bzip2", "case", "cast", "check", "collate", "column", "connect", "constraint",
        "create", "credentials", "cross", "current_date", "current_time", "current_timestamp",
        "current_user", "current_user_id", "default", "deferrable", "deflate", "defrag", "delta",
        "delta32k", "desc", "disable", "distinct", "do", "else", "emptyasnull", "enable", "encode",
        "encrypt", "encryption", "end", "except", "explicit", "false", "for", "foreign", "freeze",
        "from", "full", "globaldict256", "globaldict64k", "grant", "group", "gzip", "having",
        "identity", "ignore", "ilike", "in", "initially", "inner", "intersect", "interval", "into",
        "is", "isnull", "join", "leading", "left", "like", "limit", "localtime", "localtimestamp",
        "lun", "luns", "lzo", "lzop", "minus", "mostly16", "mostly32", "mostly8", "natural", "new",
        "not", "notnull", "null", "nulls", "off", "offline", "offset", "oid", "old", "on", "only",
        "open", "or", "order", "outer", "overlaps", "parallel", "partition", "percent",
        "permissions", "pivot", "placing", "primary", "raw", "readratio", "recover", "references",
        "rejectlog", "resort", "respect", "restore", "right", "select", "session_user", "similar",
        "snapshot", "some", "sysdate", "system", "table", "tag", "tdes", "text255", "text32k",
        "then", "timestamp", "to", "top", "trailing", "true", "truncatecolumns", "union", "unique",
        "unnest", "unpivot", "user", "using", "verbose", "wallet", "when", "where", "with",
        "without",
    }
)
# fmt: on


def schema_name(text: str) -> str:
    """The canonical (lower-case) name of a schema that the toolbox may live in.

    Raises UsageError, with the reason and a name to try, for anything but a plain identifier.
    """
    name = _identifier(text, "schema")
    if name.startswith("pg_") or name in {"information_schema", "catalog_history"}:
        raise UsageError(
            f"The schema name {text!r} belongs to Redshift itself.",
            hint="Choose a schema of your own, such as --schema carto.",
        )
    return name


def function_name(text: str) -> str:
    """The canonical (upper-case) name of a function of the catalog. Raises UsageError as `schema_name` does."""
    return _identifier(text, "function").upper()


def role_name(text: str) -> str:
    """The canonical (lower-case) name of a database role or user. Raises UsageError as `schema_name` does."""
    return _identifier(text, "role")


def _identifier(text: str, what: str) -> str:
    reason = identifier_fault(text)
    if reason:
        raise UsageError(
            f"{text!r} cannot be the name of a {what}: {reason}.",
            hint="Use letters, digits and underscores, starting with a letter, such as carto.",
        )
    return text.lower()


def identifier_fault(text: str) -> str:
    """Why `text` is not a plain Redshift identifier, or an empty string when it is one."""
    if not text:
        return "it is empty"
    if len(text.encode("utf-8", "surrogatepass")) > MAX_IDENTIFIER_BYTES:
        return f"it is longer than {MAX_IDENTIFIER_BYTES} bytes"
    if not _IDENTIFIER.fullmatch(text):
        bad = next((each for each in text if not re.match(r"[\w$]", each)), None)
        if bad is None:
            return "it does not start with a letter or an underscore"
        return f"it contains {bad!r}"
    if text.lower() in RESERVED_WORDS:
        return "it is a reserved word of Redshift"
    return ""


def quote_identifier(name: str) -> str:
    """`name` as a delimited identifier, whatever it contains: `carto` -> `"carto"`."""
    if "\0" in name:
        raise UsageError("A name cannot contain a zero byte.")
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """`text` as a string literal. Redshift reads backslashes in literals as escapes, so they are doubled too."""
    if "\0" in text:
        raise UsageError("A text value cannot contain a zero byte.")
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def lambda_name(text: str) -> str:
    """`text` itself, when it can stand in `LAMBDA '...'` as a bare function name; raises UsageError otherwise.

    Redshift's literal and Lambda's names are both limited to 64 characters.
    """
    if not _LAMBDA_NAME.fullmatch(text):
        raise UsageError(
            f"{text!r} cannot be the name of a Lambda function: 1 to 64 letters, digits, hyphens or underscores.",
            hint="Choose a shorter --prefix of letters, digits and hyphens.",
        )
    return text


def role_arn(text: str) -> str:
    """`text` itself, when it is the ARN of an IAM role; raises UsageError otherwise.

    A comma, which IAM allows in names of roles, is refused: Redshift reads it as the next role of a chain.
    """
    if not _ROLE_ARN.fullmatch(text):
        raise UsageError(
            f"{text!r} is not the ARN of an IAM role.",
            hint="It looks like arn:aws:iam::123456789012:role/carto-at-invoke.",
        )
    return text
