"""Writes everything that is exported into a folder, with the steps that somebody takes with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carto_at_installer.bundle.manifest import read_manifest
from carto_at_installer.bundle.resources import read_artifact
from carto_at_installer.catalog.load import bundled_catalog
from carto_at_installer.catalog.select import select
from carto_at_installer.core.errors import UsageError
from carto_at_installer.core.target import Deployment, Identity, Target
from carto_at_installer.export.cloudformation import ARCHIVES, archive_name, template
from carto_at_installer.export.scripts import install_script, removal_script
from carto_at_installer.plan.desired import DesiredStateBuilder
from carto_at_installer.plan.ownership import INSTALL_MARK
from carto_at_installer.sql.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carto_at_installer.core.bundle import Artifact
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.plan.resources import DesiredState

TEMPLATE = "carto-at.template.json"
INSTALL = "install.sql"
REMOVE = "remove.sql"
STEPS = "README.md"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and how much is in it."""

    files: tuple[str, ...]
    functions: int
    lambdas: int


def export(options: InstallOptions, root: Path, account: str, folder: Path) -> Exported:
    """Write the installation that `options` describe from the bundle in `root`. Nothing is asked of AWS.

    Raises UsageError when the region is not given, or the folder is not empty or cannot be written.
    """
    desired = desired_offline(options, root, account)
    texts = {
        TEMPLATE: json.dumps(template(desired), indent=2) + "\n",
        INSTALL: install_script(desired),
        REMOVE: removal_script(desired),
        STEPS: _steps(options, desired),
    }
    archives = {archive_name(a): read_artifact(a, root) for a in _artifacts(desired)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"The folder {folder} is not empty", hint="Name a new one.")
        (folder / ARCHIVES).mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        for name, content in archives.items():
            (folder / ARCHIVES / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    files = (*texts, *(f"{ARCHIVES}/{name}" for name in archives))
    objects = sum(len(module.objects) for module in desired.modules)
    return Exported(tuple(sorted(files)), objects, len(desired.functions))


def desired_offline(options: InstallOptions, root: Path, account: str) -> DesiredState:
    """What should be there, from what the user says of account and region alone."""
    region = options.aws.region
    if not region:
        raise UsageError("The region is missing", hint="Add --region NAME.")
    partition = next(
        (name for start, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")) if region.startswith(start)),
        "aws",
    )  # fmt: skip
    catalog = bundled_catalog(root)
    selected = select(catalog, options.selection).catalog
    builder = DesiredStateBuilder(
        options,
        read_manifest(root),
        Identity(account, "", partition, region),
        _target(options, f"arn:{partition}:redshift:{region}:{account}:cluster:"),
    )
    desired = builder.build(selected, Templates(root / "sql"), offered=catalog)
    return desired if options.target.cluster_id else _without_marks(desired)


def _target(options: InstallOptions, arn: str) -> Target:
    target = options.target
    return Target(
        deployment=Deployment.CLUSTER if target.cluster_id else Deployment.WORKGROUP,
        name=target.name,
        arn=f"{arn}{target.name}",
        status="",
        available=True,
        database=target.database,
        default_role="the default role",  # whether there is one, shows when a function is called
    )


def _without_marks(desired: DesiredState) -> DesiredState:
    """Without the tags of the installation: they are made of a workgroup's id, which only AWS knows."""

    def plain(tags: Mapping[str, str]) -> dict[str, str]:
        return {k: v for k, v in tags.items() if not k.startswith(INSTALL_MARK)}

    return replace(
        desired,
        roles=tuple(replace(role, tags=plain(role.tags)) for role in desired.roles),
        functions=tuple(replace(f, tags=plain(f.tags)) for f in desired.functions),
        log_group=replace(desired.log_group, tags=plain(desired.log_group.tags)),
    )


def _artifacts(desired: DesiredState) -> list[Artifact]:
    layers = [desired.layer.artifact] if desired.layer else []
    return [*layers, *(function.artifact for function in desired.functions)]


def _steps(options: InstallOptions, desired: DesiredState) -> str:
    """What to do with the files, in commands."""
    region, target = options.aws.region, options.target
    stack = options.prefix
    lines = [
        f"# CARTO Analytics Toolbox for Redshift {desired.version}",
        "",
        f"For {target.name}, database {target.database}, schema {desired.schema}.",
        "",
    ]
    if desired.functions:
        lines += [
            "1. Put the archives into a bucket of the region, and make the stack:",
            "",
            "   ```sh",
            f"   aws s3 cp --recursive {ARCHIVES} s3://BUCKET/{ARCHIVES}/ --region {region}",
            f"   aws cloudformation deploy --template-file {TEMPLATE} --stack-name {stack} \\",
            f"       --parameter-overrides Bucket=BUCKET --capabilities CAPABILITY_NAMED_IAM --region {region}",
            "   ```",
            "",
            *_attaching(options, desired),
        ]
    grant = f"GRANT USAGE ON SCHEMA {desired.schema} TO PUBLIC;"
    lines += [
        f"Then run `{INSTALL}` in the database {target.database}, and grant what users need: `{grant}`",
        "",
        f"`{REMOVE}` drops the functions again. With a connection later, `carto-at adopt` takes the functions",
        "over, with history, upgrades and tests.",
        "",
    ]
    return "\n".join(lines)


def _attaching(options: InstallOptions, desired: DesiredState) -> list[str]:
    if not desired.attach_role:
        return []
    name = options.target.cluster_id
    if name is None:
        text = f"2. Attach the role {desired.attach_role} to the workgroup's namespace, in the console."
        return [text, ""]
    return [
        "2. Attach the role to the cluster:",
        "",
        "   ```sh",
        f"   aws redshift modify-cluster-iam-roles --cluster-identifier {name} \\",
        f"       --add-iam-roles {desired.attach_role} --region {options.aws.region}",
        "   ```",
        "",
    ]
