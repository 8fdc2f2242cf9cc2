"""The `logs` service as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.sandbox.logs_service.groups import GroupOperations
from carto_at_installer.sandbox.logs_service.records import LogRecords
from carto_at_installer.sandbox.logs_service.streams import StreamOperations
from carto_at_installer.sandbox.logs_service.writer import LogWriter

if TYPE_CHECKING:
    from carto_at_installer.sandbox.services import Operation
    from carto_at_installer.sandbox.settings import Settings
    from carto_at_installer.sandbox.state import Store


class LogsService:
    """Log groups, streams and events of one home directory; functions write through `append`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        records = LogRecords(store, settings.log_events_kept)
        self._writer = LogWriter(records)
        self.append = self._writer.append
        self._groups = GroupOperations(records)
        self._streams = StreamOperations(records, self._writer.flush)

    def operations(self) -> dict[str, Operation]:
        """Every operation of the service."""
        return {**self._groups.operations(), **self._streams.operations()}

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._writer.close()
