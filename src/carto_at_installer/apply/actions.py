"""How each step of a plan is done: the only place that turns plan data into calls."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, assert_never

from carto_at_installer.aws import clusters, functions, log_groups, roles
from carto_at_installer.aws.functions import FunctionSettings
from carto_at_installer.core.errors import CartoAtError
from carto_at_installer.plan import steps as s
from carto_at_installer.sql.ddl import drop_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from carto_at_installer.apply.releases import ReleaseStore
    from carto_at_installer.aws.session import AwsSession
    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.core.progress import Progress
    from carto_at_installer.core.queries import SqlBackend
    from carto_at_installer.core.target import Identity, Target
    from carto_at_installer.plan.resources import LambdaFunction


class Performer:
    """Performs the steps of one plan; safe to call from several threads.

    Remembers the ARN of a layer that the plan publishes, and which steps are done but not yet recorded.
    """

    def __init__(  # noqa: PLR0913 - the composition of one run: each is a different service
        self,
        plan: s.Plan,
        *,
        session: AwsSession,
        sql: SqlBackend,
        store: ReleaseStore,
        read_artifact: Callable[[Artifact], bytes],
        target: Target,
        identity: Identity,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._session = session
        self._sql = sql
        self._store = store
        self._read_artifact = read_artifact
        self._target = target
        self._identity = identity
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
        """Do one step. Raises CartoAtError when AWS or the database refuses."""
        self._do(step, step.action)
        with self._lock:
            self._unrecorded.append(step.key)

    def _do(self, step: s.Step, action: s.Action) -> None:  # noqa: PLR0912 - one case per kind of step
        match action:
            case s.PrepareSchema():
                self._store.begin(self._plan, self._identity)
            case s.CreateRole(role):
                roles.create_role(self._session, role.name, role.trust, role.tags, role.description)
                roles.set_policy(self._session, role.name, role.policy)
            case s.UpdateRole(role, trust, policy):
                if trust:
                    roles.set_trust(self._session, role.name, role.trust)
                if policy:
                    roles.set_policy(self._session, role.name, role.policy)
            case s.AttachRole(arn):
                clusters.attach_role(self._session, self._target, arn, waiting=self._waiting(step))
            case s.CreateLogGroup(group):
                log_groups.create_log_group(self._session, group.name, group.tags)
                log_groups.set_retention(self._session, group.name, group.retention_days)
            case s.SetLogRetention(group):
                log_groups.set_retention(self._session, group.name, group.retention_days)
            case s.PublishLayer():
                self._publish_layer(action)
            case s.CreateFunction(function, layer_arn):
                code = self._read_artifact(function.artifact)
                settings = self._settings(function, layer_arn)
                functions.create_function(
                    self._session, settings, code, waiting=self._waiting(step)
                )
            case s.UpdateFunction(function, layer_arn, _):
                settings = self._settings(function, layer_arn)
                arn = functions.update_settings(
                    self._session, settings, waiting=self._waiting(step)
                )
                functions.tag_function(self._session, arn, function.tags)
            case s.TagFunction(_, arn, tags):
                functions.tag_function(self._session, arn, tags)
            case s.ApplyModule():
                self._apply_module(action)
            case _ as never:
                assert_never(never)

    def _waiting(self, step: s.Step) -> _Waiting:
        return _Waiting(self._progress, step.summary)

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
        )

    def _published_layer(self) -> str:
        if self._layer_arn is None:
            raise CartoAtError("The plan creates a function before the layer that it needs")
        return self._layer_arn

    def _apply_module(self, action: s.ApplyModule) -> None:
        """Drops first, then definitions in their order, the records last, all in one transaction."""
        schema = self._plan.schema
        drops = [drop_function(schema, gone.name, [gone.types]) for gone in reversed(action.drops)]
        with self._lock:
            recorded = tuple(self._unrecorded)
        records = [
            *self._store.module_statements(
                self._plan.release, action.module, action.changed, action.drops
            ),
            *([self._store.done_statement(self._plan.release, recorded)] if recorded else []),
        ]
        self._sql.transaction([*drops, *(o.ddl for o in action.changed), *records])
        with self._lock:
            self._unrecorded = [key for key in self._unrecorded if key not in recorded]


class _Waiting:
    """Passes the reasons for which a step waits on to the progress listener."""

    def __init__(self, progress: Progress, step: str) -> None:
        self._progress = progress
        self._step = step

    def __call__(self, reason: str) -> None:
        self._progress.waiting(self._step, reason)
