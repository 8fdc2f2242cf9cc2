"""`carto-at policy` and `carto-at bootstrap-sql`: what an administrator grants to who installs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.flags import (
    output_flags,
    sandbox_flag,
    selection_flags,
    shape_flags,
    target_flags,
)
from carto_at_installer.cli.selection import selection_of

if TYPE_CHECKING:
    from carto_at_installer.core.options import InstallOptions
    from carto_at_installer.core.result import Result

_VARIANTS = ("full", "roles", "sql", "deploy")
_account_flag = click.option(
    "--account", help="Write it for this account, without asking AWS for anything."
)


@click.command()
@target_flags
@sandbox_flag
@shape_flags
@selection_flags
@click.option(
    "--variant",
    type=click.Choice(_VARIANTS),
    help="full: everything; roles: the roles are made by somebody else; sql: no Lambda functions either; deploy: for "
    "the role of --deploy-role-arn. By default what the other options need.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "cloudformation", "cli"]),
    default="json",
    show_default=True,
    help="The policy alone, a CloudFormation template, or AWS CLI commands.",
)
@_account_flag
@output_flags
def policy(*, variant: str | None, form: str, account: str | None, **flags: Any) -> Result:
    """Print the IAM policy that installing with these options needs.

    It allows what install, upgrade, rollback, status, repair and uninstall do, on the things of this target and prefix
    only, and nothing else.

    \b
    carto-at policy --cluster-id my-cluster --database dev
    carto-at policy --cluster-id my-cluster --database dev --format cloudformation
    carto-at policy --workgroup my-workgroup --database dev --region eu-west-1 --account 123456789012 --variant roles
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.place import check_account, find_place  # noqa: PLC0415
    from carto_at_installer.cli.install import options_of  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.result import Code, Problem, Result  # noqa: PLC0415
    from carto_at_installer.plan.access import Access  # noqa: PLC0415
    from carto_at_installer.plan.policy_texts import Form, policy_text  # noqa: PLC0415

    if account:
        check_account(account)
    flags["selection"] = selection_of(flags)
    options = options_of(flags)
    found = find_place(options, account)
    options, functions = _variant(options, variant, found.place.iam_arn)
    place = found.place
    if variant == "deploy":
        place = replace(place, account=_account_of(options))
    access = Access(place, options, functions=functions, deploying=variant == "deploy")
    document = access.policy()
    text = policy_text(document, Form(form), found.place.account, found.place.partition)
    warnings = (
        (
            Problem(
                "policy", f"The policy holds patterns, because AWS did not tell: {found.unknown}"
            ),
        )
        if found.unknown
        else ()
    )
    data = {"policy": document, "text": text, "format": form}
    return Result("policy", data=data, blocks=(Code(text, "json"),), warnings=warnings)


def _variant(
    options: InstallOptions, variant: str | None, iam_arn: Any
) -> tuple[InstallOptions, bool]:
    """The options of a variant, and whether Lambda functions are deployed."""
    if variant == "roles":
        own = options.invoke_role == "create"
        return replace(
            options,
            execution_role=options.execution_role or iam_arn(f"role/{options.prefix}-exec"),
            invoke_role=iam_arn(f"role/{options.prefix}-invoke") if own else options.invoke_role,
        ), True
    return options, variant != "sql" and _has_functions(options)


def _account_of(options: InstallOptions) -> str:
    """The account of the deploy role. Raises UsageError when there is none."""
    from carto_at_installer.core.errors import UsageError  # noqa: PLC0415 - keeps --help quick

    if not options.aws.deploy_role:
        raise UsageError(
            "The variant deploy is for a role that is assumed to deploy",
            hint="Name it: --deploy-role-arn ARN",
        )
    return options.aws.deploy_role.split(":")[4]


def _has_functions(options: InstallOptions) -> bool:
    """Whether anything that is selected runs in Lambda."""
    from carto_at_installer.bundle.resources import bundle_root  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.catalog.load import bundled_catalog  # noqa: PLC0415
    from carto_at_installer.catalog.select import select  # noqa: PLC0415

    catalog = bundled_catalog(bundle_root())
    chosen = select(catalog, options.selection).catalog
    return any(module.lambda_settings for module in chosen.modules)


@click.command("bootstrap-sql")
@target_flags
@sandbox_flag
@shape_flags
@click.option(
    "--login",
    help='The database user that installs: "IAMR:role", "IAM:user" ... By default that of your AWS identity.',
)
@click.option(
    "--assume-role",
    is_flag=True,
    help="Also grant ASSUMEROLE on the invoke role: needed where it was revoked from PUBLIC.",
)
@_account_flag
@output_flags
def bootstrap_sql(
    *, login: str | None, assume_role: bool, account: str | None, **flags: Any
) -> Result:
    """Print the SQL that a superuser runs once, so that somebody else can install.

    Without --db-user and --secret-arn, the Data API logs in as your IAM identity, which is not a superuser. The grants
    let it create the schema of the toolbox and external functions, nothing else.

    \b
    carto-at bootstrap-sql --cluster-id my-cluster --database dev
    carto-at bootstrap-sql --cluster-id my-cluster --database dev --login IAMR:deploy | psql ...
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.apply.place import (  # noqa: PLC0415
        check_account,
        find_place,
        names_in_database,
    )
    from carto_at_installer.cli.install import options_of  # noqa: PLC0415 - keeps --help quick
    from carto_at_installer.core.options import SelectionOptions  # noqa: PLC0415
    from carto_at_installer.core.result import Code, Result  # noqa: PLC0415
    from carto_at_installer.plan.bootstrap import (  # noqa: PLC0415
        ROLE,
        bootstrap_grants,
        login_of,
        script,
    )

    if account:
        check_account(account)
    options = options_of({**flags, "selection": SelectionOptions()})
    found = find_place(options, account)
    user = login or login_of(found.caller)
    role = options.invoke_role.split(",")[0]
    if role == "create":
        role = found.place.iam_arn(f"role{options.role_path}{options.prefix}-invoke")
    taken = frozenset() if account else names_in_database(options, user, ROLE)
    grants = bootstrap_grants(user, role if assume_role else None, taken)
    text = script(grants)
    data = {
        "login": user,
        "statements": [{"sql": g.sql, "why": g.why} for g in grants],
        "text": text,
    }
    return Result("bootstrap-sql", data=data, blocks=(Code(text),))
