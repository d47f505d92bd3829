"""The world the use cases work in, made of values: a target, a Terraform, a bucket, SageMaker, a terminal."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from driver.aws.connection import Connection
from driver.aws.lost_events import LostEvent, LostEvents
from driver.aws.storage import Storage
from driver.aws.waiter import LOCAL_BACKOFF, Waiter
from driver.commands.context import Context
from driver.deployments.workspace import Workspace
from driver.host.console import Console
from driver.host.programs import HostPrograms
from driver.model.choices import TargetName
from driver.model.exceptions import (
    CloudBusyError,
    EnvironmentNotReadyError,
    ManifestError,
    NoRoomError,
    UnusableCloudError,
)
from driver.model.status import StateMachineStatus, Status
from driver.model.values import (
    OPEN_KEYS,
    Access,
    BucketContent,
    Deployment,
    Keys,
    PipelineExecution,
    Step,
    StoredObject,
)
from driver.settings.project import Project
from driver.settings.settings import Settings
from driver.terraform.events import Applied, ChangeSummary, OnEvent, Phase, ResourceEvent
from driver.terraform.infrastructure import Infrastructure
from driver.terraform.inputs import Inputs, read_inputs
from driver.terraform.state import read_managed_resources
from driver.terraform.state_store import StateStore
from tests.unit.driver.deployed_pipelines import GEOCODING, GEOSPATIAL
from tests.unit.driver.fake_context import FakeClients, FakeContext, FakeStateStore, NoVariables
from tests.unit.driver.fake_logs import FakeJobs, FakeLogs
from tests.unit.driver.fake_services import FakeHosting, FakePipelines, FakeStateMachines, Run
from tests.unit.driver.states import filtered, json_text, whole_state

ROOT = Path(__file__).resolve().parents[3]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ID = "abcdefghijkl"  # of the pipeline execution that is started next
STEP = "vej-processing-step"
FAULT = "ValueError: no such job"
PIPELINE = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/sagestep-geospatial"
STATE_MACHINE = "arn:aws:states:us-west-2:000000000000:stateMachine:sagestep-run-pipeline"
RUNS = STATE_MACHINE.replace("stateMachine", "execution")
BUCKET = "sagestep-000000000000-us-west-2"
OUTPUTS: Mapping[str, object] = {
    "region": "us-west-2",
    "account_id": "000000000000",
    "bucket_name": BUCKET,
    "queue_url": "http://127.0.0.1:4566/000000000000/sagestep-callback",
    "default_pipeline": "geospatial",
    "pipelines": {"geospatial": GEOSPATIAL, "geocoding": GEOCODING},
    "functions": {
        name: {
            "arn": f"arn:aws:lambda:us-west-2:000000000000:function:sagestep-{name.replace('_', '-')}",
            "name": f"sagestep-{name.replace('_', '-')}",
            "log_group_name": f"/aws/lambda/sagestep-{name.replace('_', '-')}",
            "role_arn": f"arn:aws:iam::000000000000:role/sagestep-{name.replace('_', '-')}",
        }
        for name in ("geospatial", "start_pipeline", "answer_task")
    },
    "state_machine_arn": STATE_MACHINE,
    "state_machine_log_group_name": "/aws/vendedlogs/states/sagestep-run-pipeline",
    "lost_events_queue_url": "http://127.0.0.1:4566/000000000000/sagestep-lost-events",
}
WORKFLOWS: Mapping[str, object] = {
    "name_prefix": "sagestep",
    "images": {
        "scikit": {
            "uri": "000000000000.dkr.ecr.us-west-2.amazonaws.com/sagestep-scikit:latest",
            "repository_url": "000000000000.dkr.ecr.us-west-2.amazonaws.com/sagestep-scikit",
        }
    },
    "workflows": {
        name: {
            "state_machine_arn": STATE_MACHINE.replace("run-pipeline", name.replace("_", "-")),
            "log_group_name": f"/aws/vendedlogs/states/sagestep-{name.replace('_', '-')}",
        }
        for name in ("train", "train_many", "end_to_end", "deploy_model")
    },
}
LOCAL = Deployment(TargetName.LOCAL, "us-west-2", "000000000000", "http://127.0.0.1:4566", "first")
AWS = Deployment(TargetName.AWS, "us-west-2", "123456789012")


def state_of(*names: str) -> str:
    """Write a Terraform state that manages resources of one type."""
    resources = [
        {"mode": "managed", "type": "aws_sqs_queue", "name": name, "instances": [{}]} for name in names
    ]
    return json.dumps({"version": 4, "serial": 1, "lineage": "of-the-tests", "resources": resources})


def execution(id_: str, status: Status, reason: str = "", minutes: int = 0) -> PipelineExecution:
    """Make an execution that began so many minutes after noon and, if it has ended, took five seconds."""
    started = NOON + timedelta(minutes=minutes)
    ended = started + timedelta(seconds=5) if status.is_terminal else None
    return PipelineExecution(f"{PIPELINE}/execution/{id_}", f"run-{id_}", status, started, ended, reason)


def run(
    name: str,
    status: StateMachineStatus,
    *,
    pipeline: str = "",
    minutes: int = 0,
    output: str = "",
    error: str = "",
    cause: str = "",
) -> Run:
    """Make an execution of the state machine in the same way."""
    started = NOON + timedelta(minutes=minutes)
    ended = started + timedelta(seconds=6) if status.is_terminal else None
    arn = f"{PIPELINE}/execution/{pipeline}" if pipeline else ""
    return Run(f"{RUNS}:{name}", status, started, ended, output, error, cause, pipeline_arn=arn)


def step(name: str, status: Status, reason: str = "") -> Step:
    """Make a Lambda step that took half a second, if it has ended."""
    ended = NOON + timedelta(seconds=0.5) if status.is_terminal else None
    function = "arn:aws:lambda:us-west-2:000000000000:function:sagestep-geospatial"
    return Step(name, "Lambda", status, NOON, ended, reason, waits_for=function)


class Screen:
    """What a console wrote; no terminal, unless somebody is there to answer.

    Of several answers each is given once, the last one for ever.
    """

    def __init__(self, answer: str | Sequence[str] | None = None) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self.asked: list[str] = []
        self._answers = [answer] if isinstance(answer, str) else list(answer or ())
        self.console = Console(self._out, self._err, ask=self._ask if self._answers else None)

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

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
    is_busy: bool = False
    is_disposable: bool = True
    changed: int | None = None  # what the target counts of changes; None: it does not tell
    checked: list[bool] = field(default_factory=list)
    stopped: int = 0

    def check(self, *, assume_yes: bool) -> None:
        self.checked.append(assume_yes)

    def start(self) -> Deployment:
        return self.deployment

    def still_holds(self, deployment: Deployment) -> bool:
        if self.is_busy:
            raise CloudBusyError("The local cloud does not answer.", "Process 7 is busy.", "Wait.")
        return self.holds and deployment == self.deployment

    def changes(self, deployment: Deployment) -> int | None:
        return self.changed if self.holds and deployment == self.deployment else None

    def address(self) -> tuple[str, str | None]:
        return self.deployment.region, self.deployment.endpoint_url

    def stop(self) -> None:
        self.stopped += 1


@dataclass
class FakeTerraform(Infrastructure):
    """A Terraform that makes two queues and destroys them, or what it is told; or fails as it is told."""

    workspace: Workspace
    failure: Exception | None = None
    calls: list[str] = field(default_factory=list)
    whole: str = field(default_factory=lambda: state_of("main", "dlq"))  # the state after an apply
    outputs: Mapping[str, object] = field(default_factory=lambda: OUTPUTS)
    targeted: list[tuple[str, ...]] = field(default_factory=list)  # what each apply or destroy was limited to
    source: str = ""  # what the configuration says
    edited: str = ""  # what somebody makes of it while it is applied
    backups: bool = False  # whether the state is kept after an apply, as the real one does
    reads: tuple[Path, ...] = ()  # folders that the configuration reads

    def init(self, on_event: OnEvent) -> None:
        self.calls.append("init")

    def apply(
        self,
        deployment: Deployment,
        on_event: OnEvent,
        *,
        targets: Sequence[str] = (),
        is_quick: bool = False,
    ) -> Applied:
        self.calls.append(f"{'quick ' if is_quick else ''}apply {deployment.endpoint_url}")
        self.targeted.append(tuple(targets))
        self.source = self.edited or self.source
        if self.failure:
            raise self.failure
        present = {resource.address for resource in self.workspace.resources()}
        wanted = {resource.address for resource in read_managed_resources(self.whole)}
        missing = {address for address in wanted - present if not targets or address in targets}
        for address in sorted(missing):
            on_event(ResourceEvent(Phase.STARTED, address, "create"))
            on_event(ResourceEvent(Phase.FINISHED, address, "create", 25))
        self.workspace.state_path.write_text(filtered(self.whole, (present | missing).__contains__))
        if self.backups:
            self.workspace.copies.keep(self.workspace.state_path.read_text())
        return Applied(ChangeSummary("apply", len(missing), 0, 0), self.outputs)

    def destroy(
        self, deployment: Deployment, on_event: OnEvent, *, targets: Sequence[str] = ()
    ) -> ChangeSummary:
        self.calls.append(f"destroy {deployment.endpoint_url}")
        self.targeted.append(tuple(targets))
        if self.failure:
            raise self.failure
        present = self.workspace.resources()
        going = {resource.address for resource in present if not targets or resource.address in targets}
        # As Terraform does: what depends on something that goes, goes too.
        without_keys = {re.sub(r"\[.*?\]", "", address) for address in going}
        going |= {found.address for found in present if without_keys.intersection(found.dependencies)}
        state = self.workspace.state_path.read_text()
        self.workspace.state_path.write_text(filtered(state, lambda address: address not in going))
        return ChangeSummary("destroy", 0, 0, len(going))

    def inputs(self, deployment: Deployment) -> Inputs | None:
        if self.workspace.backend():
            return None
        return read_inputs(f"{deployment} {self.source}", self.reads)

    def files(self) -> Mapping[str, str]:
        return read_inputs("", self.reads).files

    def json_texts(self, documents: Sequence[object]) -> list[str]:
        return [json_text(document) for document in documents]

    def interrupt(self) -> None:
        self.calls.append("interrupt")


@dataclass
class FakeStorage(Storage):
    """Buckets as one dictionary; whatever is written is newer than what was there."""

    objects: dict[str, str] = field(default_factory=dict)

    def upload(self, path: Path, bucket: str, key: str, on_bytes: Callable[[int], None]) -> None:
        self.objects[f"{bucket}/{key}"] = path.read_text()
        on_bytes(path.stat().st_size)

    def download(self, bucket: str, key: str, path: Path, on_bytes: Callable[[int], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.objects[f"{bucket}/{key}"])

    def read(self, bucket: str, key: str) -> bytes | None:
        found = self.objects.get(f"{bucket}/{key}")
        return None if found is None else found.encode()

    def write(self, bucket: str, key: str, content: bytes) -> None:
        self.objects[f"{bucket}/{key}"] = content.decode()

    def find(self, bucket: str, prefix: str, most: int | None = None) -> list[StoredObject]:
        whole = f"{bucket}/{prefix}"
        names = sorted(name for name in self.objects if name.startswith(whole))[:most]
        return [StoredObject(n.removeprefix(f"{bucket}/"), len(self.objects[n]), NOON) for n in names]

    def newest(self, bucket: str, prefix: str) -> StoredObject | None:
        found = [name for name in self.objects if name.startswith(f"{bucket}/{prefix}")]
        return self.find(bucket, found[-1].removeprefix(f"{bucket}/"))[0] if found else None

    def measure(self, bucket: str) -> BucketContent:
        found = [text for name, text in self.objects.items() if name.startswith(f"{bucket}/")]
        return BucketContent(len(found), sum(map(len, found)))


@dataclass
class FakeLostEvents(LostEvents):
    """A queue of lost events, and the function that takes them."""

    lost: list[LostEvent] = field(default_factory=list)
    handed: list[tuple[str, str]] = field(default_factory=list)  # function and event

    def count(self, queue_url: str) -> int:
        return len(self.lost)

    def look(self, queue_url: str) -> list[LostEvent]:
        return self.lost[:10]

    def redeliver(self, queue_url: str, function: str, count: int) -> Iterator[LostEvent]:
        for lost in self.lost[:count]:
            if lost.event:
                self.handed.append((function, lost.event))
                self.lost.remove(lost)
            yield lost


@dataclass
class World:
    """A target's folder with everything around it."""

    workspace: Workspace
    target: FakeTarget = field(default_factory=FakeTarget)
    storage: FakeStorage = field(default_factory=FakeStorage)
    screen: Screen = field(default_factory=Screen)
    now: float = 0.0
    keys_error: UnusableCloudError | None = None  # why nobody can connect
    no_room: NoRoomError | None = None  # raised where a deployment needs room
    no_environment: EnvironmentNotReadyError | None = None  # raised where an image's environment is made
    environments: list[str] = field(default_factory=list)  # images whose environments were made
    wrong_project: ManifestError | None = None  # what is wrong with the files of the project
    keys: Keys = OPEN_KEYS
    clients: FakeClients = field(default_factory=FakeClients)
    access: Access | None = None
    permissions_record: Mapping[str, object] | None = None
    programs: HostPrograms = field(default_factory=HostPrograms)
    built: list[str] = field(default_factory=list)  # grows each time the functions are packed
    settings: Settings = field(default_factory=lambda: NoVariables(Project(ROOT), ROOT / ".sagestep"))

    def __post_init__(self) -> None:
        self.state_store: StateStore = FakeStateStore(self.workspace)
        self.terraform = FakeTerraform(self.workspace)
        self.pipelines = FakePipelines(lambda: self.now, self.storage.objects)
        self.state_machines = FakeStateMachines(self.pipelines)
        self.hosting = FakeHosting(lambda: self.now)
        self.jobs = FakeJobs(lambda: self.now)
        self.logs = FakeLogs(lambda: self.now)
        self.lost_events = FakeLostEvents()

    def context(self, console: Console | None = None, environ: Mapping[str, str] | None = None) -> Context:
        """Make the context of a command, which writes on the world's screen unless it is told elsewhere."""
        return FakeContext(self.settings, console or self.screen.console, environ or {}, world=self)

    def connect(self, region: str, endpoint_url: str | None) -> Connection:
        if self.keys_error:
            raise self.keys_error
        waiter = Waiter(LOCAL_BACKOFF, clock=lambda: self.now, sleep=self._sleep, chance=lambda: 0.0)
        return Connection(
            self.storage,
            self.pipelines,
            self.state_machines,
            self.hosting,
            self.jobs,
            self.logs,
            self.lost_events,
            waiter,
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def deploy(self, deployment: Deployment = LOCAL, *, workflows: bool = False) -> None:
        """Put the folder into the state that a finished `up` leaves."""
        self.workspace.keep_deployment(deployment)
        self.workspace.keep_outputs({**OUTPUTS, **(WORKFLOWS if workflows else {})})
        if workflows:
            self.terraform.whole = whole_state()
            self.terraform.outputs = {**OUTPUTS, **WORKFLOWS}
        self.workspace.state_path.write_text(self.terraform.whole)

    def state_machine_plays(
        self, status: StateMachineStatus, *, since: float, output: str = "", error: str = "", cause: str = ""
    ) -> None:
        """Let the next execution know its pipeline after half a second, and end later."""
        self.state_machines.plays(run("next", StateMachineStatus.RUNNING))
        self.state_machines.plays(run("next", StateMachineStatus.RUNNING, pipeline=ID), since=0.5)
        ended = run("next", status, pipeline=ID, output=output, error=error, cause=cause)
        self.state_machines.plays(ended, since=since)
