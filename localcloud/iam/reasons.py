"""Why a request is denied, in AWS's words, and which statement decided.

Sources: IAM user guide, "Troubleshoot access denied error messages"; recorded answers: ``on resource: *``
(ecr:GetAuthorizationToken, lambda:ListFunctions), S3's quotation marks around the ARN, ``User: anonymous``.
"""

from localcloud.iam.evaluation import Asked, Decision, Match, PolicyType, Verdict

_ARTICLES = {
    PolicyType.IDENTITY: "an",
    PolicyType.RESOURCE: "a",
    PolicyType.BOUNDARY: "a",
    PolicyType.SESSION: "a",
    PolicyType.TRUST: "the",
}


def reason_of(asked: Asked, verdict: Verdict) -> str:
    """Tell why: a denial in AWS's sentence, an Allow by the statement that allows."""
    if verdict.decision is Decision.ALLOWED:
        if not verdict.matched:
            return "The root user of an account may do whatever no policy denies."
        return f"{place_of(verdict.matched[0])} allows {asked.action}."
    named = f'"{asked.resource}"' if asked.action.lower().startswith("s3:") else asked.resource
    told = f"User: {asked.principal} is not authorized to perform: {asked.action} on resource: {named}"
    if verdict.lacking is not None:
        return f"{told} because no {verdict.lacking.value} allows the {asked.action} action"
    kind = verdict.matched[0].type
    return f"{told} with an explicit deny in {_ARTICLES[kind]} {kind.value}"


def place_of(match: Match) -> str:
    """Name a statement: its policy, its number from 0, and its Sid where it has one."""
    sid = f" ('{match.statement.sid}')" if match.statement.sid else ""
    return f"Statement {match.statement.index}{sid} of the {match.type.value} '{match.policy.id}'"
