"""The check of a whole project, without a cloud and without Terraform."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from driver.projects import pipelines, workflows
from driver.projects.cloud_check import CloudCheck
from driver.projects.contents import Contents
from driver.projects.findings import Findings
from driver.projects.sources import check_function, check_images_of
from driver.settings.project import Project

_FAILURE_STATES = "definitions/notify_failure.json"


def check_project(project: Project, ask: Callable[[Path], CloudCheck] = CloudCheck) -> Findings:
    """Find what is wrong with the pipelines, workflows, functions and images of a project.

    `ask`: makes what knows the local cloud's answers, of the folder of the installation.
    """
    with closing(ask(project.installation)) as cloud:
        findings = _check(Contents(project), _failure_states(project), cloud)
    for found in (findings.mistakes, findings.warnings):
        found.sort(key=lambda one: (str(one.file), one.line))
    return findings


def _failure_states(project: Project) -> Path:
    """Find the states that every workflow gets."""
    path = project.terraform / _FAILURE_STATES
    return path if path.is_file() else project.installation / "resources/workflows/notify_failure.json"


def _check(contents: Contents, failure_states: Path, cloud: CloudCheck) -> Findings:
    findings = Findings()
    checked = [
        pipelines.check_pipeline(folder, contents.values_of_pipeline(name), findings)
        for name, folder in contents.pipelines.items()
    ]
    values = contents.values_of_workflow()
    states = failure_states.read_text("utf-8") if contents.workflows else ""
    machines = [
        workflows.check_workflow(folder, values, states, contents.workflows, findings)
        for folder in contents.workflows.values()
    ]
    for folder in contents.functions.values():
        check_function(folder, contents.values_of_function(), findings)
    check_images_of(contents.images, findings)
    _warn_of_unused(contents, checked, machines, findings)
    asked_pipelines = [(one, one.definition.text) for one in checked if one.definition]
    asked_machines = [one for one in machines if one.definition]
    answers = iter(
        cloud.ask(
            [
                *(("pipeline", text) for _, text in asked_pipelines),
                *(("state_machine", one.document) for one in asked_machines),
            ]
        )
    )
    for pipeline, _ in asked_pipelines:
        pipelines.tell_refusals(pipeline, next(answers), findings)
    for machine in asked_machines:
        workflows.tell_refusals(machine, next(answers), findings)
    return findings


def _warn_of_unused(
    contents: Contents,
    checked: list[pipelines.PipelineCheck],
    machines: list[workflows.WorkflowCheck],
    findings: Findings,
) -> None:
    definitions = [*(one.definition for one in checked), *(one.definition for one in machines)]
    if None in definitions:
        return  # a program, or a definition that cannot be read, may use any of them
    used = {name for one in checked for name in one.names}
    used |= {name for one in machines if one.definition for name in one.definition.names}
    for name, folder in contents.functions.items():
        manifest = folder / "function.yaml"
        if f"functions.{name}" not in used and "callback_queue: true" not in _text(manifest):
            findings.warn(
                manifest, 1, f"no definition uses the function {name}: name it as ${{functions.{name}}}"
            )


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace") if path.is_file() else ""
