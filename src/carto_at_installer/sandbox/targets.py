"""Where the Data API's statements run, and as whom.

A cluster or workgroup of a region with one of its databases is one SQL engine on one file.
"""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.faults.statements import WatchedEngine
from carto_at_installer.sandbox.lambda_calls import RedshiftLambdaCaller, Target
from carto_at_installer.sandbox.redshift_service.provisioned import iam_user
from carto_at_installer.sandbox.redshift_service.serverless import workgroup_status
from carto_at_installer.sandbox.redshift_service.targets_store import (
    TargetStore,
    begin_change,
    cluster_arn,
    cluster_status,
)
from carto_at_installer.sandbox.services import Call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.sandbox.engine import Engine
    from carto_at_installer.sandbox.faults.book import FaultBook
    from carto_at_installer.sandbox.identity import Caller
    from carto_at_installer.sandbox.lambda_service.service import LambdaService
    from carto_at_installer.sandbox.moto_services.app import MotoServices
    from carto_at_installer.sandbox.settings import Settings

_REDSHIFT = "redshift.amazonaws.com"
_SERVERLESS = "redshift-serverless.amazonaws.com"
_FILE_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-$")


class RedshiftTargets:
    """All engines of the sandbox, opened at their first use. `regional(region)` is the Data API's view."""

    def __init__(
        self,
        root: Path,
        store: TargetStore,
        moto: MotoServices,
        functions: LambdaService,
        faults: FaultBook,
        settings: Settings,
    ) -> None:
        self.faults = faults
        self._settings = settings
        self._root = root
        self._store = store
        self._moto = moto
        self._functions = functions
        self._engines: dict[tuple[str, str], Engine] = {}
        self._lock = threading.RLock()

    def regional(self, region: str) -> RegionalTargets:
        """What helps the Data API of one region."""
        return RegionalTargets(self, self._moto, region)

    def target(self, region: str, request: Mapping[str, Any]) -> Target:
        """The cluster or workgroup that a request names.

        Raises AwsServiceError: unknown, both, neither, not available.
        """
        cluster, workgroup = request.get("ClusterIdentifier"), request.get("WorkgroupName")
        if bool(cluster) == bool(workgroup):
            raise AwsServiceError(
                "ValidationException",
                "Either ClusterIdentifier or WorkgroupName must be provided, and not both.",
            )
        return self.cluster(region, cluster) if cluster else self.workgroup(region, workgroup or "")

    def cluster(self, region: str, name: str) -> Target:
        """A cluster that takes statements. Raises AwsServiceError."""
        record = self._store.cluster(region, name.lower())
        if record is None:
            raise _no_endpoint()
        status = cluster_status(record)
        if status != "available":
            raise AwsServiceError(
                "ValidationException",
                f"Redshift cluster {name} is not available: it is {status}.",
            )
        return Target(
            cluster_arn(record),
            region,
            "cluster",
            record["name"],
            record,
            record["database"],
            _REDSHIFT,
        )

    def workgroup(self, region: str, name: str) -> Target:
        """A workgroup that takes statements, by name or ARN. Raises AwsServiceError."""
        for record in self._store.workgroups(region):
            if name in {record["name"], record["arn"]}:
                break
        else:
            raise _no_endpoint()
        namespace = self._store.namespace(region, record["namespace"])
        if namespace is None:
            raise _no_endpoint()
        if workgroup_status(record) != "AVAILABLE":
            raise AwsServiceError(
                "ValidationException",
                f"Redshift workgroup {name} is not available: it is {workgroup_status(record)}.",
            )
        return Target(
            record["arn"],
            region,
            "workgroup",
            record["name"],
            namespace,
            namespace["database"],
            _SERVERLESS,
        )

    def engine(self, target: Target, database: str) -> Engine:
        """The engine of a database. Raises AwsServiceError for a database that does not exist."""
        name = database or target.database
        with self._lock:
            engine = self._engines.get((target.arn, name))
            if engine is None:
                path = self._path(target, name)
                if name != target.database and not path.exists():
                    raise AwsServiceError(
                        "ValidationException", f'FATAL: database "{name}" does not exist'
                    )
                engine = self._open(target, name, path)
                self._engines[target.arn, name] = engine
            return engine

    def _open(self, target: Target, database: str, path: Path) -> Engine:
        from carto_at_installer.sandbox.engine import Cluster, Engine  # noqa: PLC0415  (at first use)

        path.parent.mkdir(parents=True, exist_ok=True)

        def current() -> Target:
            finder = self.cluster if target.kind == "cluster" else self.workgroup
            return finder(target.region, target.name)

        ready = self._settings.role_ready_seconds
        caller = RedshiftLambdaCaller(current, self._moto, self._functions, self.faults, ready)
        cluster = Cluster(
            target.arn,
            target.roles["user"],
            lambda: current().roles["default_role"],
            self._settings.python_functions,
        )
        return Engine(path, database, caller, cluster)

    def _path(self, target: Target, database: str) -> Path:
        if not database or not set(database) <= _FILE_SAFE:
            raise AwsServiceError(
                "ValidationException", f'FATAL: database "{database}" does not exist'
            )
        return self._folder(target.arn) / f"{database}.duckdb"

    def _folder(self, target_arn: str) -> Path:
        region, resource = target_arn.split(":")[3], target_arn.split(":", 5)[5]
        return self._root / region / resource.replace(":", "-").replace("/", "-")

    def pause(self, target: Target) -> None:
        """Pause a cluster, as from its control plane; workgroups are never paused."""
        record = self._store.cluster(target.region, target.name)
        if target.kind == "cluster" and record is not None:
            begin_change(record, "pausing", "paused", self._settings.cluster_change_seconds)
            self._store.save_cluster(record)

    def drop(self, target_arn: str) -> None:
        """Close the engines of a deleted cluster or workgroup and delete its data."""
        with self._lock:
            for key in [key for key in self._engines if key[0] == target_arn]:
                self._engines.pop(key).close()
        shutil.rmtree(self._folder(target_arn), ignore_errors=True)

    def close(self) -> None:
        """Close every engine."""
        with self._lock:
            engines, self._engines = list(self._engines.values()), {}
        for engine in engines:
            engine.close()


@dataclass(frozen=True, slots=True)
class RegionalTargets:
    """The Data API's `Targets` for one region."""

    _targets: RedshiftTargets
    _moto: MotoServices
    _region: str

    def engine(self, request: Mapping[str, Any]) -> Engine:
        """The engine that a request names. Raises AwsServiceError."""
        target = self._targets.target(self._region, request)
        engine = self._targets.engine(target, request.get("Database") or "")
        watched = WatchedEngine(engine, self._targets.faults, lambda: self._targets.pause(target))
        return cast("Engine", watched)

    def database_user(self, request: Mapping[str, Any], caller: Caller) -> str:
        """The database user that a request acts as. Raises AwsServiceError: an unknown secret, DbUser on serverless."""
        if request.get("SecretArn"):
            return self._user_of_secret(request["SecretArn"])
        if request.get("DbUser"):
            if request.get("WorkgroupName"):
                raise AwsServiceError(
                    "ValidationException", "DbUser is not supported for Redshift Serverless."
                )
            return str(request["DbUser"])
        return iam_user(Call(self._region, caller, ""))

    def _user_of_secret(self, secret_arn: str) -> str:
        text = self._moto.directory().secret(secret_arn, self._region)
        if text is None:
            raise AwsServiceError(
                "ValidationException",
                f"Secrets Manager can't find the specified secret: {secret_arn}",
            )
        try:
            user = json.loads(text)["username"]
        except (ValueError, KeyError, TypeError) as error:
            raise AwsServiceError(
                "ValidationException", f"The secret {secret_arn} holds no username in JSON form"
            ) from error
        return str(user)


def _no_endpoint() -> AwsServiceError:
    return AwsServiceError("ValidationException", "Redshift endpoint doesn't exist in this region.")
