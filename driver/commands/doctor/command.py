"""`invoke doctor`: whether commands would find what they need."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Sequence

from driver.aws.explain import explain
from driver.commands.context import Command
from driver.commands.doctor.checkup import Check, Checked, Verdict, run_checks
from driver.model.documents import Document

READY, NOT_READY = 0, 3  # exit codes
_NARROWEST = 20  # columns of text
_MARKS = {Verdict.PASS: ("✓", ""), Verdict.WARN: ("!", "yellow"), Verdict.FAIL: ("✗", "red")}


class Doctor(Command):
    """Looks at everything that commands on a target need, and changes nothing."""

    def __call__(self, checks: Sequence[Check]) -> int:
        """Look, and tell what was found.

        Returns
        -------
        int
            The exit code: 3 if something would keep commands from working, else 0.
        """
        with self.console.working("Looking"):
            checked = run_checks(checks, explain)
        failures = any(check.finding.verdict is Verdict.FAIL for check in checked)
        self.console.present(self._document(checked, is_ready=not failures), lambda: self._show(checked))
        return NOT_READY if failures else READY

    def _document(self, checked: Sequence[Checked], *, is_ready: bool) -> Document:
        return {
            "version": 1,
            "target": self.workspace.directory.name,
            "is_ready": is_ready,
            "checks": [check.document() for check in checked],
        }

    def _show(self, checked: Sequence[Checked]) -> None:
        width = max(len(check.name) for check in checked)
        for check in checked:
            mark, style = _MARKS[check.finding.verdict]
            self._tell(f"{mark} {check.name:<{width}}  ", check.finding.found, style)
            if check.finding.cure:
                self._tell(f"  {'':<{width}}  → ", check.finding.cure)
        counts = Counter(check.finding.verdict for check in checked)
        numbers = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
        self.console.say(f"\n{numbers}")

    def _tell(self, head: str, text: str, style: str = "") -> None:
        """Say something in lines that fit the terminal, each below the first one's text."""
        columns = shutil.get_terminal_size().columns - len(head)
        lines = textwrap.wrap(text, max(columns, _NARROWEST)) if self.console.is_terminal else [text]
        for number, line in enumerate(lines):
            self.console.say(f"{head if number == 0 else ' ' * len(head)}{line}", style)
