"""What is exported works: the template's resources and the SQL are made in the sandbox, and functions answer."""

from __future__ import annotations

import json

import pytest

from carto_at_installer.bundle.resources import bundle_root
from carto_at_installer.export.cloudformation import ARCHIVES
from carto_at_installer.export.folder import INSTALL, REMOVE, STEPS, TEMPLATE
from tests.functional.commands import TARGET, carto_at, run, sql
from tests.functional.world import EMPTY, cloud, fresh_sandbox

PLACE = ("--account", "123456789012", "--region", "us-east-1", *TARGET)
MODULES = ("--modules", "quadbin,common")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with fresh_sandbox(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two modules, exported without a connection."""
    folder = tmp_path_factory.mktemp("exports") / "toolbox"
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    words = ("export", str(folder), *PLACE, *MODULES, "--output", "json")
    data = carto_at(*words, environment=nowhere).data
    written = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(data["files"]) == written
    assert {TEMPLATE, INSTALL, REMOVE, STEPS} < written
    return folder


def archive(folder, content):
    """The bytes that a template's place in the bucket stands for."""
    assert content["S3Bucket"] == {"Ref": "Bucket"}
    key = content["S3Key"]["Fn::Sub"]
    return (folder / ARCHIVES / key.removeprefix("${KeyPrefix}")).read_bytes()


def make_stack(client, folder):
    """Make the resources of the template as CloudFormation would: the same properties, in the names of the API."""
    resources = json.loads((folder / TEMPLATE).read_text())["Resources"]
    by_type = {}
    for name, resource in resources.items():
        by_type.setdefault(resource["Type"], {})[name] = resource["Properties"]
    for group in by_type.pop("AWS::Logs::LogGroup").values():
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        client("logs").create_log_group(logGroupName=group["LogGroupName"], tags=tags)
        client("logs").put_retention_policy(
            logGroupName=group["LogGroupName"], retentionInDays=group["RetentionInDays"]
        )
    for role in by_type.pop("AWS::IAM::Role").values():
        (policy,) = role.pop("Policies")
        trust = json.dumps(role.pop("AssumeRolePolicyDocument"))
        client("iam").create_role(**role, AssumeRolePolicyDocument=trust)
        document = json.dumps(policy["PolicyDocument"])
        client("iam").put_role_policy(
            RoleName=role["RoleName"], PolicyName=policy["PolicyName"], PolicyDocument=document
        )
    layers = {}
    for name, layer in by_type.pop("AWS::Lambda::LayerVersion").items():
        content = {"ZipFile": archive(folder, layer.pop("Content"))}
        answer = client("lambda").publish_layer_version(**layer, Content=content)
        layers[name] = answer["LayerVersionArn"]
    for function in by_type.pop("AWS::Lambda::Function").values():
        code = {"ZipFile": archive(folder, function.pop("Code"))}
        tags = {tag["Key"]: tag["Value"] for tag in function.pop("Tags")}
        used = [layers[layer["Ref"]] for layer in function.pop("Layers", [])]
        client("lambda").create_function(**function, Code=code, Tags=tags, Layers=used)
    assert by_type == {}


def test_the_template_and_the_script_make_functions_that_answer(client, folder):
    make_stack(client, folder)
    role = json.loads((folder / TEMPLATE).read_text())["Outputs"]["InvokeRole"]["Value"]
    assert f"--add-iam-roles {role}" in (folder / STEPS).read_text()
    client("redshift").modify_cluster_iam_roles(ClusterIdentifier="demo", AddIamRoles=[role])
    script = carto_at("sql", "--sandbox", *TARGET, "--file", str(folder / INSTALL))
    assert script.code == 0, script.err
    cells = sql("SELECT carto.QUADBIN_KRING(5209574053332910079, 1)")
    assert len(json.loads(cells[0][0])) == 9
    assert sql("SELECT carto.VERSION_CORE()")[0][0]

    # Nothing is missing in AWS: names, code, settings, roles and tags are those of an installation.
    adopted = run("adopt", *MODULES, "--yes").data
    assert [s["key"] for s in adopted["steps"] if not s["key"].startswith(("sql:", "schema"))] == []
    assert adopted["smoke_tests"] > 10
    assert run("status", "--drift").data["drift"] == []

    assert run("uninstall", "--yes").code == 0
    assert cloud(client) == EMPTY


def test_the_other_script_drops_all_that_the_first_has_created(client, folder):
    count = "SELECT COUNT(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'carto'"
    assert carto_at("sql", "--sandbox", *TARGET, "--file", str(folder / INSTALL)).code == 0
    assert carto_at("sql", "--sandbox", *TARGET, "--file", str(folder / INSTALL)).code == 0
    assert sql(count)[0][0] > 20
    removed = carto_at("sql", "--sandbox", *TARGET, "--file", str(folder / REMOVE))
    assert removed.code == 0, removed.err
    assert sql(count) == [[0]]


def test_an_export_is_the_same_each_time_and_holds_no_marks_of_a_workgroup(tmp_path):
    words = ("--account", "123456789012", "--workgroup", "demo", "--database", "dev")
    for name in ("a", "b"):
        more = ("--region", "cn-north-1", "--functions", "h3_kring")
        assert carto_at("export", str(tmp_path / name), *words, *more).code == 0
    texts = [(tmp_path / name / TEMPLATE).read_text() for name in ("a", "b")]
    assert texts[0] == texts[1]
    assert "carto-at:install:" not in texts[0]
    assert "arn:aws-cn:iam::123456789012:role/carto-at-redshift-invoke" in texts[0]
    assert "namespace" in (tmp_path / "a" / STEPS).read_text()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--account", "12", "--region", "eu-west-1"), "12 digits"),
        (("--account", "123456789012"), "region is missing"),
        (("--account", "123456789012", "--region", "eu-west-1", "--modules", "nope"), "no module"),
    ],
)
def test_what_cannot_be_exported_is_refused(tmp_path, monkeypatch, words, text):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "CARTO_AT_REGION"):
        monkeypatch.delenv(name, raising=False)
    refused = carto_at("export", str(tmp_path / "x"), *TARGET, *words)
    assert refused.code == 2
    assert text in refused.err
    assert not (tmp_path / "x").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    refused = carto_at("export", str(tmp_path), *PLACE, *MODULES)
    assert refused.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert (bundle_root() / "manifest.json").is_file()
