"""Checks of Lambda: room in the account, names, functions of others, code signing, architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.aws.functions import signing_required
from carto_at_installer.bundle.manifest import read_manifest
from carto_at_installer.checks.outcome import (
    Answer,
    Check,
    Plane,
    failed,
    passed,
    skipped,
    unknown,
    warned,
)
from carto_at_installer.core.bundle import Architecture
from carto_at_installer.plan.ownership import ours
from carto_at_installer.plan.steps import CreateFunction, PublishLayer, ReserveConcurrency

if TYPE_CHECKING:
    from carto_at_installer.checks.facts import Facts

_LONGEST_NAME = 64
_UNRESERVED_MINIMUM = 100
_FEW = 50
_RAISE = (
    "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
    "--desired-value 1000"
)
_NONE = "no function of this plan runs in Lambda"


def check_concurrency(facts: Facts) -> Answer:
    """Whether enough executions at a time are left, and can be reserved where that was chosen."""
    if not facts.desired.functions:
        return skipped(_NONE)
    account, wanted = facts.lambda_account, _more_reserved(facts)
    text = f"{account.unreserved} of {account.concurrency} concurrent executions are not reserved"
    if wanted > 0 and account.unreserved - wanted < _UNRESERVED_MINIMUM:
        return failed(
            f"{text}; reserving {wanted} more would leave fewer than {_UNRESERVED_MINIMUM}",
            f"Choose a lower --reserved-concurrency, or have the limit raised: {_RAISE}",
        )
    if account.unreserved < _FEW:
        return warned(
            f"{text}: large queries may be throttled",
            f"Have the limit raised: {_RAISE}",
        )
    return passed(text)


def _more_reserved(facts: Facts) -> int:
    """How many executions more than now are reserved afterwards; what moves from one function to another is none."""
    more = 0
    for action in (step.action for step in facts.plan.steps):
        if isinstance(action, ReserveConcurrency) and not action.replaced:
            found = facts.observed.functions.get(action.name)
            more += (action.executions or 0) - ((found.reserved_concurrency if found else 0) or 0)
    return more


def check_code_storage(facts: Facts) -> Answer:
    """Whether the zips that are to be uploaded fit into the account."""
    if not facts.desired.functions:
        return skipped(_NONE)
    account = facts.lambda_account
    needed = sum(
        action.function.artifact.size
        if isinstance(action, CreateFunction)
        else action.layer.artifact.size
        for action in (step.action for step in facts.plan.steps)
        if isinstance(action, CreateFunction | PublishLayer)
    )
    left = account.code_limit - account.code_used
    text = f"{left / 1e9:.1f} GB of code storage are left, {needed / 1e6:.1f} MB are needed"
    if needed > left:
        return failed(
            text,
            "Delete functions and layer versions that are not used (`carto-at prune` deletes old ones of ours).",
        )
    return passed(text)


def check_names(facts: Facts) -> Answer:
    """Whether the names of the functions are short enough for Lambda and for Redshift."""
    names = [function.name for function in facts.desired.functions]
    if not names:
        return skipped(_NONE)
    longest = max(names, key=len)
    if len(longest) > _LONGEST_NAME:
        return failed(
            f"{longest} has {len(longest)} characters, the limit is {_LONGEST_NAME}",
            f"Choose a shorter --prefix: {len(longest) - _LONGEST_NAME} characters less.",
        )
    return passed(f"the longest name has {len(longest)} of {_LONGEST_NAME} characters")


def check_foreign(facts: Facts) -> Answer:
    """Whether functions and roles of our names are others'."""
    foreign = [
        f"the Lambda function {name}"
        for name, found in facts.observed.functions.items()
        if found and not ours(found.tags)
    ]
    foreign += [
        f"the role {name}"
        for name, role in facts.observed.roles.items()
        if role and not ours(role.tags)
    ]
    if foreign:
        return failed(
            f"not made by carto-at: {', '.join(foreign)}",
            "Choose another --prefix (or name roles of your own with --execution-role-arn and --invoke-role-arn).",
        )
    return passed("nothing of others bears our names")


def check_signing(facts: Facts) -> Answer:
    """Whether the functions that are there accept only signed code: ours is not signed."""
    existing = [name for name, found in facts.observed.functions.items() if found]
    if not facts.desired.functions:
        return skipped(_NONE)
    enforced = [name for name in existing if signing_required(facts.session, name)]
    if enforced:
        return failed(
            f"{', '.join(enforced)} accept signed code only",
            "\n".join(
                f"aws lambda delete-function-code-signing-config --function-name {name}"
                for name in enforced
            ),
        )
    if not existing:
        return passed(
            "no function is there yet; an organization that wants signed code refuses them later"
        )
    return passed("unsigned code is accepted")


def check_architecture(facts: Facts) -> Answer:
    """Whether the package has what the chosen architecture needs, and the region has it."""
    if not facts.desired.functions:
        return skipped(_NONE)
    chosen = facts.options.architecture
    manifest = read_manifest(facts.root)
    if facts.desired.layer and chosen not in manifest.layers:
        return failed(f"this package has no layer for {chosen.value}", "Use --architecture x86_64.")
    if chosen is Architecture.ARM64 and facts.identity.partition != "aws":
        return unknown(
            f"AWS does not tell whether Lambda has {chosen.value} in {facts.identity.region}",
            "If creating a function fails, use --architecture x86_64.",
        )
    return passed(chosen.value)


CHECKS = (
    Check("Concurrency", Plane.LAMBDA, check_concurrency, ("desired", "plan")),
    Check("Code storage", Plane.LAMBDA, check_code_storage, ("desired", "plan")),
    Check("Names", Plane.LAMBDA, check_names, ("desired",)),
    Check("Others' things", Plane.LAMBDA, check_foreign, ("observed",)),
    Check("Code signing", Plane.LAMBDA, check_signing, ("desired", "observed")),
    Check("Architecture", Plane.LAMBDA, check_architecture, ("desired", "identity")),
)
