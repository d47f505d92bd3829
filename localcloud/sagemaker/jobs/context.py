"""What a job uses of the service: its ports, images, models, folder, clock and deadline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from localcloud.containers.container import ML
from localcloud.containers.images import Container, ContainerError, Image, Images, Run
from localcloud.containers.network import offline_variables
from localcloud.errors import ServiceError
from localcloud.ports import Caller, Ports
from localcloud.sagemaker.jobs.job import Job, JobInfo
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage, StageBegun, TimeUp
from localcloud.sagemaker.jobs.logs import LogFollower
from localcloud.sagemaker.wire.image_uri import check_pull
from localcloud.sagemaker.wire.model_container import ModelContainer

CANNOT_PULL = (
    "Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect."
)
"""What AWS says of a role that may not pull (aws/sagemaker-python-sdk#57); the local cloud says why."""

GRACE = timedelta(seconds=120)
"""Between SIGTERM and SIGKILL (service model, StopTrainingJob)."""

_TICK = 0.25  # Seconds between two looks at the log of a running container.

Clock = Callable[[], datetime]


class JobError(Exception):
    """The job has failed; the message is its FailureReason."""


FindModel = Callable[[Caller, str], ModelContainer | None]
"""Finds a model of an account and region by name; None where there is none."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """A job that runs, and what it uses of the service.

    - `folder`: the job's own directory; what is in ``ml`` of it is ``/opt/ml`` to the container.
    - `variables`: what every container that is not isolated finds in its environment.
    """

    job: Job
    ports: Ports
    images: Images
    find_model: FindModel
    folder: Path
    clock: Clock
    variables: Mapping[str, str]
    deadline: timedelta | None

    @property
    def info(self) -> JobInfo:
        """What never changes about the job."""
        return self.job.info

    @property
    def longest(self) -> timedelta | None:
        """How long a managed Spot job may wait and run together."""
        stopping = self.info.request.optional_structure("StoppingCondition")
        seconds = None if stopping is None else stopping.optional_number("MaxWaitTimeInSeconds")
        return None if seconds is None else timedelta(seconds=seconds)

    @property
    def ml(self) -> Path:
        """The directory that the container sees as ``/opt/ml``."""
        return self.folder / "ml"

    @property
    def is_isolated(self) -> bool:
        """Whether its container reaches nothing over a network."""
        request = self.info.request
        network = request.optional_structure("NetworkConfig") or request
        return network.members.get("EnableNetworkIsolation") is True

    @property
    def environment(self) -> Mapping[str, str]:
        """What its container finds in its environment."""
        return offline_variables(self.variables) if self.is_isolated else self.variables

    def folder_of(self, path: str, mounts: dict[str, Path]) -> Path:
        """Make the folder that the container sees at a path, and enter it in mounts if not in ``/opt/ml``."""
        path = path.rstrip("/")
        if path.startswith(f"{ML}/"):
            folder = self.ml / path.removeprefix(f"{ML}/")
        else:
            folder = mounts.setdefault(path, self.folder / f"mount-{len(mounts)}")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def log(self) -> Path:
        """Where the container's output goes."""
        return self.folder / "log"

    def begin(self, stage: Stage) -> None:
        """Go on to the next stage, unless the job is to stop."""
        self.job.handle(StageBegun(stage))

    def is_wanted(self) -> bool:
        """Tell whether the job goes on: it is not asked to stop, and its time is not up."""
        state, longest = self.job.state, self.longest
        started = state.started
        if self.deadline is not None and started is not None and self.clock() - started > self.deadline:
            self.job.handle(TimeUp())
        if longest is not None and self.clock() - state.created > longest:
            self.job.handle(TimeUp(Stage.MAX_WAIT_TIME_EXCEEDED))
        return self.job.is_wanted

    def require_image(self, uri: str) -> Image:
        """Find an image; `JobError` where there is none, or the job's role may not pull it."""
        try:
            check_pull(uri, self.info.caller, self.ports.permissions)
        except ServiceError as error:
            raise JobError(f"ClientError: {CANNOT_PULL} {error.message}") from error
        try:
            return self.images.require(uri, self.is_wanted)
        except ContainerError as error:
            raise JobError(f"ClientError: {error}") from error

    def start(self, image: Image, run: Run) -> Container:
        """Start a container that stops with the job; `JobError` where it cannot start."""
        try:
            container = image.start(run)
        except ContainerError as error:
            raise JobError(f"ClientError: {error}") from error
        self.job.attach(container)
        return container

    def watch(self, container: Container, log: LogFollower, also: Callable[[], None] = lambda: None) -> int:
        """Follow a container to its end; give its exit code. `also`: called again and again meanwhile."""
        kill_at: datetime | None = None
        while (code := container.wait(_TICK)) is None:
            log.follow()
            also()
            if not self.is_wanted():
                kill_at = kill_at or self.clock() + GRACE
                if self.clock() >= kill_at:
                    container.kill()
        self.job.detach()
        log.follow(to_the_end=True)
        return code


Work = Callable[[JobContext], Ended]
"""All that a job of some type does; `JobError`, `DataError` and `UploadError` fail the job."""
