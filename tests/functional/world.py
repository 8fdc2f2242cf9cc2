"""A sandbox of their own for tests of installations, and what can be seen in it."""

from __future__ import annotations

import json
from contextlib import contextmanager

import boto3
import pytest

from carto_at_installer.sandbox import daemon

EMPTY = {"functions": [], "layers": [], "roles": [], "logs": [], "attached": []}
"""What `cloud` shows where nothing is installed."""


@contextmanager
def fresh_sandbox(home):
    """Start a sandbox in `home`, point commands at it, and stop it at the end; yields a maker of AWS clients."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTO_AT_SANDBOX_HOME", str(home))
        patch.setenv("AWS_CONFIG_FILE", str(home / "no-config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "no-credentials"))
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        info = daemon.start(home)
        try:
            yield lambda service: boto3.client(
                service,
                endpoint_url=info.endpoint,
                region_name="us-east-1",
                aws_access_key_id="sandbox",
                aws_secret_access_key="sandbox",
            )
        finally:
            daemon.stop(home)


def cloud(client):
    """The names of everything in AWS that an installation makes."""
    functions = client("lambda").list_functions()["Functions"]
    cluster = client("redshift").describe_clusters(ClusterIdentifier="demo")["Clusters"][0]
    return {
        "functions": sorted(f["FunctionName"] for f in functions),
        "layers": sorted(layer["LayerName"] for layer in client("lambda").list_layers()["Layers"]),
        "roles": sorted(r["RoleName"] for r in client("iam").list_roles()["Roles"]),
        "logs": sorted(
            g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]
        ),
        "attached": sorted(
            role["IamRoleArn"] for role in cluster["IamRoles"] if role["ApplyStatus"] != "removing"
        ),
    }


def make_cluster(client, name, **more):
    """Create a cluster and wait until it is available."""
    client("redshift").create_cluster(
        ClusterIdentifier=name,
        NodeType="ra3.large",
        MasterUsername="admin",
        MasterUserPassword="Secret12",
        **more,
    )
    client("redshift").get_waiter("cluster_available").wait(
        ClusterIdentifier=name, WaiterConfig={"Delay": 0.05}
    )


def trust(*services):
    """A trust policy for services, as text."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": list(services)},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
