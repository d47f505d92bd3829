"""A new project, and what its check finds."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from driver.projects.beginnings import project_files, write_new
from driver.projects.check import check_project
from driver.projects.cloud_check import CloudCheck, Refusal
from driver.settings.project import Project
from localcloud.localstack.check import check_all

Found = tuple[list[str], list[str]]


class CloudHere(CloudCheck):
    """The local cloud's code in the process of the tests: a process for each of them takes longer."""

    def __init__(self, installation: Path) -> None:
        pass

    def ask(self, definitions: Sequence[tuple[str, str]]) -> list[list[Refusal]]:
        answers = check_all([{"kind": kind, "text": text} for kind, text in definitions])
        return [
            [Refusal(one["message"], one["location"], one["severity"] == "WARNING") for one in answer]
            for answer in answers
        ]

    def close(self) -> None:
        pass


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_new(tmp_path, project_files("churn", "sagestep"))
    return tmp_path


@pytest.fixture
def check(project: Path) -> Callable[..., Found]:
    """Check the project with variables given; returns mistakes and warnings, with paths from its folder."""

    def run(*given: str) -> Found:
        found = check_project(Project(project), ask=CloudHere, given=given)
        mistakes, warnings = (
            [f"{one.file.relative_to(project)}:{one.line}: {one.text}" for one in ones]
            for ones in (found.mistakes, found.warnings)
        )
        return mistakes, warnings

    return run
