"""What roles are granted, one action of one statement at a time, and policies without one of them."""

from __future__ import annotations

import copy
import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

FOLDER = Path(__file__).parent
PROVEN = FOLDER / "proven.json"
REASONS = FOLDER / "reasons.yaml"


class Grant(NamedTuple):
    """An action of a statement of a role; the role's name is without the deployment's prefix."""

    role: str
    statement: str
    action: str

    def __str__(self) -> str:
        return f"{self.role}: {self.action} ({self.statement})"


@dataclass(frozen=True)
class Policy:
    """The inline policy of a role."""

    role: str  # its whole name
    name: str
    document: Mapping[str, Any]

    def actions(self) -> Iterator[tuple[str, str]]:
        """List the actions with the Sid of their statement."""
        for statement in self.document["Statement"]:
            for action in _actions(statement):
                yield statement["Sid"], action

    def sid(self, index: int) -> str:
        """Tell the Sid of a statement by its number."""
        return str(self.document["Statement"][index]["Sid"])

    def without(self, sid: str, action: str) -> str:
        """Write the policy without an action of a statement."""
        document = copy.deepcopy(dict(self.document))
        for statement in document["Statement"]:
            if statement["Sid"] == sid:
                statement["Action"] = [kept for kept in _actions(statement) if kept != action]
        document["Statement"] = [statement for statement in document["Statement"] if statement["Action"]]
        if not document["Statement"]:  # IAM takes no policy without statements
            harmless = {"Sid": "Nothing", "Effect": "Allow", "Action": "sts:GetCallerIdentity"}
            document["Statement"] = [harmless | {"Resource": "*"}]
        return json.dumps(document)


def _actions(statement: Mapping[str, Any]) -> list[str]:
    found = statement["Action"]
    return sorted([found] if isinstance(found, str) else found)


def read_policies(iam: IAMClient, prefix: str) -> dict[str, Policy]:
    """Read the policies of the deployment's roles, by the names of the roles without the prefix."""
    found = {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        if name.startswith(f"{prefix}-"):
            (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
            document: Any = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            found[name.removeprefix(f"{prefix}-")] = Policy(name, policy, document)
    return found


def grants_of(policies: Mapping[str, Policy]) -> list[Grant]:
    """List everything that they grant."""
    return sorted(Grant(role, *pair) for role, policy in policies.items() for pair in policy.actions())


@dataclass(frozen=True)
class Reason:
    """Why AWS needs what no run here shows; `roles`, `statement` and `actions` may have wildcards."""

    roles: list[str]
    statement: str
    actions: list[str]
    why: str
    source: str

    def is_for(self, grant: Grant) -> bool:
        """Tell whether it is the reason for this grant."""
        return (
            any(fnmatch.fnmatchcase(grant.role, role) for role in self.roles)
            and fnmatch.fnmatchcase(grant.statement, self.statement)
            and any(fnmatch.fnmatchcase(grant.action, action) for action in self.actions)
        )


def read_reasons() -> list[Reason]:
    """Read the list of reasons."""
    return [Reason(**item) for item in yaml.safe_load(REASONS.read_text(encoding="utf-8"))]


def read_proven() -> dict[Grant, str]:
    """Read what was proven, each with the name of the run that showed it."""
    found = json.loads(PROVEN.read_text(encoding="utf-8"))
    return {
        Grant(role, statement, action): run
        for role, statements in found.items()
        for statement, actions in statements.items()
        for action, run in actions.items()
    }


def write_proven(proven: Mapping[Grant, str]) -> None:
    """Write what was proven."""
    document: dict[str, dict[str, dict[str, str]]] = {}
    for grant, run in sorted(proven.items()):
        document.setdefault(grant.role, {}).setdefault(grant.statement, {})[grant.action] = run
    PROVEN.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def unsupported(grants: Iterable[Grant], proven: Iterable[Grant], reasons: Iterable[Reason]) -> list[Grant]:
    """Name the grants that nothing proves and no reason supports."""
    shown, known = set(proven), list(reasons)
    return [
        grant for grant in grants if grant not in shown and not any(reason.is_for(grant) for reason in known)
    ]
