"""What the function decides; no AWS call, no environment, no clock.

An event is one of three things: the arguments of the pipeline's last step, EventBridge's word that a
pipeline execution has ended, or EventBridge's word that an execution of the state machine has ended.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from ..shared import outcomes, runs
from ..shared.answers import OUTPUT_LIMIT, Success
from ..shared.events import EventError, names, texts
from ..shared.limits import shorten

PIPELINE_EVENT = ("aws.sagemaker", "SageMaker Model Building Pipeline Execution Status Change")
"""Source and detail-type of SageMaker's events about pipeline executions."""
STATES_EVENT = ("aws.states", "Step Functions Execution Status Change")
"""Source and detail-type of Step Functions' events about executions."""

_UNSUCCESSFUL = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})
_CLOCKS_APART = timedelta(minutes=1)
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Results:
    """The pipeline's last step: its results, and the id of the run that waits for them."""

    run_id: str
    pipeline_execution_arn: str
    results: Mapping[str, object]

    @classmethod
    def parse(cls, event: Mapping[str, object]) -> Self:
        """Read the step's arguments; `EventError` names what is missing or wrong.

        The id is empty where the pipeline was started by itself; no state machine waits then.
        """
        results = dict(event)
        run_id = results.pop("run_id")
        [arn] = texts(event, "pipeline_execution_arn")
        del results["pipeline_execution_arn"]
        if not isinstance(run_id, str) or (run_id and not runs.is_run_id(run_id)):
            raise EventError(
                f"The argument run_id is '{shorten(str(run_id), _SHOWN)}', which no run is called: it is "
                f"the start function that gives the pipeline's parameter {runs.RUN_ID_PARAMETER}."
            )
        return cls(run_id, arn, results)

    @property
    def answer(self) -> Success:
        """What the state machine hears; `EventError` where it is more than Step Functions takes."""
        output = outcomes.output(self.pipeline_execution_arn, self.results)
        if len(output) > OUTPUT_LIMIT:
            raise EventError(
                f"The results take {len(output)} bytes; Step Functions takes {OUTPUT_LIMIT} at most."
            )
        return Success(output)


@dataclass(frozen=True, slots=True)
class PipelineEnded:
    """A pipeline execution has ended, or had: what it is now must be asked."""

    pipeline_execution_arn: str

    @classmethod
    def parse(cls, detail: Mapping[str, object]) -> Self:
        """Read the event's detail; `EventError` names what is missing."""
        [arn] = texts(detail, "pipelineExecutionArn")
        return cls(arn)


@dataclass(frozen=True, slots=True)
class StatesEnded:
    """An execution of the state machine has ended; its pipeline may still run."""

    execution_arn: str
    run_id: str
    status: str
    started: datetime
    pipeline: str
    """What the execution's input names; empty where it names none."""

    @classmethod
    def parse(cls, detail: Mapping[str, object]) -> Self:
        """Read the event's detail; `EventError` names what is missing."""
        arn, status = texts(detail, "executionArn", "status")
        started = detail.get("startDate")
        if not isinstance(started, int):
            raise EventError(f"startDate is '{started}'; it must be milliseconds since the epoch.")
        begun = datetime.fromtimestamp(started / 1000, UTC)
        return cls(arn, runs.run_id(arn), status, begun, _pipeline(detail.get("input")))

    @property
    def is_unsuccessful(self) -> bool:
        """Whether the pipeline's work has lost its purpose."""
        return self.status in _UNSUCCESSFUL

    @property
    def created_after(self) -> datetime:
        """When its pipeline execution was created at the earliest, by SageMaker's clock."""
        return self.started - _CLOCKS_APART


def _pipeline(given: object) -> str:
    """Read the pipeline's name from an execution's input; an input without one started the default one."""
    try:
        document = json.loads(given) if isinstance(given, str) else {}
    except ValueError:
        return ""
    name = document.get("pipeline") if isinstance(document, dict) else ""
    return name if isinstance(name, str) else ""


def parse(event: Mapping[str, object]) -> Results | PipelineEnded | StatesEnded:
    """Tell what kind of event this is, and read it.

    Raises `EventError` if the event is none of the three, or lacks something: the text names it.
    """
    if "run_id" in event:
        return Results.parse(event)
    kind, detail = (event.get("source"), event.get("detail-type")), event.get("detail")
    if isinstance(detail, Mapping):
        if kind == PIPELINE_EVENT:
            return PipelineEnded.parse(detail)
        if kind == STATES_EVENT:
            return StatesEnded.parse(detail)
    expected = ", or ".join(f"'{what}' of {source}" for source, what in (PIPELINE_EVENT, STATES_EVENT))
    raise EventError(
        "The event is neither the arguments of the pipeline's last step (run_id, pipeline_execution_arn) "
        f"nor {expected}. Its source is {kind[0]}, its detail-type {kind[1]}; its keys are {names(event)}."
    )
