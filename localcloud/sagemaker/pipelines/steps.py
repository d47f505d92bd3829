"""What every step has in common, and what each step type must be able to do.

A step runs in two halves. `Step.resolve` evaluates its expressions and may fail without having touched
anything; `Work.perform` then has the effect. Between the two the engine decides whether the step may still
begin: an execution that is being stopped begins nothing more.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from localcloud.ports import Ports, Role
from localcloud.sagemaker.pipelines.expressions import Environment, Expression
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import DefinitionError, ExceptionType, take_list, take_text
from localcloud.sagemaker.pipelines.retry_policies import RetryPolicy
from localcloud.sagemaker.pipelines.service import Service, StartedJob
from localcloud.sagemaker.pipelines.values import Value

_STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_LONGEST_DISPLAY_NAME = 256
_LONGEST_DESCRIPTION = 3072

HEADER_MEMBERS = frozenset({"Name", "Type", "DisplayName", "Description", "DependsOn"})


class StepType(StrEnum):
    """The step types that the local cloud runs."""

    TRAINING = "Training"
    PROCESSING = "Processing"
    TRANSFORM = "Transform"
    TUNING = "Tuning"
    QUALITY_CHECK = "QualityCheck"
    CLARIFY_CHECK = "ClarifyCheck"
    MODEL = "Model"
    REGISTER_MODEL = "RegisterModel"
    ENDPOINT_CONFIG = "EndpointConfig"
    ENDPOINT = "Endpoint"
    LAMBDA = "Lambda"
    CALLBACK = "Callback"
    CONDITION = "Condition"
    FAIL = "Fail"


@dataclass(frozen=True, slots=True)
class Header:
    """What every step says of itself."""

    name: str
    type: StepType
    display_name: str | None
    description: str | None
    depends_on: tuple[str, ...]
    retry_policies: tuple[RetryPolicy, ...] = ()

    @property
    def where(self) -> str:
        """Name the step, for messages."""
        return f"Step '{self.name}'"


@dataclass(frozen=True, slots=True)
class CallbackMessage:
    """What a Callback step puts on its queue; the same again, with another status, when it is to stop."""

    queue_url: str
    token: str
    execution_arn: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The step has done what it had to do; other steps may refer to its properties.

    `metadata`: what the API shows of it; None for what it showed before.
    `source`: the ARN of the execution whose run of the step was found in the cache.
    """

    properties: Mapping[Path, Value] = field(default_factory=dict)
    metadata: Mapping[str, object] | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The step has failed; the reason is what the API reports (None: it has none).

    `exception`: what a retry policy may name; None for what is never tried again.
    `metadata`: what the API shows of it; None for what it showed before.
    """

    reason: str | None
    exception: ExceptionType | None = None
    metadata: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The step has taken longer than AWS allows; what it started may still be running."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """What the step has started was stopped; the reason is told where the execution is not stopping."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody else will end the step: who answers its message on the queue, or the end of its job.

    `metadata`: what the API shows of the step from now on; None for what it showed before.
    """

    job: StartedJob | None = None
    metadata: Mapping[str, object] | None = None


Outcome = Succeeded | Failed | TimedOut | Stopped | Waiting


@dataclass(frozen=True, slots=True)
class Context:
    """What a step may use to resolve itself, and to tell how it has ended.

    `metadata`: what the API shows of the step so far.
    `working_as`: gives the ports of another role than the pipeline's, such as its job's.
    """

    environment: Environment
    execution_arn: str
    role_arn: str
    service: Service
    issue_token: Callable[[], str]
    metadata: Mapping[str, object]
    working_as: Callable[[Role], Ports]


@dataclass(frozen=True, slots=True)
class Work:
    """A resolved step, ready to have its effect.

    `metadata`: the step's metadata, as the API shows it while the step runs.
    `perform`: has the effect and blocks until the outcome is known. It may raise `StepError`; any other
    exception fails the step as an internal error.
    `time_limit`: seconds after which the step fails, where AWS sets a limit.
    `message`: the message of a Callback step.
    `cache_key`: what an earlier run must share to stand for this one, where it may.
    """

    metadata: Mapping[str, object]
    perform: Callable[[Ports], Outcome]
    time_limit: float | None = None
    message: CallbackMessage | None = None
    cache_key: str | None = None


class Step(Protocol):
    """A step of a definition."""

    @property
    def header(self) -> Header:
        """Name, type and dependencies."""
        ...

    def expressions(self) -> Iterator[Expression]:
        """Yield the expressions that the step evaluates."""
        ...

    def has_property(self, path: Path) -> bool:
        """Tell whether other steps may refer to this property."""
        ...

    def resolve(self, context: Context) -> Work:
        """Evaluate the step's expressions; `StepError` where one has no value."""
        ...


def parse_header(members: Mapping[str, object], step_type: StepType) -> Header:
    """Read what every step has.

    Raises `DefinitionError` where the name is malformed, a text too long, or DependsOn not a list of names.
    """
    where = f"Step '{members['Name']}'"
    display_name, description = members.get("DisplayName"), members.get("Description")
    if display_name is not None:
        display_name = take_text(display_name, f"{where}: DisplayName", _LONGEST_DISPLAY_NAME)
    if description is not None:
        description = take_text(description, f"{where}: Description", _LONGEST_DESCRIPTION)
    depends_on = take_list(members.get("DependsOn", []), f"{where}, DependsOn")
    names = tuple(take_text(name, f"{where}: a member of DependsOn", 64) for name in depends_on)
    return Header(parse_name(members), step_type, display_name, description, names)


def parse_name(members: Mapping[str, object]) -> str:
    """Read the name of a step; `DefinitionError` where it is missing or malformed."""
    name = members.get("Name")
    if not isinstance(name, str) or not _STEP_NAME.fullmatch(name):
        raise DefinitionError(f"Step name '{name}' failed to satisfy pattern: {_STEP_NAME.pattern}")
    return name


def refuse_unsupported(members: Mapping[str, object], header: Header) -> None:
    """Refuse by name what would otherwise be ignored in silence.

    AWS documents retry policies for Processing, Training, Tuning, Model, RegisterModel and Transform steps
    alone ("Retry Policy for Pipeline Steps").
    """
    if members.get("RetryPolicies"):
        raise DefinitionError(
            f"{header.where}: RetryPolicies are not supported on a step of type '{header.type}'"
        )
