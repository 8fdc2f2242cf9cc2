"""Asks for the target that a command line does not name: region, cluster or workgroup, login, database, schema.

What AWS and the database can list is offered as a list; where they refuse, the name is asked for.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.aws import clusters
from carto_at_installer.aws.data_api import DataApi
from carto_at_installer.aws.session import AwsSession
from carto_at_installer.cli.asking import ask, choose, confirm
from carto_at_installer.config import validation
from carto_at_installer.config.settings import BY_NAME
from carto_at_installer.core.errors import CartoAtError, UsageError
from carto_at_installer.core.options import TargetOptions
from carto_at_installer.core.target import Deployment

if TYPE_CHECKING:
    from carto_at_installer.aws.clusters import TargetChoice
    from carto_at_installer.cli.terminal import Terminal

_USUAL_DATABASE = "dev"
_DATABASES = """
SELECT datname FROM pg_database
WHERE datname NOT IN ('template0', 'template1', 'padb_harvest', 'sys:internal', 'awsdatacatalog')
ORDER BY datname
"""


def target_is_missing(flags: dict[str, Any]) -> bool:
    """Whether the flags leave open where the toolbox goes."""
    return not ((flags["cluster_id"] or flags["workgroup"]) and flags["database"])


def ask_for_target(
    terminal: Terminal, context: click.Context, flags: dict[str, Any]
) -> dict[str, Any]:
    """Put what is missing into `flags`; returns what was answered."""
    before = dict(flags)
    session = _session(terminal, flags)
    choice = _target(terminal, session, flags)
    if not (flags["db_user"] or flags["secret_arn"]):
        _login(terminal, choice, flags)
    if not flags["database"]:
        flags["database"] = _database(terminal, session, choice, flags)
    if context.get_parameter_source("schema") is click.core.ParameterSource.DEFAULT:
        flags["schema"] = ask(
            terminal,
            "Schema of the toolbox",
            default=flags["schema"],
            check=validation.check_schema,
        )
    return {name: value for name, value in flags.items() if value != before[name]}


def confirm_command(terminal: Terminal, answers: dict[str, Any]) -> None:
    """Show the command that would have needed no questions, and ask to go on. Raises Abort after a no."""
    words = [word for name, value in answers.items() for word in (BY_NAME[name].flag, value)]
    console = terminal.console(error=True)
    console.print("\nThe same without questions:", style="dim")
    command = shlex.join(["carto-at", *terminal.words, *words])
    console.print(f"{command}\n", markup=False, soft_wrap=True)
    confirm(terminal, "Go on?", default=True)


def _session(terminal: Terminal, flags: dict[str, Any]) -> AwsSession:
    """The session with AWS, in a region that is asked for when none is set."""
    session = AwsSession(validation.aws_options(flags["profile"], flags["region"]))
    try:
        _ = session.region
    except CartoAtError:
        flags["region"] = ask(
            terminal, "AWS region (such as eu-west-1)", check=validation.check_region
        )
        session = AwsSession(validation.aws_options(flags["profile"], flags["region"]))
    return session


def _target(terminal: Terminal, session: AwsSession, flags: dict[str, Any]) -> TargetChoice | None:
    """The chosen cluster or workgroup; None when it is known by its name alone."""
    identity = session.identity()
    try:
        found = clusters.list_targets(session)
    except CartoAtError as error:
        terminal.console(error=True).print(f"{error.message}.", style="yellow", markup=False)
        found = []
    named = flags["cluster_id"] or flags["workgroup"]
    if named:
        return next((choice for choice in found if choice.name == named), None)
    if not found:
        title = f"No cluster or workgroup can be seen in {identity.region} of account {identity.account}."
        terminal.console(error=True).print(title, markup=False)
        flags["cluster_id"] = ask(terminal, "Cluster identifier", check=validation.check_cluster_id)
        return None
    rows = [(choice.name, choice.deployment.value, choice.status) for choice in found]
    title = f"Redshift in {identity.region} of account {identity.account}:"
    choice = found[choose(terminal, title, rows)]
    kind = "cluster_id" if choice.deployment is Deployment.CLUSTER else "workgroup"
    flags[kind] = choice.name
    return choice


def _login(terminal: Terminal, choice: TargetChoice | None, flags: dict[str, Any]) -> None:
    """Ask who to be in the database: creating Lambda functions in SQL is not for everybody."""
    admin = choice.admin_user if choice and flags["cluster_id"] else ""
    rows = [(admin, "the administrator")] if admin else []
    rows += [
        ("identity", "your AWS identity; it needs the grants to create functions"),
        ("secret", "a user whose password is in Secrets Manager"),
    ]
    answer = rows[choose(terminal, "Log in to the database as:", rows)][0]
    if answer == "secret":
        flags["secret_arn"] = ask(terminal, "ARN of the secret", check=validation.check_secret_arn)
    elif answer == admin:
        flags["db_user"] = admin


def _database(
    terminal: Terminal, session: AwsSession, choice: TargetChoice | None, flags: dict[str, Any]
) -> str:
    usual = (choice.database if choice else "") or _USUAL_DATABASE
    names = ("cluster_id", "workgroup", "db_user", "secret_arn")
    target = TargetOptions(database=usual, **{name: flags[name] for name in names})
    try:
        rows = DataApi(session, target).query(_DATABASES).rows
        databases = [str(name) for (name,) in rows]
    except CartoAtError as error:
        terminal.console(error=True).print(
            f"The databases cannot be listed: {error.message}", style="yellow", markup=False
        )
        return ask(terminal, "Database", default=usual, check=_check_database)
    default = databases.index(usual) + 1 if usual in databases else 1
    return databases[
        choose(terminal, "Databases:", [(name,) for name in databases], default=default)
    ]


def _check_database(name: str) -> None:
    if not name:
        raise UsageError("A database is needed", hint=f"Often it is called {_USUAL_DATABASE}.")
