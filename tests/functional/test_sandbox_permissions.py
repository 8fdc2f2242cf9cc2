"""Enforcement of the callers' own permissions, seen through boto3."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from carto_at_installer.sandbox.server import Sandbox
from carto_at_installer.sandbox.settings import Settings
from tests.functional.conftest import client_for, trust, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
CLUSTER = f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:demo"
DATABASE = f"arn:aws:redshift:us-east-1:{ACCOUNT}:dbname:demo/dev"
CODE = zipped({"code.py": "def handler(event, context): return 1"})
Client = Any


def allow(*actions: str, on: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return {**statement, "Condition": condition} if condition else statement


def deny(*actions: str, on: str = "*") -> dict[str, Any]:
    return {**allow(*actions, on=on), "Effect": "Deny"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Account:
    """A sandbox that enforces permissions, its administrator, and users made in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: dict[tuple[str, str], Client] = {}

    def client(self, service: str, key: str = "sandbox") -> Client:
        if (service, key) not in self._clients:
            self._clients[service, key] = client_for(self.url, service, key=key)
        return self._clients[service, key]

    def user(self, name: str, *statements: dict[str, Any]) -> Callable[[str], Client]:
        """Makes a user with a policy: `user("ann", ...)("lambda")` is a client with her key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(
                UserName=name, PolicyName="own", PolicyDocument=document(*statements)
            )
        key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        return lambda service: self.client(service, key)

    def role(self, name: str, *services: str, **options: Any) -> str:
        answer = self.client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=trust(*services), **options
        )
        return str(answer["Role"]["Arn"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    settings = Settings(rate_limits=0, enforce_iam=True)
    running = Sandbox(tmp_path_factory.mktemp("enforcing"), settings=settings)
    running.start()
    yield Account(running.endpoint.url)
    running.close()


@pytest.fixture(scope="module")
def execution_role(account: Account) -> str:
    return account.role("exec", "lambda.amazonaws.com")


def refused(call: Callable[..., Any], action: str, **arguments: Any) -> str:
    """The text of the refusal of a call, which names the action."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    details = error.value.response["Error"]
    assert details["Code"] in {"AccessDenied", "AccessDeniedException"}, details
    assert f"is not authorized to perform: {action} on resource: " in details["Message"]
    return str(details["Message"])


def new_function(name: str, role: str, **more: Any) -> dict[str, Any]:
    return {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Role": role,
        "Handler": "code.handler",
        "Code": {"ZipFile": CODE},
        **more,
    }


def test_the_administrator_may_do_everything(account: Account) -> None:
    account.client("lambda").list_functions()
    account.client("s3").list_buckets()


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("lambda", "list_functions", "UnrecognizedClientException"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
    ],
)
def test_other_keys_must_have_been_made_here(
    account: Account, service: str, call: str, code: str
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(account.client(service, "AKIAUNKNOWN"), call)()
    assert error.value.response["Error"]["Code"] == code


def test_a_user_without_policies_knows_only_who_he_is(account: Account) -> None:
    bob = account.user("bob")
    assert bob("sts").get_caller_identity()["Arn"].endswith(":user/bob")
    assert refused(bob("lambda").list_functions, "lambda:ListFunctions") == (
        f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: lambda:ListFunctions "
        "on resource: * because no identity-based policy allows the lambda:ListFunctions action"
    )
    for service, call, action in [
        ("redshift", "describe_clusters", "redshift:DescribeClusters"),
        ("redshift-serverless", "list_workgroups", "redshift-serverless:ListWorkgroups"),
        ("iam", "list_roles", "iam:ListRoles"),
        ("s3", "list_buckets", "s3:ListAllMyBuckets"),
        ("secretsmanager", "list_secrets", "secretsmanager:ListSecrets"),
        ("logs", "describe_log_groups", "logs:DescribeLogGroups"),
    ]:
        refused(getattr(bob(service), call), action)


def test_functions_by_name(account: Account, execution_role: str) -> None:
    ann = account.user(
        "ann-functions",
        allow("lambda:*Function", "lambda:TagResource", on=f"{FUNCTION}carto-*"),
        allow("iam:PassRole", on=execution_role, StringEquals=to("lambda")),
        deny("lambda:DeleteFunction", on=f"{FUNCTION}carto-keep"),
    )("lambda")
    ann.create_function(**new_function("carto-keep", execution_role, Tags={"a": "b"}))
    time.sleep(0.05)
    assert ann.invoke(FunctionName="carto-keep")["StatusCode"] == 200
    text = refused(ann.delete_function, "lambda:DeleteFunction", FunctionName="carto-keep")
    assert text.endswith(f"{FUNCTION}carto-keep with an explicit deny in an identity-based policy")
    other = new_function("other", execution_role)
    assert f"{FUNCTION}other because" in refused(
        ann.create_function, "lambda:CreateFunction", **other
    )


def to(service: str) -> dict[str, str]:
    return {"iam:PassedToService": f"{service}.amazonaws.com"}


def test_roles_are_passed_only_with_permission(account: Account, execution_role: str) -> None:
    everything_but = allow("lambda:*", "redshift:*", "redshift-serverless:*")
    invoke_role = account.role("invoke", "redshift.amazonaws.com")
    carl = account.user(
        "carl", everything_but, allow("iam:PassRole", on=execution_role, StringEquals=to("ec2"))
    )
    text = refused(
        carl("lambda").create_function, "iam:PassRole", **new_function("carl", execution_role)
    )
    assert execution_role in text
    refused(
        carl("redshift").modify_cluster_iam_roles,
        "iam:PassRole",
        ClusterIdentifier="demo",
        AddIamRoles=[invoke_role],
    )
    refused(
        carl("redshift-serverless").update_namespace,
        "iam:PassRole",
        namespaceName="demo-serverless",
        iamRoles=[invoke_role],
        defaultIamRoleArn="",
    )
    created = {"NodeType": "ra3.large", "MasterUsername": "admin", "MasterUserPassword": "Secret12"}
    refused(
        carl("redshift").create_cluster,
        "iam:PassRole",
        ClusterIdentifier="carls",
        IamRoles=[invoke_role],
        **created,
    )
    account.client("iam").put_user_policy(
        UserName="carl",
        PolicyName="pass",
        PolicyDocument=document(allow("iam:PassRole", on=invoke_role, StringEquals=to("redshift"))),
    )
    carl("redshift").modify_cluster_iam_roles(ClusterIdentifier="demo", AddIamRoles=[invoke_role])


def test_layers_and_tags_need_more(account: Account, execution_role: str) -> None:
    layer = account.client("lambda").publish_layer_version(
        LayerName="shared", Content={"ZipFile": zipped({"python/a.py": "x = 1"})}
    )["LayerVersionArn"]
    dora = account.user(
        "dora", allow("lambda:CreateFunction"), allow("iam:PassRole", on=execution_role)
    )("lambda")
    with_layer = new_function("dora", execution_role, Layers=[layer])
    assert layer in refused(dora.create_function, "lambda:GetLayerVersion", **with_layer)
    tagged = new_function("dora", execution_role, Tags={"a": "b"})
    refused(dora.create_function, "lambda:TagResource", **tagged)
    dora.create_function(**new_function("dora", execution_role))


def finished(data: Client, **request: Any) -> dict[str, Any]:
    started = data.execute_statement(Database="dev", **request)
    while True:
        described: dict[str, Any] = data.describe_statement(Id=started["Id"])
        if described["Status"] in {"FINISHED", "FAILED", "ABORTED"}:
            return described
        time.sleep(0.01)


OWN = {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}


def test_statements_need_a_login_to_the_database(account: Account) -> None:
    eve = account.user(
        "eve",
        allow("redshift-data:ExecuteStatement", on=CLUSTER),
        allow("redshift:GetClusterCredentialsWithIAM", on=DATABASE),
        allow("redshift-data:DescribeStatement", StringEquals=OWN),
    )("redshift-data")
    assert finished(eve, Sql="SELECT 1", ClusterIdentifier="demo")["DbUser"] == "IAM:eve"
    sql = {"Database": "dev", "Sql": "SELECT 1"}
    for login, action in [
        ({"ClusterIdentifier": "demo", "DbUser": "admin"}, "redshift:GetClusterCredentials"),
        ({"ClusterIdentifier": "other"}, "redshift-data:ExecuteStatement"),
        ({"WorkgroupName": "demo-serverless"}, "redshift-data:ExecuteStatement"),
    ]:
        refused(eve.execute_statement, action, **sql, **login)
    refused(
        eve.batch_execute_statement,
        "redshift-data:BatchExecuteStatement",
        Sqls=["SELECT 1"],
        Database="dev",
        ClusterIdentifier="demo",
    )


def test_statements_by_their_owner(account: Account) -> None:
    data = account.client("redshift-data")
    number = finished(data, Sql="SELECT 1", ClusterIdentifier="demo", DbUser="admin")["Id"]
    fay = account.user("fay", allow("redshift-data:DescribeStatement", StringEquals=OWN))
    refused(fay("redshift-data").describe_statement, "redshift-data:DescribeStatement", Id=number)


def test_serverless_and_secrets(account: Account) -> None:
    workgroup = account.client("redshift-serverless").get_workgroup(
        workgroupName="demo-serverless"
    )["workgroup"]["workgroupArn"]
    secret = account.client("secretsmanager").create_secret(
        Name="db", SecretString=json.dumps({"username": "admin", "password": "x"})
    )["ARN"]
    execute = allow("redshift-data:ExecuteStatement", on=workgroup)
    gus = account.user("gus", execute)("redshift-data")
    sql = {"Database": "dev", "Sql": "SELECT 1", "WorkgroupName": "demo-serverless"}
    text = refused(gus.execute_statement, "redshift-serverless:GetCredentials", **sql)
    assert workgroup in text
    text = refused(gus.execute_statement, "secretsmanager:GetSecretValue", SecretArn=secret, **sql)
    assert secret in text
    hal = account.user(
        "hal",
        execute,
        allow("redshift-serverless:GetCredentials", on=workgroup),
        allow("secretsmanager:GetSecretValue", on=secret),
    )
    hal("redshift-data").execute_statement(**sql)
    hal("redshift-data").execute_statement(SecretArn=secret, **sql)
    hal("secretsmanager").get_secret_value(SecretId="db")


def test_roles_are_assumed_with_their_permissions(account: Account) -> None:
    iam = account.client("iam")
    ivy = account.user("ivy")
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    by_account = {**trusted, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    by_name = {**trusted, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ivy"}}
    for name, statement in (("by-account", by_account), ("by-name", by_name)):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(statement))
    session = {"RoleSessionName": "s"}
    role = f"arn:aws:iam::{ACCOUNT}:role/by-account"
    refused(ivy("sts").assume_role, "sts:AssumeRole", RoleArn=role, **session)
    iam.put_role_policy(
        RoleName="by-name", PolicyName="p", PolicyDocument=document(allow("lambda:List*"))
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/by-name"
    key = ivy("sts").assume_role(RoleArn=role, **session)["Credentials"]["AccessKeyId"]
    account.client("lambda", key).list_functions()
    text = refused(account.client("iam", key).list_roles, "iam:ListRoles")
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/by-name/s" in text
    narrow = document(allow("lambda:ListLayers"))
    answer = ivy("sts").assume_role(RoleArn=role, Policy=narrow, **session)
    limited = account.client("lambda", answer["Credentials"]["AccessKeyId"])
    limited.list_layers()
    text = refused(limited.list_functions, "lambda:ListFunctions")
    assert text.endswith("because no session policy allows the lambda:ListFunctions action")


def test_boundaries_limit(account: Account) -> None:
    iam = account.client("iam")
    boundary = iam.create_policy(
        PolicyName="boundary",
        PolicyDocument=document(allow("lambda:*"), deny("lambda:DeleteFunction")),
    )["Policy"]["Arn"]
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    iam.create_role(
        RoleName="bounded",
        AssumeRolePolicyDocument=document(trusted),
        PermissionsBoundary=boundary,
    )
    iam.put_role_policy(RoleName="bounded", PolicyName="p", PolicyDocument=document(allow("*")))
    answer = account.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/bounded", RoleSessionName="s"
    )
    key = answer["Credentials"]["AccessKeyId"]
    account.client("lambda", key).list_functions()
    text = refused(account.client("iam", key).list_roles, "iam:ListRoles")
    assert text.endswith("because no permissions boundary allows the iam:ListRoles action")
    delete = account.client("lambda", key).delete_function
    text = refused(delete, "lambda:DeleteFunction", FunctionName="f")
    assert text.endswith("with an explicit deny in a permissions boundary")


def test_roles_are_made_within_a_boundary(account: Account) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/within"
    account.client("iam").create_policy(
        PolicyName="within", PolicyDocument=document(allow("logs:*"))
    )
    kim = account.user(
        "kim",
        allow(
            "iam:CreateRole",
            "iam:PutRolePolicy",
            on=f"arn:aws:iam::{ACCOUNT}:role/team/*",
            StringEquals={"iam:PermissionsBoundary": boundary},
        ),
    )("iam")
    document_ = trust("lambda.amazonaws.com")
    refused(
        kim.create_role,
        "iam:CreateRole",
        RoleName="a",
        Path="/team/",
        AssumeRolePolicyDocument=document_,
    )
    within = {"PermissionsBoundary": boundary, "AssumeRolePolicyDocument": document_}
    refused(kim.create_role, "iam:CreateRole", RoleName="kims", **within)
    kim.create_role(RoleName="kims", Path="/team/", **within)
    kim.put_role_policy(
        RoleName="kims", PolicyName="p", PolicyDocument=document(allow("logs:PutLogEvents"))
    )


def test_buckets_objects_and_logs(account: Account) -> None:
    account.client("s3").create_bucket(Bucket="here")
    lea = account.user(
        "lea",
        allow("s3:PutObject", "s3:GetObject", on="arn:aws:s3:::here/${aws:username}/*"),
        allow("logs:*", on=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/carto-*"),
    )
    lea("s3").put_object(Bucket="here", Key="lea/a", Body=b"x")
    lea("s3").head_object(Bucket="here", Key="lea/a")
    refused(lea("s3").put_object, "s3:PutObject", Bucket="here", Key="bob/a", Body=b"x")
    refused(lea("s3").list_objects_v2, "s3:ListBucket", Bucket="here")
    lea("logs").create_log_group(logGroupName="/aws/lambda/carto-x")
    lea("logs").put_retention_policy(logGroupName="/aws/lambda/carto-x", retentionInDays=1)
    refused(lea("logs").create_log_group, "logs:CreateLogGroup", logGroupName="/other")


def test_inactive_keys_and_gone_users(account: Account) -> None:
    iam = account.client("iam")
    max_ = account.user("max", allow("lambda:*"))
    max_("lambda").list_functions()
    key = iam.list_access_keys(UserName="max")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName="max", AccessKeyId=key, Status="Inactive")
    with pytest.raises(ClientError, match="security token included in the request is invalid"):
        max_("lambda").list_functions()


def test_what_would_have_no_effect_is_refused(account: Account) -> None:
    with pytest.raises(ClientError, match="does not emulate PermissionsBoundary"):
        account.client("iam").create_user(
            UserName="n", PermissionsBoundary="arn:aws:iam::1:policy/p"
        )


def test_the_simulation_agrees(account: Account) -> None:
    account.user("sim", allow("lambda:*", on=f"{FUNCTION}carto-${{aws:username}}"))
    answer = account.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/sim",
        ActionNames=["lambda:GetFunction"],
        ResourceArns=[f"{FUNCTION}carto-sim", f"{FUNCTION}carto-other"],
    )
    found = [item["EvalDecision"] for item in answer["EvaluationResults"]]
    assert found == ["allowed", "implicitDeny"]


def test_what_a_simulation_tells(account: Account) -> None:
    iam = account.client("iam")
    iam.create_group(GroupName="simulated")
    policy = lambda *statements: json.dumps({"Version": "2012-10-17", "Statement": statements})  # noqa: E731
    allowing = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
    passing = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": "*",
        "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
    }
    denying = {"Effect": "Deny", "Action": "lambda:DeleteFunction", "Resource": "*"}
    iam.put_group_policy(GroupName="simulated", PolicyName="all", PolicyDocument=policy(allowing))
    iam.create_user(UserName="simulant")
    iam.add_user_to_group(GroupName="simulated", UserName="simulant")
    iam.put_user_policy(
        UserName="simulant", PolicyName="pass", PolicyDocument=policy(passing, denying)
    )
    user = f"arn:aws:iam::{ACCOUNT}:user/simulant"

    def ask(*actions: str, source: str = user, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = iam.simulate_principal_policy(
            PolicySourceArn=source, ActionNames=list(actions), **more
        )
        return answer

    listed, passed, deleted = ask("lambda:ListFunctions", "iam:PassRole", "lambda:DeleteFunction")[
        "EvaluationResults"
    ]
    assert listed["EvalDecision"] == "allowed"
    assert listed["MatchedStatements"] == [
        {"SourcePolicyId": "group_simulated_all", "SourcePolicyType": "group"}
    ]
    assert (passed["EvalDecision"], passed["MatchedStatements"]) == ("implicitDeny", [])
    assert passed["MissingContextValues"] == ["iam:PassedToService"]
    assert deleted["EvalDecision"] == "explicitDeny"
    assert [m["SourcePolicyId"] for m in deleted["MatchedStatements"]] == ["user_simulant_pass"]
    entry = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyType": "string",
        "ContextKeyValues": ["lambda.amazonaws.com"],
    }
    (passed,) = ask("iam:PassRole", ContextEntries=[entry])["EvaluationResults"]
    assert (passed["EvalDecision"], passed["MissingContextValues"]) == ("allowed", [])
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=user,
        ActionNames=["lambda:ListFunctions", "lambda:DeleteFunction", "iam:PassRole"],
        PaginationConfig={"PageSize": 2},
    )
    sizes = [len(page["EvaluationResults"]) for page in pages]
    assert sizes == [2, 1]
    more = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    (given,) = ask("s3:ListBucket", PolicyInputList=[more])["EvaluationResults"]
    assert [m["SourcePolicyId"] for m in given["MatchedStatements"]] == ["PolicyInputList.1"]
    (within,) = ask("lambda:ListFunctions", PermissionsBoundaryPolicyInputList=[more])[
        "EvaluationResults"
    ]
    assert within["EvalDecision"] == "implicitDeny"
    assert within["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    group = f"arn:aws:iam::{ACCOUNT}:group/simulated"
    (listed,) = ask("lambda:ListFunctions", source=group)["EvaluationResults"]
    assert listed["EvalDecision"] == "allowed"
    with pytest.raises(ClientError, match="does not emulate CallerArn"):
        ask("lambda:ListFunctions", CallerArn=user)


def test_a_server_with_enforcement(tmp_path: Any) -> None:
    from carto_at_installer.sandbox import daemon  # noqa: PLC0415

    info = daemon.start(tmp_path)
    try:
        assert not info.enforce_iam
        with pytest.raises(daemon.SandboxError, match="without the enforcement"):
            daemon.start(tmp_path, enforce_iam=True)
        daemon.stop(tmp_path)
        assert daemon.start(tmp_path, enforce_iam=True).enforce_iam
        info = daemon.start(tmp_path)
        assert info.enforce_iam
        with pytest.raises(ClientError, match="security token"):
            boto3.client(
                "lambda",
                endpoint_url=info.endpoint,
                region_name="us-east-1",
                aws_access_key_id="AKIA",
                aws_secret_access_key="x",
            ).list_functions()
    finally:
        daemon.stop(tmp_path)


def test_the_log_tells_which_permissions_were_used(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    pia = account.user("pia", allow("lambda:ListFunctions"))
    with caplog.at_level("INFO", logger="carto_at_installer.sandbox.permissions.enforcement"):
        pia("lambda").list_functions()
        refused(pia("lambda").list_layers, "lambda:ListLayers")
    told = [
        record.getMessage() for record in caplog.records if "permission " in record.getMessage()
    ]
    assert told == [
        "permission used: lambda:ListFunctions on *",
        "permission refused: lambda:ListLayers on *",
    ]
