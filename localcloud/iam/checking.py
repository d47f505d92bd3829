"""Policies held against AWS's Service Authorization Reference: ``python -m localcloud.iam --check``.

Told is what makes IAM never grant (or never deny) what a statement says: an action that does not exist, a
resource that no action of the statement acts on, an action without a resource, a condition key that does not
exist or that its action does not have. Sources: the reference (``reference.json``); IAM user guide, "AWS
global condition context keys", "Condition operators" (a missing key), "Resource" (``*`` for actions without
resource types).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from localcloud.iam.conditions import compile_conditions, needs_key
from localcloud.iam.matching import Kind, matcher
from localcloud.iam.operations import permission_of, reference
from localcloud.iam.overlaps import overlaps
from localcloud.iam.policies import PolicyError, Statement, parse_policy

_GLOBAL_KEYS = frozenset(
    """
    aws:PrincipalArn aws:PrincipalAccount aws:PrincipalOrgPaths aws:PrincipalOrgID aws:PrincipalTag/
    aws:PrincipalIsAWSService aws:PrincipalServiceName aws:PrincipalServiceNamesList aws:PrincipalType
    aws:userid aws:username aws:AssumedRoot aws:FederatedProvider aws:TokenIssueTime aws:SignInSessionArn
    aws:MultiFactorAuthAge aws:MultiFactorAuthPresent aws:ChatbotSourceArn aws:Ec2InstanceSourceVpc
    aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIdentity ec2:RoleDelivery ec2:SourceInstanceArn
    glue:RoleAssumedBy glue:CredentialIssuingService codebuild:BuildArn codebuild:ProjectArn
    lambda:SourceFunctionArn ssm:SourceInstanceArn identitystore:UserId aws:SourceIp aws:SourceVpc
    aws:SourceVpcArn aws:SourceVpce aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:VpcSourceIp
    aws:ResourceAccount aws:ResourceOrgID aws:ResourceOrgPaths aws:ResourceTag/ aws:CalledVia
    aws:CalledViaFirst aws:CalledViaLast aws:CalledViaAWSMCP aws:ViaAWSService aws:ViaAWSMCPService
    aws:CurrentTime aws:EpochTime aws:referer aws:RequestedRegion aws:RequestTag/ aws:TagKeys
    aws:SecureTransport aws:SourceAccount aws:SourceArn aws:SourceOrgID aws:SourceOrgPaths aws:UserAgent
    aws:IsMcpServiceAction
    """.lower().split()
)
"""Those that every service has, and those of one service that every service's requests have."""

Actions = Mapping[str, Sequence[str]]
"""The actions that each pattern of a statement names."""


def findings(text: str) -> list[str]:
    """Tell what is wrong with a policy: identity-based, resource-based or a trust policy.

    Actions of services that the reference lacks are not checked: see `unchecked`.
    """
    try:
        policy = parse_policy("policy", "IAM Policy", text)
    except PolicyError as error:
        return [str(error)]
    return [
        f"Statement {statement.index}{f' ({statement.sid!r})' if statement.sid else ''}: {found}"
        for statement in policy.statements
        for found in _of_statement(statement)
    ]


def unchecked(text: str) -> list[str]:
    """Name the services of a policy that the reference lacks; none where it is no policy."""
    try:
        policy = parse_policy("policy", "IAM Policy", text)
    except PolicyError:
        return []
    patterns = [pattern for statement in policy.statements for pattern in _patterns(statement)]
    named = {pattern.partition(":")[0].lower() for pattern in patterns if ":" in pattern}
    return sorted(name for name in named if name not in reference() and not set(name) & set("*?"))


def _of_statement(statement: Statement) -> Iterator[str]:
    actions: dict[str, Sequence[str]] = {}
    for pattern in _patterns(statement):
        prefix, colon, name = pattern.partition(":")
        if pattern != "*" and not (prefix and colon and name):
            yield f"The action '{pattern}' is not of the form service:Name."
        elif prefix.lower() in reference() or set(prefix) & set("*?"):
            actions[pattern] = _named(pattern)
            if not actions[pattern]:
                yield _no_such_action(pattern)
    known = {pattern: names for pattern, names in actions.items() if names}
    is_whole = len(known) == len(_patterns(statement))
    if statement.not_actions is None and statement.resources is not None:
        yield from _of_resources(statement, known, is_whole=is_whole)
    try:
        compile_conditions(statement.conditions, has_variables=statement.has_variables)
    except PolicyError as error:
        yield str(error)
    if is_whole:
        yield from _of_keys(statement, known)


def _patterns(statement: Statement) -> Sequence[str]:
    return statement.actions or statement.not_actions or ()


def _named(pattern: str) -> Sequence[str]:
    """Give the actions of the reference that a pattern names."""
    fits = matcher([pattern], Kind.ACTION, has_variables=False)
    named = (f"{prefix}:{name}" for prefix, service in reference().items() for name in service["actions"])
    return [action for action in named if fits(action, {})]


def _no_such_action(pattern: str) -> str:
    prefix, _, name = pattern.partition(":")
    like = get_close_matches(name, reference().get(prefix.lower(), {"actions": ()})["actions"], 1)
    return f"No action is named {pattern}." + (f" Is {prefix}:{like[0]} meant?" if like else "")


def _of_resources(statement: Statement, actions: Actions, *, is_whole: bool) -> Iterator[str]:
    """Tell of actions and resources of a statement that have no counterpart there."""
    pairs = {
        (pattern, resource)
        for pattern, names in actions.items()
        for resource in statement.resources or ()
        if any(_acts_on(name, resource, has_variables=statement.has_variables) for name in names)
    }
    for pattern, names in actions.items():
        if not any(pattern == acting for acting, _ in pairs):
            wanted = sorted({arn for name in names for arn in permission_of(name).arns.values()})
            shown = wanted[0] + (" and others" if len(wanted) > 1 else "")
            yield f"{pattern} acts on none of its resources, but on {shown}."
    for resource in (statement.resources or ()) if is_whole and pairs else ():
        if not any(resource == acted_on for _, acted_on in pairs):
            yield f"None of its actions acts on the resource {resource}."


def _acts_on(action: str, resource: str, *, has_variables: bool) -> bool:
    return any(
        overlaps(resource, arn, kind, has_variables=has_variables)
        for kind, arn in permission_of(action).arns.items()
    )


def _of_keys(statement: Statement, actions: Actions) -> Iterator[str]:
    for operator, keys in statement.conditions.items():
        for key in keys:
            if _is_one_of(key, _GLOBAL_KEYS):
                continue
            having = {pattern: any(_has(name, key) for name in names) for pattern, names in actions.items()}
            if not any(having.values()):
                yield f"None of its actions has the condition key {key}."
            elif needs_key(operator):
                for pattern in (pattern for pattern, has in having.items() if not has):
                    yield (
                        f"{pattern} does not have the condition key {key}, so that the statement never "
                        f"applies to it: put it into another statement, or use {operator}IfExists."
                    )


def _has(action: str, key: str) -> bool:
    """Tell whether the requests of an action have a condition key."""
    service = reference()[action.partition(":")[0]]
    found = permission_of(action)
    keys = [*found.keys, *(each for kind in found.arns for each in _keys_of(service, kind))]
    is_providers = action.startswith("sts:AssumeRoleWith") and "." in key.partition(":")[0]
    return is_providers or _is_one_of(key, [re.sub(r"(\$\{|<).*", "", each.lower()) for each in keys])


def _keys_of(service: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]], kind: str) -> Sequence[str]:
    return service["resources"].get(kind, {}).get("keys", ())


def _is_one_of(key: str, names: Iterator[str] | Sequence[str] | frozenset[str]) -> bool:
    """Tell whether a key is among names; those that end in a separator stand for many."""
    low = key.lower()
    return any(low == name or (name[-1] in "/:" and low.startswith(name)) for name in names)
