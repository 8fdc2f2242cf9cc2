"""The words that the JSON Schemas of the commands are written in, and what several documents have in common.

Objects list all of their members as required unless they are wrapped in `maybe`; members may be added later, so others
are allowed.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ANYTHING: Schema = {}
_OPTIONAL = "carto-at-optional"


def described(schema: Schema, text: str) -> Schema:
    """The schema with a description."""
    return {**schema, "description": text}


def one_of(*values: str) -> Schema:
    """One of a few texts."""
    return {"enum": list(values)}


def constant(value: str) -> Schema:
    """Exactly this text."""
    return {"const": value}


def or_null(schema: Schema) -> Schema:
    """What the schema allows, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Schema) -> Schema:
    """Any number of items."""
    return {"type": "array", "items": items}


def mapping(values: Schema) -> Schema:
    """An object with any names and values of one kind."""
    return {"type": "object", "additionalProperties": values}


def maybe(schema: Schema) -> Schema:
    """A member that may be absent."""
    return {**schema, _OPTIONAL: True}


def record(**members: Schema) -> Schema:
    """An object with these members."""
    required = [name for name, schema in members.items() if not schema.get(_OPTIONAL)]
    properties = {
        name: {key: value for key, value in schema.items() if key != _OPTIONAL}
        for name, schema in members.items()
    }
    return {"type": "object", "properties": properties, "required": required}


PROBLEM = record(
    code=described(TEXT, "A stable name of the kind of problem."),
    message=TEXT,
    hint=described(TEXT, "The next step, or nothing."),
)
TARGET = record(
    deployment=one_of("cluster", "workgroup"),
    name=TEXT,
    database=TEXT,
    schema=TEXT,
    region=TEXT,
    account=TEXT,
    caller=described(TEXT, "The ARN of whoever called AWS."),
)
AWS_CALLS = record(
    total=INTEGER,
    mutating=described(INTEGER, "Calls that could change something."),
    by_operation=mapping(INTEGER),
)
PLACE = {"target": TARGET, "aws_calls": AWS_CALLS}
STEP = record(
    key=TEXT,
    action=described(TEXT, "The kind of step."),
    summary=described(TEXT, "A line for people."),
    after=described(array(TEXT), "The keys of the steps that must be done before."),
    subject=described(mapping(ANYTHING), "What the step is about, by kind of step."),
)
CHECK = record(
    check=TEXT,
    plane=described(TEXT, "What the check is about: environment, identity, target ..."),
    status=one_of("pass", "warn", "fail", "unknown", "skipped"),
    reason=described(TEXT, "What was seen."),
    fix=described(TEXT, "The commands, policy or SQL that put it right, or nothing."),
)
SELECTION = record(
    functions=array(TEXT),
    added=described(
        array(record(function=TEXT, needed_by=array(TEXT))),
        "Functions that were not chosen, but that chosen ones call.",
    ),
)
RELEASE = record(
    number=INTEGER,
    version=TEXT,
    command=TEXT,
    state=TEXT,
    caller=TEXT,
    restores=described(or_null(INTEGER), "The release that a rollback went back to."),
    started_at=TEXT,
    finished_at=or_null(TEXT),
    message=TEXT,
    options=mapping(TEXT),
)
FUNCTION = record(
    module=TEXT,
    name=TEXT,
    signature=TEXT,
    arguments=array(record(name=TEXT, type=TEXT, description=TEXT)),
    returns=TEXT,
    volatility=TEXT,
    clouds=array(TEXT),
    runs_in=one_of("Lambda", "SQL"),
    summary=TEXT,
    description=TEXT,
    why=described(TEXT, "Why it runs where it runs."),
    examples=array(record(sql=TEXT, result=ANYTHING, error=TEXT)),
)
COLUMN = record(name=TEXT, type=TEXT)
ROWS = described(array(array(ANYTHING)), "Values by row; NULL is null.")
