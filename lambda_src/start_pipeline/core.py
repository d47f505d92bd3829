"""What the function decides; no AWS call, no environment, no clock.

An event is the payload of the state machine's task: its token, its execution, and the execution's input
``{"parameters": {"<pipeline parameter>": "<string>", …}}``.
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
    """A task that waits, and the parameters its pipeline is to be started with."""

    task_token: str
    execution_arn: str
    run_id: str
    parameters: Mapping[str, str]

    @classmethod
    def parse(cls, event: Mapping[str, object], known: Collection[str]) -> Self:
        """Read the task's payload.

        - `event`: ``task_token``, ``execution_arn`` and ``input``.
        - `known`: the parameters that the pipeline's definition declares.

        Raises `EventError` if the payload is not that of the state machine's task: its definition is to
        blame. Raises `InvalidInputError` if the execution's input does not fit: whoever started the execution
        is to blame.
        """
        task_token, execution_arn = texts(event, "task_token", "execution_arn")
        if "input" not in event:
            raise EventError(f"Missing: input. The keys given are {names(event)}.")
        return cls(task_token, execution_arn, runs.run_id(execution_arn), _parameters(event["input"], known))

    @property
    def pipeline_parameters(self) -> Mapping[str, str]:
        """The parameters to start with: those given, and the key of the task that waits."""
        return {**self.parameters, runs.RUN_ID_PARAMETER: self.run_id}


def known_parameters(text: str) -> frozenset[str]:
    """Read the names that the definition declares, less the one that is ours to give.

    Raises `ValueError` if the text is not a JSON list of names.
    """
    listed = json.loads(text)
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError(f"'{shorten(text, _SHOWN)}' is not a JSON list of the pipeline's parameters.")
    return frozenset(listed) - {runs.RUN_ID_PARAMETER}


def _parameters(given: object, known: Collection[str]) -> Mapping[str, str]:
    if not isinstance(given, Mapping):
        raise InvalidInputError(
            f'The input is {_kind(given)}; it must be an object such as {{"{_PARAMETERS}": {{…}}}}.'
        )
    if strange := given.keys() - _IGNORED - {_PARAMETERS}:
        raise InvalidInputError(
            f"The input has unknown keys: {_listed(strange)}. It takes {_PARAMETERS}, whose keys are the "
            f"pipeline's parameters: {_listed(known)}."
        )
    parameters = given.get(_PARAMETERS, {})
    if not isinstance(parameters, Mapping):
        raise InvalidInputError(
            f"{_PARAMETERS} is {_kind(parameters)}; it must be an object of strings by parameter name."
        )
    if runs.RUN_ID_PARAMETER in parameters:
        raise InvalidInputError(
            f"{runs.RUN_ID_PARAMETER} cannot be given: the start function sets it. "
            f"The parameters that can be given are {_listed(known)}."
        )
    if unknown := parameters.keys() - set(known):
        raise InvalidInputError(
            f"Unknown in {_PARAMETERS}: {_listed(unknown)}. The pipeline's parameters are {_listed(known)}."
        )
    return {name: _value(name, value) for name, value in parameters.items()}


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
