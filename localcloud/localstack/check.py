"""Checks definitions as the local cloud does when they are made, without a cloud.

``python -m localcloud.localstack.check`` reads ``[{"kind": "pipeline" or "state_machine", "text": …}, …]``
from standard input and writes a list of mistakes for each: ``{"severity": …, "message": …, "location": …}``;
a warning tells of a field that has no effect here. It needs botocore and neither LocalStack nor its
environment, so that any program can ask it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from localcloud.localstack.integrations import KnownIntegrations
from localcloud.sagemaker.pipelines.definition import parse_definition
from localcloud.sagemaker.pipelines.reading import DefinitionError
from localcloud.sagemaker.wire.told_only import TOLD_ONLY, told_only
from localcloud.states_language.checking import check

Mistakes = list[dict[str, str]]


def mistakes_of_pipeline(text: str) -> Mistakes:
    """Check a pipeline's definition; the first mistake is told, which names its step."""
    try:
        parse_definition(text)
    except DefinitionError as error:
        return [{"severity": "ERROR", "message": str(error), "location": ""}]
    return [
        _told(name, f"Step '{step.get('Name')}'", "")
        for step in _steps(json.loads(text)["Steps"])
        if step["Type"] not in {"Callback", "Lambda"}
        for name, _ in told_only(step)
    ]


def _steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Find the steps of a definition, those in branches of Condition steps too."""
    for step in steps:
        if step["Type"] == "Condition":
            for branch in ("IfSteps", "ElseSteps"):
                yield from _steps(step["Arguments"].get(branch) or ())
        else:
            yield step


def mistakes_of_state_machine(text: str) -> Mistakes:
    """Check a state machine's definition; locations are such as ``/States/Train/Next``."""
    found = check(text, integrations=KnownIntegrations())
    mistakes = [
        {"severity": one.severity, "message": one.message, "location": one.location}
        for one in found
        if one.severity == "ERROR"
    ]
    return mistakes or [
        _told(name, "It", place)
        for task, location in _sagemaker_tasks(json.loads(text))
        for member in ("Parameters", "Arguments")
        for name, place in told_only(task.get(member), f"{location}/{member}")
    ]


def _sagemaker_tasks(document: object, location: str = "") -> Iterator[tuple[Mapping[str, object], str]]:
    """Find what calls SageMaker; fields of other services have the same names and mean something else."""
    if isinstance(document, dict):
        if ":sagemaker:" in str(document.get("Resource")):
            yield document, location
            return
        for name, value in document.items():
            yield from _sagemaker_tasks(value, f"{location}/{name}")


def _told(name: str, who: str, location: str) -> dict[str, str]:
    message = f"{who} asks for {name}, which has no effect in the local cloud: {TOLD_ONLY[name]}"
    return {"severity": "WARNING", "message": message, "location": location}


_KINDS: Mapping[str, Callable[[str], Mistakes]] = {
    "pipeline": mistakes_of_pipeline,
    "state_machine": mistakes_of_state_machine,
}


def check_all(definitions: Sequence[Mapping[str, str]]) -> list[Mistakes]:
    """Check several definitions; raises `KeyError` at a kind that there is not."""
    return [_KINDS[one["kind"]](one["text"]) for one in definitions]


if __name__ == "__main__":
    json.dump(check_all(json.load(sys.stdin)), sys.stdout)
