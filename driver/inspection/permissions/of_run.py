"""What IAM decided while an execution ran, as its report tells it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driver.inspection.permissions.cures import Cure, cures
from driver.inspection.permissions.decisions import Decided, Period, read_decisions


@dataclass(frozen=True, slots=True)
class Use:
    """A role, and how often it was allowed each action."""

    role: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunPermissions:
    """What was denied while an execution ran, the statements that cure it, and what each role used."""

    denied: Sequence[Decided]
    cures: Sequence[Cure]
    uses: Sequence[Use]


def permissions_of_run(record: Mapping[str, Any], period: Period) -> RunPermissions | None:
    """Choose from the record what was asked in a period; None where that is nothing."""
    decisions = [decided for decided in read_decisions(record) if period.overlaps(decided)]
    denied = [decided for decided in decisions if decided.is_denied]
    counts: dict[str, dict[str, int]] = {}
    for decided in decisions:
        role = decided.principal.partition(":role/")[2].rpartition("/")[2]
        if role and not decided.is_denied:
            of_role = counts.setdefault(role, {})
            of_role[decided.action] = of_role.get(decided.action, 0) + decided.count
    if not denied and not counts:
        return None
    uses = [Use(role, dict(sorted(of_role.items()))) for role, of_role in sorted(counts.items())]
    return RunPermissions(denied, cures(denied), uses)
