"""Lambda functions and layers: looking, publishing, creating, waiting until they are active."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import botocore.exceptions as bc

from carto_at_installer.aws.failures import error_code, translated
from carto_at_installer.aws.retries import Patience, Pauses
from carto_at_installer.core.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carto_at_installer.aws.session import AwsSession

_ACTIVATION = Patience(0.1, 2.0, 300.0, factor=1.6)


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """Everything about a Lambda function that is set when it is created. `layers` are layer version ARNs."""

    name: str
    runtime: str
    handler: str
    role: str
    architecture: str
    memory_mb: int
    timeout_s: int
    layers: tuple[str, ...]
    environment: Mapping[str, str]
    log_group: str
    description: str
    tags: Mapping[str, str]
    kms_key: str = ""


@dataclass(frozen=True, slots=True)
class FunctionSummary:
    """What the list of all functions says of one: everything but its state and its tags."""

    name: str
    arn: str
    code_sha256: str
    runtime: str
    handler: str
    role: str
    architecture: str
    memory_mb: int
    timeout_s: int
    layers: tuple[str, ...]
    environment: Mapping[str, str]
    log_group: str
    kms_key: str


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """What Lambda gives an account in a region. Sizes are in bytes; `unreserved` are concurrent executions."""

    concurrency: int
    unreserved: int
    code_limit: int
    code_used: int


def account_limits(session: AwsSession) -> AccountLimits:
    """The limits of Lambda in this account and region, and what is used of them."""
    with translated("read the limits of Lambda in this account"):
        answer = session.client("lambda").get_account_settings()
    limit, usage = answer["AccountLimit"], answer["AccountUsage"]
    return AccountLimits(
        concurrency=limit["ConcurrentExecutions"],
        unreserved=limit.get("UnreservedConcurrentExecutions", limit["ConcurrentExecutions"]),
        code_limit=limit["TotalCodeSize"],
        code_used=usage["TotalCodeSize"],
    )


def signing_required(session: AwsSession, name: str) -> bool:
    """Whether a function refuses code that is not signed."""
    client = session.client("lambda")
    with translated(f"see whether the Lambda function {name} wants signed code"):
        arn = client.get_function_code_signing_config(FunctionName=name).get("CodeSigningConfigArn")
        if not arn:
            return False
        config = client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    policy = config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]
    return bool(policy == "Enforce")


@dataclass(frozen=True, slots=True)
class DeployedFunction(FunctionSummary):
    """A Lambda function as AWS describes it when it is asked about this one.

    `reserved_concurrency` is None for a function that has no executions of its own.
    """

    state: str
    update_status: str
    tags: Mapping[str, str]
    reserved_concurrency: int | None = None

    @property
    def settled(self) -> bool:
        """Whether it can be invoked and changed: neither being created nor being updated."""
        return self.state in {"Active", "Inactive"} and self.update_status in {"", "Successful"}


@dataclass(frozen=True, slots=True)
class FunctionList:
    """The functions of a region by name. `complete` says that there are no others."""

    functions: Mapping[str, FunctionSummary]
    complete: bool


def list_functions(session: AwsSession, *, pages: int | None = None) -> FunctionList:
    """The Lambda functions of the region, ours and others', 50 to a page; all, or as many as fill so many pages."""
    found: dict[str, FunctionSummary] = {}
    with translated("list the Lambda functions"):
        paginator = session.client("lambda").get_paginator("list_functions").paginate()
        for number, page in enumerate(paginator, 1):
            found |= {f["FunctionName"]: _summary(f) for f in page["Functions"]}
            if number == pages and page.get("NextMarker"):
                return FunctionList(found, complete=False)
    return FunctionList(found, complete=True)


def find_function(session: AwsSession, name: str) -> DeployedFunction | None:
    """The function of that name with its configuration and tags, or None."""
    with translated(f"look at the Lambda function {name}"):
        try:
            answer = session.client("lambda").get_function(FunctionName=name)
        except bc.ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
    configuration = answer["Configuration"]
    found = described(
        _summary(configuration),
        state=configuration.get("State", ""),
        update_status=configuration.get("LastUpdateStatus", ""),
        tags=answer.get("Tags", {}),
    )
    reserved = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions")
    return replace(found, reserved_concurrency=reserved)


def described(
    summary: FunctionSummary, *, state: str, update_status: str, tags: Mapping[str, str]
) -> DeployedFunction:
    """A function of which the list tells the one part, and something else the other."""
    known = {field.name: getattr(summary, field.name) for field in fields(FunctionSummary)}
    return DeployedFunction(**known, state=state, update_status=update_status, tags=dict(tags))


def _summary(configuration: dict[str, Any]) -> FunctionSummary:
    return FunctionSummary(
        name=configuration["FunctionName"],
        arn=configuration["FunctionArn"],
        code_sha256=configuration.get("CodeSha256", ""),
        runtime=configuration.get("Runtime", ""),
        handler=configuration.get("Handler", ""),
        role=configuration.get("Role", ""),
        architecture=configuration.get("Architectures", ["x86_64"])[0],
        memory_mb=configuration.get("MemorySize", 0),
        timeout_s=configuration.get("Timeout", 0),
        layers=tuple(layer["Arn"] for layer in configuration.get("Layers", [])),
        environment=configuration.get("Environment", {}).get("Variables", {}),
        log_group=configuration.get("LoggingConfig", {}).get("LogGroup", ""),
        kms_key=configuration.get("KMSKeyArn") or "",
    )


def find_layer(session: AwsSession, name: str) -> str | None:
    """The ARN of the newest version of the layer, or None."""
    with translated(f"look for the layer {name}"):
        answer = session.client("lambda").list_layer_versions(LayerName=name, MaxItems=1)
    versions = answer.get("LayerVersions", [])
    return str(versions[0]["LayerVersionArn"]) if versions else None


def publish_layer(
    session: AwsSession,
    name: str,
    content: bytes,
    *,
    runtime: str,
    architecture: str,
    description: str,
) -> str:
    """Upload a layer and return the ARN of its version."""
    with translated(f"publish the layer {name}"):
        answer = session.client("lambda").publish_layer_version(
            LayerName=name,
            Description=description,
            Content={"ZipFile": content},
            CompatibleRuntimes=[runtime],
            CompatibleArchitectures=[architecture],
        )
    return str(answer["LayerVersionArn"])


def create_function(session: AwsSession, settings: FunctionSettings, code: bytes) -> str:
    """Create a function, wait until it is active and return its ARN.

    A function of the same name that another run has just created is taken as it is, because its name is the digest of
    its content. Raises TargetError on everything else.
    """
    with translated(f"create the Lambda function {settings.name}"):
        _create_once(session, _creation(settings, code))
    return await_function(session, settings.name)


def _creation(settings: FunctionSettings, code: bytes) -> dict[str, Any]:
    return {
        "FunctionName": settings.name,
        "Runtime": settings.runtime,
        "Handler": settings.handler,
        "Role": settings.role,
        "Code": {"ZipFile": code},
        "Description": settings.description,
        "Timeout": settings.timeout_s,
        "MemorySize": settings.memory_mb,
        "Publish": False,
        "PackageType": "Zip",
        "Architectures": [settings.architecture],
        "Layers": list(settings.layers),
        "Environment": {"Variables": dict(settings.environment)},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": settings.log_group},
        "Tags": dict(settings.tags),
        **({"KMSKeyArn": settings.kms_key} if settings.kms_key else {}),
    }


def _create_once(session: AwsSession, parameters: dict[str, Any]) -> None:
    try:
        session.client("lambda").create_function(**parameters)
    except bc.ClientError as error:
        if error_code(error) != "ResourceConflictException":
            raise


def await_function(session: AwsSession, name: str) -> str:
    """Wait until a function is active and not being updated; return its ARN."""
    pauses = Pauses(_ACTIVATION)
    while True:
        function = find_function(session, name)
        if function is None:
            raise TargetError(f"The Lambda function {name} disappeared while it was being created")
        if function.state == "Failed" or function.update_status == "Failed":
            raise TargetError(
                f"The Lambda function {name} failed to become active",
                hint=f"See why with `aws lambda get-function-configuration --function-name {name}`.",
            )
        if function.settled:
            return function.arn
        if not pauses.wait(f"{name} is {function.state.lower() or 'starting'}"):
            raise TargetError(f"The Lambda function {name} is still {function.state}")


def update_settings(session: AwsSession, settings: FunctionSettings) -> str:
    """Change what may change in place (memory, timeout, environment, role, layers, logging) and wait for it."""
    with translated(f"change the settings of the Lambda function {settings.name}"):
        session.client("lambda").update_function_configuration(
            FunctionName=settings.name,
            Runtime=settings.runtime,
            Handler=settings.handler,
            Role=settings.role,
            Description=settings.description,
            Timeout=settings.timeout_s,
            MemorySize=settings.memory_mb,
            Layers=list(settings.layers),
            Environment={"Variables": dict(settings.environment)},
            LoggingConfig={"LogFormat": "Text", "LogGroup": settings.log_group},
            KMSKeyArn=settings.kms_key,
        )
    return await_function(session, settings.name)


def update_code(session: AwsSession, name: str, code: bytes) -> str:
    """Upload a function's program again and wait until it is in use."""
    await_function(session, name)
    with translated(f"upload the code of the Lambda function {name}"):
        session.client("lambda").update_function_code(FunctionName=name, ZipFile=code)
    return await_function(session, name)


def reserve_concurrency(session: AwsSession, name: str, executions: int) -> None:
    """Keep so many of the account's concurrent executions for a function, and let it have no more."""
    with translated(f"reserve concurrent executions for the Lambda function {name}"):
        session.client("lambda").put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=executions
        )


def free_concurrency(session: AwsSession, name: str) -> None:
    """Take a function's reservation back; a function that is gone has none."""
    with translated(f"free the concurrent executions of the Lambda function {name}"):
        try:
            session.client("lambda").delete_function_concurrency(FunctionName=name)
        except bc.ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise


def tag_function(session: AwsSession, arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to a function; tags it has stay."""
    with translated(f"tag {arn}"):
        session.client("lambda").tag_resource(Resource=arn, Tags=dict(tags))


def untag_function(session: AwsSession, arn: str, keys: Sequence[str]) -> None:
    """Remove tags from a function."""
    with translated(f"untag {arn}"):
        session.client("lambda").untag_resource(Resource=arn, TagKeys=list(keys))


def delete_function(session: AwsSession, name: str) -> None:
    """Delete a function; one that is already gone is fine."""
    with translated(f"delete the Lambda function {name}"):
        try:
            session.client("lambda").delete_function(FunctionName=name)
        except bc.ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise


def delete_layer(session: AwsSession, name: str) -> None:
    """Delete every version of a layer. Functions that use one keep their copy, says AWS."""
    client = session.client("lambda")
    with translated(f"delete the layer {name}"):
        pages = client.get_paginator("list_layer_versions").paginate(LayerName=name)
        for version in [v["Version"] for page in pages for v in page["LayerVersions"]]:
            client.delete_layer_version(LayerName=name, VersionNumber=version)
