"""What cures a denial by IAM: read from the sentence in which AWS tells it.

Source of the sentence: IAM user guide, "Troubleshoot access denied error messages". IAM's own messages name
a role, user or group by its name (recorded: ``on resource: role NAME``).
"""

from __future__ import annotations

import json
import re

_SENTENCE = re.compile(
    r"(?P<who>arn:\S+) is not authorized to perform: (?P<action>\S+)"
    r"(?: on resource: (?:(?P<kind>role|user|group|policy|instance profile) )?\"?(?P<resource>[^\s\"]+)\"?)?"
    r"(?: because no (?P<lacking>.+?) allows| with an explicit deny in an? (?P<denying>[^.,:]+)"
    r"(?:: (?P<policy>[^\s,]+))?)?"
)


def cure_of(message: str) -> str:
    """Write the statement that would allow what was denied, and where it belongs; else what to ask for."""
    told = _SENTENCE.search(message)
    if told is None:
        return "Ask for that permission, or use other credentials."
    if told["denying"]:
        policy = f" {told['policy'].rstrip('.')}" if told["policy"] else ""
        return f"Change the statement that denies {told['action']} in the {told['denying'].strip()}{policy}."
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Action": told["action"],
        "Resource": _resource(told),
    }
    name = told["who"].partition(":assumed-role/")[2].partition("/")[0] or told["who"].rpartition("/")[2]
    lacking = told["lacking"] or "identity-based policy"
    place = f"an {lacking} of {name}" if lacking == "identity-based policy" else f"a {lacking}"
    if "trust" in lacking:  # there a Principal stands in place of the Resource
        statement = {"Effect": "Allow", "Action": told["action"], "Principal": {"AWS": told["who"]}}
    elif lacking.startswith("resource"):
        statement["Principal"] = {"AWS": told["who"]}
    return f"It needs this statement in {place}: {json.dumps(statement)}"


def _resource(told: re.Match[str]) -> str:
    """Write the ARN of the resource; what IAM tells by its name is taken to have no path."""
    name = told["resource"] or "*"
    if not told["kind"] or name.startswith("arn:"):
        return name
    _, partition, _, _, account, _ = told["who"].split(":", 5)
    return f"arn:{partition}:iam::{account}:{told['kind'].replace(' ', '-')}/{name}"
