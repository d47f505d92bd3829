"""Checks that run side by side, with one deadline."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from driver.model.documents import Document
from driver.model.exceptions import SagestepError

_SECONDS = 10.0


class Verdict(StrEnum):
    """The result of a check."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"  # commands work, but not all of them, or not as one may think
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and how to correct it; `cure` is empty where all is well."""

    verdict: Verdict
    found: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `look` may raise whatever the driver can explain: then the check has failed."""

    name: str
    look: Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class Checked:
    """A check and its result."""

    name: str
    finding: Finding

    def document(self) -> Document:
        """Put it into a document."""
        finding = self.finding
        return {
            "name": self.name,
            "verdict": finding.verdict.value,
            "found": finding.found,
            "cure": finding.cure or None,
        }


def passed(found: str) -> Finding:
    """All is as it must be."""
    return Finding(Verdict.PASS, found)


def warned(found: str, cure: str) -> Finding:
    """Something does not work that not everybody needs."""
    return Finding(Verdict.WARN, found, cure)


def failed(found: str, cure: str) -> Finding:
    """Commands cannot work."""
    return Finding(Verdict.FAIL, found, cure)


def run_checks(
    checks: Sequence[Check], explain: Callable[[BaseException], SagestepError], deadline: float = _SECONDS
) -> list[Checked]:
    """Run checks side by side; returns their results in the same order.

    `explain` turns what a check raises into an error to show. A check that has not answered after `deadline`
    seconds has failed.
    """
    answers: queue.SimpleQueue[tuple[int, Finding]] = queue.SimpleQueue()

    def look(number: int, check: Check) -> None:
        answers.put((number, _look(check, explain)))

    for numbered in enumerate(checks):
        # A thread of a pool would be waited for at the end, also if it never comes back.
        threading.Thread(target=look, args=numbered, daemon=True).start()
    found: dict[int, Finding] = {}
    end = time.monotonic() + deadline
    while len(found) < len(checks):
        try:
            number, finding = answers.get(timeout=max(end - time.monotonic(), 0))
        except queue.Empty:
            break
        found[number] = finding
    late = failed(f"It did not answer within {deadline:g} seconds.", "Try again; see what keeps it busy.")
    return [Checked(check.name, found.get(number, late)) for number, check in enumerate(checks)]


def _look(check: Check, explain: Callable[[BaseException], SagestepError]) -> Finding:
    try:
        return check.look()
    except Exception as raised:
        error = explain(raised)
        return failed(" ".join(part for part in (error.what, error.why) if part), error.next_step)
