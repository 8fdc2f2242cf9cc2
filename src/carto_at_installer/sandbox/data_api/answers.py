"""What the Data API tells about statements, in the members of its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.data_api import results

if TYPE_CHECKING:
    from carto_at_installer.sandbox.data_api.statements import Run, Statement

TARGET_KEYS = ("ClusterIdentifier", "WorkgroupName", "SecretArn")


def _common(statement: Statement) -> dict[str, Any]:
    answer: dict[str, Any] = {
        key: statement.request[key] for key in TARGET_KEYS if statement.request.get(key)
    }
    answer |= {"Database": statement.database, "DbUser": statement.user}
    if statement.session_id:
        answer["SessionId"] = statement.session_id
    return answer


def submitted(statement: Statement, *, waited: bool) -> dict[str, Any]:
    """What a client hears at once; with long polling, also how far the statement is."""
    answer = {"Id": statement.id, "CreatedAt": statement.whole.created_at, **_common(statement)}
    if waited:
        answer |= {
            "Status": statement.whole.status,
            "HasResultSet": statement.whole.result is not None,
        }
    return answer


def _outcome(run: Run) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "Status": run.status,
        "CreatedAt": run.created_at,
        "UpdatedAt": run.updated_at,
        "QueryString": run.sql,
        "HasResultSet": run.result is not None,
        "Duration": run.duration_ns,
        "ResultRows": len(run.result.rows) if run.result else run.affected_rows,
        "ResultSize": results.size_of(run.result) if run.result else -1,
    }
    if run.error:
        answer["Error"] = run.error
    return answer


def described(statement: Statement, run: Run, identifier: str) -> dict[str, Any]:
    """DescribeStatement's answer for a statement or for one part of a batch."""
    answer: dict[str, Any] = {"Id": identifier, **_outcome(run)}
    answer["RedshiftQueryId"] = statement.query_id
    if run is not statement.whole:
        return answer
    answer |= _common(statement) | {"RedshiftPid": 1}
    if statement.batch:
        answer["SubStatements"] = [
            {
                "Id": f"{statement.id}:{number}",
                **_outcome(part),
                "RedshiftQueryId": statement.query_id,
            }
            for number, part in enumerate(statement.parts, 1)
        ]
        answer["HasResultSet"] = any(part.result is not None for part in statement.parts)
    if parameters := statement.request.get("Parameters"):
        answer["QueryParameters"] = parameters
    answer["ResultFormat"] = statement.request.get("ResultFormat", "JSON")
    return answer


def listed(statement: Statement) -> dict[str, Any]:
    """One line of ListStatements."""
    answer: dict[str, Any] = {
        "Id": statement.id,
        "Status": statement.whole.status,
        "CreatedAt": statement.whole.created_at,
        "UpdatedAt": statement.whole.updated_at,
        "IsBatchStatement": statement.batch,
        "ResultFormat": statement.request.get("ResultFormat", "JSON"),
    }
    if statement.batch:
        answer["QueryStrings"] = [part.sql for part in statement.parts]
    else:
        answer["QueryString"] = statement.whole.sql
    for key in ("StatementName", "SecretArn"):
        if statement.request.get(key):
            answer[key] = statement.request[key]
    if statement.session_id:
        answer["SessionId"] = statement.session_id
    return answer
