"""Records what each run uses, takes each action away, and repeats a run that used it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from driver.aws.permissions import fetch_record
from driver.model.values import Keys
from tests.integration.wire import Document
from tests.policies.grants import Grant, Policy
from tests.policies.place import Place

PATIENCE = 90.0  # seconds of runs that are repeated to show that an action is missing

Asked = Counter[tuple[str, str, str]]  # role, action, decision
Say = Callable[[str], None]


@dataclass(frozen=True)
class Seen:
    """What a run came to while nothing was missing, how long it took, what it used."""

    outcome: Document
    seconds: float
    used: frozenset[Grant]


@dataclass
class Proof:
    """Runs on a place, by name, and the policies of its roles."""

    place: Place
    policies: Mapping[str, Policy]
    runs: Mapping[str, Callable[[], Document]]
    say: Say
    prefix: str
    seen: dict[str, Seen] = field(default_factory=dict)

    def record(self) -> None:
        """Run everything once."""
        for number, (name, run) in enumerate(self.runs.items(), 1):
            before = self._rows()
            self.place.allow(120)
            began = time.monotonic()
            outcome = _outcome(run)
            seconds = time.monotonic() - began
            time.sleep(0.5)  # what ends after the run, such as a log
            used = frozenset(self._used(before, self._rows()))
            self.seen[name] = Seen(outcome, seconds, used)
            self.say(f"[{number}/{len(self.runs)}] {name}: {outcome} ({seconds:.1f} s, {len(used)} actions)")

    def faulty(self) -> list[str]:
        """Take out the runs that failed though nothing was missing; give their names."""
        names = [name for name, seen in self.seen.items() if "raised" in seen.outcome]
        for name in names:
            del self.seen[name]
        return names

    def show(self, grant: Grant) -> tuple[str, str]:
        """Take an action away; give the run that shows it, or none, and what was seen."""
        fitting = sorted(  # the short ones that do little else first
            (name for name, seen in self.seen.items() if grant in seen.used),
            key=lambda name: self.seen[name].seconds * len(self.seen[name].used),
        )
        if not fitting:
            return "", "no run uses it"
        told, spent = "", 0.0
        for name in fitting:
            if spent > PATIENCE:
                break
            seen = self.seen[name]
            spent += seen.seconds
            with self._without(grant):
                before = self._asked()
                self.place.allow(2 * seen.seconds + 12)
                outcome = _outcome(self.runs[name])
                denied = self._asked() - before
            self.place.allow(60)
            self.place.leave()
            whole = f"{self.prefix}-{grant.role}"
            if not denied[whole, grant.action.lower(), "denied"]:
                told = f"{name}: another statement allows it, too, or it was not asked"
            elif outcome == seen.outcome:
                told = f"{name}: denied, and nothing shows it"
            else:
                return name, f"{name}: {_difference(seen.outcome, outcome)}"
        return "", told

    @contextmanager
    def _without(self, grant: Grant) -> Iterator[None]:
        policy, iam = self.policies[grant.role], self.place.stack.client("iam")
        iam.put_role_policy(
            RoleName=policy.role,
            PolicyName=policy.name,
            PolicyDocument=policy.without(grant.statement, grant.action),
        )
        try:
            yield
        finally:
            iam.put_role_policy(
                RoleName=policy.role, PolicyName=policy.name, PolicyDocument=policy.without("", "")
            )

    def _record(self) -> list[dict[str, Any]]:
        keys = self.place.stack.keys
        read = fetch_record(
            self.place.stack.endpoint, "us-west-2", Keys(keys.access_key_id, keys.secret_access_key)
        )
        return list(read["decisions"])

    def _rows(self) -> dict[tuple[str, ...], dict[str, Any]]:
        names = ("principal", "session", "action", "resource", "decision")
        return {tuple(str(row[name]) for name in names): row for row in self._record()}

    def _used(
        self, before: Mapping[tuple[str, ...], Mapping[str, Any]], after: Mapping[tuple[str, ...], Any]
    ) -> Iterator[Grant]:
        for key, row in after.items():
            if row["decision"] != "allowed" or row["count"] == before.get(key, {}).get("count"):
                continue
            role = row["principal"].rpartition("/")[2].removeprefix(f"{self.prefix}-")
            if ":role/" not in row["principal"] or role not in self.policies:
                continue
            policy = self.policies[role]
            for statement in row["statements"]:
                if statement["policy"] == policy.name:
                    sid = policy.sid(statement["index"])
                    yield from (
                        Grant(role, sid, action)
                        for own, action in policy.actions()
                        if own == sid and action.lower() == row["action"].lower()
                    )

    def _asked(self) -> Asked:
        asked: Asked = Counter()
        for row in self._record():
            decision = "allowed" if row["decision"] == "allowed" else "denied"
            asked[row["principal"].rpartition("/")[2], row["action"].lower(), decision] += row["count"]
        return asked


def _outcome(run: Callable[[], Document]) -> Document:
    """Run; an error is an outcome, too."""
    try:
        return run()
    except Exception as error:  # whatever it is, it is what came of the run
        return {"raised": f"{type(error).__name__}: {error}"[:300]}


def _difference(wanted: Document, found: Document) -> str:
    changed = {key: value for key, value in found.items() if wanted.get(key) != value}
    return str(changed or f"without {sorted(wanted.keys() - found.keys())}")
