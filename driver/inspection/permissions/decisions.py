"""The local cloud's record of what IAM decided: what it tells, and what was used of what is granted.

The record's format is in docs/iam.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from driver.inspection.permissions.grants import Grant
from driver.model.documents import Document, moment


class Decision(StrEnum):
    """What IAM decides, in its words."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


@dataclass(frozen=True, slots=True)
class Decided:
    """How often a principal asked for an action on a resource, and what was decided each time.

    `principal` is an ARN or a service; of a session, that of its role. `statements` are those that decided:
    the policy's name and the statement's number.
    """

    principal: str
    session: str
    action: str
    resource: str
    decision: Decision
    reason: str
    count: int
    first: datetime
    last: datetime
    statements: tuple[tuple[str, int], ...] = ()

    @property
    def is_denied(self) -> bool:
        """Whether it was denied."""
        return self.decision is not Decision.ALLOWED

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "principal": self.principal,
            "session": self.session or None,
            "action": self.action,
            "resource": self.resource,
            "decision": self.decision.value,
            "reason": self.reason,
            "count": self.count,
            "first": moment(self.first),
            "last": moment(self.last),
        }


@dataclass(frozen=True, slots=True)
class Period:
    """A time from `begin` to `end`; an end of None is now."""

    begin: datetime
    end: datetime | None = None

    def overlaps(self, decided: Decided) -> bool:
        """Tell whether a request may have been asked in it: the record has the first and the last time."""
        return decided.last >= self.begin and (self.end is None or decided.first <= self.end)


def read_decisions(record: Mapping[str, Any]) -> list[Decided]:
    """Read the record of a local cloud, in the order of time."""
    found = [
        Decided(
            principal=str(row["principal"]),
            session=str(row.get("session") or ""),
            action=str(row["action"]),
            resource=str(row["resource"]),
            decision=Decision(row["decision"]),
            reason=str(row["reason"]),
            count=int(row["count"]),
            first=datetime.fromtimestamp(float(row["first"]), UTC),
            last=datetime.fromtimestamp(float(row["last"]), UTC),
            statements=tuple((str(item["policy"]), int(item["index"])) for item in row["statements"]),
        )
        for row in record["decisions"]
    ]
    return sorted(found, key=lambda decided: decided.first)


def unused(grants: Sequence[Grant], decisions: Iterable[Decided]) -> list[Grant]:
    """Name the grants by which no request of the role was allowed."""
    used = {
        (policy, index, decided.action)
        for decided in decisions
        if not decided.is_denied
        for policy, index in decided.statements
    }
    return [
        grant
        for grant in grants
        if not any(
            (policy, index) == (grant.policy, grant.index) and grant.covers(action)
            for policy, index, action in used
        )
    ]
