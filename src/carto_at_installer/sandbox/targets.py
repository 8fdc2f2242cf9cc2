"""Where the Data API's statements run, as whom, and how Redshift reaches Lambda from there.

A cluster or workgroup of a region with one of its databases is one SQL engine on one file. When a statement calls an
external function, the checks are Redshift's own: the role is attached and in sync, Redshift may assume it, and its
policies allow `lambda:InvokeFunction`.
"""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError, LambdaCallError
from carto_at_installer.sandbox.iam_policy import (
    Decision,
    Question,
    UnknownConditionError,
    decide_within,
    trusts,
)
from carto_at_installer.sandbox.identity import ACCOUNT, Caller
from carto_at_installer.sandbox.lambda_service.references import function_reference
from carto_at_installer.sandbox.redshift_service.provisioned import iam_user
from carto_at_installer.sandbox.redshift_service.serverless import workgroup_status
from carto_at_installer.sandbox.redshift_service.targets_store import (
    Record,
    TargetStore,
    cluster_arn,
    cluster_status,
    role_in_sync,
)
from carto_at_installer.sandbox.services import Call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.sandbox.engine import Engine
    from carto_at_installer.sandbox.engine.external import LambdaCall
    from carto_at_installer.sandbox.lambda_service.service import LambdaService
    from carto_at_installer.sandbox.moto_services.app import MotoServices
    from carto_at_installer.sandbox.moto_services.directory import Directory, Principal

_REDSHIFT = "redshift.amazonaws.com"
_SERVERLESS = "redshift-serverless.amazonaws.com"
_FILE_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-$")


@dataclass(frozen=True, slots=True)
class _Target:
    """A cluster or workgroup: its ARN and name, the record that holds its roles, its default database."""

    arn: str
    region: str
    kind: str
    name: str
    roles: Record
    database: str
    service: str


class RedshiftTargets:
    """All engines of the sandbox, opened at their first use. `regional(region)` is the Data API's view."""

    def __init__(
        self, root: Path, store: TargetStore, moto: MotoServices, functions: LambdaService
    ) -> None:
        self._root = root
        self._store = store
        self._moto = moto
        self._functions = functions
        self._engines: dict[tuple[str, str], Engine] = {}
        self._lock = threading.RLock()

    def regional(self, region: str) -> RegionalTargets:
        """What helps the Data API of one region."""
        return RegionalTargets(self, self._moto, region)

    def target(self, region: str, request: Mapping[str, Any]) -> _Target:
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

    def cluster(self, region: str, name: str) -> _Target:
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
        return _Target(
            cluster_arn(record),
            region,
            "cluster",
            record["name"],
            record,
            record["database"],
            _REDSHIFT,
        )

    def workgroup(self, region: str, name: str) -> _Target:
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
        return _Target(
            record["arn"],
            region,
            "workgroup",
            record["name"],
            namespace,
            namespace["database"],
            _SERVERLESS,
        )

    def engine(self, target: _Target, database: str) -> Engine:
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

    def _open(self, target: _Target, database: str, path: Path) -> Engine:
        from carto_at_installer.sandbox.engine import Engine  # noqa: PLC0415  (at first use)

        path.parent.mkdir(parents=True, exist_ok=True)

        def call_lambda(call: LambdaCall) -> bytes:
            return self._call_lambda(target, call)

        return Engine(path, database, call_lambda, target.arn)

    def _path(self, target: _Target, database: str) -> Path:
        if not database or not set(database) <= _FILE_SAFE:
            raise AwsServiceError(
                "ValidationException", f'FATAL: database "{database}" does not exist'
            )
        return self._folder(target.arn) / f"{database}.duckdb"

    def _folder(self, target_arn: str) -> Path:
        region, resource = target_arn.split(":")[3], target_arn.split(":", 5)[5]
        return self._root / region / resource.replace(":", "-").replace("/", "-")

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

    def _call_lambda(self, opened: _Target, call: LambdaCall) -> bytes:
        """Invoke a function as Redshift does. Raises LambdaCallError."""
        try:
            target = self._current(opened)
            context = Call(target.region, Caller(target.arn, "redshift"), "")
            reference = function_reference(call.function_name, context)
            function_arn = context.arn("lambda", f"function:{reference.name}")
            self._authorise(target, call, function_arn)
            record = self._functions.find(call.function_name, context)
            outcome = self._functions.run(record, call.payload)
        except AwsServiceError as error:
            throttled = error.code in {"TooManyRequestsException", "ServiceException"}
            raise LambdaCallError(error.message, retryable=throttled) from error
        except UnknownConditionError as error:
            raise LambdaCallError(str(error)) from error
        if outcome.error_kind is not None:
            raise LambdaCallError(_function_error(call.function_name, outcome.payload))
        return outcome.payload

    def _current(self, opened: _Target) -> _Target:
        """The target as it is now: its roles may have changed since the engine was opened."""
        finder = self.cluster if opened.kind == "cluster" else self.workgroup
        return finder(opened.region, opened.name)

    def _authorise(self, target: _Target, call: LambdaCall, function_arn: str) -> None:
        """Raise LambdaCallError unless the chain of roles leads from the target to the function."""
        chain = [self._role_arn(target, role) for role in call.role_arns]
        if not chain:
            raise LambdaCallError("The external function names no IAM role")
        if chain[0] not in target.roles["roles"]:
            raise LambdaCallError(
                f"The requested role {chain[0]} is not associated to {target.kind} {target.name}"
            )
        if not role_in_sync(target.roles, chain[0]):
            raise LambdaCallError(
                f"The requested role {chain[0]} is not yet in sync with {target.kind} {target.name}"
            )
        directory = self._moto.directory()
        role = _assumable(directory, chain[0], target.service)
        for next_arn in chain[1:]:
            _require(role, "sts:AssumeRole", next_arn)
            role = _assumable(directory, next_arn, role.arn)
        _require(role, "lambda:InvokeFunction", function_arn)

    def _role_arn(self, target: _Target, role: str) -> str:
        if role != "default":
            return role
        default: str | None = target.roles["default_role"]
        if default is None:
            raise LambdaCallError(
                f"IAM_ROLE default: no default IAM role is set for {target.kind} {target.name}"
            )
        return default


@dataclass(frozen=True, slots=True)
class RegionalTargets:
    """The Data API's `Targets` for one region."""

    _targets: RedshiftTargets
    _moto: MotoServices
    _region: str

    def engine(self, request: Mapping[str, Any]) -> Engine:
        """The engine that a request names. Raises AwsServiceError."""
        target = self._targets.target(self._region, request)
        return self._targets.engine(target, request.get("Database") or "")

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


def _assumable(directory: Directory, role_arn: str, by: str) -> Principal:
    role = directory.role(role_arn)
    if role is None or not trusts(role.trust or {}, by):
        raise LambdaCallError(f"Not authorized to get credentials of role {role_arn}")
    return role


def _require(role: Principal, action: str, resource: str) -> None:
    decision = decide_within(role.policies, role.boundary, Question(action, resource))
    if decision is Decision.ALLOWED:
        return
    reason = (
        "with an explicit deny in an identity-based policy"
        if decision is Decision.EXPLICIT_DENY
        else f"because no identity-based policy allows the {action} action"
    )
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/RedshiftIamRoleSession"
    raise LambdaCallError(
        f"User: {session} is not authorized to perform: {action} on resource: {resource} {reason}"
    )


def _function_error(name: str, payload: bytes) -> str:
    try:
        error = json.loads(payload)
    except ValueError:
        error = {}
    kind, text = error.get("errorType", "Error"), error.get("errorMessage", "no message")
    return f"Lambda function {name} failed: {kind}: {text}"
