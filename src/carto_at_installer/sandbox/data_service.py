"""The Data API as a service of the sandbox: one for each region, made when it is first used."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from carto_at_installer.sandbox.data_api.archive import Archive
    from carto_at_installer.sandbox.data_api.service import DataApi
    from carto_at_installer.sandbox.services import Call, Operation
    from carto_at_installer.sandbox.targets import RedshiftTargets

_OWNERS_KEPT = 20_000


class DataService(Mapping[str, "Operation"]):
    """Has an answer to every operation's name: the Data API itself refuses what it does not have.

    It brings the SQL engine, which takes about a second of CPU to load.
    """

    def __init__(self, targets: RedshiftTargets, archive: Path) -> None:
        self._targets = targets
        self._file = archive
        self._archive: Archive | None = None
        self._apis: dict[str, DataApi] = {}
        self._lock = threading.Lock()
        self._owners: dict[str, str] = {}

    def __getitem__(self, name: str) -> Operation:
        def perform(request: dict[str, Any], call: Call) -> dict[str, Any]:
            answer: dict[str, Any] = self.of(call.region).handle(name, request, call.caller)
            if name in {"ExecuteStatement", "BatchExecuteStatement"}:
                self._remember(answer["Id"], call.caller.user_id)
            return answer

        return perform

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def of(self, region: str) -> DataApi:
        """The Data API of a region."""
        with self._lock:
            if region not in self._apis:
                from carto_at_installer.sandbox.data_api.service import DataApi  # noqa: PLC0415  (at first use)

                self._apis[region] = DataApi(self._targets.regional(region), self._opened(), region)
            return self._apis[region]

    def owner(self, statement_id: str) -> str | None:
        """The user id (for an assumed role with the session's name) of who submitted a statement, or None."""
        with self._lock:
            self._opened()
        return self._owners.get(statement_id)

    def _opened(self) -> Archive:
        """The archive, with those who submitted what is in it."""
        if self._archive is None:
            from carto_at_installer.sandbox.data_api.archive import Archive  # noqa: PLC0415  (at first use)

            self._archive = Archive(self._file)
            self._owners = self._archive.submitters()
        return self._archive

    def _remember(self, statement_id: str, user_id: str) -> None:
        with self._lock:
            self._owners[statement_id] = user_id
            if len(self._owners) > _OWNERS_KEPT:
                del self._owners[next(iter(self._owners))]

    def close(self) -> None:
        """Take no more statements."""
        for api in self._apis.values():
            api.close()
        if self._archive is not None:
            self._archive.close()
