"""Why a request is denied, in AWS's words, and which statement decided.

Sources: IAM user guide, "Troubleshoot access denied error messages"; recorded answers: ``on resource: *``
(ecr:GetAuthorizationToken, lambda:ListFunctions), S3's quotation marks around the ARN, ``User: anonymous``,
the ARN of a managed policy behind an explicit deny, names in place of ARNs in IAM's own messages.
"""

import re

from localcloud.iam.evaluation import Asked, Decision, Match, PolicyType, Verdict

_ARTICLES = {
    PolicyType.IDENTITY: "an",
    PolicyType.RESOURCE: "a",
    PolicyType.BOUNDARY: "a",
    PolicyType.SESSION: "a",
    PolicyType.TRUST: "the",
}

_MANAGED = re.compile(r"arn:[^:]+:iam::(?:aws|\d{12}):policy/")
_OF_IAM = re.compile(
    r"arn:[^:]+:iam::\w+:(?P<kind>role|user|group|policy|instance-profile)/(?:.*/)?(?P<name>[^/]*)"
)
_OF_USERS = frozenset({"CreateAccessKey", "CreateLoginProfile"})


def reason_of(asked: Asked, verdict: Verdict) -> str:
    """Tell why: a denial in AWS's sentence, an Allow by the statement that allows."""
    if verdict.decision is Decision.ALLOWED:
        if not verdict.matched:
            return "The root user of an account may do whatever no policy denies."
        return f"{place_of(verdict.matched[0])} allows {asked.action}."
    named = _named(asked)
    told = f"User: {asked.principal} is not authorized to perform: {asked.action} on resource: {named}"
    if verdict.lacking is not None:
        return f"{told} because no {verdict.lacking.value} allows the {asked.action} action"
    kind, policy = verdict.matched[0].type, verdict.matched[0].policy.id
    which = f": {policy}" if _MANAGED.match(policy) else ""
    return f"{told} with an explicit deny in {_ARTICLES[kind]} {kind.value}{which}"


def _named(asked: Asked) -> str:
    """Name the resource as its service does: IAM by its kind and name, a policy that exists by its ARN."""
    prefix, _, name = asked.action.partition(":")
    if prefix.lower() == "s3":
        return f'"{asked.resource}"'
    found = _OF_IAM.fullmatch(asked.resource) if prefix.lower() == "iam" else None
    if found is None or not found["name"] or name == "PassRole":
        return asked.resource
    if found["kind"] == "policy":
        return f"policy {found['name'] if name == 'CreatePolicy' else asked.resource}"
    is_made = name.startswith(("Create", "Tag")) and name not in _OF_USERS
    return asked.resource if is_made else f"{found['kind'].replace('-', ' ')} {found['name']}"


def place_of(match: Match) -> str:
    """Name a statement: its policy, its number from 0, and its Sid where it has one."""
    sid = f" ('{match.statement.sid}')" if match.statement.sid else ""
    return f"Statement {match.statement.index}{sid} of the {match.type.value} '{match.policy.id}'"
