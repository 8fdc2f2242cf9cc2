"""The developer's commands for the bundle of a checkout; users of the installed package need none of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from carto_at_installer.bundle.cache import write_whole
from carto_at_installer.bundle.lock import format_lock, read_lock
from carto_at_installer.bundle.wheels import fetch_wheels, resolve
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.core.errors import CartoAtError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or the exit code of the error that is written to standard error."""
    options = _parser().parse_args(arguments)
    try:
        lines = options.run(options)
    except CartoAtError as error:
        sys.stderr.write("\n".join(filter(None, [f"error: {error.message}", error.hint])) + "\n")
        return error.exit_code
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m carto_at_installer.bundle", description=__doc__
    )
    parser.add_argument(
        "--root", type=Path, default=Path.cwd(), help="the checkout (default: the current folder)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="build the Lambda zips and layers into build/bundle")
    build.set_defaults(run=_build)
    lock = commands.add_parser(
        "lock", help="resolve layer/requirements.in again and write requirements.lock"
    )
    lock.set_defaults(run=_lock)
    wheels = commands.add_parser(
        "wheels", help="put the layer's locked wheels into a folder, for offline builds"
    )
    wheels.add_argument("folder", type=Path)
    wheels.set_defaults(run=_wheels)
    verify = commands.add_parser(
        "verify", help="check every file of the bundle in use against its manifest"
    )
    verify.set_defaults(run=_verify)
    return parser


def _build(options: argparse.Namespace) -> list[str]:
    from carto_at_installer.bundle.checkout import build_checkout, default_target  # noqa: PLC0415 - needs jinja2, yaml

    target = default_target(options.root)
    return [*build_checkout(options.root, target).notes, f"built {target}"]


def _lock(options: argparse.Namespace) -> list[str]:
    folder = options.root / "bundled_functions" / "layer"
    pins = resolve(folder / "requirements.in")
    write_whole(folder / "requirements.lock", format_lock(pins).encode())
    return [f"{pin.name} {pin.version}" for pin in sorted(pins, key=lambda pin: pin.name)]


def _wheels(options: argparse.Namespace) -> list[str]:
    lock_file = options.root / "bundled_functions" / "layer" / "requirements.lock"
    lock = read_lock(lock_file)
    lines = []
    for architecture in Architecture:
        for wheel in fetch_wheels(lock, lock_file, architecture):
            write_whole(options.folder / wheel.name, wheel.read_bytes())
            lines.append(str(options.folder / wheel.name))
    return lines


def _verify(_: argparse.Namespace) -> list[str]:
    from carto_at_installer.bundle.resources import bundle_root, verify  # noqa: PLC0415 - the other commands build

    root = bundle_root()
    manifest = verify(root)
    return [f"{root} is intact: version {manifest.version}, {len(manifest.modules)} modules"]


if __name__ == "__main__":
    sys.exit(main())
