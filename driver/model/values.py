"""What the driver talks about: frozen values without behaviour that touches the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from driver.model.choices import DEFAULT_IAM, IamMode, TargetName
from driver.model.status import StateMachineStatus, Status


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was asked of Terraform, kept beside its state so that `down` asks for the same.

    `endpoint_url` is None on AWS. `instance` names the run of the local cloud that holds the resources: with
    another run, or without one, the state describes nothing. `variables` are Terraform's besides region and
    endpoint.
    """

    target: TargetName
    region: str
    account_id: str
    endpoint_url: str | None = None
    instance: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeployedWorkflow:
    """A workflow's state machine."""

    state_machine_arn: str
    log_group_name: str


@dataclass(frozen=True, slots=True)
class DeployedFunction:
    """A Lambda function."""

    name: str
    log_group_name: str
    arn: str = ""
    role_arn: str = ""


@dataclass(frozen=True, slots=True)
class DeployedImage:
    """An image of the project; `repository_url` is empty where it has no repository."""

    uri: str
    repository_url: str = ""


@dataclass(frozen=True, slots=True)
class DeployedPipeline:
    """A pipeline, and how an execution is started and shown.

    `parameters` are texts by parameter, in which `${input_uri}`, `${output_uri}` and `${run_id}` stand for
    what only the start of an execution knows; `parameter_names` are those that the definition declares, None
    where an earlier version's deployment does not say.
    `input` and `result` are as the manifest has them.
    """

    arn: str
    name: str
    title: str = ""
    role_arn: str = ""
    jobs_role_arn: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    parameter_names: Sequence[str] | None = None
    input: Mapping[str, object] = field(default_factory=dict)
    result: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Terraform's outputs as far as the driver uses them; the names are those of terraform/outputs.tf.

    Those with a default may be missing in a deployment that another version made: it can be looked at and
    destroyed like any other.
    """

    region: str
    account_id: str
    bucket_name: str
    queue_url: str
    state_machine_arn: str = ""
    state_machine_log_group_name: str = ""
    fan_out_state_machine_arn: str = ""
    fan_out_log_group_name: str = ""
    lost_events_queue_url: str = ""
    name_prefix: str = ""
    default_pipeline: str = ""
    pipelines: Mapping[str, DeployedPipeline] = field(default_factory=dict)
    functions: Mapping[str, DeployedFunction] = field(default_factory=dict)
    workflows: Mapping[str, DeployedWorkflow] = field(default_factory=dict)
    images: Mapping[str, DeployedImage] = field(default_factory=dict)

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Outputs:
        """Pick what is needed from all outputs.

        Raises
        ------
        KeyError
            If one without a default is missing.
        TypeError
            If one is there and not what it must be.
        """
        values = _as_now(values)
        kinds = {
            "pipelines": DeployedPipeline,
            "functions": DeployedFunction,
            "workflows": DeployedWorkflow,
            "images": DeployedImage,
        }
        texts = [found for found in fields(cls) if found.name not in kinds]
        for name in {found.name for found in texts} & values.keys():
            if not isinstance(values[name], str):
                raise TypeError(f"{name} is no text")
        wanted = [found.name for found in texts if found.default is MISSING or found.name in values]
        found: dict[str, Any] = {name: str(values[name]) for name in wanted}
        for name, kind in kinds.items():
            group = values.get(name, {})
            if not isinstance(group, Mapping):
                raise TypeError(f"{name} are no object")
            found[name] = {key: kind(**group[key]) for key in sorted(group)}
        return cls(**found)

    def pipeline_of(self, execution_arn: str) -> str:
        """Return the name of the pipeline that an execution is of; nothing if it is of none."""
        arn = execution_arn.partition("/execution/")[0]
        return next((name for name, found in self.pipelines.items() if found.arn == arn), "")


def _as_now(values: Mapping[str, object]) -> Mapping[str, object]:
    """Read the outputs of a deployment from when there was one image, or one pipeline, as those of today.

    Raises KeyError if they are not of such a one either.
    """
    if "images" not in values and values.get("image_uri"):
        image = {"uri": values["image_uri"], "repository_url": values.get("image_repository_url", "")}
        values = {**values, "images": {"scikit": image}}
    if "pipelines" in values:
        return values
    pipeline = {"arn": values["pipeline_arn"], "name": values["pipeline_name"]}
    functions = {
        name: {"name": str(group).rpartition("/")[2], "log_group_name": group}
        for name in ("geospatial", "start_pipeline", "answer_task")
        if (group := values.get(f"{name}_log_group_name"))
    }
    name = "geospatial"
    return {**values, "pipelines": {name: pipeline}, "functions": functions, "default_pipeline": name}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the AWS credentials belong to."""

    account_id: str
    arn: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The access key that a local target takes; the secret is in no text of this object."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables in which AWS's programs look for an access key."""
        key = {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret_access_key}
        return key | ({"AWS_SESSION_TOKEN": self.session_token} if self.session_token else {})


OPEN_KEYS = Keys("test", "test")  # what LocalStack's documentation uses, where no key is checked


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use the local cloud: everybody if it is open; web pages of these origins; whom IAM allows.

    - `iam`: whether the local cloud denies what IAM denies, only records it, or does not ask IAM.
    - `deployer_policy`: the file with the IAM policy of the cloud's own key; empty if it may do everything.
    """

    is_open: bool = False
    allowed_origins: tuple[str, ...] = ()
    iam: IamMode = DEFAULT_IAM
    deployer_policy: str = ""


CLOSED = Access()


@dataclass(frozen=True, slots=True)
class RunningCloud:
    """One run of the local cloud; `started` tells its process from a later one with the same id."""

    pid: int
    port: int
    instance: str
    access: Access = CLOSED
    started: str = ""

    @property
    def endpoint_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class PipelineExecution:
    """A pipeline execution; times are aware datetimes, `ended` is None while it is not terminal.

    `input` is its parameters as JSON, empty where it was not asked for.
    """

    arn: str
    display_name: str
    status: Status
    started: datetime
    ended: datetime | None = None
    reason: str = ""
    input: str = ""

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class StateMachineExecution:
    """An execution of a state machine; times are aware datetimes, None while they are not known.

    `input` is JSON, empty where it was listed, not described. `output` is JSON, empty unless it succeeded;
    `error` and `cause` are empty unless it ended otherwise.
    """

    arn: str
    status: StateMachineStatus
    started: datetime | None = None
    ended: datetime | None = None
    output: str = ""
    error: str = ""
    cause: str = ""
    input: str = ""

    @property
    def name(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class MapRun:
    """The run of a Distributed Map, with the numbers of its items; `failed` are those that timed out, too."""

    arn: str
    status: StateMachineStatus
    total: int = 0
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    aborted: int = 0

    def counts(self) -> Mapping[str, int]:
        """Tell how its items stand; what was not begun waits."""
        begun = self.running + self.succeeded + self.failed + self.aborted
        return {
            "pending": max(self.pending, self.total - begun),
            "running": self.running,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "stopped": self.aborted,
        }

    def document(self) -> Mapping[str, object]:
        """Put it into a document."""
        return {"map_run_arn": self.arn, "items": {"total": self.total, **self.counts()}}

    def __str__(self) -> str:
        """Write how its items stand."""
        counts = self.counts().items()
        return ", ".join(f"{name} {number}" for name, number in counts if number or name != "stopped")


AnyExecution = PipelineExecution | StateMachineExecution


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of SageMaker; `config_name` is empty where it was listed, not described."""

    name: str
    status: str
    config_name: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether it may be deleted: not while it is being created, updated or deleted."""
        return self.status in {"InService", "Failed", "OutOfService", "UpdateRollbackFailed"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a pipeline execution, once SageMaker has reached it.

    `resource_arn` is the job it started or the resource it made, `output` the JSON of what it gave on; both
    are empty where there is none. `is_cached` tells whether that was taken from an earlier execution.
    `waits_for` is what must answer: the URL of a callback's queue, or the ARN of a function or a job.
    """

    name: str
    type: str
    status: Status
    started: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    attempts: int = 1
    resource_arn: str = ""
    output: str = ""
    is_cached: bool = False
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in the bucket."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class BucketContent:
    """What is in a bucket, in bytes; at least so much, if it was not counted to the end."""

    objects: int
    size: int
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class Notebook:
    """A SageMaker notebook instance."""

    name: str
    arn: str
    status: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ResultTable:
    """The first rows of a result file, and how many there are in all.

    `statuses` has how many rows have each status, the most frequent first; `exchangeable` is how many rows
    without a result have coordinates that are in range the other way round, too. `has_header` tells whether
    the names of the columns are the file's first row.
    """

    path: Path | None
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    count: int
    statuses: tuple[tuple[str, int], ...] = ()
    exchangeable: int = 0
    has_header: bool = False
