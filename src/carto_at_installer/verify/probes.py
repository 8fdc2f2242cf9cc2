"""Asks a database what AWS's documentation leaves open and the toolbox relies on, in a schema that goes again.

Each probe is a question, what the toolbox assumes, and a few statements. Probes create functions that point at Lambda
functions which do not exist, and never call them. How numbers cross to Lambda and back is asked of functions of the
toolbox, where it is installed.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carto_at_installer.core.errors import CartoAtError, SqlError
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from carto_at_installer.core.queries import SqlBackend

_LONG_NAME = "carto-at-redshift-probe-" + "x" * 40
_SQL_ONE = "CREATE OR REPLACE FUNCTION {name}(BIGINT) RETURNS BIGINT STABLE AS $$ SELECT $1 $$ LANGUAGE sql"


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What was asked and answered. `agrees` is None where the toolbox assumes nothing, or nothing was found out."""

    probe: str
    question: str
    assumed: str
    answer: str
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class Ground:
    """Where probes work: a database, the name of their schema, the ARN of a role that may or may not exist.

    `toolbox` is the schema of the installed toolbox, or empty.
    """

    sql: SqlBackend
    schema: str
    role: str
    toolbox: str = ""

    def external(self, name: str, lambda_name: str) -> str:
        """The statement that makes an external function from BIGINT to BIGINT."""
        return (
            f"CREATE OR REPLACE EXTERNAL FUNCTION {self.schema}.{name}(BIGINT) RETURNS BIGINT STABLE"
            f" LAMBDA {literal(lambda_name)} IAM_ROLE {literal(self.role)}"
        )

    def try_all(self, *statements: str) -> str:
        """Run statements in one transaction; returns the database's refusal, or nothing."""
        try:
            self.sql.transaction(statements)
        except SqlError as error:
            return " ".join(error.message.split())
        return ""

    def value(self, statement: str) -> object:
        """The first value of the first row, None without rows."""
        rows = self.sql.query(statement).rows
        return rows[0][0] if rows else None

    def function(self, name: str, columns: str) -> tuple[object, ...] | None:
        """Columns of pg_proc (p) and pg_language (l) of a function of the probes' schema."""
        rows = self.sql.query(
            f"SELECT {columns} FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " JOIN pg_language l ON l.oid = p.prolang"
            f" WHERE n.nspname = {literal(self.schema)} AND p.proname = {literal(name)}"
        ).rows
        return rows[0] if rows else None


@dataclass(frozen=True, slots=True)
class Probe:
    """One question. `ask` returns the answer in words, and whether it is as assumed."""

    name: str
    question: str
    assumed: str
    ask: Callable[[Ground], tuple[str, bool | None]]


def run_probes(
    sql: SqlBackend, account: str, partition: str, *, toolbox: str = ""
) -> tuple[ProbeAnswer, ...]:
    """Make a schema, ask every probe, drop the schema. Raises SqlError when the login may not create a schema.

    `toolbox` is the schema of the installed toolbox, if it is installed.
    """
    schema = f"carto_at_probe_{uuid.uuid4().hex[:12]}"
    ground = Ground(
        sql, schema, f"arn:{partition}:iam::{account}:role/carto-at-probe-nobody", toolbox
    )
    sql.transaction([f"CREATE SCHEMA {schema}"])
    try:
        return tuple(_asked(probe, ground) for probe in PROBES)
    finally:
        sql.transaction([f"DROP SCHEMA {schema} CASCADE"])


def _asked(probe: Probe, ground: Ground) -> ProbeAnswer:
    try:
        answer, agrees = probe.ask(ground)
    except CartoAtError as error:
        answer, agrees = f"could not be asked: {' '.join(error.message.split())}", None
    return ProbeAnswer(probe.name, probe.question, probe.assumed, answer, agrees)


def _accepted(refusal: str) -> tuple[str, bool]:
    return (f"refused: {refusal}", False) if refusal else ("accepted", True)


def _unchecked_names(ground: Ground) -> tuple[str, bool | None]:
    return _accepted(ground.try_all(ground.external("p_names", "carto-at-redshift-probe-nothing")))


def _literal_64(ground: Ground) -> tuple[str, bool | None]:
    return _accepted(ground.try_all(ground.external("p_64", _LONG_NAME[:64])))


def _literal_65(ground: Ground) -> tuple[str, bool | None]:
    refusal = ground.try_all(ground.external("p_65", f"{_LONG_NAME[:64]}x"))
    return (f"refused: {refusal}", True) if refusal else ("accepted", False)


def _literal_arn(ground: Ground) -> tuple[str, bool | None]:
    _, partition, *_ = ground.role.split(":")
    account = ground.role.split(":")[4]
    arn = f"arn:{partition}:lambda:us-east-1:{account}:function:carto-at-redshift-probe-nothing"
    refusal = ground.try_all(ground.external("p_arn", arn))
    return f"refused: {refusal}" if refusal else f"accepted, {len(arn)} characters", None


def _literal_alias(ground: Ground) -> tuple[str, bool | None]:
    refusal = ground.try_all(ground.external("p_alias", "carto-at-redshift-probe:live"))
    return f"refused: {refusal}" if refusal else "accepted when it is created", None


def _transaction(ground: Ground) -> tuple[str, bool | None]:
    wrapper = _SQL_ONE.format(name=f"{ground.schema}.p_wrapper")
    refusal = ground.try_all(
        ground.external("p_batch", "carto-at-redshift-probe-nothing"),
        wrapper.replace("SELECT $1", f"SELECT {ground.schema}.p_batch($1)"),
        f"GRANT EXECUTE ON FUNCTION {ground.schema}.p_wrapper(BIGINT) TO PUBLIC",
    )
    return _accepted(refusal)


def _rolled_back(ground: Ground) -> tuple[str, bool | None]:
    refusal = ground.try_all(
        ground.external("p_undone", "carto-at-redshift-probe-nothing"), "SELECT 1 / 0"
    )
    if not refusal:
        return "a division by zero did not fail the transaction", None
    left = ground.function("p_undone", "p.proname") is not None
    return ("the function is there all the same", False) if left else ("it is rolled back", True)


def _kind_changes(ground: Ground) -> tuple[str, bool | None]:
    name = f"{ground.schema}.p_kind"
    refusal = ground.try_all(_SQL_ONE.format(name=name)) or ground.try_all(
        ground.external("p_kind", "carto-at-redshift-probe-nothing")
    )
    return f"refused: {refusal}" if refusal else "accepted", None


def _grants_kept(ground: Ground) -> tuple[str, bool | None]:
    name = f"{ground.schema}.p_grants"
    create = _SQL_ONE.format(name=name)
    refusal = ground.try_all(create, f"REVOKE EXECUTE ON FUNCTION {name}(BIGINT) FROM PUBLIC")
    if refusal:
        return f"could not be asked: {refusal}", None
    before = ground.function("p_grants", "p.proacl")
    refusal = ground.try_all(create.replace("SELECT $1", "SELECT $1 + 1"))
    if refusal:
        return f"could not be asked: {refusal}", None
    after = ground.function("p_grants", "p.proacl")
    if not (before and before[0]):
        return "pg_proc shows no grants", None
    return f"before: {before[0]}, after: {after and after[0]}", before == after


def _language(ground: Ground) -> tuple[str, bool | None]:
    refusal = ground.try_all(ground.external("p_language", "carto-at-redshift-probe-nothing"))
    found = ground.function("p_language", "l.lanname")
    if found is None:
        return f"could not be asked: {refusal}", None
    return str(found[0]), found[0] in {"exfunc", "external"}


def _source(ground: Ground) -> tuple[str, bool | None]:
    refusal = ground.try_all(ground.external("p_source", "carto-at-redshift-probe-nothing"))
    found = ground.function("p_source", "p.prosrc")
    if found is None:
        return f"could not be asked: {refusal}", None
    return f"prosrc is {found[0]!r}", None


def _definition(ground: Ground) -> tuple[str, bool | None]:
    refusal = ground.try_all(ground.external("p_definition", "carto-at-redshift-probe-nothing"))
    found = ground.function("p_definition", "pg_get_functiondef(p.oid)")
    return (" ".join(str(found[0]).split()) if found else f"could not be asked: {refusal}"), None


def _float_texts(ground: Ground) -> tuple[str, bool | None]:
    numbers = ("0.1", "-3.7037901999999997", "40.41677540051771", "1e-300", "123456789.12345679")
    rows = " UNION ALL ".join(f"SELECT CAST('{number}' AS FLOAT8) AS x" for number in numbers)
    lost = ground.sql.query(
        "SELECT CAST(x AS VARCHAR(64)) AS text FROM (" + rows + ") AS t"
        " WHERE CAST(CAST(x AS VARCHAR(64)) AS FLOAT8) <> x"
    ).rows
    texts = ", ".join(str(text) for (text,) in lost)
    return (f"{len(lost)} of {len(numbers)} change: {texts}", False) if lost else ("yes", True)


def _through_lambda(ground: Ground, expression: str, expected: str) -> tuple[str, bool | None]:
    """Compare as text inside the database, so that no client rounds."""
    if not ground.toolbox:
        return "could not be asked: the toolbox is not installed", None
    call = expression.format(schema=quote_identifier(ground.toolbox))
    answer = ground.value(f"SELECT CAST({call} AS VARCHAR(256))")
    return str(answer), answer == expected


def _bigint_to_lambda(ground: Ground) -> tuple[str, bool | None]:
    call = "JSON_SERIALIZE({schema}.QUADBIN_KRING(5209574053332910079, 0))"
    return _through_lambda(ground, call, "[5209574053332910079]")


def _bigint_from_lambda(ground: Ground) -> tuple[str, bool | None]:
    # This cell has 18 digits, more than a double can hold.
    return _through_lambda(
        ground, "{schema}.S2_FROMLONGLAT(-3.7038, 40.4168, 30)", "955370592962716399"
    )


def _usage_is_visible(ground: Ground) -> tuple[str, bool | None]:
    count = ground.value("SELECT COUNT(*) FROM sys_ludf_detail")
    return f"{count} rows can be seen", None


PROBES = (
    Probe(
        "lambda-is-not-checked",
        "Can an external function be created for a Lambda function and a role that do not exist?",
        "yes: names are checked when it is called",
        _unchecked_names,
    ),
    Probe("lambda-64", "Is a Lambda name of 64 characters accepted?", "yes", _literal_64),
    Probe("lambda-65", "Is a LAMBDA literal of 65 characters refused?", "yes", _literal_65),
    Probe("lambda-arn", "Is a Lambda function's ARN accepted?", "", _literal_arn),
    Probe("lambda-alias", "Is a Lambda name with an alias accepted?", "", _literal_alias),
    Probe(
        "ddl-in-one-batch",
        "Do external functions, SQL functions that call them, and grants go in one transaction?",
        "yes",
        _transaction,
    ),
    Probe(
        "ddl-rolls-back",
        "Is an external function gone when its transaction fails?",
        "yes",
        _rolled_back,
    ),
    Probe(
        "kind-changes",
        "Does CREATE OR REPLACE turn a SQL function into an external one?",
        "",
        _kind_changes,
    ),
    Probe("grants-kept", "Does CREATE OR REPLACE keep grants?", "yes", _grants_kept),
    Probe(
        "language", "Which language do external functions have?", "exfunc or external", _language
    ),
    Probe("prosrc", "What does pg_proc show of an external function?", "", _source),
    Probe("functiondef", "What does pg_get_functiondef show of one?", "", _definition),
    Probe("float-texts", "Do floats survive as text?", "yes", _float_texts),
    Probe(
        "bigint-to-lambda",
        "Does a BIGINT beyond 2^53 reach Lambda exactly?",
        "[5209574053332910079]",
        _bigint_to_lambda,
    ),
    Probe(
        "bigint-from-lambda",
        "Does a BIGINT beyond 2^53 come back from Lambda exactly, sent as a string?",
        "955370592962716399",
        _bigint_from_lambda,
    ),
    Probe("usage-visible", "Can this login read SYS_LUDF_DETAIL?", "", _usage_is_visible),
)


def disagreeing(answers: Iterable[ProbeAnswer]) -> tuple[ProbeAnswer, ...]:
    """The answers that are not as the toolbox assumes."""
    return tuple(answer for answer in answers if answer.agrees is False)
