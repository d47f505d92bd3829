"""Whether policies allow a request: an explicit Deny wins, then an Allow, and nothing is an implicit Deny."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from localcloud.iam.conditions import hold, keys_of
from localcloud.iam.matching import Context, fill, matches, matches_arn
from localcloud.iam.policies import Policy, Statement


class Decision(StrEnum):
    """What policies say, by the names of the API."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: who wants to do what to what, and what is known of it.

    Parameters
    ----------
    principal
        The ARN of a user or a role.
    """

    principal: str
    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, the statements that led to it, and the context keys that were asked for and not known."""

    decision: Decision
    matched: tuple[tuple[Policy, Statement], ...]
    missing: tuple[str, ...]
    within_boundary: bool | None


def evaluate(
    asked: Asked,
    identity: Sequence[Policy],
    resource_policy: Policy | None = None,
    boundary: Policy | None = None,
) -> Verdict:
    """Decide a request within one account.

    Parameters
    ----------
    identity
        The policies of the user or role.
    resource_policy
        That of the resource: an Allow of either is enough.
    boundary
        The permissions boundary: what it does not allow, the policies of the identity cannot.

    Raises
    ------
    PolicyError
        A condition cannot be evaluated.
    """
    own = [*_applying(asked, identity)]
    of_resource = [*_applying(asked, [resource_policy] if resource_policy else [])]
    bounds = [*_applying(asked, [boundary] if boundary else [])]
    found = [*own, *of_resource]
    denials = tuple(item for item in [*found, *bounds] if not item[1].allows)
    is_bounded = boundary is None or any(statement.allows for _, statement in bounds)
    allowing = tuple(item for item in found if item[1].allows and (is_bounded or item in of_resource))
    missing = _missing(asked, [*identity, *([resource_policy] if resource_policy else [])])
    within = None if boundary is None else is_bounded and not any(not item.allows for _, item in bounds)
    if denials:
        return Verdict(Decision.EXPLICIT_DENY, denials, missing, within)
    decision = Decision.ALLOWED if allowing else Decision.IMPLICIT_DENY
    return Verdict(decision, allowing, missing, within)


def _applying(asked: Asked, policies: Iterable[Policy]) -> Iterator[tuple[Policy, Statement]]:
    """Yield the statements that speak of a request and whose conditions hold."""
    for policy in policies:
        for statement in policy.statements:
            if _is_about(statement, asked) and hold(
                statement.conditions, asked.context, has_variables=statement.has_variables
            ):
                yield policy, statement


def _missing(asked: Asked, policies: Iterable[Policy]) -> tuple[str, ...]:
    keys = (
        key
        for policy in policies
        for statement in policy.statements
        if _is_about(statement, asked)
        for key in keys_of(statement.conditions)
        if key.lower() not in asked.context
    )
    return tuple(dict.fromkeys(keys))


def _is_about(statement: Statement, asked: Asked) -> bool:
    return (
        _names_action(statement, asked.action)
        and _names_resource(statement, asked)
        and _names_principal(statement, asked.principal)
    )


def _names_action(statement: Statement, action: str) -> bool:
    named = any(
        matches(pattern, action, ignore_case=True) for pattern in statement.actions or statement.not_actions
    )
    return named if statement.actions else not named


def _names_resource(statement: Statement, asked: Asked) -> bool:
    patterns = [
        fill(pattern, asked.context) if statement.has_variables else pattern
        for pattern in statement.resources or statement.not_resources
    ]
    named = any(pattern is not None and matches_arn(pattern, asked.resource) for pattern in patterns)
    if statement.not_resources:
        return not named
    return named or not statement.resources  # the policy of a resource need not name it


def _names_principal(statement: Statement, principal: str) -> bool:
    """Tell whether a statement is about somebody; those of an identity's policies name nobody."""
    names = statement.principals or statement.not_principals
    if names is None:
        return True
    account = principal.split(":")[4] if principal.count(":") >= 5 else ""
    whole_account = {account, f"arn:aws:iam::{account}:root"}
    named = any(name in {"*", principal} or name in whole_account for name in names.get("AWS", ()))
    return named if statement.principals is not None else not named
