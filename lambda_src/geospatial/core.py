"""What the function decides; no AWS call, no environment, no clock.

An event is one of three things: queue records of Callback steps, a request to export a Vector
Enrichment Job's results, or a request to start a job. Configurations arrive as JSON text, because
pipeline parameters are strings.

Statuses are those of ``GetVectorEnrichmentJob`` (botocore, sagemaker-geospatial 2020-05-27). Each one
either answers the waiting step or asks for another look; none leaves the step hanging.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ..shared.events import EventError, json_object, names, texts

REASON_LIMIT = 256
"""Characters of FailureReason that SendPipelineExecutionStepFailure takes."""
OUTPUT_LIMIT = 1024
"""Characters of an output parameter's value that SendPipelineExecutionStepSuccess takes."""
LONGEST_PAUSE = 120
"""Seconds between two looks at a job that runs for long."""

_TOKEN_LENGTH = 10
_GONE = frozenset({"STOPPED", "DELETING", "DELETED"})


class WaitFor(StrEnum):
    """What a Callback step waits for, as its argument ``wait_for`` says."""

    JOB = "job"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class StartRequest:
    """The arguments of the step that starts a Vector Enrichment Job."""

    role: str
    region: str
    name: str
    input_config: Mapping[str, object]
    job_config: Mapping[str, object]

    @classmethod
    def parse(cls, event: Mapping[str, object]) -> Self:
        """Read the step's arguments; `EventError` names what is missing or not JSON."""
        role, region, name, *configs = texts(
            event, "role", "region", "vej_name", "vej_input_config", "vej_config"
        )
        input_config, job_config = (
            json_object(key, text)
            for key, text in zip(("vej_input_config", "vej_config"), configs, strict=True)
        )
        return cls(role, region, name, input_config, job_config)

    @property
    def client_token(self) -> str:
        """A token of 64 characters that a retried step repeats, so that it starts no second job."""
        return _digest(self.role, self.region, self.name, self.input_config, self.job_config)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The arguments of the step that exports a job's results."""

    role: str
    region: str
    vej_arn: str
    export_config: Mapping[str, object]

    @classmethod
    def parse(cls, event: Mapping[str, object]) -> Self:
        """Read the step's arguments; `EventError` names what is missing or not JSON."""
        role, region, vej_arn, config = texts(event, "role", "region", "vej_arn", "vej_export_config")
        return cls(role, region, vej_arn, json_object("vej_export_config", config))

    @property
    def client_token(self) -> str:
        """A token of 64 characters that a retried step repeats, so that it exports once."""
        return _digest(self.role, self.region, self.vej_arn, self.export_config)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a Callback step wants watched."""

    region: str
    vej_arn: str
    wait_for: WaitFor


@dataclass(frozen=True, slots=True)
class Callback:
    """A Callback step's message: its token, and the arguments of the step as they came."""

    token: str
    execution_arn: str
    stopping: bool
    arguments: Mapping[str, object]

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read a message; `EventError` where it holds no token, so that nobody can be answered."""
        message = json_object("The message", body)
        token = message.get("token")
        if not (
            isinstance(token, str) and token.isascii() and token.isalnum() and len(token) == _TOKEN_LENGTH
        ):
            raise EventError(f"The message has no callback token; its keys are {names(message)}.")
        arguments = message.get("arguments")
        return cls(
            token,
            str(message.get("pipelineExecutionArn", "")),
            # AWS's own pages write it both ways.
            "Stopping" in (message.get("status"), message.get("Status")),
            arguments if isinstance(arguments, Mapping) else {},
        )

    @property
    def run_id(self) -> str:
        """The run of a state machine that waits for the pipeline; empty where none does."""
        return str(self.arguments.get("run_id") or "")

    def watch(self) -> Watch:
        """Say what to watch; `EventError` names the argument that is missing or unknown."""
        region, vej_arn, wait_for = texts(self.arguments, "region", "vej_arn", "wait_for")
        if wait_for not in set(WaitFor):
            raise EventError(
                f"The argument wait_for is '{wait_for}'; it must be one of {', '.join(WaitFor)}."
            )
        return Watch(region, vej_arn, WaitFor(wait_for))


@dataclass(frozen=True, slots=True)
class Succeed:
    """Answer the step with success and its output parameters."""

    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer the step with failure."""

    reason: str


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Nothing to answer yet: let the message come back after this many seconds.

    The job still runs, unless it could not be looked at.
    """

    seconds: int
    is_running: bool = True


Outcome = Succeed | Fail | LookAgain


def parse_step(event: Mapping[str, object]) -> StartRequest | ExportRequest:
    """Tell which Lambda step sent an event, and read its arguments.

    Raises `EventError` if the event belongs to no step, or lacks an argument: the text names it.
    """
    if "vej_export_config" in event:
        return ExportRequest.parse(event)
    if "vej_name" in event:
        return StartRequest.parse(event)
    raise EventError(
        "The event holds neither Records, nor vej_export_config, nor vej_name: "
        f"no step of the pipeline sends that. Its keys are {names(event)}."
    )


def judge(wait_for: WaitFor, job: Mapping[str, object], receive_count: int) -> Outcome:
    """Decide what a job's description means for the waiting step.

    - `wait_for`: the job itself, or the export of its results.
    - `job`: the answer of GetVectorEnrichmentJob.
    - `receive_count`: how many times the message has been received, 1 at first.

    Returns `LookAgain` for INITIALIZING, IN_PROGRESS and STOPPING, and for a status that AWS may add.
    """
    status = job.get("Status")
    export_status = job.get("ExportStatus")
    if status == "FAILED":
        return Fail(_failure("The Vector Enrichment Job failed", job.get("ErrorDetails")))
    if wait_for is WaitFor.JOB:
        if status == "COMPLETED":
            return Succeed({"vej_status": "COMPLETED"})
    elif export_status == "SUCCEEDED":
        return Succeed({"statusJob": "SUCCEEDED"})
    elif export_status == "FAILED":
        return Fail(_failure("The export of the Vector Enrichment Job failed", job.get("ExportErrorDetails")))
    if status in _GONE:
        return Fail(f"The Vector Enrichment Job is {status}.")
    return LookAgain(pause(receive_count))


def pause(receive_count: int) -> int:
    """Seconds until the next look: 1, 2, 4 … up to `LONGEST_PAUSE`."""
    doublings = min(max(receive_count - 1, 0), LONGEST_PAUSE.bit_length())
    return min(1 << doublings, LONGEST_PAUSE)


def _failure(what: str, details: object) -> str:
    """Say why, from details that AWS may leave out and spells differently for job and export."""
    if not isinstance(details, Mapping):
        return f"{what}; AWS gave no details."
    kind = details.get("ErrorType") or details.get("Type") or "no error type"
    message = details.get("ErrorMessage") or details.get("Message") or "no message"
    return f"{what} ({kind}): {message}"


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
