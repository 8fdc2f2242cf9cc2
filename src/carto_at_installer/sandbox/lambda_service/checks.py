"""What Lambda refuses beyond what its service model says, and what this Lambda does not emulate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.faults.roles import too_young
from carto_at_installer.sandbox.iam_policy import UnknownConditionError, trusts
from carto_at_installer.sandbox.lambda_service.code import MAX_UNZIPPED
from carto_at_installer.sandbox.lambda_service.references import layer_reference

if TYPE_CHECKING:
    from carto_at_installer.sandbox.lambda_service.parts import LambdaParts
    from carto_at_installer.sandbox.lambda_service.records import Records
    from carto_at_installer.sandbox.services import Call

RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
MAX_ENVIRONMENT = 4096
MAX_TIMEOUT = 900
MAX_LAYERS = 5
_RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
_NOT_EMULATED = {
    "ImageConfig": "container images",
    "DeadLetterConfig": "dead letter queues",
    "FileSystemConfigs": "file systems",
    "CapacityProviderConfig": "capacity providers",
    "DurableConfig": "durable functions",
    "TenancyConfig": "tenancy",
    "PublishTo": "publishing to LATEST_PUBLISHED",
}


def invalid(message: str) -> AwsServiceError:
    """`InvalidParameterValueException`."""
    return AwsServiceError("InvalidParameterValueException", message)


def refuse_unsupported(request: dict[str, Any]) -> None:
    """Raise AwsServiceError, naming the feature, for what the sandbox's Lambda cannot do."""
    for member, feature in _NOT_EMULATED.items():
        if request.get(member):
            raise invalid(f"The sandbox does not emulate {feature} ({member})")
    vpc = request.get("VpcConfig") or {}
    if vpc.get("SubnetIds") or vpc.get("SecurityGroupIds"):
        raise invalid("The sandbox does not emulate functions in a VPC (VpcConfig)")
    if (request.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise invalid("The sandbox does not emulate SnapStart")
    if (request.get("TracingConfig") or {}).get("Mode", "PassThrough") != "PassThrough":
        raise invalid("The sandbox does not emulate active tracing (TracingConfig)")
    if request.get("PackageType", "Zip") != "Zip":
        raise invalid("The sandbox runs functions of package type Zip only")


def check_runtime(runtime: str | None) -> None:
    """Python only. Raises AwsServiceError."""
    if runtime is None:
        raise invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    if runtime not in RUNTIMES:
        raise invalid(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(RUNTIMES)}] or be a valid ARN (the sandbox runs Python only)"
        )


def check_timeout(seconds: int | None) -> None:
    """At most 15 minutes. Raises AwsServiceError."""
    if seconds is not None and seconds > MAX_TIMEOUT:
        raise AwsServiceError(
            "ValidationException",
            f"1 validation error detected: Value '{seconds}' at 'timeout' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MAX_TIMEOUT}",
        )


def check_environment(variables: dict[str, str]) -> None:
    """At most 4 KB, none of Lambda's own names. Raises AwsServiceError."""
    reserved = sorted(_RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables "
            "you have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    size = sum(len(key.encode()) + len(value.encode()) for key, value in variables.items())
    if size > MAX_ENVIRONMENT:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables "
            f"you have provided exceeded the 4KB limit. String measured: {size}"
        )


def check_role(role_arn: str, parts: LambdaParts) -> None:
    """The role must exist and trust Lambda. Raises AwsServiceError in Lambda's words."""
    role = parts.directory().role(role_arn)
    ready = parts.settings.role_ready_seconds
    try:
        trusted = (
            role is not None
            and trusts(role.trust or {}, "lambda.amazonaws.com")
            and not too_young(parts.faults, ready, role.arn, role.created)
        )
    except UnknownConditionError as error:
        raise invalid(f"The trust policy of {role_arn} cannot be judged: {error}") from error
    if not trusted:
        raise invalid("The role defined for the function cannot be assumed by Lambda.")


def resolved_layers(arns: list[str], records: Records, call: Call) -> list[dict[str, Any]]:
    """The stored facts of layer versions. Raises AwsServiceError: too many, unknown, one layer twice."""
    if len(arns) > MAX_LAYERS:
        raise invalid(f"Layers list of {len(arns)} exceeds the maximum of {MAX_LAYERS} layers")
    found: list[dict[str, Any]] = []
    for text in arns:
        reference = layer_reference(text, call)
        if reference.version is None:
            raise invalid(f"Layer version is missing in the layer ARN: {text}")
        record = records.layer_version(reference)
        if record is None or reference.region != call.region:
            raise invalid(f"Layer version {text} does not exist.")
        if any(other["name"] == record["name"] for other in found):
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same "
                f"function. {text} and another one are versions of the same layer"
            )
        found.append(
            {
                "arn": record["version_arn"],
                "name": record["name"],
                "digest": record["code"]["digest"],
                "size": record["code"]["size"],
                "unzipped": record["code"]["unzipped"],
                "architectures": record["architectures"],
                "runtimes": record["runtimes"],
            }
        )
    return found


def check_storage(code: dict[str, Any], parts: LambdaParts, region: str) -> None:
    """New code must find room in what the account may store in a region. Raises AwsServiceError."""
    if parts.records.stored_bytes(region) + code["size"] > parts.settings.code_storage_bytes:
        raise AwsServiceError("CodeStorageExceededException", "Code storage limit exceeded.", 400)


def check_together(record: dict[str, Any]) -> None:
    """What must fit together: total size, architectures and runtimes of code and layers. Raises AwsServiceError."""
    total = record["code"]["unzipped"] + sum(layer["unzipped"] for layer in record["layers"])
    if total > MAX_UNZIPPED:
        raise invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {MAX_UNZIPPED} bytes. "
            f"The actual size is {total} bytes."
        )
    for layer in record["layers"]:
        if layer["architectures"] and not set(record["architectures"]) <= set(
            layer["architectures"]
        ):
            raise invalid(
                f"The following layers are not compatible with the architecture {record['architectures'][0]}: "
                f"{layer['arn']}"
            )
