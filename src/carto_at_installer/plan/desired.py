"""Derives what should be there from the options, the catalog, the bundle and the target.

Pure: the same inputs give the same names on every machine.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

from carto_at_installer.bundle.digests import program_digest
from carto_at_installer.catalog.select import callers_outside, sql_names
from carto_at_installer.core.errors import PreflightError
from carto_at_installer.core.options import recorded
from carto_at_installer.plan import policies
from carto_at_installer.plan.coverage import coverage_of
from carto_at_installer.plan.examples import recorded_examples
from carto_at_installer.plan.ownership import CODE_TAG, OWNER_TAG, install_mark
from carto_at_installer.plan.resources import (
    DesiredState,
    LambdaFunction,
    Layer,
    ManagedRole,
    ModuleSql,
    SharedLogGroup,
)
from carto_at_installer.sql.ddl import LambdaTarget
from carto_at_installer.sql.objects import module_objects, modules_in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carto_at_installer.core.bundle import BundleManifest
    from carto_at_installer.core.functions import Catalog, Module
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.target import Identity, Target
    from carto_at_installer.sql.templates import Templates

# One BLAS thread and no returning of memory to the system between batches: both measured to cost more than they give.
_RUNTIME_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TOP_PAD_": "16777216",
}
_LAMBDA_SERVICES = ("lambda.amazonaws.com",)
_REDSHIFT_SERVICES = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")


class DesiredStateBuilder:
    """Builds the desired state of one installation."""

    def __init__(
        self, options: InstallOptions, manifest: BundleManifest, identity: Identity, target: Target
    ) -> None:
        self._options = options
        self._manifest = manifest
        self._identity = identity
        self._target = target

    def build(
        self,
        catalog: Catalog,
        templates: Templates,
        *,
        offered: Catalog | None = None,
        command: str = "install",
    ) -> DesiredState:
        """The desired state that has the functions of `catalog`, a part of what is `offered` (all of it by default)."""
        offered = offered or catalog
        modules = modules_in_order(catalog)
        with_lambda = [m for m in modules if m.lambda_settings]
        layer = self._layer() if any(self._uses_layer(m) for m in with_lambda) else None
        functions = tuple(self._function(m, layer) for m in with_lambda)
        return DesiredState(
            schema=self._options.schema,
            version=self._manifest.version,
            command=command,
            roles=self._roles() if functions else (),
            log_group=SharedLogGroup(
                self._log_group, self._options.log_retention_days, self._tags()
            ),
            layer=layer,
            functions=functions,
            attach_role=self._attach_role() if functions else None,
            modules=tuple(self._sql(m, offered, templates) for m in modules),
            options=recorded(self._options),
            coverage=coverage_of(catalog, offered),
            outside=callers_outside(offered, {f.name for f in catalog.functions}),
        )

    @property
    def _log_group(self) -> str:
        return f"/aws/lambda/{self._options.prefix}"

    def _role_arn(self, purpose: str) -> str:
        identity = self._identity
        path = self._options.role_path
        return (
            f"arn:{identity.partition}:iam::{identity.account}:role{path}{self._role_name(purpose)}"
        )

    def _role_name(self, purpose: str) -> str:
        return f"{self._options.prefix}-{purpose}"

    @property
    def _execution_role(self) -> str:
        return self._options.execution_role or self._role_arn("exec")

    @property
    def _invoke_role(self) -> str:
        """What stands behind IAM_ROLE: `default`, or one ARN or a chain of them."""
        chosen = self._options.invoke_role
        return self._role_arn("invoke") if chosen == "create" else chosen

    def _attach_role(self) -> str | None:
        """The role to attach to the cluster; the first of a chain. None for the cluster's default role."""
        if self._invoke_role == "default":
            if not self._target.default_role:
                raise PreflightError(
                    f"{self._target.name} has no default IAM role",
                    hint="Set one in the Redshift console, or leave --invoke-role-arn out to have one created.",
                )
            return None
        return self._invoke_role.split(",")[0]

    def _roles(self) -> tuple[ManagedRole, ...]:
        identity, prefix = self._identity, self._options.prefix
        roles: list[ManagedRole] = []
        if not self._options.execution_role:
            policy = policies.execution_policy(
                identity.partition, identity.account, self._log_group
            )
            about = "Lambda functions of the CARTO Analytics Toolbox for Redshift"
            roles.append(self._role("exec", _LAMBDA_SERVICES, policy, about))
        if self._options.invoke_role == "create":
            policy = policies.invoke_policy(identity.partition, identity.account, prefix)
            about = "Lets Redshift invoke the Lambda functions of the CARTO Analytics Toolbox"
            roles.append(self._role("invoke", _REDSHIFT_SERVICES, policy, about))
        return tuple(roles)

    def _role(
        self, purpose: str, services: tuple[str, ...], policy: Mapping[str, object], about: str
    ) -> ManagedRole:
        return ManagedRole(
            name=self._role_name(purpose),
            arn=self._role_arn(purpose),
            trust=policies.trust(*services),
            policy=policy,
            tags=self._tags(),
            description=about,
            path=self._options.role_path,
            boundary=self._options.permissions_boundary or "",
        )

    def _tags(self) -> dict[str, str]:
        return {**self._options.tags, OWNER_TAG: "true", self._mark: self._install_name}

    @property
    def _mark(self) -> str:
        return install_mark(self._target, self._options.schema)

    def _layer(self) -> Layer:
        artifact = self._manifest.layers[self._options.architecture]
        return Layer(
            name=f"{self._options.prefix}-layer-{artifact.content_digest[:8]}",
            artifact=artifact,
            runtime=self._manifest.runtime,
            architecture=self._options.architecture.value,
        )

    def _uses_layer(self, module: Module) -> bool:
        return self._manifest.modules[module.name].uses_layer

    def _function(self, module: Module, layer: Layer | None) -> LambdaFunction:
        built, settings = self._manifest.modules[module.name], module.lambda_settings
        if settings is None:
            raise AssertionError(f"{module.name} has no Lambda function")
        needed = layer if built.uses_layer else None
        digest = self._program(module, needed)
        return LambdaFunction(
            module=module.name,
            name=self._function_name(module, digest),
            artifact=built.artifact,
            runtime=self._manifest.runtime,
            handler=built.handler,
            architecture=self._options.architecture.value,
            role_arn=self._execution_role,
            memory_mb=self._options.memory_mb or settings.memory_mb,
            timeout_s=self._options.timeout_s or settings.timeout_s,
            environment={**_RUNTIME_ENVIRONMENT, **settings.environment},
            log_group=self._log_group,
            layer=needed.name if needed else None,
            description=f"CARTO Analytics Toolbox: {module.title}",
            kms_key=self._options.kms_key or "",
            tags={
                **self._tags(),
                "carto-at:module": module.name,
                "carto-at:version": self._manifest.version,
                "carto-at:digest": digest,
                CODE_TAG: b64encode(bytes.fromhex(built.artifact.sha256)).decode(),
            },
        )

    def _program(self, module: Module, layer: Layer | None) -> str:
        """The digest of what runs in a module's Lambda function."""
        built = self._manifest.modules[module.name]
        return program_digest(
            built.artifact.content_digest,
            layer.artifact.content_digest if layer else None,
            runtime=self._manifest.runtime,
            architecture=self._options.architecture,
            handler=built.handler,
        )

    def _function_name(self, module: Module, digest: str) -> str:
        return f"{self._options.prefix}-{module.name}-{digest[:8]}"

    def _lambda_name(self, module: Module) -> str:
        """The name of a module's Lambda function, whether or not it is needed; empty for a module without one."""
        if module.lambda_settings is None:
            return ""
        layer = self._layer() if self._uses_layer(module) else None
        return self._function_name(module, self._program(module, layer))

    @property
    def _install_name(self) -> str:
        return f"{self._target.name}/{self._target.database}/{self._options.schema}"

    def _sql(self, module: Module, offered: Catalog, templates: Templates) -> ModuleSql:
        """The objects of `module`, ordered as in the offered module that it may be a part of."""
        whole = next(each for each in offered.modules if each.name == module.name)
        names = sql_names(replace(offered, modules=(module,)))
        role, lambda_name = self._invoke_role, self._lambda_name(whole)
        target = LambdaTarget(lambda_name, tuple(role.split(","))) if lambda_name else None
        every = module_objects(whole, templates, self._options.schema, target)
        return ModuleSql(
            module=module.name,
            objects=tuple(o for o in every if o.name in names),
            lambda_name=lambda_name,
            role=role,
            examples=recorded_examples(module, offered),
            order=tuple(o.signature for o in every),
        )
