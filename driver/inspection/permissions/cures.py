"""What would cure a denial: the narrowest statement, as JSON and as HCL for our Terraform modules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from driver.inspection.permissions.decisions import Decided, Decision
from driver.model.documents import Document

# The words in which IAM names what is lacking (IAM user guide, "Troubleshoot access denied error messages").
_IDENTITY = "no identity-based policy allows"

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of event source mappings, for one


@dataclass(frozen=True, slots=True)
class Cure:
    """A statement for the policy of a role, for all denied actions on the same resource."""

    role: str
    actions: tuple[str, ...]
    resource: str

    @property
    def sid(self) -> str:
        """A name made of the actions, of letters and digits only, as IAM asks for."""
        names = (action.partition(":")[2] for action in self.actions)
        return re.sub(r"[^A-Za-z0-9]", "", "".join(names))[:64]

    def statement(self) -> Document:
        """Write it as a statement of a policy."""
        return {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": self.resource,
        }

    def hcl(self) -> str:
        """Write it as our Terraform modules take statements, in `policy_statements`."""
        actions, resources = json.dumps(list(self.actions)), json.dumps([self.resource])
        return f"{self.sid} = {{ actions = {actions}, resources = {resources} }}"

    def document(self) -> Document:
        """Put it into a document."""
        return {"role": self.role, "statement": self.statement(), "hcl": self.hcl()}


def cures(denied: Iterable[Decided]) -> list[Cure]:
    """Write what would cure denials of roles; one that no statement of the role cures has no cure here.

    An explicit Deny wins over every Allow, and what a boundary, a session or the resource's own policy lacks
    is not cured by the role's policy.
    """
    lacking: dict[tuple[str, str], set[str]] = {}
    for decided in denied:
        if _is_curable(decided):
            lacking.setdefault((decided.principal, decided.resource), set()).add(decided.action)
    return [Cure(role, tuple(sorted(actions)), resource) for (role, resource), actions in lacking.items()]


def _is_curable(decided: Decided) -> bool:
    is_lacking = decided.decision is Decision.IMPLICIT_DENY and _IDENTITY in decided.reason
    return is_lacking and ":role/" in decided.principal


def deployer_policies(decisions: Iterable[Decided], name_prefix: str, most: int = 6144) -> list[Document]:
    """Write what the deployer used as managed policies, narrowed to names that begin with a prefix.

    `most`: characters of each without white space; 6,144 is the limit of a managed policy (IAM and AWS STS
    quotas). Account and region are left open: the policy is for another account than the local cloud's.
    """
    by_resource: dict[str, set[str]] = {}
    for decided in decisions:
        by_resource.setdefault(_of_any_name(decided.resource, name_prefix), set()).add(decided.action)
    by_actions: dict[tuple[str, ...], list[str]] = {}
    for resource, actions in sorted(by_resource.items()):
        by_actions.setdefault(tuple(sorted(actions)), []).append(resource)
    policies: list[list[Mapping[str, object]]] = [[]]
    for names, resources in by_actions.items():
        statement = {"Effect": "Allow", "Action": list(names), "Resource": resources}
        if policies[-1] and _length([*policies[-1], statement]) > most:
            policies.append([])
        policies[-1].append(statement)
    return [_policy(statements) for statements in policies if statements]


def _policy(statements: Iterable[Mapping[str, object]]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _length(statements: Iterable[Mapping[str, object]]) -> int:
    return len(json.dumps(_policy(statements), separators=(",", ":")))


def _of_any_name(resource: str, name_prefix: str) -> str:
    """Put wildcards in the place of account and region, of what follows the prefix of a name, and of IDs."""
    if not resource.startswith("arn:"):
        return resource
    head, partition, service, region, account, rest = resource.split(":", 5)
    before, found, _ = rest.partition(f"{name_prefix}-")
    rest = f"{before}{found}*" if found else _ID.sub("*", rest)
    return ":".join((head, partition, service, "*" if region else "", "*" if account else "", rest))
