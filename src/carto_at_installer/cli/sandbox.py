"""`carto-at sandbox ...` and the flag --sandbox: the only module of the command line that knows of the sandbox.

The flag does nothing but point this process at the sandbox's endpoint; everything after it is the same as with AWS.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from carto_at_installer.cli.asking import confirm
from carto_at_installer.cli.flags import output_flags
from carto_at_installer.cli.sandbox_faults import fault

if TYPE_CHECKING:
    from carto_at_installer.cli.terminal import Terminal
    from carto_at_installer.core.result import Result
    from carto_at_installer.sandbox.daemon import ServerInfo

DEFAULT_REGION = "us-east-1"


def client_environment(endpoint: str) -> dict[str, str]:
    """The variables that point any AWS client at the sandbox; the keys are no secret, the sandbox takes any."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def enter(terminal: Terminal) -> None:
    """Point this process at the sandbox, and start it when it is not running."""
    from carto_at_installer.sandbox import daemon  # noqa: PLC0415 - only with the flag

    home = daemon.default_home()
    with explained():
        info = daemon.status(home)
        if info is None:
            if not terminal.quiet:
                terminal.console(error=True).print("Starting the sandbox ...", style="dim")
            info = daemon.start(home)
    leading_elsewhere = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
    for name in [*os.environ]:
        if name in leading_elsewhere or name.startswith("AWS_ENDPOINT_URL_"):
            del os.environ[name]
    os.environ.update(client_environment(info.endpoint))


def explained() -> Any:
    """Turns the sandbox's own errors into those of the command line."""
    from contextlib import contextmanager  # noqa: PLC0415 - keeps --help quick

    from carto_at_installer.core.errors import TargetError  # noqa: PLC0415
    from carto_at_installer.sandbox.daemon import SandboxError  # noqa: PLC0415

    @contextmanager
    def translated() -> Any:
        try:
            yield
        except SandboxError as error:
            raise TargetError(error.message, hint=error.hint) from error

    return translated()


@click.group()
def sandbox() -> None:
    """Try everything on this machine, without an account.

    The sandbox is a local AWS endpoint with Redshift, Lambda and IAM.
    """


sandbox.add_command(fault)


@sandbox.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1 (0: any)."
)
@click.option(
    "--enforce-iam",
    is_flag=True,
    help="Callers need permissions; only the access key 'sandbox' may do everything.",
)
@output_flags
def start(port: int, *, enforce_iam: bool) -> Result:
    """Start the sandbox in the background; fine when it is already running.

    \b
    carto-at sandbox start
    carto-at sandbox start --port 4566 --enforce-iam
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.sandbox import daemon  # noqa: PLC0415 - only here

    with explained():
        info = daemon.start(daemon.default_home(), port=port, enforce_iam=enforce_iam)
    return _shown("start", info)


@sandbox.command()
@output_flags
def stop() -> Result:
    """Stop the sandbox; what is in it is kept.

    \b
    carto-at sandbox stop
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415
    from carto_at_installer.sandbox import daemon  # noqa: PLC0415

    with explained():
        stopped = daemon.stop(daemon.default_home())
    text = "The sandbox is stopped." if stopped else "The sandbox was not running."
    return Result("sandbox stop", data={"stopped": stopped}, blocks=(Paragraph(text),))


@sandbox.command()
@output_flags
def status() -> Result:
    """Show whether the sandbox runs, where, and how to point AWS clients at it.

    \b
    carto-at sandbox status --output json
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.sandbox import daemon  # noqa: PLC0415 - only here

    with explained():
        return _shown("status", daemon.status(daemon.default_home()))


@sandbox.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@output_flags
@click.pass_obj
def reset(terminal: Terminal, /, *, yes: bool) -> Result:
    """Stop the sandbox and delete everything in it.

    \b
    carto-at sandbox reset --yes
    """  # noqa: D301 - \b is click's mark for lines to keep
    from carto_at_installer.core.result import Paragraph, Result  # noqa: PLC0415
    from carto_at_installer.sandbox import daemon  # noqa: PLC0415

    home = daemon.default_home()
    if not yes:
        confirm(terminal, f"Delete everything in {home}?")
    with explained():
        daemon.reset(home)
    return Result(
        "sandbox reset", data={"home": str(home)}, blocks=(Paragraph("The sandbox is empty."),)
    )


def _shown(verb: str, info: ServerInfo | None) -> Result:
    from carto_at_installer.core.result import Code, Paragraph, Result  # noqa: PLC0415

    if info is None:
        text = "The sandbox is not running. Start it with: carto-at sandbox start"
        return Result(f"sandbox {verb}", data={"running": False}, blocks=(Paragraph(text),))
    exports = "\n".join(f"export {k}={v}" for k, v in client_environment(info.endpoint).items())
    enforced = " Callers need permissions." if info.enforce_iam else ""
    blocks = (
        Paragraph(f"The sandbox runs at {info.endpoint} (process {info.pid}).{enforced}", "good"),
        Paragraph("Point any AWS client at it:"),
        Code(exports, "sh"),
    )
    data = {
        "running": True,
        "endpoint": info.endpoint,
        "pid": info.pid,
        "home": str(info.home),
        "version": info.version,
        "enforce_iam": info.enforce_iam,
        "environment": client_environment(info.endpoint),
    }
    return Result(f"sandbox {verb}", data=data, blocks=blocks)
