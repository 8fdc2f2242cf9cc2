"""Services that need each other's state at the same time do not wait for each other for ever."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "redshift.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def test_making_roles_while_others_are_attached(client):
    iam, redshift = client("iam"), client("redshift")

    def make(number):
        return iam.create_role(RoleName=f"locks-{number}", AssumeRolePolicyDocument=TRUST)["Role"][
            "Arn"
        ]

    def attach(arn):
        redshift.modify_cluster_iam_roles(ClusterIdentifier="demo", AddIamRoles=[arn])
        redshift.modify_cluster_iam_roles(ClusterIdentifier="demo", RemoveIamRoles=[arn])

    first = make("first")
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(attach, first) for _ in range(20)]
        futures += [pool.submit(make, number) for number in range(20)]
        for future in futures:
            future.result(timeout=60)
    assert len([r for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("locks-")]) == 21
