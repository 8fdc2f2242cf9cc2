"""The JSON Schemas of what `--output json` and `--events` write.

They are published in docs/reference/schemas and shipped in the wheel; tests hold the outputs of the commands to them.
"""

from __future__ import annotations

import json

from carto_at_installer.cli import events
from carto_at_installer.cli.schema_parts import (
    ANYTHING,
    AWS_CALLS,
    CHECK,
    COLUMN,
    DRAFT,
    FLAG,
    FUNCTION,
    INTEGER,
    NUMBER,
    PLACE,
    PROBLEM,
    RELEASE,
    ROWS,
    SELECTION,
    STEP,
    TEXT,
    Schema,
    array,
    constant,
    described,
    mapping,
    maybe,
    one_of,
    or_null,
    record,
)
from carto_at_installer.core.result import SCHEMA

ENVELOPE = record(
    schema=described(constant(SCHEMA), "Changes only when something is taken away or renamed."),
    command=described(TEXT, "The command, as it is written after carto-at."),
    status=described(one_of("success", "error"), "error when there are errors or an exit code."),
    exit_code=INTEGER,
    data=described(mapping(ANYTHING), "By command, see its schema; empty when it failed early."),
    errors=array(PROBLEM),
    warnings=array(PROBLEM),
)
_CHANGE = record(
    **{name: maybe(schema) for name, schema in PLACE.items()},
    changed=described(FLAG, "Whether anything was changed."),
    version=maybe(TEXT),
    checks=maybe(array(CHECK)),
    steps=maybe(described(array(STEP), "What was done, or would be done.")),
    selection=maybe(SELECTION),
    release=maybe(described(INTEGER, "The number under which the change is recorded, or 0.")),
    smoke_tests=maybe(described(INTEGER, "How many functions were asked.")),
    functions=maybe(array(TEXT)),
)
_SANDBOX = record(
    running=FLAG,
    endpoint=maybe(TEXT),
    pid=maybe(INTEGER),
    home=maybe(TEXT),
    version=maybe(TEXT),
    enforce_iam=maybe(FLAG),
    environment=maybe(mapping(TEXT)),
)
_FAULT = mapping(ANYTHING)
_SOURCE = record(kind=TEXT, text=TEXT, file=maybe(TEXT), line=maybe(INTEGER))
_SETTINGS = record(
    files=array(TEXT),
    environment=or_null(TEXT),
    environments=array(TEXT),
    settings=mapping(record(value=ANYTHING, source=_SOURCE)),
)
DATA: dict[str, Schema] = {
    "policy": record(
        policy=described(mapping(ANYTHING), "The IAM policy document."),
        text=described(TEXT, "The same in the form that was asked for."),
        format=one_of("json", "cloudformation", "cli"),
    ),
    "bootstrap-sql": record(
        login=described(TEXT, "The database user that installs."),
        statements=array(record(sql=TEXT, why=TEXT)),
        text=described(TEXT, "All of them as one script."),
    ),
    "check": record(
        counts=described(mapping(INTEGER), "How many checks have each status."),
        checks=array(CHECK),
        aws_calls=AWS_CALLS,
    ),
    "install": _CHANGE,
    "plan": _CHANGE,
    "upgrade": _CHANGE,
    "rollback": _CHANGE,
    "resume": _CHANGE,
    "repair": _CHANGE,
    "adopt": _CHANGE,
    "uninstall": _CHANGE,
    "prune": _CHANGE,
    "status": record(
        **PLACE,
        current=or_null(RELEASE),
        unfinished=or_null(RELEASE),
        functions=described(INTEGER, "How many SQL functions are installed."),
        lambdas=array(
            record(module=TEXT, name=TEXT, state=described(TEXT, "AWS's word, or missing."))
        ),
        lease=or_null(record(holder=TEXT, command=TEXT, age_s=NUMBER)),
        drift=maybe(described(array(STEP), "What repair would do; only with --drift.")),
        drift_refused=maybe(
            described(TEXT, "Why repair would do nothing: a thing of ours is no longer marked so.")
        ),
        probe=maybe(
            described(
                record(
                    functions=array(
                        record(function=TEXT, module=TEXT, expected=TEXT, answered=TEXT)
                    ),
                    unreadable=TEXT,
                ),
                "Which Lambda functions answered; only with --probe.",
            )
        ),
    ),
    "history": record(**PLACE, releases=array(RELEASE)),
    "diff": record(
        **PLACE,
        differences=array(
            record(signature=TEXT, change=one_of("added", "removed", "changed"), diff=TEXT)
        ),
    ),
    "test": record(**PLACE, passed=INTEGER, failed=INTEGER),
    "unlock": record(**PLACE, unlocked=FLAG),
    "sql": record(
        columns=described(array(COLUMN), "Of the last statement that has rows."),
        rows=ROWS,
        results=array(record(statement=TEXT, columns=array(COLUMN), rows=ROWS)),
    ),
    "logs": record(
        **PLACE,
        log_group=TEXT,
        since=TEXT,
        events=array(
            record(
                time=TEXT,
                module=TEXT,
                function=described(TEXT, "The Lambda function."),
                level=TEXT,
                request=described(or_null(TEXT), "The id of the Lambda request."),
                message=TEXT,
            )
        ),
    ),
    "usage": record(
        **PLACE,
        since=TEXT,
        functions=array(
            record(
                function=TEXT,
                module=TEXT,
                lambda_name=TEXT,
                queries=INTEGER,
                invocations=INTEGER,
                rows=INTEGER,
                input_bytes=described(INTEGER, "Sent to Lambda."),
                output_bytes=described(INTEGER, "Received from Lambda."),
                seconds=NUMBER,
                cost=described(or_null(NUMBER), "Estimate in the currency of the prices."),
            )
        ),
        cost=described(NUMBER, "The sum of the estimates."),
        prices=record(
            currency=TEXT,
            per_million_requests=NUMBER,
            per_gb_second=mapping(NUMBER),
            basis=described(TEXT, "Where the prices come from."),
        ),
    ),
    "completion": record(shell=TEXT, script=TEXT),
    "list": record(functions=array(FUNCTION)),
    "describe": record(functions=described(array(FUNCTION), "All signatures of the function.")),
    "validate": record(modules=array(TEXT), functions=INTEGER),
    "export": record(
        changed=FLAG,
        folder=maybe(TEXT),
        files=maybe(array(TEXT)),
        functions=maybe(described(INTEGER, "How many SQL functions and procedures.")),
        lambdas=maybe(described(INTEGER, "How many Lambda functions.")),
        selection=maybe(SELECTION),
    ),
    "packs list": record(
        packs=array(
            record(
                name=TEXT,
                distribution=TEXT,
                version=TEXT,
                modules=array(TEXT),
                functions=described(INTEGER, "How many public functions."),
                fault=described(or_null(TEXT), "Why the pack cannot be used."),
            )
        )
    ),
    "packs build": record(
        bundle=described(TEXT, "The folder that was built, for CARTO_AT_BUNDLE."),
        modules=described(array(TEXT), "The modules that were added to those of the package."),
        functions=described(INTEGER, "How many public functions are in them."),
    ),
    "config show": _SETTINGS,
    "doctor": record(
        versions=mapping(TEXT),
        package=record(
            intact=FLAG, version=or_null(TEXT), runtime=or_null(TEXT), modules=array(TEXT)
        ),
        settings=_SETTINGS,
        variables=described(array(TEXT), "Names of variables that are set, without their values."),
        checks=array(CHECK),
        installation=or_null(
            record(
                release=or_null(INTEGER),
                version=or_null(TEXT),
                unfinished=described(or_null(TEXT), "The command that stopped half-way."),
                functions=INTEGER,
                lambdas=described(mapping(TEXT), "The state of each Lambda function."),
            )
        ),
        probes=array(
            record(
                probe=TEXT,
                question=TEXT,
                assumed=described(TEXT, "What the toolbox relies on, or nothing."),
                answer=TEXT,
                agrees=or_null(FLAG),
            )
        ),
    ),
    "config validate": record(files=array(TEXT), environments=array(TEXT)),
    "config init": record(file=TEXT, given=array(TEXT)),
    "config schema": described(mapping(ANYTHING), "A JSON Schema."),
    "sandbox start": _SANDBOX,
    "sandbox stop": record(stopped=FLAG),
    "sandbox status": _SANDBOX,
    "sandbox reset": record(home=TEXT),
    "sandbox fault add": _FAULT,
    "sandbox fault list": record(faults=array(_FAULT)),
    "sandbox fault clear": record(cleared=INTEGER),
}
_PHASE = described(TEXT, "The title of the phase that runs.")
_LINE = {
    "schema": constant(events.SCHEMA),
    "time": described(TEXT, "ISO 8601, UTC."),
}
_ABOUT = {"phase": _PHASE, "step": TEXT, "module": or_null(TEXT)}
EVENT: Schema = {
    "oneOf": [
        record(
            **_LINE,
            type=constant("plan"),
            phase=_PHASE,
            total=INTEGER,
            steps=array(record(step=TEXT, module=or_null(TEXT))),
        ),
        record(
            **_LINE,
            **_ABOUT,
            type=constant("step"),
            status=one_of("started", "finished", "failed"),
            seconds=maybe(NUMBER),
        ),
        record(**_LINE, **_ABOUT, type=constant("event"), reason=TEXT),
        record(**_LINE, type=constant("result"), result=ENVELOPE),
    ]
}


def file_name(name: str) -> str:
    """The file of a schema: of `envelope`, `events`, or a command."""
    return f"{name.replace(' ', '-')}.schema.json"


def schemas() -> dict[str, Schema]:
    """Every schema by its name: `envelope`, `events`, and for each command that of its `data`."""
    titled = {
        "envelope": ("What every command prints with --output json", ENVELOPE),
        "events": ("One line of --events", EVENT),
        **{name: (f"data of carto-at {name}", schema) for name, schema in DATA.items()},
    }
    return {
        name: {"$schema": DRAFT, "title": title, **schema}
        for name, (title, schema) in titled.items()
    }


def schema_files() -> dict[str, str]:
    """The files of all schemas, as text."""
    return {
        file_name(name): json.dumps(schema, indent=2) + "\n" for name, schema in schemas().items()
    }
