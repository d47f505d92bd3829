"""Requests in JSON, decided one by one: ``python -m localcloud.iam``, described in docs/iam.md."""

import json
from collections.abc import Mapping, Sequence

from localcloud.iam.evaluation import Asked, Decision, Match, evaluate, is_assuming
from localcloud.iam.matching import Context
from localcloud.iam.policies import Policy, PolicyError, parse_policy
from localcloud.iam.principals import principal_context, principal_of
from localcloud.iam.reasons import reason_of

_FIELDS = frozenset(
    {
        "principal", "action", "resource", "context", "identity_policies", "resource_policy", "boundary",
        "session_policy", "trust",
    }
)  # fmt: skip
_KINDS = frozenset({"AWS", "Service", "Federated"})
Answer = dict[str, object]


class RequestError(Exception):
    """A line is no request that could be decided."""


def answer(line: bytes) -> Answer:
    """Decide the request of a line, or tell what is wrong with it."""
    try:
        return _decided(_read(line))
    except (RequestError, PolicyError) as error:
        return {"error": str(error)}
    except RecursionError:
        return {"error": "The request is nested too deeply."}


def _read(line: bytes) -> Mapping[str, object]:
    try:
        request = json.loads(line)
    except ValueError as error:
        raise RequestError(f"The line is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise RequestError("The line is not a JSON object.")
    if unknown := request.keys() - _FIELDS:
        raise RequestError(f"The request has the unknown field '{min(unknown)}'.")
    return {name: value for name, value in request.items() if value is not None}


def _decided(request: Mapping[str, object]) -> Answer:
    principal, action, resource = (_text(request, name) for name in ("principal", "action", "resource"))
    prefix, colon, name = action.partition(":")
    if not (prefix and colon and name):
        raise RequestError(f"The action '{action}' is not of the form service:Name.")
    given = _context(request.get("context", {}))
    context = {**principal_context(principal, next(iter(given.get("aws:principalarn", ())), "")), **given}
    owner = _owner(resource) or next(iter(given.get("aws:resourceaccount", ())), "")
    if owner:
        context.setdefault("aws:resourceaccount", [owner])
    who = principal_of(principal)
    asked = Asked(
        who.name,
        action,
        resource,
        context,
        crosses_accounts=bool(who.account and owner and who.account != owner),
        needs_grant=is_assuming(action) or (prefix.lower() == "kms" and ":key/" in resource),
    )
    identity = _policies(request, "identity_policies", "IAM Policy")
    boundary = _policies(request, "boundary", "IAM Policy")
    session = _policies(request, "session_policy", "IAM Policy")
    if not who.has_policies and (identity or boundary or session):
        raise RequestError(f"'{who.name}' has no policies of its own; give resource_policy or trust.")
    verdict = evaluate(
        asked, identity, _granting(request, action), boundary[0] if boundary else None, session
    )
    return {
        "decision": verdict.decision.value,
        "reason": reason_of(asked, verdict),
        "statements": [_told(match, verdict.decision) for match in verdict.matched],
        "missing_context": list(verdict.missing),
    }


def _granting(request: Mapping[str, object], action: str) -> Policy | None:
    """Read the policy of the resource; of a role that is assumed, it is the trust policy."""
    wanted, other = ("trust", "resource_policy") if is_assuming(action) else ("resource_policy", "trust")
    if other in request:
        raise RequestError(f"'{other}' has no meaning for {action}; give '{wanted}'.")
    found = _policies(request, wanted, "Resource Policy")
    return found[0] if found else None


def _policies(request: Mapping[str, object], field: str, kind: str) -> Sequence[Policy]:
    """Read policies: one or a list, or of identities by name; each an object, or a text that holds one."""
    value = request.get(field, [])
    if isinstance(value, dict) and field == "identity_policies" and "Statement" not in value:
        named = {str(name): document for name, document in value.items()}
    else:
        documents = value if isinstance(value, list) else [value]
        is_one = not isinstance(value, list)
        named = {field if is_one else f"{field}[{n}]": document for n, document in enumerate(documents)}
    if len(named) > 1 and field not in {"identity_policies", "session_policy"}:
        raise RequestError(f"'{field}' must be one policy.")
    return [_policy(name, kind, document) for name, document in named.items()]


def _policy(name: str, kind: str, document: object) -> Policy:
    text = document if isinstance(document, str) else json.dumps(document)
    try:
        policy = parse_policy(name, kind, text)
    except PolicyError as error:
        raise RequestError(f"{name}: {error}") from error
    for statement in policy.statements:
        names_somebody = statement.principals is not None or statement.not_principals is not None
        if names_somebody is (kind == "IAM Policy"):
            wrong = "must not have" if names_somebody else "must have"
            raise RequestError(f"{name}: Statement {statement.index} {wrong} Principal or NotPrincipal.")
    return policy


def _context(value: object) -> Context:
    if not isinstance(value, dict):
        raise RequestError("'context' must be an object of condition keys.")
    context: dict[str, list[str]] = {}
    for key, given in value.items():
        values = given if isinstance(given, list) else [given]
        if not all(isinstance(item, str | int | float) for item in values):
            raise RequestError(
                f"The value of '{key}' must be a string, a number, a Boolean or a list of them."
            )
        context[key.lower()] = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
    return context


def _owner(resource: str) -> str:
    """Tell the account of a resource by its ARN; those of buckets and of AWS itself name none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else ""


def _text(request: Mapping[str, object], name: str) -> str:
    value = request.get(name)
    if name == "principal" and isinstance(value, dict) and len(value) == 1 and value.keys() <= _KINDS:
        (value,) = value.values()  # as in a policy: {"Service": "lambda.amazonaws.com"}
    if not isinstance(value, str) or not value:
        raise RequestError(f"'{name}' must be a string that is not empty.")
    return value


def _told(match: Match, decision: Decision) -> Answer:
    return {
        "policy": match.policy.id,
        "type": match.type.value,
        "index": match.statement.index,
        "sid": match.statement.sid,
        "effect": "Allow" if decision is Decision.ALLOWED else "Deny",
    }
