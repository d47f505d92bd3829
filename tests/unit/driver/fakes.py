"""The world the use cases work in, made of values: a target, a Terraform, a bucket, SageMaker, a terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from driver.console import Console
from driver.models import (
    Applied,
    Deployment,
    Execution,
    Notebook,
    Progress,
    Step,
    StoredObject,
    TargetName,
)
from driver.ports import Connection, OnEvent
from driver.status import Status
from driver.terraform_events import ChangeSummary, Phase, ResourceEvent
from driver.waiter import LOCAL_BACKOFF, Waiter
from driver.workspace import Workspace

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PIPELINE = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/sagestep-geospatial"
BUCKET = "sagestep-000000000000-us-west-2"
OUTPUTS: Mapping[str, object] = {
    "region": "us-west-2",
    "account_id": "000000000000",
    "bucket_name": BUCKET,
    "queue_url": "http://127.0.0.1:4566/000000000000/sagestep-callback",
    "geospatial_log_group_name": "/aws/lambda/sagestep-geospatial",
    "pipeline_name": "sagestep-geospatial",
    "pipeline_arn": PIPELINE,
    "sagemaker_role_arn": "arn:aws:iam::000000000000:role/sagestep-sagemaker",
}
LOCAL = Deployment(TargetName.LOCAL, "us-west-2", "000000000000", "http://127.0.0.1:4566", "first")
AWS = Deployment(TargetName.AWS, "us-west-2", "123456789012")
RESULT = "Longitude,Latitude,reverse_geo.label\n-149.9,61.2,Anchorage\n13.4,52.5,Berlin\n"


def state_of(*names: str) -> str:
    """Write a Terraform state that manages resources of one type."""
    resources = [
        {"mode": "managed", "type": "aws_sqs_queue", "name": name, "instances": [{}]} for name in names
    ]
    return json.dumps({"version": 4, "resources": resources})


def execution(name: str, status: Status, reason: str = "", minutes: int = 0) -> Execution:
    """Make an execution that began so many minutes after noon and, if it has ended, took five seconds."""
    started = NOON + timedelta(minutes=minutes)
    ended = started + timedelta(seconds=5) if status.is_terminal else None
    return Execution(f"{PIPELINE}/execution/{name}", f"run-{name}", status, started, ended, reason)


def step(name: str, status: Status, reason: str = "") -> Step:
    """Make a Lambda step that took half a second, if it has ended."""
    ended = NOON + timedelta(seconds=0.5) if status.is_terminal else None
    return Step(name, "Lambda", status, NOON, ended, reason)


class Screen:
    """What a console wrote; no terminal, unless somebody is there to answer."""

    def __init__(self, answer: str | None = None) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self.asked: list[str] = []
        self._answer = answer
        self.console = Console(self._out, self._err, ask=None if answer is None else self._ask)

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        return self._answer or ""

    @property
    def text(self) -> str:
        """Everything on standard output."""
        return self._out.getvalue()

    @property
    def errors(self) -> str:
        """Everything on standard error."""
        return self._err.getvalue()


@dataclass
class FakeTarget:
    """A target that counts what is done to it."""

    deployment: Deployment = LOCAL
    holds: bool = True
    is_disposable: bool = True
    checked: list[bool] = field(default_factory=list)
    stopped: int = 0

    def check(self, *, assume_yes: bool) -> None:
        self.checked.append(assume_yes)

    def start(self) -> Deployment:
        return self.deployment

    def still_holds(self, deployment: Deployment) -> bool:
        return self.holds and deployment == self.deployment

    def address(self) -> tuple[str, str | None]:
        return self.deployment.region, self.deployment.endpoint_url

    def stop(self) -> None:
        self.stopped += 1


@dataclass
class FakeTerraform:
    """A Terraform that makes two queues and destroys them, or fails as it is told."""

    workspace: Workspace
    failure: Exception | None = None
    calls: list[str] = field(default_factory=list)

    def init(self, on_event: OnEvent) -> None:
        self.calls.append("init")

    def apply(self, deployment: Deployment, on_event: OnEvent) -> Applied:
        self.calls.append(f"apply {deployment.endpoint_url}")
        if self.failure:
            raise self.failure
        present = {resource.name for resource in self.workspace.resources()}
        missing = {"aws_sqs_queue.main", "aws_sqs_queue.dlq"} - present
        for name in sorted(missing):
            on_event(ResourceEvent(Phase.STARTED, name, "create"))
            on_event(ResourceEvent(Phase.FINISHED, name, "create", 25))
        self.workspace.state_path.write_text(state_of("main", "dlq"))
        return Applied(ChangeSummary("apply", len(missing), 0, 0), OUTPUTS)

    def destroy(self, deployment: Deployment, on_event: OnEvent) -> ChangeSummary:
        self.calls.append(f"destroy {deployment.endpoint_url}")
        if self.failure:
            raise self.failure
        present = self.workspace.resources()
        self.workspace.state_path.write_text(state_of())
        return ChangeSummary("destroy", 0, 0, len(present))

    def interrupt(self) -> None:
        self.calls.append("interrupt")


@dataclass
class FakeStorage:
    """Buckets as one dictionary; whatever is written is newer than what was there."""

    objects: dict[str, str] = field(default_factory=dict)

    def upload(self, path: Path, bucket: str, key: str, on_bytes: Callable[[int], None]) -> None:
        self.objects[f"{bucket}/{key}"] = path.read_text()
        on_bytes(path.stat().st_size)

    def download(self, bucket: str, key: str, path: Path, on_bytes: Callable[[int], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.objects[f"{bucket}/{key}"])

    def newest(self, bucket: str, prefix: str) -> StoredObject | None:
        found = [name for name in self.objects if name.startswith(f"{bucket}/{prefix}")]
        if not found:
            return None
        return StoredObject(found[-1].removeprefix(f"{bucket}/"), len(self.objects[found[-1]]), NOON)

    def count(self, bucket: str) -> int | None:
        return sum(name.startswith(f"{bucket}/") for name in self.objects)


@dataclass
class FakePipelines:
    """SageMaker whose executions pass through the looks they were given, and stay at the last."""

    storage: FakeStorage
    looks: list[Progress] = field(default_factory=list)
    result: str = RESULT
    all: dict[str, Execution] = field(default_factory=dict)
    started_with: dict[str, dict[str, str]] = field(default_factory=dict)
    stops: list[str] = field(default_factory=list)
    instances: list[Notebook] = field(default_factory=list)
    obeys: bool = True

    def start(self, pipeline_name: str, display_name: str, parameters: Mapping[str, str]) -> str:
        arn = f"{PIPELINE}/execution/started"
        self.started_with[arn] = dict(parameters)
        export = json.loads(parameters["parameter_vej_export_config"])["S3Data"]["S3Uri"]
        self.storage.objects[f"{export.removeprefix('s3://')}job/results_0.csv"] = self.result
        return arn

    def describe(self, arn: str) -> Execution:
        return self.all[arn]

    def progress(self, arn: str) -> Progress:
        if arn in self.all:
            return Progress(self.all[arn], ())
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def executions(self, pipeline_name: str, limit: int) -> list[Execution]:
        return sorted(self.all.values(), key=lambda seen: seen.started, reverse=True)[:limit]

    def parameters(self, arn: str) -> dict[str, str]:
        return self.started_with.get(arn, {})

    def stop(self, arn: str) -> None:
        self.stops.append(arn)
        if self.obeys:
            self.all[arn] = replace(self.all[arn], status=Status.STOPPED)

    def notebooks(self, limit: int) -> list[Notebook]:
        return self.instances[:limit]

    def why_no_pipelines(self) -> str:
        return ""


@dataclass
class World:
    """A target's folder with everything around it."""

    workspace: Workspace
    target: FakeTarget = field(default_factory=FakeTarget)
    storage: FakeStorage = field(default_factory=FakeStorage)
    screen: Screen = field(default_factory=Screen)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.terraform = FakeTerraform(self.workspace)
        self.pipelines = FakePipelines(self.storage)

    def connect(self, region: str, endpoint_url: str | None) -> Connection:
        waiter = Waiter(LOCAL_BACKOFF, clock=lambda: self.now, sleep=self._sleep, chance=lambda: 0.0)
        return Connection(self.storage, self.pipelines, waiter)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def deploy(self, deployment: Deployment = LOCAL) -> None:
        """Put the folder into the state that a finished `up` leaves."""
        self.workspace.keep_deployment(deployment)
        self.workspace.keep_outputs(OUTPUTS)
        self.workspace.state_path.write_text(state_of("main", "dlq"))
