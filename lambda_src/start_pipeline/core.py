"""What the function decides; no AWS call, no environment, no clock.

An event is the payload of the state machine's task: its token, its execution, and the execution's input
``{"pipeline": "<name>", "parameters": {"<pipeline parameter>": "<string>", …}}``.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

from ..shared import runs
from ..shared.events import EventError, names, texts
from ..shared.limits import shorten

VALUE_LIMIT = 1024
"""Characters of a parameter's value that StartPipelineExecution takes."""

_PIPELINE = "pipeline"
_PARAMETERS = "parameters"
# Step Functions' console and its nested executions add these; they say nothing about the pipeline.
_IGNORED = frozenset({"Comment", "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"})
_SHOWN = 60
_KINDS: Mapping[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class InvalidInputError(ValueError):
    """The execution's input does not fit the pipeline; the text names the field and what was expected."""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A task that waits, the pipeline it wants, and the parameters as the execution's input gives them."""

    task_token: str
    execution_arn: str
    run_id: str
    pipeline: str
    given: Mapping[str, object]

    @classmethod
    def parse(cls, event: Mapping[str, object], default_pipeline: str) -> Self:
        """Read the task's payload.

        - `event`: ``task_token``, ``execution_arn`` and ``input``.
        - `default_pipeline`: the pipeline where the input names none; empty where there is no default.

        Raises `EventError` if the payload is not that of the state machine's task: its definition is to
        blame. Raises `InvalidInputError` if the execution's input does not fit: whoever started the execution
        is to blame.
        """
        task_token, execution_arn = texts(event, "task_token", "execution_arn")
        if "input" not in event:
            raise EventError(f"Missing: input. The keys given are {names(event)}.")
        pipeline, given = _read_input(event["input"], default_pipeline)
        return cls(task_token, execution_arn, runs.run_id(execution_arn), pipeline, given)

    def parameters(self, declared: Collection[str]) -> dict[str, str]:
        """Give the parameters to start with: those given, and the run's id where the pipeline takes it.

        `declared`: the parameters of the pipeline's definition. Raises `InvalidInputError` if one does not
        fit.
        """
        known = set(declared) - {runs.RUN_ID_PARAMETER}
        if runs.RUN_ID_PARAMETER in self.given:
            raise InvalidInputError(
                f"{runs.RUN_ID_PARAMETER} cannot be given: the start function sets it. "
                f"The parameters that can be given are {_listed(known)}."
            )
        if unknown := self.given.keys() - known:
            raise InvalidInputError(
                f"Unknown in {_PARAMETERS}: {_listed(unknown)}. "
                f"The parameters of the pipeline {self.pipeline} are {_listed(known)}."
            )
        own = {runs.RUN_ID_PARAMETER: self.run_id} if runs.RUN_ID_PARAMETER in declared else {}
        return {name: _value(name, value) for name, value in self.given.items()} | own


def declared_parameters(definition: str) -> frozenset[str]:
    """Read the names of the parameters that a pipeline's definition declares."""
    return frozenset(parameter["Name"] for parameter in json.loads(definition).get("Parameters", ()))


def _read_input(given: object, default_pipeline: str) -> tuple[str, Mapping[str, object]]:
    """Take the pipeline's name and the parameters from the execution's input."""
    if not isinstance(given, Mapping):
        raise InvalidInputError(
            f'The input is {_kind(given)}; it must be an object such as {{"{_PARAMETERS}": {{…}}}}.'
        )
    if strange := given.keys() - _IGNORED - {_PIPELINE, _PARAMETERS}:
        raise InvalidInputError(
            f"The input has unknown keys: {_listed(strange)}. It takes {_PIPELINE}, the name of a pipeline, "
            f"and {_PARAMETERS}, whose keys are that pipeline's parameters."
        )
    pipeline = given.get(_PIPELINE, default_pipeline)
    if not isinstance(pipeline, str) or (_PIPELINE in given and not pipeline):
        raise InvalidInputError(f"{_PIPELINE} is {_kind(pipeline)}; it must be the name of a pipeline.")
    if not pipeline:
        raise InvalidInputError(f"The input names no {_PIPELINE}, and none is the default.")
    parameters = given.get(_PARAMETERS, {})
    if not isinstance(parameters, Mapping):
        raise InvalidInputError(
            f"{_PARAMETERS} is {_kind(parameters)}; it must be an object of strings by parameter name."
        )
    return pipeline, parameters


def _value(name: str, value: object) -> str:
    expected = f"it must be a string of 1 to {VALUE_LIMIT} characters"
    if not isinstance(value, str):
        raise InvalidInputError(f"The parameter {name} is {_kind(value)}; {expected}.")
    if not value:
        raise InvalidInputError(
            f"The parameter {name} is an empty string, which SageMaker refuses; {expected}. "
            "Leave it out to take the default of the pipeline's definition."
        )
    if len(value) > VALUE_LIMIT:
        raise InvalidInputError(f"The parameter {name} has {len(value)} characters; {expected}.")
    return value


def _kind(value: object) -> str:
    """Say what a JSON value is, and show it where that helps."""
    kind = _KINDS.get(type(value), type(value).__name__)
    return kind if value is None else f"{kind} ({shorten(json.dumps(value), _SHOWN)})"


def _listed(found: Collection[str]) -> str:
    return ", ".join(shorten(name, _SHOWN) for name in sorted(found)) or "none"
