"""Whether all that changed since the last apply is code that one resource has, and nothing else reads. Pure.

The list is closed: a script of a pipeline's `code/`, which is the content of an object; the package of a
function; the definition of a pipeline or a workflow. Names and addresses are those of `terraform/` (modules
`sagemaker_pipeline`, `lambda_function`, `state_machine`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from driver.aws.code_resources import NotCodeAloneError
from driver.terraform.inputs import Inputs
from driver.terraform.state_edits import EditableState, Instance

OBJECT, FUNCTION = "aws_s3_object", "aws_lambda_function"
PIPELINE, STATE_MACHINE = "aws_sagemaker_pipeline", "aws_sfn_state_machine"
DEFINED_BY = {PIPELINE: "pipeline_definition", STATE_MACHINE: "definition"}
"""The attribute that has the definition, by the type of the resource."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a project's files are: its resources, its functions, and the packages made of these."""

    resources: Path
    functions: Path
    packages: Path


def code_changes(
    before: Inputs, now: Inputs, folders: Folders, state: EditableState
) -> list[tuple[Instance, Path]]:
    """List the resources that get other code, each with the file of it.

    Raises `NotCodeAloneError` if anything else differs, or if a resource is not in the state as it must be.
    """
    changed = now.changed_since(before)
    if changed is None:
        raise NotCodeAloneError("the configuration or its variables have changed")
    instances = list(state.instances())
    return [
        (_resource_of(path, folders, before, now, instances), path)
        for path in _read_by_terraform(map(Path, sorted(changed)), folders)
    ]


def _read_by_terraform(paths: Iterable[Path], folders: Folders) -> Iterator[Path]:
    """Leave out what is only packed, and what is not uploaded, such as a file that an editor has open."""
    for path in paths:
        is_source = path.is_relative_to(folders.functions) and path.name != "function.yaml"
        parts = path.relative_to(folders.resources).parts if path.is_relative_to(folders.resources) else ()
        is_hidden = parts[2:3] == ("code",) and any(part.startswith(".") for part in parts[3:])
        if not (is_source or is_hidden):
            yield path


def _resource_of(
    path: Path, folders: Folders, before: Inputs, now: Inputs, instances: Iterable[Instance]
) -> Instance:
    name = _name(path, folders)
    if str(path) not in before.files or str(path) not in now.files:
        raise NotCodeAloneError(f"{name} was {'added' if str(path) in now.files else 'removed'}")
    if path.parent == folders.packages:
        found = [one for one in instances if one.type == FUNCTION and one.attributes["filename"] == str(path)]
    else:
        address = _address(path, folders)
        if address is None:
            raise NotCodeAloneError(f"{name} has changed")
        found = [one for one in instances if one.address == address]
    if len(found) != 1 or not found[0].is_whole:
        raise NotCodeAloneError(f"no single resource in Terraform's state has {name}")
    return found[0]


def _address(path: Path, folders: Folders) -> str | None:
    """Name the object of a script, or what has a definition; None for a file that is neither."""
    if not path.is_relative_to(folders.resources):
        return None
    match path.relative_to(folders.resources).parts:
        case ("pipelines", name, "pipeline.json"):
            return f"module.pipeline[{_quoted(name)}].{PIPELINE}.this"
        case ("workflows", name, "workflow.asl.json"):
            return f"module.workflow[{_quoted(name)}].{STATE_MACHINE}.this"
        case ("pipelines", name, "code", *rest) if rest:
            if (folders.resources / "pipelines" / name / "pipeline.json").is_file():
                return f"module.pipeline[{_quoted(name)}].{OBJECT}.code[{_quoted('/'.join(rest))}]"
    return None  # the scripts of a program's pipeline are those that the program uploads


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _name(path: Path, folders: Folders) -> str:
    root = folders.resources.parent
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name
