"""What the Data API asks of the rest of the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.sandbox.engine import Engine
    from carto_at_installer.sandbox.identity import Caller


class Targets(Protocol):
    """Resolves requests to databases and users."""

    def engine(self, request: Mapping[str, Any]) -> Engine:
        """The engine of ClusterIdentifier or WorkgroupName and Database.

        Raises AwsServiceError for one that is unknown or does not take statements.
        """

    def database_user(self, request: Mapping[str, Any], caller: Caller) -> str:
        """The database user that a request logs in as: of DbUser, of SecretArn, or of the caller's IAM identity.

        Raises AwsServiceError when it cannot be told.
        """
