"""What runs in Lambda, as zips: builds them reproducibly, and reads them back with proof that they are intact.

`builder` is used by `hatch_build.py` when the wheel is made (so nothing here may import click, rich or boto3, which
a build environment does not have); `resources` is used by the installer, and never builds anything.
`python -m carto_at_installer.bundle` is the developer's door: build, lock, wheels, verify.
"""
