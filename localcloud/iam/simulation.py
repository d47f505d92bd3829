"""SimulatePrincipalPolicy and SimulateCustomPolicy: requests judged one by one, told as the API does.

Answers are as AWS's are recorded (aws/aws-cli, ``examples/iam/simulate-custom-policy.rst``; positions of
statements, and ``IAM Policy``, from users' own). Where several resources are asked about, one result of the
action tells of all of them, and its ResourceSpecificResults of each (service model, EvaluationResult).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from localcloud.errors import ServiceError
from localcloud.iam.evaluation import Asked, Decision, Match, Verdict, evaluate
from localcloud.iam.matching import Context
from localcloud.iam.operations import permission_of
from localcloud.iam.overlaps import overlaps
from localcloud.iam.policies import Policy, PolicyError, Position, parse_policy
from localcloud.iam.principals import principal_context

IAM_POLICY, RESOURCE_POLICY = "IAM Policy", "Resource Policy"

_UNSUPPORTED = (
    "OrderedOrganizationPolicyInputList",
    "PolicyExclusionList",
    "ResourceHandlingOption",
    "ResourceOwner",
)
_MOST = 100
_GRAVEST = (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.ALLOWED)

Request = Mapping[str, object]
Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, role or group: its ARN, the documents of its policies by their names, and its boundary."""

    arn: str
    policies: Mapping[str, str]
    boundary: str | None = None


def simulate(request: Request, identity: Identity) -> Answer:
    """Answer a simulation.

    Parameters
    ----------
    request
        The members of either operation.
    identity
        Whose policies are simulated; with SimulateCustomPolicy, one without any.

    Raises
    ------
    ServiceError
        ``InvalidInput``: the request asks for what the local cloud does not simulate, or a policy is none.
        ``PolicyEvaluation``: a condition cannot be evaluated.
    """
    for name in _UNSUPPORTED:
        if request.get(name):
            raise _invalid(f"{name} is not supported by the local cloud.")
    own = [_parsed(name, IAM_POLICY, text) for name, text in identity.policies.items()]
    given = _texts(request, "PolicyInputList")
    own += [_parsed(f"PolicyInputList.{number}", IAM_POLICY, text) for number, text in enumerate(given, 1)]
    boundary, of_resource = _boundary(request, identity), _resource_policy(request, identity)
    caller = _caller(request, identity)
    context = _context(request, caller)
    resources = _texts(request, "ResourceArns") or ["*"]
    results = []
    for action in _actions(request):
        try:
            verdicts = {
                resource: evaluate(Asked(caller, action, resource, context), own, of_resource, boundary)
                for resource in resources
            }
        except PolicyError as error:
            raise ServiceError("PolicyEvaluation", str(error), 500) from error
        results.append(_result(action, verdicts))
    return _page(request, results)


def entity_of(arn: str) -> tuple[str, str]:
    """Tell the kind and the name of a user, group or role by its ARN.

    Raises
    ------
    ServiceError
        ``InvalidInput``, in AWS's words, for other ARNs: sessions of roles, an account's root user.
    """
    service, _, rest = arn.partition(":iam::")
    kind, slash, path = rest.partition(":")[2].partition("/")
    if not service.startswith("arn:") or not slash or kind not in {"user", "group", "role"}:
        raise _invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    return kind, path.rpartition("/")[2]


def _actions(request: Request) -> list[str]:
    actions = _texts(request, "ActionNames")
    for action in actions:
        service, _, name = action.partition(":")
        if not service or not name:
            raise _invalid(f"Invalid Action Name: {action}")
    return actions


def _caller(request: Request, identity: Identity) -> str:
    arn = request.get("CallerArn")
    if arn is None:
        return identity.arn
    entity_of(str(arn))
    return str(arn)


def _boundary(request: Request, identity: Identity) -> Policy | None:
    given = _texts(request, "PermissionsBoundaryPolicyInputList")
    if len(given) > 1:
        raise _invalid("Only one permissions boundary can be simulated.")
    text = given[0] if given else identity.boundary
    name = "PermissionsBoundaryPolicyInputList.1"
    return None if text is None else _parsed(name, IAM_POLICY, text)


def _resource_policy(request: Request, identity: Identity) -> Policy | None:
    text = request.get("ResourcePolicy")
    if text is None:
        return None
    if ":role/" in str(request.get("CallerArn") or identity.arn):
        raise _invalid("Simulation of resource-based policies isn't supported for IAM roles.")
    if not (request.get("CallerArn") or identity.arn):
        raise _invalid("CallerArn is required with a ResourcePolicy.")
    return _parsed("ResourcePolicy", RESOURCE_POLICY, str(text))


def _context(request: Request, caller: str) -> Context:
    """Give the context: what is known of the caller, and the ContextEntries."""
    context: dict[str, Sequence[str]] = {}
    if caller:
        entity_of(caller)
        context |= principal_context(caller)
    entries = request.get("ContextEntries") or []
    assert isinstance(entries, Sequence)
    for entry in entries:
        key, values = entry.get("ContextKeyName"), entry.get("ContextKeyValues")
        if key and values is not None:
            context[str(key).lower()] = [str(value) for value in values]
    return context


def _result(action: str, verdicts: Mapping[str, Verdict]) -> Answer:
    gravest = min((verdict.decision for verdict in verdicts.values()), key=_GRAVEST.index)
    leading = [verdict for verdict in verdicts.values() if verdict.decision is gravest]
    missing = dict.fromkeys(key for verdict in verdicts.values() for key in verdict.missing)
    is_specific = [*verdicts] != ["*"]
    result: Answer = {
        "EvalActionName": action,
        "EvalResourceName": _template(action, [*verdicts]) if is_specific else "*",
        "EvalDecision": gravest.value,
        "MatchedStatements": _matched(item for verdict in leading for item in verdict.matched),
        "MissingContextValues": list(missing),
        **_boundary_detail(verdicts.values()),
    }
    if is_specific:
        result["EvalDecisionDetails"] = {}
        result["ResourceSpecificResults"] = [
            {
                "EvalResourceName": resource,
                "EvalResourceDecision": verdict.decision.value,
                "MatchedStatements": _matched(verdict.matched),
                "MissingContextValues": list(verdict.missing),
                **_boundary_detail([verdict]),
            }
            for resource, verdict in verdicts.items()
        ]
    return result


def _template(action: str, resources: Sequence[str]) -> str:
    """Give the template of the ARNs that are simulated, of those that the action may act on.

    Service model, EvaluationResult: the template, "not a specific customer-provided resource ARN".
    """
    arns = permission_of(action).arns
    fitting = (
        template
        for kind, template in arns.items()
        if all(overlaps(resource, template, kind, has_variables=False) for resource in resources)
    )
    return next(fitting, next(iter(arns.values())))


def _boundary_detail(verdicts: Iterable[Verdict]) -> Answer:
    within = [verdict.within_boundary for verdict in verdicts]
    if None in within:
        return {}
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": all(within)}}


def _matched(found: Iterable[Match]) -> list[Answer]:
    told: dict[tuple[str, Position], Answer] = {}
    for match in found:
        policy, statement = match.policy, match.statement
        told[policy.id, statement.start] = {
            "SourcePolicyId": policy.id,
            "SourcePolicyType": policy.type,
            "StartPosition": {"Line": statement.start.line, "Column": statement.start.column},
            "EndPosition": {"Line": statement.end.line, "Column": statement.end.column},
        }
    return list(told.values())


def _page(request: Request, results: Sequence[Answer]) -> Answer:
    """Give the page that is asked for; a marker is the number of its first result."""
    marker, most = str(request.get("Marker") or "0"), request.get("MaxItems") or _MOST
    if not marker.isdecimal():
        raise _invalid(f"Invalid Marker: {marker}")
    assert isinstance(most, int)
    first, behind = int(marker), int(marker) + most
    answer: Answer = {"EvaluationResults": list(results[first:behind]), "IsTruncated": behind < len(results)}
    return answer | ({"Marker": str(behind)} if behind < len(results) else {})


def _parsed(name: str, kind: str, text: str) -> Policy:
    try:
        return parse_policy(name, kind, text)
    except PolicyError as error:
        raise _invalid(f"Invalid policy {name}: {error}") from error


def _texts(request: Request, name: str) -> list[str]:
    value = request.get(name) or []
    assert isinstance(value, Sequence)
    return [str(item) for item in value]


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidInput", message)
