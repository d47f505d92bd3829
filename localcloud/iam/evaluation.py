"""Whether policies allow a request: an explicit Deny wins, then an Allow, and nothing is an implicit Deny.

Sources: IAM user guide, "Policy evaluation for requests within a single account" (what an Allow of a
resource's policy is limited by), "How AWS enforcement code logic evaluates requests to allow or deny access",
"Cross-account policy evaluation logic". An account that is named as a principal only lets its own policies
grant; an Allow for the account itself grants nothing to its users and roles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from localcloud.iam.matching import Context
from localcloud.iam.policies import Policy, Statement
from localcloud.iam.principals import Kind, Naming, Principal, principal_of
from localcloud.iam.rules import rules_about


class Decision(StrEnum):
    """What policies say, by the names of the API."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class PolicyType(Enum):
    """The types of policies, as AWS's messages name them."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    TRUST = "role trust policy"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: who wants to do what to what, and what is known of it.

    Parameters
    ----------
    principal
        See :func:`~localcloud.iam.principals.principal_of`.
    crosses_accounts
        Whether the resource belongs to another account: then the policies of both must allow.
    needs_grant
        Whether the resource's own policy must allow, too: KMS keys, and roles that are assumed.
    """

    principal: str
    action: str
    resource: str
    context: Context
    crosses_accounts: bool = False
    needs_grant: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A statement that led to a decision."""

    type: PolicyType
    policy: Policy
    statement: Statement


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and its reason.

    Parameters
    ----------
    matched
        The statements that led to it: those that deny, or those that allow.
    missing
        The context keys that were asked for and not known.
    lacking
        With an implicit Deny, the type of policy that does not allow.
    within_boundary
        Whether the permissions boundary allows; None where there is none.
    """

    decision: Decision
    matched: tuple[Match, ...]
    missing: tuple[str, ...]
    lacking: PolicyType | None = None
    within_boundary: bool | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the policies of one type say of a request; not given, where there are none of the type."""

    is_given: bool
    allowing: Sequence[tuple[Match, Naming]]
    denying: Sequence[Match]
    missing: Iterable[str]

    @property
    def limits(self) -> bool:
        """Whether there are policies, and none of them allows."""
        return self.is_given and not self.allowing


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What all policies say."""

    own: _Found
    granted: _Found
    bounding: _Found
    session: _Found

    @property
    def naming(self) -> Naming:
        """How closely the resource's policy names whom it allows."""
        return max((naming for _, naming in self.granted.allowing), default=Naming.NOT)


def evaluate(
    asked: Asked,
    identity: Sequence[Policy],
    resource_policy: Policy | None = None,
    boundary: Policy | None = None,
    session: Sequence[Policy] = (),
) -> Verdict:
    """Decide a request.

    Parameters
    ----------
    identity
        The policies of the user or role, those of its groups among them.
    resource_policy
        That of the resource, or the trust policy of the role that is assumed.
    boundary
        The permissions boundary: it allows nothing, and limits what the identity's policies allow.
    session
        The session's own policies: they limit it likewise.

    Raises
    ------
    PolicyError
        A condition cannot be evaluated.
    """
    context = asked.context
    also = context.get("aws:principalarn") or context.get("aws:principalservicenameslist") or ("",)
    principal = principal_of(asked.principal, also[-1])
    by_resource = PolicyType.TRUST if is_assuming(asked.action) else PolicyType.RESOURCE
    bounds = [boundary] if boundary else []

    def found(kind: PolicyType, policies: Sequence[Policy]) -> _Found:
        return _found(asked, principal, policies, kind, is_bounded=boundary is not None)

    own = found(PolicyType.IDENTITY, identity)
    granted = found(by_resource, [resource_policy] if resource_policy else [])
    bounding, of_session = found(PolicyType.BOUNDARY, bounds), found(PolicyType.SESSION, session)
    missing = tuple(dict.fromkeys((*own.missing, *granted.missing)))
    within = bool(bounding.allowing) and not bounding.denying if bounds else None
    if denying := (*own.denying, *granted.denying, *bounding.denying, *of_session.denying):
        return Verdict(Decision.EXPLICIT_DENY, denying, missing, None, within)
    weighed = _Weighed(own, granted, bounding, of_session)
    if principal.has_policies:
        lacking = _lacking(asked, principal.kind, weighed, by_resource)
    else:
        lacking = by_resource if weighed.naming is Naming.NOT else None
    if lacking is not None:
        return Verdict(Decision.IMPLICIT_DENY, (), missing, lacking, within)
    allowing = (match for match, _ in (*own.allowing, *granted.allowing))
    return Verdict(Decision.ALLOWED, tuple(allowing), missing, None, within)


def is_assuming(action: str) -> bool:
    """Tell whether an action assumes a role, so that the resource's policy is a role's trust policy."""
    name = action.lower()
    return name.startswith("sts:assumerole") or name in {"sts:tagsession", "sts:setsourceidentity"}


def _lacking(asked: Asked, kind: Kind, weighed: _Weighed, by_resource: PolicyType) -> PolicyType | None:
    """Name the type of policy that a user, a role or a session lacks; None where nothing is lacking."""
    naming, is_root = weighed.naming, kind is Kind.ROOT
    if naming is Naming.DIRECTLY and not asked.crosses_accounts:
        return None
    # A session of GetFederationToken may do nothing without a policy of its own; one of a role may.
    is_federated = kind is Kind.FEDERATED_USER and not weighed.session.is_given
    needs_own = not is_root and (asked.crosses_accounts or naming < Naming.ROLE)
    needs_grant = asked.crosses_accounts or (asked.needs_grant and not is_root)
    lacks = {
        PolicyType.IDENTITY: needs_own and not weighed.own.allowing,
        PolicyType.BOUNDARY: weighed.bounding.limits,
        PolicyType.SESSION: weighed.session.limits or is_federated,
        by_resource: needs_grant and naming is Naming.NOT,
    }
    return next((name for name, is_lacking in lacks.items() if is_lacking), None)


def _found(
    asked: Asked, principal: Principal, policies: Sequence[Policy], kind: PolicyType, *, is_bounded: bool
) -> _Found:
    allowing: list[tuple[Match, Naming]] = []
    denying: list[Match] = []
    missing: dict[str, None] = {}
    action, resource, context = asked.action, asked.resource, asked.context
    for policy in policies:
        for rule in rules_about(policy, action):
            if not rule.names_resource(resource, context):
                continue
            naming = rule.names(principal, is_bounded=is_bounded)
            if naming is Naming.NOT:
                continue
            for key, lower in rule.keys:
                if lower not in context:
                    missing[key] = None
            if not rule.holds(context):
                continue
            match = Match(kind, policy, rule.statement)
            if rule.statement.allows:
                allowing.append((match, naming))
            else:
                denying.append(match)
    return _Found(bool(policies), allowing, denying, missing)
