"""What was asked and decided, counted: the material of `invoke permissions`; the format is in docs/iam.md."""

import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from localcloud.iam.authorization import Caller, Outcome
from localcloud.iam.evaluation import Decision

MOST_ROWS = 20_000
"""So many different decisions are counted; of more, those that were longest not repeated are dropped."""
MOST_DENIALS = 500
"""So many denials are kept one by one."""

_Key = tuple[str, str, str, str, Decision]


@dataclass(slots=True)
class _Row:
    first: float
    last: float
    count: int
    reason: str
    statements: Sequence[Mapping[str, object]]
    missing: tuple[str, ...]


class Record:
    """Counts decisions; any thread may."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._lock = threading.Lock()  # guards what follows
        self._most = most
        self._rows: OrderedDict[_Key, _Row] = OrderedDict()
        self._denials: deque[dict[str, object]] = deque(maxlen=MOST_DENIALS)
        self._dropped = 0
        self._unasked: dict[tuple[str, str], int] = {}
        self.revision = 0  # changes with each count

    def kept(self) -> dict[str, object]:
        """Give all that is counted, to be saved."""
        with self._lock:
            return {
                "rows": OrderedDict(self._rows),
                "denials": self._denials.copy(),
                "dropped": self._dropped,
                "unasked": dict(self._unasked),
            }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Count on from what was saved."""
        with self._lock:
            self._rows, self._denials = kept["rows"], kept["denials"]
            self._dropped, self._unasked = kept["dropped"], kept["unasked"]

    def add(self, caller: Caller, outcome: Outcome, moment: float, operation: str = "") -> None:
        """Count a decision.

        - `moment`: seconds since 1970.
        - `operation`: the one that was called, such as ``s3:HeadObject``.
        """
        asked, decision = outcome.asked, outcome.verdict.decision
        key = (caller.entity, caller.session_name, asked.action, asked.resource, decision)
        with self._lock:
            self.revision += 1
            if (row := self._rows.get(key)) is not None:
                row.count += 1
                row.last = moment
                self._rows.move_to_end(key)
            else:
                self._rows[key] = _row(outcome, moment)
                if len(self._rows) > self._most:
                    self._rows.popitem(last=False)
                    self._dropped += 1
            if decision is not Decision.ALLOWED:
                self._denials.append(
                    {
                        "time": moment,
                        "principal": caller.principal,
                        "operation": operation,
                        "action": asked.action,
                        "resource": asked.resource,
                        "decision": decision.value,
                        "reason": outcome.reason,
                    }
                )

    def add_unasked(self, who: str, operation: str) -> None:
        """Count a request of a service of this cloud that IAM is not asked about."""
        with self._lock:
            self.revision += 1
            self._unasked[who, operation] = self._unasked.get((who, operation), 0) + 1

    def described(self) -> dict[str, object]:
        """Describe all, as JSON has it."""
        with self._lock:
            rows = [(key, row.count, row.first, row.last, row) for key, row in self._rows.items()]
            denials, dropped, unasked = [*self._denials], self._dropped, dict(self._unasked)
        return {
            "decisions": [
                {
                    "principal": principal,
                    "session": session or None,
                    "action": action,
                    "resource": resource,
                    "decision": decision.value,
                    "reason": row.reason,
                    "statements": list(row.statements),
                    "missing_context": list(row.missing),
                    "count": count,
                    "first": first,
                    "last": last,
                }
                for (principal, session, action, resource, decision), count, first, last, row in rows
            ],
            "denials": denials,
            "dropped": dropped,
            "not_asked": [
                {"by": who, "operation": operation, "count": count}
                for (who, operation), count in unasked.items()
            ],
        }


def _row(outcome: Outcome, moment: float) -> _Row:
    verdict = outcome.verdict
    matched = tuple(
        (one.policy.id, one.type.value, one.statement.index, one.statement.sid) for one in verdict.matched
    )
    return _Row(moment, moment, 1, sys.intern(outcome.reason), _statements(matched), verdict.missing)


@lru_cache(maxsize=1024)
def _statements(matched: tuple[tuple[object, ...], ...]) -> Sequence[Mapping[str, object]]:
    """Describe statements; rows share them: each run has a session, and so rows, of its own."""
    return tuple(dict(zip(("policy", "type", "index", "sid"), one, strict=True)) for one in matched)
