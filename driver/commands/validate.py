"""`invoke validate`: whether the project is right, without a cloud and without the network."""

from __future__ import annotations

from driver.commands.context import Command
from driver.host.wording import counted
from driver.manifests.manifest import Mistake, shown
from driver.model.documents import Document
from driver.projects.check import check_project
from driver.projects.contents import Contents
from driver.projects.findings import Findings

WRONG = 1


class Validate(Command):
    """Checks the project."""

    def __call__(self) -> int:
        """Show what is wrong, each with its file and line; returns the exit code."""
        findings = check_project(self.settings.project, given=self.settings.terraform)
        document: Document = {
            "version": 1,
            "is_valid": not findings.mistakes,
            "mistakes": [_document(one) for one in findings.mistakes],
            "warnings": [_document(one) for one in findings.warnings],
        }
        self.console.present(document, lambda: self._show(findings))
        return WRONG if findings.mistakes else 0

    def _show(self, findings: Findings) -> None:
        for warning in findings.warnings:
            self.console.warn(str(warning))
        for mistake in findings.mistakes:
            self.console.say(f"✗ {mistake}", "red")
        if findings.mistakes:
            self.console.say(f"{counted(len(findings.mistakes), 'mistake')}: `invoke up` would refuse them.")
            return
        contents = Contents(self.settings.project)
        found = {
            "pipeline": contents.pipelines,
            "workflow": contents.workflows,
            "function": contents.functions,
            "image": contents.images,
        }
        parts = ", ".join(counted(len(folders), kind) for kind, folders in found.items() if folders)
        self.console.done(f"{parts or 'the project has nothing yet'}: no mistake")


def _document(mistake: Mistake) -> Document:
    return {"file": shown(mistake.file), "line": mistake.line, "text": mistake.text}
