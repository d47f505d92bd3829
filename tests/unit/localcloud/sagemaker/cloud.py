"""A host of functions, queues, objects and events in memory, and SageMaker on top of it."""

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import BinaryIO

from localcloud.containers.images import Images
from localcloud.errors import ServiceError
from localcloud.ports import Caller, FunctionResult, Ports, Role
from localcloud.sagemaker.api import SageMaker
from localcloud.sagemaker.jobs.context import FindModel
from localcloud.sagemaker.wire.identifiers import Identifiers

CALLER = Caller("123456789012", "eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/pipeline"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/queue"
DEADLINE = 60.0

Document = dict[str, object]
Documents = list[Document]
Function = Callable[[Document], object]


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"


class FunctionRaisedError(Exception):
    """A fake function raises this to answer as Lambda does for one that raised."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.answer = {"errorType": kind, "errorMessage": message, "stackTrace": []}


class FakeHost:
    """The ports of one account, in memory; whoever waits is woken by every message and event."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self.payloads: dict[str, FunctionResult] = {}  # what functions answer that do not answer JSON
        self.objects: dict[tuple[str, str], bytes] = {}
        self.encrypted: dict[tuple[str, str], str] = {}  # the KMS keys of objects
        self.refusing_queues: set[str] = set()
        self.refusing_buckets: set[str] = set()
        self.messages: list[tuple[str, Document]] = []
        self.published: list[tuple[str, Document]] = []  # to topics
        self.events: list[tuple[str, str, Document, tuple[str, ...]]] = []
        self.logs: dict[tuple[str, str], list[str]] = {}  # messages by group and stream
        self.untrusting: set[str] = set()  # roles that nobody may assume
        self.sessions: list[Role] = []
        self.denied: set[str] = set()  # such as sagemaker:CreateTrainingJob
        self.required: list[tuple[str, str, Mapping[str, object]]] = []
        self.on_event: Callable[[], None] = lambda: None
        self.on_open: Callable[[], None] = lambda: None
        self.changed = threading.Condition()

    def ports(self, caller: Caller) -> Ports:
        assert caller.account_id
        variables = {"AWS_REGION": caller.region, "AWS_DEFAULT_REGION": caller.region}
        return Ports(
            functions=self,
            queues=self,
            objects=self,
            events=self,
            logs=self,
            topics=self,
            permissions=self,
            variables=lambda: variables,
            of_role=self.ports_of_role,
        )

    def ports_of_role(self, role: Role) -> Ports:
        """Give the ports of a role; the session opens as on the wire, with the first use."""

        def variables() -> Mapping[str, str]:
            if role.arn in self.untrusting:
                raise ServiceError("AccessDenied", f"{role.arn} does not trust {role.service}", 403)
            self.sessions.append(role)
            return {"AWS_REGION": CALLER.region, "AWS_SESSION_TOKEN": role.session_name}

        return replace(self.ports(CALLER), variables=variables)

    def require(self, service: str, operation: str, request: Mapping[str, object]) -> None:
        self.required.append((service, operation, request))
        if f"{service}:{operation}" in self.denied:
            raise ServiceError(
                "AccessDeniedException",
                f"User: role is not authorized to perform: {service}:{operation}",
                403,
            )

    def invoke(self, function_arn: str, payload: bytes) -> FunctionResult:
        if function_arn in self.payloads:
            return self.payloads[function_arn]
        function = self.functions.get(function_arn)
        if function is None:
            raise ServiceError("ResourceNotFoundException", f"Function not found: {function_arn}", 404)
        try:
            return FunctionResult(json.dumps(function(json.loads(payload))).encode())
        except FunctionRaisedError as error:
            return FunctionResult(json.dumps(error.answer).encode(), "Unhandled")

    def send_message(self, queue_url: str, body: str) -> None:
        if queue_url in self.refusing_queues:
            raise ServiceError(
                "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."
            )
        with self.changed:
            self.messages.append((queue_url, json.loads(body)))
            self.changed.notify_all()

    def open(self, bucket: str, key: str, version_id: str | None = None) -> BinaryIO:
        self.on_open()
        key = key if version_id is None else f"{key}?versionId={version_id}"
        if (bucket, key) not in self.objects:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
        return io.BytesIO(self.objects[bucket, key])

    def list(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for name, key in list(self.objects) if name == bucket and key.startswith(prefix))

    def upload(self, bucket: str, key: str, path: Path, kms_key_id: str | None = None) -> None:
        if bucket in self.refusing_buckets:
            raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)
        with self.changed:
            self.objects[bucket, key] = path.read_bytes()
            if kms_key_id is not None:
                self.encrypted[bucket, key] = kms_key_id
            self.changed.notify_all()

    def delete(self, bucket: str, key: str) -> None:
        self.objects.pop((bucket, key), None)

    def publish(self, topic_arn: str, message: str) -> None:
        with self.changed:
            self.published.append((topic_arn, json.loads(message)))
            self.changed.notify_all()

    def write(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        with self.changed:
            self.logs.setdefault((group, stream), []).extend(message for _, message in lines)
            self.changed.notify_all()

    def put(
        self, source: str, detail_type: str, detail: Mapping[str, object], resources: Sequence[str]
    ) -> None:
        self.on_event()
        with self.changed:
            # As on the wire: what cannot be written as JSON cannot be published.
            self.events.append((source, detail_type, json.loads(json.dumps(detail)), tuple(resources)))
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, DEADLINE), "waited in vain"

    def details(self, detail_type_ending: str) -> Documents:
        return [detail for _, kind, detail, _ in self.events if kind.endswith(detail_type_ending)]


class Clock:
    """A clock that goes on by a second with every look at it."""

    def __init__(self) -> None:
        self._seconds = count()
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            return datetime(2026, 11, 21, 9, tzinfo=UTC) + timedelta(seconds=next(self._seconds))


class Timer:
    """Timers that fire when the test says so."""

    def __init__(self) -> None:
        self.actions: list[tuple[float, Callable[[], object]]] = []

    def __call__(self, seconds: float, action: Callable[[], object]) -> Callable[[], None]:
        entry = (seconds, action)
        self.actions.append(entry)
        return lambda: self.actions.remove(entry)

    def fire(self) -> None:
        for _, action in list(self.actions):
            action()


class Cloud:
    """SageMaker on a fake host, with the calls that tests make over and over."""

    def __init__(
        self,
        identifiers: Identifiers | None = None,
        *,
        images: Images | None = None,
        find_model: FindModel | None = None,
        folder: Path | None = None,
    ) -> None:
        self.host = FakeHost()
        self.timer = Timer()
        self.sagemaker = SageMaker(
            self.host, Clock(), identifiers, self.timer, images=images, find_model=find_model, folder=folder
        )
        self._tokens = (f"{number:032d}" for number in count())

    def call(self, operation: str, **request: object) -> Document:
        return self.sagemaker.call(operation, CALLER, request)

    def listed(self, operation: str, member: str, **request: object) -> Documents:
        """Call an operation and give the list that its answer holds."""
        found = self.call(operation, **request)[member]
        assert isinstance(found, list)
        return found

    def token(self) -> str:
        return next(self._tokens)

    def create(self, *steps: Document, name: str = "pipeline", **more: object) -> str:
        """Create a pipeline of these steps; members of the definition and the request may be added."""
        definition: Document = {"Version": "2020-12-01", "Steps": list(steps)}
        for member in ("Parameters", "PipelineExperimentConfig"):
            if member in more:
                definition[member] = more.pop(member)
        request: Document = {
            "PipelineName": name,
            "PipelineDefinition": json.dumps(definition),
            "RoleArn": ROLE,
            "ClientRequestToken": self.token(),
        }
        return str(self.call("CreatePipeline", **(request | more))["PipelineArn"])

    def start(self, name: str = "pipeline", **request: object) -> str:
        request = {"PipelineName": name, "ClientRequestToken": self.token()} | request
        return str(self.call("StartPipelineExecution", **request)["PipelineExecutionArn"])

    def run(self, *steps: Document, name: str = "pipeline", **more: object) -> str:
        """Create a pipeline of these steps, start it, and wait for its end."""
        self.create(*steps, name=name, **more)
        arn = self.start(name)
        self.wait_for_end(arn)
        return arn

    def stop(self, arn: str) -> None:
        self.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=self.token())

    def describe(self, arn: str) -> Document:
        return self.call("DescribePipelineExecution", PipelineExecutionArn=arn)

    def steps(self, arn: str) -> dict[str, Document]:
        steps = self.listed(
            "ListPipelineExecutionSteps",
            "PipelineExecutionSteps",
            PipelineExecutionArn=arn,
            SortOrder="Ascending",
        )
        return {str(step["StepName"]): step for step in steps}

    def statuses(self, arn: str) -> dict[str, object]:
        return {name: step["StepStatus"] for name, step in self.steps(arn).items()}

    def wait_for_end(self, arn: str) -> None:
        terminal = {"Succeeded", "Failed", "Stopped"}
        self.host.wait_for(
            lambda: any(
                detail["pipelineExecutionArn"] == arn and detail["currentPipelineExecutionStatus"] in terminal
                for detail in self.host.details("Execution Status Change")
            )
        )

    def wait_for_step(self, arn: str, step: str, status: str) -> None:
        self.host.wait_for(
            lambda: any(
                detail["pipelineExecutionArn"] == arn
                and (detail["stepName"], detail["currentStepStatus"]) == (step, status)
                for detail in self.host.details("Step Status Change")
            )
        )

    def wait_for_messages(self, number: int) -> Documents:
        self.host.wait_for(lambda: len(self.host.messages) >= number)
        return [body for _, body in self.host.messages]

    def succeed(self, token: object, **outputs: str) -> Document:
        given = [{"Name": name, "Value": value} for name, value in outputs.items()]
        return self.call("SendPipelineExecutionStepSuccess", CallbackToken=token, OutputParameters=given)

    def fail(self, token: object, reason: str) -> Document:
        return self.call("SendPipelineExecutionStepFailure", CallbackToken=token, FailureReason=reason)


@contextmanager
def running_cloud(
    identifiers: Identifiers | None = None,
    *,
    images: Images | None = None,
    find_model: FindModel | None = None,
    folder: Path | None = None,
) -> Iterator[Cloud]:
    cloud = Cloud(identifiers, images=images, find_model=find_model, folder=folder)
    try:
        yield cloud
    finally:
        cloud.sagemaker.close()


def get(path: str) -> Document:
    return {"Get": path}


def lambda_step(name: str, function: str = "function", **more: object) -> Document:
    outputs = more.pop("outputs", {})
    assert isinstance(outputs, dict)
    step: Document = {"Name": name, "Type": "Lambda", "FunctionArn": function_arn(function)}
    if outputs:
        step["OutputParameters"] = [{"OutputName": key, "OutputType": kind} for key, kind in outputs.items()]
    return step | more


def callback_step(name: str, **more: object) -> Document:
    outputs = more.pop("outputs", {})
    assert isinstance(outputs, dict)
    step: Document = {"Name": name, "Type": "Callback", "SqsQueueUrl": QUEUE}
    if outputs:
        step["OutputParameters"] = [{"OutputName": key, "OutputType": kind} for key, kind in outputs.items()]
    return step | more


def fail_step(name: str, message: object = "because") -> Document:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def condition_step(
    name: str,
    conditions: Sequence[Document],
    if_steps: Sequence[Document] = (),
    else_steps: Sequence[Document] = (),
    **more: object,
) -> Document:
    arguments = {"Conditions": list(conditions), "IfSteps": list(if_steps), "ElseSteps": list(else_steps)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments} | more


def equals(left: object, right: object) -> Document:
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}
