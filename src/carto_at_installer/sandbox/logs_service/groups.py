"""Log groups: create, delete, describe, retention, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.logs_service.records import (
    LogRecords,
    group_name,
    invalid,
    paged,
    stream_prefix,
)
from carto_at_installer.sandbox.services import arn

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Call, Operation

_RETENTIONS = frozenset(
    {
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
        3288, 3653,
    }
)  # fmt: skip


class GroupOperations:
    """The life of log groups."""

    def __init__(self, records: LogRecords) -> None:
        self._records = records

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {
            "CreateLogGroup": self.create_group,
            "DeleteLogGroup": self.delete_group,
            "DescribeLogGroups": self.describe_groups,
            "PutRetentionPolicy": self.put_retention,
            "DeleteRetentionPolicy": self.delete_retention,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
        }

    def create_group(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """CreateLogGroup."""
        unsupported = sorted(request.keys() - {"logGroupName", "tags"})
        if unsupported:
            raise invalid(f"The sandbox does not emulate {', '.join(unsupported)}")
        name = request["logGroupName"]
        with self._records.store.transaction():
            if self._records.store.get("logs.group", f"{call.region}/{name}") is not None:
                raise AwsServiceError(
                    "ResourceAlreadyExistsException", "The specified log group already exists"
                )
            self._records.new_group(call.region, name, request.get("tags") or {})
        return {}

    def delete_group(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteLogGroup: with its streams and events."""
        name = request["logGroupName"]
        with self._records.store.transaction() as connection:
            self._records.group(name, call)
            self._records.store.delete("logs.group", f"{call.region}/{name}")
            for key, _ in self._records.store.items(
                "logs.stream", stream_prefix(call.region, name)
            ):
                self._records.store.delete("logs.stream", key)
            connection.execute(
                "DELETE FROM log_event WHERE region = ? AND log_group = ?", (call.region, name)
            )
        return {}

    def describe_groups(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DescribeLogGroups."""
        prefix, pattern = (
            request.get("logGroupNamePrefix") or "",
            request.get("logGroupNamePattern"),
        )
        if prefix and pattern:
            raise invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive")
        groups = [
            _group(group)
            for _, group in self._records.store.items("logs.group", f"{call.region}/{prefix}")
            if not pattern or pattern.lower() in group["name"].lower()
        ]
        return paged("logGroups", groups, request)

    def put_retention(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """PutRetentionPolicy."""
        days = request["retentionInDays"]
        if days not in _RETENTIONS:
            raise invalid(
                f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy "
                f"constraint: Member must satisfy enum value set: {sorted(_RETENTIONS)}"
            )
        self._change_group(request["logGroupName"], call, retention=days)
        return {}

    def delete_retention(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """DeleteRetentionPolicy."""
        self._change_group(request["logGroupName"], call, retention=None)
        return {}

    def tag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """TagResource."""
        name = group_name(request["resourceArn"])
        tags = {**self._records.group(name, call)["tags"], **request["tags"]}
        self._change_group(name, call, tags=tags)
        return {}

    def untag(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """UntagResource."""
        name = group_name(request["resourceArn"])
        gone = set(request["tagKeys"])
        tags = {k: v for k, v in self._records.group(name, call)["tags"].items() if k not in gone}
        self._change_group(name, call, tags=tags)
        return {}

    def list_tags(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """ListTagsForResource."""
        return {"tags": self._records.group(group_name(request["resourceArn"]), call)["tags"]}

    def _change_group(self, name: str, call: Call, **changes: Any) -> None:
        with self._records.store.transaction():
            group = {**self._records.group(name, call), **changes}
            self._records.store.put("logs.group", f"{call.region}/{name}", group)


def _group(group: dict[str, Any]) -> dict[str, Any]:
    group_arn = arn("logs", group["region"], f"log-group:{group['name']}")
    return {
        "logGroupName": group["name"],
        "creationTime": group["created"],
        "retentionInDays": group["retention"],
        "metricFilterCount": 0,
        "arn": f"{group_arn}:*",
        "logGroupArn": group_arn,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }
