"""What Step Functions' optimized integration of SageMaker takes, answers and calls its errors; pure.

Sources: Step Functions developer guide, "Create and manage Amazon SageMaker AI jobs with Step Functions" (the
APIs and patterns). The rest AWS shows without describing it: a finished job is given as in its EventBridge
event, times in milliseconds and tags as an object; errors of the service model keep their names, with
``Exception`` at the end, and all others are ``AmazonSageMakerException``; parameters that cannot be used fail
the execution by ``States.Runtime`` (aws/aws-step-functions-data-science-sdk-python#15).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.states_language.fields import is_expression
from localcloud.states_language.resources import parts
from localcloud.validation import is_modelled_error, operation_model

SERVICE = "sagemaker"
SUCCEEDED = "Completed"
FAILED = frozenset({"Failed", "Stopped"})


@dataclass(frozen=True, slots=True)
class JobApi:
    """The operations on one type of job, and the names of their members."""

    kind: str

    @property
    def describe(self) -> str:
        """Give the operation that describes a job."""
        return f"Describe{self.kind}Job"

    @property
    def stop(self) -> str:
        """Give the operation that stops a job."""
        return f"Stop{self.kind}Job"

    @property
    def name(self) -> str:
        """Give the member with the job's name."""
        return f"{self.kind}JobName"

    @property
    def arn(self) -> str:
        """Give the member with the job's ARN."""
        return f"{self.kind}JobArn"

    @property
    def status(self) -> str:
        """Give the member with the job's status."""
        return f"{self.kind}JobStatus"


JOBS = {
    f"Create{kind}Job": JobApi(kind)
    for kind in ("HyperParameterTuning", "Processing", "Training", "Transform")
}
"""By the operation that creates the job: what ``.sync`` may be added to."""

OPERATIONS = frozenset({*JOBS, "CreateEndpoint", "CreateEndpointConfig", "CreateModel", "UpdateEndpoint"})
"""What AWS has besides, the local cloud has not: CreateLabelingJob."""


def operation_of(action: str) -> str:
    """Give the operation that an action such as ``createModel`` means."""
    return action[:1].upper() + action[1:]


def is_supported(action: str, pattern: str | None) -> bool:
    """Tell whether an action can be a task, with ``sync``, another pattern or None behind it."""
    operation = operation_of(action)
    return action[:1].islower() and operation in (
        OPERATIONS if pattern is None else JOBS if pattern == "sync" else ()
    )


def problems(operation: str, parameters: Mapping[str, object]) -> list[str]:
    """Say, in AWS's words, why an operation cannot be called with these parameters.

    Values that are `UNKNOWN` are taken.
    """
    shape = operation_model(SERVICE, operation).input_shape
    return [] if shape is None else list(_problems(shape, "", parameters))


def problems_when_made(resource: str, parameters: object, *, is_jsonata: bool) -> list[str]:
    """Say what is wrong with a task's parameters as its definition has them, before there is any input."""
    given = parts(resource)
    if given is None or given[0] != SERVICE or not isinstance(parameters, Mapping):
        return []
    operation = operation_of(given[1])
    return (
        problems(operation, _as_known(parameters, is_jsonata=is_jsonata)) if operation in OPERATIONS else []
    )


class Unknown(Enum):
    """What stands for a value that only an execution has."""

    UNKNOWN = auto()


UNKNOWN = Unknown.UNKNOWN

_KINDS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "a STRING"),
    "boolean": (bool, "a BOOLEAN"),
    "integer": (int, "an INTEGER"),
    "long": (int, "a LONG"),
    "float": ((int, float), "a FLOAT"),
    "double": ((int, float), "a DOUBLE"),
    "list": (list, "an ARRAY"),
    "map": (Mapping, "an OBJECT"),
    "structure": (Mapping, "an OBJECT"),
}


def _as_known(value: object, *, is_jsonata: bool) -> Any:
    if isinstance(value, Mapping):
        return {
            name.removesuffix(".$"): UNKNOWN
            if name.endswith(".$") and not is_jsonata
            else _as_known(item, is_jsonata=is_jsonata)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_as_known(item, is_jsonata=is_jsonata) for item in value]
    return UNKNOWN if is_jsonata and is_expression(value) else value


def _problems(shape: Shape, name: str, value: object) -> Iterator[str]:
    if value is UNKNOWN:
        return
    kinds, words = _KINDS.get(shape.type_name, (object, ""))
    if not isinstance(value, kinds) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"The value for the field '{name}' must be {words}"
    elif isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for required in shape.required_members:
            if required not in value:
                yield f"The field '{required}' is required but was missing"
        for key, item in value.items():
            if key in shape.members:
                yield from _problems(shape.members[key], key, item)
            else:
                yield f'The field "{key}" is not supported by Step Functions'
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from _problems(shape.member, name, item)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _problems(shape.value, key, item)


def unusable(state: str, event_id: int, parameters: Mapping[str, object], found: Sequence[str]) -> str:
    """Write the cause of an execution's failure by parameters that cannot be used."""
    text = json.dumps(parameters, separators=(",", ":"))
    return (
        f"An error occurred while executing the state '{state}' (entered at the event id #{event_id}). "
        f"The Parameters '{text}' could not be used to start the Task: [{', '.join(found)}]"
    )


def marks(execution_arn: str) -> dict[str, str]:
    """Give the tags by which AWS marks what a ``.sync`` task has started."""
    return {
        "AWS_STEP_FUNCTIONS_EXECUTION_ARN": execution_arn,
        "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS",
    }


def error_name(code: str) -> str:
    """Name the error of a task whose call was refused with this code."""
    if not is_modelled_error(SERVICE, code):
        return "SageMaker.AmazonSageMakerException"
    return f"SageMaker.{code}" if code.endswith("Exception") else f"SageMaker.{code}Exception"


def error_cause(code: str, message: str, status: int, request_id: str) -> str:
    """Write the cause of a task's failure whose call was refused."""
    return (
        f"{message} (Service: AmazonSageMaker; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {request_id}; Proxy: null)"
    )


def plain(value: object) -> object:
    """Write what an operation answered as a task's output has it."""
    match value:
        case datetime():
            return int(value.timestamp() * 1000)
        case Mapping():
            return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
        case list():
            return [plain(item) for item in value]
    return value
