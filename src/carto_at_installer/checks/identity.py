"""Checks of who calls AWS: credentials and where they come from, account, region, endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carto_at_installer.checks.outcome import Answer, Check, Plane, failed, passed, warned

if TYPE_CHECKING:
    from carto_at_installer.aws.credentials import CredentialSources
    from carto_at_installer.checks.facts import Facts


def check_credentials(facts: Facts) -> Answer:
    """Whether there are credentials, and whose provider gave them."""
    sources = facts.credentials
    if not sources.provider:
        return failed(
            "there are no AWS credentials",
            "Name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for SSO: "
            "aws sso login --profile NAME",
        )
    named = f", profile {sources.profile} ({sources.named_by})" if sources.profile else ""
    return passed(f"from {sources.provider}{named}")


def check_sources(facts: Facts) -> Answer:
    """Whether a profile and keys in the environment mean the same account: only one of them is used."""
    return judge_sources(facts.credentials)


def judge_sources(sources: CredentialSources) -> Answer:
    """As `check_sources`, for given sources."""
    if not (sources.profile and sources.environment_key):
        return passed("one source of credentials")
    if sources.profile_key == sources.environment_key:
        return passed(f"the environment and the profile {sources.profile} hold the same key")
    wins_profile = sources.named_by == "--profile"
    used, ignored = (
        (f"the profile {sources.profile}", "AWS_ACCESS_KEY_ID")
        if wins_profile
        else ("AWS_ACCESS_KEY_ID", f"the profile {sources.profile} of AWS_PROFILE")
    )
    fix = (
        "If that is not meant: leave out --profile."
        if wins_profile
        else f"If that is not meant: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN, or say "
        f"--profile {sources.profile}."
    )
    return warned(f"two sources of credentials disagree: {used} is used, {ignored} is not", fix)


def check_caller(facts: Facts) -> Answer:
    """Who AWS says is calling, and where."""
    identity = facts.identity
    endpoint = facts.session.endpoint("sts")
    where = "" if ".amazonaws.com" in endpoint else f" at {endpoint}"
    text = f"{identity.arn}, account {identity.account}, region {identity.region}{where}"
    if identity.arn.endswith(":root"):
        return warned(
            f"{text}: this is the root user",
            "Use a user or role with the policy of `carto-at policy`.",
        )
    return passed(text)


CHECKS = (
    Check("Credentials", Plane.IDENTITY, check_credentials, decisive=True),
    Check("Sources", Plane.IDENTITY, check_sources, ("credentials",)),
    Check("Caller", Plane.IDENTITY, check_caller, ("session",), decisive=True),
)
