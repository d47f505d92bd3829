"""Statements compiled for many requests: whom and what they are about, and under which conditions."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from localcloud.iam.conditions import Condition, compile_conditions, keys_of
from localcloud.iam.matching import Context, Kind, Matcher, matcher
from localcloud.iam.policies import Policy, Statement
from localcloud.iam.principals import Naming, Principal, is_spared, naming


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement, ready to be asked."""

    policy: Policy
    statement: Statement
    action: Matcher
    resource: Matcher
    conditions: Sequence[Condition]
    keys: Sequence[tuple[str, str]]
    """The context keys of the conditions, each as it is written and in lower case."""

    def names_action(self, action: str) -> bool:
        """Tell whether the statement speaks of an action."""
        return self.action(action, {}) is (self.statement.actions is not None)

    def names_resource(self, resource: str, context: Context) -> bool:
        """Tell whether the statement speaks of a resource."""
        return self.resource(resource, context) is (self.statement.not_resources is None)

    def names(self, principal: Principal, *, is_bounded: bool) -> Naming:
        """Tell how closely the statement names somebody; those of an identity's policies name nobody."""
        statement = self.statement
        if statement.principals is not None:
            return naming(statement.principals, principal)
        if statement.not_principals is None:
            return Naming.DIRECTLY
        if statement.allows:
            is_left_out = naming(statement.not_principals, principal) is not Naming.NOT
        else:
            is_left_out = is_spared(statement.not_principals, principal, is_bounded=is_bounded)
        return Naming.NOT if is_left_out else Naming.DIRECTLY

    def holds(self, context: Context) -> bool:
        """Tell whether all conditions hold."""
        return all(condition(context) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The statements of a policy, and those that speak of an action, for actions that were asked about."""

    rules: tuple[Rule, ...]
    by_action: dict[str, tuple[Rule, ...]]


_COMPILED: WeakKeyDictionary[Policy, _Compiled] = WeakKeyDictionary()
_MOST = 1000  # actions of a policy


def compile_policy(policy: Policy) -> _Compiled:
    """Compile a policy, once.

    Raises
    ------
    PolicyError
        A condition cannot be evaluated.
    """
    if (known := _COMPILED.get(policy)) is None:
        rules = tuple(_rule(policy, statement) for statement in policy.statements)
        known = _COMPILED[policy] = _Compiled(rules, {})
    return known


def rules_about(policy: Policy, action: str) -> tuple[Rule, ...]:
    """Give the statements that speak of an action; raises as `compile_policy` does."""
    compiled = compile_policy(policy)
    if (found := compiled.by_action.get(action)) is None:
        found = tuple(rule for rule in compiled.rules if rule.names_action(action))
        if len(compiled.by_action) >= _MOST:
            compiled.by_action.clear()
        compiled.by_action[action] = found
    return found


def _rule(policy: Policy, statement: Statement) -> Rule:
    has_variables = statement.has_variables
    resources = statement.not_resources if statement.resources is None else statement.resources
    return Rule(
        policy,
        statement,
        matcher(statement.actions or statement.not_actions or (), Kind.ACTION, has_variables=False),
        # The policy of a resource need not name it.
        matcher(resources or ("*",), Kind.RESOURCE, has_variables=has_variables),
        compile_conditions(statement.conditions, has_variables=has_variables),
        [(key, key.lower()) for key in keys_of(statement.conditions)],
    )
