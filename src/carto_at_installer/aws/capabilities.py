"""What the installed boto3 must know of AWS's services, and what of it an old one does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore

if TYPE_CHECKING:
    from carto_at_installer.aws.session import AwsSession

_MEMBERS = {
    ("lambda", "CreateFunction"): ("LoggingConfig", "Architectures", "Layers", "KMSKeyArn", "Tags"),
    ("lambda", "PutFunctionConcurrency"): ("ReservedConcurrentExecutions",),
    ("lambda", "PublishLayerVersion"): ("CompatibleArchitectures",),
    ("redshift", "ModifyClusterIamRoles"): ("DefaultIamRoleArn",),
    ("redshift", "GetClusterCredentialsWithIAM"): ("DbName",),
    ("redshift-serverless", "UpdateNamespace"): ("iamRoles", "defaultIamRoleArn"),
    ("redshift-data", "ExecuteStatement"): (
        "SessionKeepAliveSeconds",
        "WorkgroupName",
        "SecretArn",
    ),
    ("redshift-data", "BatchExecuteStatement"): ("Sqls",),
    ("iam", "CreateRole"): ("PermissionsBoundary", "Path", "Tags"),
    ("iam", "SimulatePrincipalPolicy"): ("ContextEntries", "ResourceArns"),
}


def botocore_version() -> str:
    """The version of the installed botocore, which holds boto3's knowledge of the services."""
    return str(botocore.__version__)


def missing_capabilities(session: AwsSession) -> tuple[str, ...]:
    """What the installed botocore does not know, as `service:Operation.Member`."""
    missing = []
    for (service, operation), members in _MEMBERS.items():
        model = session.client(service).meta.service_model
        if operation not in model.operation_names:
            missing.append(f"{service}:{operation}")
            continue
        shape = model.operation_model(operation).input_shape
        known = shape.members if shape else {}
        missing += [f"{service}:{operation}.{member}" for member in members if member not in known]
    return tuple(missing)
