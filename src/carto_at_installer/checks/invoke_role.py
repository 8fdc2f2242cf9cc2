"""Checks of the role with which Redshift invokes Lambda: there, attached, trusting, allowed; a chain at every joint."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

from carto_at_installer.aws import roles
from carto_at_installer.aws.simulation import Question, role_may_invoke, simulate
from carto_at_installer.checks.outcome import (
    Answer,
    Check,
    Plane,
    failed,
    passed,
    skipped,
    warned,
)
from carto_at_installer.core.errors import SqlError
from carto_at_installer.core.target import Deployment
from carto_at_installer.plan import policies
from carto_at_installer.sql.literals import literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from carto_at_installer.checks.facts import Facts
    from carto_at_installer.core.target import Target

REDSHIFT = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
_MAX_ROLES = 50
_NO_ROLE = "Check --invoke-role-arn, or leave it out: then carto-at creates a role."
_TO_BE_MADE = "carto-at creates it with all it needs"


def _chain(facts: Facts) -> tuple[str, ...]:
    """The ARNs of the roles that are used, first the one that is attached; empty when carto-at makes it."""
    chosen = facts.options.invoke_role
    if chosen == "create":
        return ()
    if chosen == "default":
        return (facts.target.default_role,) if facts.target.default_role else ()
    return tuple(chosen.split(","))


def _found(facts: Facts, arn: str) -> roles.Role | None:
    """The role of an ARN, when it is one of this account."""
    return roles.find_role(facts.session, arn.rpartition("/")[2], with_policy=False)


def _local(facts: Facts, arn: str) -> bool:
    return arn.split(":")[4] == facts.identity.account


def check_default_role(facts: Facts) -> Answer:
    """Whether the default role of the cluster, where it is to be used, is set."""
    if facts.options.invoke_role != "default":
        return skipped("--invoke-role-arn default was not chosen")
    target = facts.target
    if target.default_role:
        return passed(target.default_role)
    return failed(
        f"{target.name} has no default IAM role",
        "Set one in the Redshift console, or leave --invoke-role-arn out to have a role created.",
    )


def check_attached(facts: Facts) -> Answer:
    """Whether the role is attached to the cluster and Redshift knows it already."""
    chain, target = _chain(facts), facts.target
    if not chain:
        return _created_or_skipped(facts)
    first, state = chain[0], target.roles.get(chain[0], "")
    if state == "in-sync":
        return passed(f"{first} is attached and in sync")
    if state:
        return warned(f"{first} is {state}", "Redshift may need a few minutes to know it.")
    return warned(
        f"{first} is not attached: the installation will attach it", _attach(target, first)
    )


def _created_or_skipped(facts: Facts) -> Answer:
    if facts.options.invoke_role == "create":
        return skipped(_TO_BE_MADE)
    return skipped("there is no default role")


def _attach(target: Target, arn: str) -> str:
    if target.deployment is Deployment.CLUSTER:
        return f"aws redshift modify-cluster-iam-roles --cluster-identifier {target.name} --add-iam-roles {arn}"
    every = " ".join([*target.roles, arn])
    return (
        f"aws redshift-serverless update-namespace --namespace-name {target.namespace} --iam-roles {every}"
        " (the list replaces the present one)"
    )


def check_trust(facts: Facts) -> Answer:
    """Whether Redshift, provisioned and serverless, may assume the first role, and each role the next."""
    chain = _chain(facts)
    if not chain:
        return _created_or_skipped(facts)
    problems, unseen = [], []
    for position, arn in enumerate(chain):
        wanted = REDSHIFT if position == 0 else (chain[position - 1],)
        if not _local(facts, arn):
            unseen.append(arn)
            continue
        role = _found(facts, arn)
        if role is None:
            problems.append((f"the role {arn} does not exist", _NO_ROLE))
            continue
        if missing := [each for each in wanted if not trusts(role.trust, each)]:
            problems.append(
                (f"{arn} does not trust {' and '.join(missing)}", _trust_fix(role, wanted))
            )
    if problems:
        serious = any(_matters(facts, text) for text, _ in problems)
        say = failed if serious else warned
        return say("; ".join(text for text, _ in problems), "\n".join(f for _, f in problems if f))
    seen = f"; not looked at, in other accounts: {', '.join(unseen)}" if unseen else ""
    return passed(f"trusted as needed{seen}")


def _matters(facts: Facts, text: str) -> bool:
    """A cluster does not need the principal of serverless, and the reverse; everything else stops it."""
    needed = REDSHIFT[facts.target.deployment is Deployment.WORKGROUP]
    return needed in text or not any(text.endswith(f"does not trust {each}") for each in REDSHIFT)


def _trust_fix(role: roles.Role, wanted: tuple[str, ...]) -> str:
    services = wanted if wanted == REDSHIFT else ()
    document = policies.trust(*services) if services else policies.trust_of_roles(*wanted)
    return (
        f"aws iam update-assume-role-policy --role-name {role.name} --policy-document "
        f"'{json.dumps(document)}'"
    )


def trusts(document: Mapping[str, Any], principal: str) -> bool:
    """Whether a trust policy lets a service or a role assume its role. Conditions are taken as met."""
    found = document.get("Statement", [])
    for statement in [found] if isinstance(found, dict) else found:
        named = statement.get("Principal", {})
        values = (
            ["*"]
            if named == "*"
            else [v for each in named.values() for v in ([each] if isinstance(each, str) else each)]
        )
        root = (
            f"arn:{':'.join(principal.split(':')[1:5])}:root"
            if principal.startswith("arn:")
            else ""
        )
        if statement.get("Effect") == "Allow" and {"*", principal, root or principal} & set(values):
            return True
    return False


def check_may_invoke(facts: Facts) -> Answer:
    """Whether the last role of the chain may invoke our functions."""
    chain = _chain(facts)
    if not chain or not facts.desired.functions:
        return _created_or_skipped(facts) if not chain else skipped("no Lambda functions")
    role, identity = chain[-1], facts.identity
    if not _local(facts, role):
        return skipped(f"{role} is in another account")
    prefix = f"arn:{identity.partition}:lambda:{identity.region}:{identity.account}:function:"
    arns = [prefix + function.name for function in facts.desired.functions]
    refusals = role_may_invoke(facts.session, role, arns)
    if not refusals:
        return passed(f"{role} may invoke all {len(arns)} functions")
    policy = policies.invoke_policy(identity.partition, identity.account, facts.options.prefix)
    return failed(
        f"{role} may not invoke {refusals[0].resource} ({refusals[0].reason})",
        f"aws iam put-role-policy --role-name {role.rpartition('/')[2]} --policy-name carto-at "
        f"--policy-document '{json.dumps(policy)}'",
    )


def check_chain(facts: Facts) -> Answer:
    """Whether each role of a chain may assume the next one."""
    chain = _chain(facts)
    if len(chain) < 2:
        return skipped("one role, no chain")
    for role, following in pairwise(chain):
        if not _local(facts, role):
            continue
        if simulate(facts.session, role, [Question("sts:AssumeRole", (following,))]):
            policy = policies.assume_policy(following)
            return failed(
                f"{role} may not assume {following}",
                f"aws iam put-role-policy --role-name {role.rpartition('/')[2]} --policy-name "
                f"carto-at-chain --policy-document '{json.dumps(policy)}'",
            )
    return passed(f"{len(chain)} roles, each may assume the next")


def check_room(facts: Facts) -> Answer:
    """Whether one more role can be attached."""
    target = facts.target
    planned = facts.desired.attach_role
    used = len(target.roles)
    if planned is None or planned in target.roles:
        return passed(f"{used} of {_MAX_ROLES} roles are attached; none is added")
    if used >= _MAX_ROLES:
        return failed(
            f"{target.name} has {used} roles attached already; {_MAX_ROLES} is the limit",
            "Detach one that is not used, or use one that is attached (--invoke-role-arn).",
        )
    return passed(f"{used} of {_MAX_ROLES} roles are attached")


def check_assume_role(facts: Facts) -> Answer:
    """Whether the login may use the role in CREATE EXTERNAL FUNCTION, where that was restricted."""
    if not facts.desired.functions:
        return skipped("no function of this plan runs in Lambda")
    if facts.login.superuser:
        return passed("superuser")
    arn = facts.desired.attach_role or facts.target.default_role
    try:
        row = facts.sql.query(
            f"SELECT has_assumerole_privilege(current_user, {literal(arn)}, 'external function')"
        ).rows[0]
    except SqlError as error:
        return skipped(f"Redshift was not able to say: {error.message}")
    if row[0]:
        return passed(f"{facts.login.user} may use {arn} for external functions")
    return failed(
        f"{facts.login.user} may not use {arn} for external functions (ASSUMEROLE)",
        "Have a superuser run what `carto-at bootstrap-sql --assume-role` prints.",
    )


CHECKS = (
    Check("Default role", Plane.INVOKE_ROLE, check_default_role, ("target",)),
    Check("Attached", Plane.INVOKE_ROLE, check_attached, ("target",)),
    Check("Trust", Plane.INVOKE_ROLE, check_trust, ("target",)),
    Check("May invoke", Plane.INVOKE_ROLE, check_may_invoke, ("target", "desired")),
    Check("Chain", Plane.INVOKE_ROLE, check_chain, ("target",)),
    Check("Room for roles", Plane.INVOKE_ROLE, check_room, ("target", "desired")),
    Check("Use in SQL", Plane.INVOKE_ROLE, check_assume_role, ("login", "desired", "target")),
)
