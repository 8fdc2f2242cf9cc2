"""How each step of a plan is done: the only place that turns plan data into calls."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, assert_never

from carto_at_installer.apply.grants import regranting
from carto_at_installer.aws import clusters, functions, log_groups, roles
from carto_at_installer.aws.functions import FunctionSettings
from carto_at_installer.aws.retries import telling
from carto_at_installer.core.errors import CartoAtError, SqlError
from carto_at_installer.plan import steps as s
from carto_at_installer.sql import aside
from carto_at_installer.sql.ddl import drop_object
from carto_at_installer.sql.identifiers import quote_identifier
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.apply.connection import Connection
    from carto_at_installer.apply.lease import Lease
    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.plan.resources import LambdaFunction


class Performer:
    """Performs the steps of one plan; safe to call from several threads.

    Remembers the ARN of a layer that the plan publishes, and which steps are done but not yet recorded.
    """

    def __init__(
        self,
        plan: s.Plan,
        connection: Connection,
        lease: Lease,
        read_artifact: Callable[[Artifact], bytes],
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._connection = connection
        self._session = connection.session
        self._store = connection.store
        self._lease = lease
        self._read_artifact = read_artifact
        self._progress = progress
        self._layer_arn: str | None = None
        self._unrecorded: list[str] = []
        self._lock = threading.Lock()

    @property
    def unrecorded(self) -> tuple[str, ...]:
        """The steps that are done, but whose end is not yet written to the release tables."""
        with self._lock:
            return tuple(self._unrecorded)

    def perform(self, step: s.Step) -> None:
        """Do one step. Raises CartoAtError when AWS or the database refuses, or when the lease was lost."""
        with telling(lambda reason: self._progress.waiting(step.summary, reason)):
            if not isinstance(step.action, s.PrepareSchema):
                self._lease.confirm()
            self._do(step.action)
        with self._lock:
            self._unrecorded.append(step.key)

    def _do(self, action: s.Action) -> None:
        match action:
            case (
                s.PrepareSchema()
                | s.ApplyModule()
                | s.PutBack()
                | s.DropAside()
                | s.ForgetReleases()
                | s.DropState()
            ):
                self._do_in_database(action)
            case s.CreateRole() | s.UpdateRole() | s.TagRole() | s.AttachRole():
                self._grant(action)
            case s.CreateLogGroup(group):
                log_groups.create_log_group(self._session, group.name, group.tags)
                log_groups.set_retention(self._session, group.name, group.retention_days)
            case s.SetLogRetention(group):
                log_groups.set_retention(self._session, group.name, group.retention_days)
            case s.PublishLayer():
                self._publish_layer(action)
            case (
                s.CreateFunction()
                | s.UpdateFunction()
                | s.RestoreCode()
                | s.AwaitFunction()
                | s.TagFunction()
                | s.ReserveConcurrency()
            ):
                self._deploy(action)
            case _:
                self._remove(action)

    def _do_in_database(
        self,
        action: s.PrepareSchema
        | s.ApplyModule
        | s.PutBack
        | s.DropAside
        | s.ForgetReleases
        | s.DropState,
    ) -> None:
        match action:
            case s.PrepareSchema(_, exists):
                self._lease.take(
                    self._store.beginning(self._plan, self._connection.identity),
                    after=() if exists else self._store.tables.create(),
                    provided=self._store.unchanged_since(self._plan.seen),
                )
            case s.ApplyModule():
                self._apply_module(action)
            case s.PutBack(found):
                self._in_transaction([aside.put_back(self._plan.schema, each) for each in found])
            case s.DropAside(found):
                self._in_transaction([aside.drop(self._plan.schema, each) for each in found])
            case s.ForgetReleases(releases):
                self._in_transaction(self._store.forgetting(releases))
            case s.DropState():
                self._drop_state()
            case _ as never:
                assert_never(never)

    def _grant(self, action: s.CreateRole | s.UpdateRole | s.TagRole | s.AttachRole) -> None:
        match action:
            case s.CreateRole(role):
                new = roles.NewRole(
                    role.name, role.trust, role.tags, role.description, role.path, role.boundary
                )
                roles.create_role(self._session, new)
                roles.set_policy(self._session, role.name, role.policy)
            case s.UpdateRole(role, trust, policy, boundary):
                if trust:
                    roles.set_trust(self._session, role.name, role.trust)
                if policy:
                    roles.set_policy(self._session, role.name, role.policy)
                if boundary:
                    roles.set_boundary(self._session, role.name, role.boundary)
                roles.tag_role(self._session, role.name, role.tags)
            case s.TagRole(name, tags):
                roles.tag_role(self._session, name, tags)
            case s.AttachRole(arn):
                clusters.attach_role(self._session, self._connection.target, arn)
            case _ as never:
                assert_never(never)

    def _deploy(
        self,
        action: s.CreateFunction
        | s.UpdateFunction
        | s.RestoreCode
        | s.AwaitFunction
        | s.TagFunction
        | s.ReserveConcurrency,
    ) -> None:
        match action:
            case s.CreateFunction(function, layer_arn):
                code = self._read_artifact(function.artifact)
                settings = self._settings(function, layer_arn)
                functions.create_function(self._session, settings, code)
            case s.UpdateFunction(function, layer_arn, _):
                functions.await_function(self._session, function.name)
                settings = self._settings(function, layer_arn)
                arn = functions.update_settings(self._session, settings)
                functions.tag_function(self._session, arn, function.tags)
            case s.RestoreCode(function):
                code = self._read_artifact(function.artifact)
                functions.update_code(self._session, function.name, code)
            case s.AwaitFunction(name):
                functions.await_function(self._session, name)
            case s.ReserveConcurrency(name, executions, replaced):
                self._reserve(name, executions, replaced)
            case s.TagFunction(_, arn, tags):
                functions.tag_function(self._session, arn, tags)
            case _ as never:
                assert_never(never)

    def _reserve(self, name: str, executions: int | None, replaced: tuple[str, ...]) -> None:
        for old in replaced:
            functions.free_concurrency(self._session, old)
        if executions is None:
            functions.free_concurrency(self._session, name)
        else:
            functions.reserve_concurrency(self._session, name, executions)

    def _remove(
        self,
        action: s.DeleteFunction
        | s.UntagFunction
        | s.DeleteLayer
        | s.DetachRole
        | s.DeleteRole
        | s.UntagRole
        | s.DeleteLogGroup,
    ) -> None:
        match action:
            case s.DeleteFunction(name):
                functions.delete_function(self._session, name)
            case s.UntagFunction(arn, _, keys):
                functions.untag_function(self._session, arn, keys)
            case s.DeleteLayer(name):
                functions.delete_layer(self._session, name)
            case s.DetachRole(arn):
                clusters.detach_role(self._session, self._connection.target, arn)
            case s.DeleteRole(name):
                roles.delete_role(self._session, name)
            case s.UntagRole(name, keys):
                roles.untag_role(self._session, name, keys)
            case s.DeleteLogGroup(name):
                log_groups.delete_log_group(self._session, name)
            case _ as never:
                assert_never(never)

    def _publish_layer(self, action: s.PublishLayer) -> None:
        layer = action.layer
        self._layer_arn = functions.publish_layer(
            self._session,
            layer.name,
            self._read_artifact(layer.artifact),
            runtime=layer.runtime,
            architecture=layer.architecture,
            description=f"carto-at {layer.artifact.content_digest}",
        )

    def _settings(self, function: LambdaFunction, layer_arn: str | None) -> FunctionSettings:
        layers = () if function.layer is None else (layer_arn or self._published_layer(),)
        return FunctionSettings(
            name=function.name,
            runtime=function.runtime,
            handler=function.handler,
            role=function.role_arn,
            architecture=function.architecture,
            memory_mb=function.memory_mb,
            timeout_s=function.timeout_s,
            layers=layers,
            environment=function.environment,
            log_group=function.log_group,
            description=function.description,
            tags=function.tags,
            kms_key=function.kms_key,
        )

    def _published_layer(self) -> str:
        if self._layer_arn is None:
            raise CartoAtError("The plan creates a function before the layer that it needs")
        return self._layer_arn

    def _in_transaction(self, statements: list[str]) -> None:
        """Run statements while the lease is ours; what was done before is recorded along with them."""
        recorded = self.unrecorded
        done = self._store.done_statements(self._plan.release, recorded)
        self._connection.sql.transaction([*self._lease.guards(), *statements, *done])
        with self._lock:
            self._unrecorded = [key for key in self._unrecorded if key not in recorded]

    def _apply_module(self, action: s.ApplyModule) -> None:
        """Drops first, then definitions in their order with their old privileges, the records last: one transaction."""
        schema, release = self._plan.schema, self._plan.release
        gone = [o.name for o in action.drops] + [o.name for o in action.foreign]
        statements = [
            *aside.set_aside(schema, release, action.foreign),
            *(
                drop_object(gone.kind, schema, gone.name, [gone.types])
                for gone in reversed(action.drops)
            ),
            *(o.ddl for o in action.changed),
            *regranting(self._connection.sql, schema, gone, action.changed),
            *self._store.module_statements(release, action.module, action.changed, action.drops),
        ]
        self._in_transaction(statements)

    def _drop_state(self) -> None:
        """Drop our tables; the schema goes only when nothing is left in it."""
        sql, schema = self._connection.sql, self._plan.schema
        sql.transaction([*self._lease.guards(), *self._store.tables.drop()])
        left = sql.query(
            "SELECT (SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE n.nspname = {literal(schema)}) + (SELECT COUNT(*) FROM pg_proc p"
            f" JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = {literal(schema)})"
        ).rows[0][0]
        if left == 0:
            try:
                sql.transaction([f"DROP SCHEMA {quote_identifier(schema)} RESTRICT"])
            except SqlError:
                # Something of a kind that the catalogs above do not list is in it: it is not ours to remove.
                self._progress.waiting(f"Drop schema {schema}", "something else is in it; it stays")
