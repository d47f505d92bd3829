"""What a job uses of the service: its ports, images, models, folder, clock and deadline."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from localcloud.containers.container import ML
from localcloud.containers.images import Container, ContainerError, Image, Images, Run
from localcloud.containers.network import offline_variables
from localcloud.errors import ServiceError
from localcloud.ports import Caller, Ports
from localcloud.sagemaker.jobs.containers import Containers, Ends
from localcloud.sagemaker.jobs.hosts import Host, Hosts
from localcloud.sagemaker.jobs.job import Job, JobInfo
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage, StageBegun, TimeUp
from localcloud.sagemaker.jobs.logs import Lines, LogFollower, LogStream
from localcloud.sagemaker.wire.image_uri import check_pull
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.utilization import Instance, Utilization

LOG = logging.getLogger(__name__)

CANNOT_PULL = (
    "Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect."
)
"""What AWS says of a role that may not pull (aws/sagemaker-python-sdk#57); the local cloud says why."""

GRACE = timedelta(seconds=120)
"""Between SIGTERM and SIGKILL (service model, StopTrainingJob)."""

_GRACE_OF_OTHERS = timedelta(seconds=10)
"""Between SIGTERM and SIGKILL of hosts that end because another has failed; AWS does not say."""

_MEASURED_EVERY = 10.0  # seconds
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

    def places(self, hosts: Hosts) -> dict[Host, "JobContext"]:
        """Give the job as each of its hosts sees it: with a folder of its own, where there are several."""
        if len(hosts) == 1:
            return {hosts[0]: self}
        places = {host: replace(self, folder=self.folder / host.name) for host in hosts}
        for place in places.values():
            place.folder.mkdir()
        return places

    def logs(
        self, places: Mapping[Host, "JobContext"], *listeners: Callable[[Lines], None]
    ) -> list[LogFollower]:
        """Give what follows the containers' logs: each host has a stream. `listeners`: hear of every line."""
        followers = []
        for host, place in places.items():
            stream = LogStream(self.ports.logs, self.info, host.name, self.clock())
            followers.append(LogFollower(place.log, self.clock, (*listeners, stream.write)))
        return followers

    def start(self, image: Image, run: Run, containers: Containers) -> Container:
        """Start a container that stops with the job's others; `JobError` where it cannot start."""
        try:
            container = image.start(run)
        except ContainerError as error:
            raise JobError(f"ClientError: {error}") from error
        containers.started.append(container)
        self.job.attach(containers)
        return container

    def run(
        self,
        image: Image,
        runs: Mapping[str, Run],
        logs: Sequence[LogFollower],
        also: Callable[[], None] = lambda: None,
    ) -> dict[str, int]:
        """Run a container on each host, by the hosts' names, to the end of all.

        The first that fails ends the others. `also`: called again and again meanwhile. Gives the exit codes
        in the order of their ends. Raises `JobError` where one cannot start.
        """
        containers = Containers()
        try:
            with self.images.connect(image, list(runs)) as cluster:
                for run in runs.values():
                    self.start(image, replace(run, cluster=cluster), containers)
                codes = self._watch(dict(zip(runs, containers.started, strict=True)), containers, logs, also)
        except BaseException:
            for container in containers.started:
                container.kill()
                container.wait()
            raise
        finally:
            self.job.detach()
        for log in logs:
            log.follow(to_the_end=True)
        return codes

    def _watch(
        self,
        hosts: Mapping[str, Container],
        containers: Containers,
        logs: Sequence[LogFollower],
        also: Callable[[], None],
    ) -> dict[str, int]:
        ends, used = Ends(hosts), self._utilization(hosts)
        codes: dict[str, int] = {}
        kill_at: datetime | None = None
        while True:
            if (ended := ends.next(_TICK)) is not None:
                codes[ended[0]] = ended[1]
                if len(codes) == len(hosts):
                    return codes
                if ended[1] != 0 and kill_at is None:
                    LOG.info("%s: %s has failed, and the other hosts are ended.", self.info.arn, ended[0])
                    containers.terminate()
                    kill_at = self.clock() + _GRACE_OF_OTHERS
            for log in logs:
                log.follow()
            also()
            used.look()
            if not self.is_wanted():
                kill_at = kill_at or self.clock() + GRACE
            if kill_at is not None and self.clock() >= kill_at:
                containers.kill()

    def _utilization(self, hosts: Mapping[str, Container]) -> Utilization:
        instances = [
            Instance({"Host": f"{self.info.name}/{host}"}, [container]) for host, container in hosts.items()
        ]
        namespace = f"/aws/sagemaker/{self.info.kind}Jobs"
        return Utilization(self.ports.metrics, namespace, instances, _MEASURED_EVERY)


Work = Callable[[JobContext], Ended]
"""All that a job of some type does; `JobError`, `DataError` and `UploadError` fail the job."""
