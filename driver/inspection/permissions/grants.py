"""What the policies of a role grant, read from their documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from driver.model.documents import Document


@dataclass(frozen=True)
class Grant:
    """One action of a statement that allows; `index` is the statement's number in its policy, from 0."""

    policy: str
    index: int
    sid: str
    action: str
    resources: tuple[str, ...]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # IAM user guide, Action: names have no case; * stands for any characters, ? for one.
        written = re.escape(self.action).replace(r"\*", ".*").replace(r"\?", ".")
        return re.compile(written, re.IGNORECASE)

    def covers(self, action: str) -> bool:
        """Tell whether it grants an action, on whatever resource."""
        return self._pattern.fullmatch(action) is not None

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "policy": self.policy,
            "sid": self.sid or None,
            "action": self.action,
            "resources": list(self.resources),
        }


def read_grants(policies: Mapping[str, Mapping[str, object]]) -> list[Grant]:
    """List what policies grant, by their names; a statement with NotAction grants what it does not name."""
    return [grant for name, policy in policies.items() for grant in _of_policy(name, policy)]


def _of_policy(name: str, policy: Mapping[str, object]) -> Iterator[Grant]:
    for index, statement in enumerate(_list(policy.get("Statement"))):
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        resources = tuple(map(str, _list(statement.get("Resource"))))
        for action in _list(statement.get("Action", "*" if "NotAction" in statement else [])):
            yield Grant(name, index, str(statement.get("Sid") or ""), str(action), resources)


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
