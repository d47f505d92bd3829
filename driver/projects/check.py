"""The check of a whole project, without a cloud and without Terraform."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from driver.host.wording import counted
from driver.model.exceptions import ManifestError
from driver.projects import pipelines, workflows
from driver.projects.beginnings import Beginning
from driver.projects.cloud_check import CloudCheck
from driver.projects.contents import Contents
from driver.projects.findings import Findings
from driver.projects.sources import check_function, check_images_of
from driver.settings.project import Project
from driver.settings.variables import declared_variables

_NAMED = 5  # mistakes that are told one by one
# What Terraform reads without being told: https://developer.hashicorp.com/terraform/language/values/variables
_VALUES = ("terraform.tfvars", "terraform.tfvars.json", "*.auto.tfvars", "*.auto.tfvars.json")
_FAILURE_STATES = "definitions/notify_failure.json"


def check_project(
    project: Project,
    made: Path | None = None,
    ask: Callable[[Path], CloudCheck] = CloudCheck,
    given: Collection[str] = (),
) -> Findings:
    """Find what is wrong with the pipelines, workflows, functions and images of a project.

    `made`: the folder of the definitions that programs made; without it they are not looked at. `ask`: makes
    what knows the local cloud's answers, of the folder of the installation. `given`: the variables of
    Terraform that the table [terraform] of sagestep.toml sets.
    """
    with closing(ask(project.installation)) as cloud:
        findings = _check(Contents(project), project.terraform / _FAILURE_STATES, made, cloud)
    if project.own_terraform:
        _check_variables(project.own_terraform, given, findings)
        for path in sorted(project.own_terraform.glob("*.tf")):
            if (project.terraform / path.name).is_file():
                text = "sagestep's own configuration, which it becomes a part of, has a file of this name"
                findings.wrong(path, 1, f"{text}: rename it")
    for found in (findings.mistakes, findings.warnings):
        found.sort(key=lambda one: (str(one.file), one.line))
    return findings


def refuse(findings: Findings) -> None:
    """Raise `ManifestError` if there are mistakes; it names the first."""
    mistakes = findings.mistakes
    if mistakes:
        listed = [str(one) for one in mistakes[:_NAMED]] + (["…"] if len(mistakes) > _NAMED else [])
        raise ManifestError(
            f"The project has {counted(len(mistakes), 'mistake')}.",
            "\n".join(listed),
            "Correct them; `invoke validate` shows all.",
        )


def _check(contents: Contents, failure_states: Path, made: Path | None, cloud: CloudCheck) -> Findings:
    findings = Findings()
    _drop_wrong_names(contents, findings)
    checked = [
        pipelines.check_pipeline(folder, contents.values_of_pipeline(name), findings, made)
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
    _check_names(contents, findings)
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


def _drop_wrong_names(contents: Contents, findings: Findings) -> None:
    """Note folders whose name cannot be one in AWS, and look at nothing in them: it fails for its name."""
    kinds = {
        "pipeline": contents.pipelines,
        "workflow": contents.workflows,
        "function": contents.functions,
    }
    for kind, folders in kinds.items():
        for name in list(folders):
            if problem := Beginning(kind, name).problem:
                text = f"the folder cannot be called {name}: {problem.rstrip('.')}"
                findings.wrong(folders.pop(name) / f"{kind}.yaml", 1, text)


def _check_names(contents: Contents, findings: Findings) -> None:
    """Note functions whose role would have the name of a workflow's role: both are named after the folder."""
    workflows_by_cloud_name = {name.replace("_", "-"): name for name in contents.workflows}
    for name, folder in contents.functions.items():
        same = workflows_by_cloud_name.get(name.replace("_", "-"))
        if same:
            text = f"the workflow {same} has the same name, and their roles would, too: rename one of them"
            findings.wrong(folder / "function.yaml", 1, text)


def _check_variables(folder: Path, given: Collection[str], findings: Findings) -> None:
    """Note variables of the project's own Terraform files that have no value."""
    values = [path for pattern in _VALUES for path in folder.glob(pattern)]
    written = "\n".join(_text(path) for path in values)
    for path in sorted(folder.glob("*.tf")):
        for one in declared_variables(_text(path)):
            is_written = re.search(rf'^[ \t{{,]*"?{re.escape(one.name)}"?[ \t]*[=:]', written, re.MULTILINE)
            if not (one.has_default or one.name in given or is_written):
                cure = "set it in the table [terraform] of sagestep.toml, or give it a default"
                findings.wrong(path, one.line, f"the variable {one.name} has no value: {cure}")


def _warn_of_unused(
    contents: Contents,
    checked: list[pipelines.PipelineCheck],
    machines: list[workflows.WorkflowCheck],
    findings: Findings,
) -> None:
    definitions = [*(one.definition for one in checked), *(one.definition for one in machines)]
    if None in definitions or any(one.has_broken_manifest for one in checked):
        return  # a program, or a file that cannot be read, may use any of them
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
