"""Whether a request is allowed: who asks, with whose policies, for which actions on what; pure."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

from localcloud.iam.evaluation import Asked, Decision, Verdict, evaluate, is_assuming
from localcloud.iam.policies import Policy, PolicyError, parse_policy
from localcloud.iam.principals import Kind, principal_of
from localcloud.iam.reasons import reason_of
from localcloud.iam.requests.call import Call
from localcloud.iam.requests.keys import Keys, Tags, Values, account_of
from localcloud.iam.requests.pairs import Pair
from localcloud.iam.rules import compile_policy

LOG = logging.getLogger(__name__)

IAM_POLICY, RESOURCE_POLICY = "IAM Policy", "Resource Policy"

_SPOKEN = {"sns": "SNS"}
"""Prefixes of actions as AWS's messages write them, where that is otherwise (recorded denials)."""

_WITH_POLICIES = frozenset({"s3", "sqs", "sns", "lambda", "kms", "ecr", "events", "sts"})
"""Prefixes of the services whose resources have policies."""


class Resources(Protocol):
    """What is known of resources, by their ARNs."""

    def policy(self, arn: str) -> Policy | None:
        """Give the policy of a resource; of a role, its trust policy."""
        ...

    def owner(self, arn: str) -> str:
        """Give the account of a resource whose ARN names none; an empty text where nobody knows."""
        ...

    def tags(self, arn: str) -> Tags:
        """Give the tags of a resource."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, with the policies that are theirs.

    - `principal`: an ARN, or the name of a service.
    - `entity`: the user or the role of a session, by its ARN; of all others, the principal.
    - `session_name`: of a session.
    - `keys`: the condition keys that follow from who asks, by their names in lower case.
    """

    principal: str
    entity: str
    session_name: str = ""
    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] = ()
    keys: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided of a pair."""

    pair: Pair
    asked: Asked
    verdict: Verdict

    @property
    def is_allowed(self) -> bool:
        """Whether it is allowed."""
        return self.verdict.decision is Decision.ALLOWED

    @property
    def reason(self) -> str:
        """Tell why, in AWS's words where it is denied."""
        prefix, _, name = self.asked.action.partition(":")
        if self.is_allowed or prefix not in _SPOKEN:
            return reason_of(self.asked, self.verdict)
        return reason_of(replace(self.asked, action=f"{_SPOKEN[prefix]}:{name}"), self.verdict)


def is_for_services(pair: Pair) -> bool:
    """Tell whether AWS asks a resource's policy when a service acts; else that is the service's affair."""
    return pair.action.partition(":")[0] in _WITH_POLICIES


def decide(
    caller: Caller, call: Call, pair: Pair, known: Mapping[str, Values], resources: Resources
) -> Outcome:
    """Decide of one action on one resource.

    - `known`: the condition keys that every request has.
    """
    who = principal_of(caller.principal, caller.entity)
    owner = account_of(pair.resource) or resources.owner(pair.resource)
    through: Mapping[str, Values] = {"aws:viaawsservice": ["true"]} if pair.via else {}
    context = Keys(call, pair, {**known, **caller.keys, **through}, resources.tags)
    prefix = pair.action.partition(":")[0]
    asked = Asked(
        caller.principal,
        pair.action,
        pair.resource,
        context,
        crosses_accounts=bool(who.account and owner and who.account != owner),
        needs_grant=is_assuming(pair.action) or (prefix == "kms" and ":key/" in pair.resource),
    )
    policy = resources.policy(pair.resource) if _has_policy(pair) else None

    def weigh(asked: Asked) -> Outcome:
        verdict = evaluate(asked, caller.identity, policy, caller.boundary, caller.session)
        return Outcome(pair, asked, verdict)

    outcome = weigh(asked)
    if not pair.also or outcome.verdict.decision is Decision.EXPLICIT_DENY:
        return outcome
    other = weigh(replace(asked, resource=pair.also))
    if other.verdict.decision is Decision.IMPLICIT_DENY:
        return outcome
    return replace(other, asked=asked)


def _has_policy(pair: Pair) -> bool:
    if ":role/" in pair.resource:  # its trust policy is about assuming it alone
        return is_assuming(pair.action)
    return is_for_services(pair) or ":model-package" in pair.resource


def as_user(caller: Caller, administrator: Policy) -> Caller:
    """Give a user with all permissions in place of root, who may assume no role on AWS."""
    if principal_of(caller.principal).kind is not Kind.ROOT:
        return caller
    user = f"{caller.principal.removesuffix(':root')}:user/deployer"
    return Caller(user, user, identity=(administrator,), keys=caller.keys)


@lru_cache(maxsize=4096)
def read_policy(policy_id: str, kind: str, text: str) -> Policy | None:
    """Read and compile a policy, once for each content; None where it is none, which AWS would refuse."""
    try:
        policy = parse_policy(policy_id, kind, text)
        compile_policy(policy)
    except PolicyError as error:
        LOG.warning("the policy '%s' counts as none, because AWS would refuse it: %s", policy_id, error)
        return None
    return policy
