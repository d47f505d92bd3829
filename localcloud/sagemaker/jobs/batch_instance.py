"""One instance of a transform job: serves the model, and asks it about one object after the other.

Requests of an instance go out one after the other: MaxConcurrentTransforms is a limit, and one keeps it.
"""

import gzip
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from localcloud.containers.container import Container, Image, Run
from localcloud.containers.network import offline_variables
from localcloud.sagemaker.files.archives import ArchiveError, extraction_failed, unpack
from localcloud.sagemaker.jobs.containers import Containers
from localcloud.sagemaker.jobs.context import JobContext, JobError
from localcloud.sagemaker.jobs.invocations import InvocationError, Invocations, Settings
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.model_server import ModelServer, SerialServers
from localcloud.sagemaker.jobs.records import PayloadError
from localcloud.sagemaker.jobs.s3 import DataError, Found
from localcloud.sagemaker.jobs.transfer import download
from localcloud.sagemaker.jobs.transform_request import read_processing
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.requests import mapping, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

SEE_LOGS = "See job logs for more information"
"""What AWS says of a failure of the model, or of what it was asked."""

_SECONDS_TO_SERVE = 30 * 60.0  # AWS waits that long for /ping.
_SECONDS_BETWEEN_PINGS = 0.05
_SECONDS_TO_END = 10.0


class Instance:
    """One instance of a transform job: the model's containers, and the objects that they are asked about.

    - `context`: the job as the instance sees it.
    - `number`: which instance it is, from 0.
    - `goes_on`: whether the job does.
    """

    def __init__(self, context: JobContext, number: int, results: Path, goes_on: Callable[[], bool]) -> None:
        now = context.clock()
        self._name = f"i-{number:017x}"  # Streams of transform jobs are called by the id of an instance.
        self._context = context
        self._request = context.info.request
        self._results = results
        self._job_goes_on = goes_on
        stream = LogStream(context.ports.logs, context.info, self._name, now)
        self._logs = [LogFollower(context.log, context.clock, (stream.write,))]
        self._data_log = LogStream(context.ports.logs, context.info, self._name, now, "/data-log")
        self._containers: list[Container] = []

    def start(
        self, model: ModelContainer, images: Sequence[Image], settings: Settings, among: Containers
    ) -> None:
        """Start the model's containers."""
        for item, image in zip(model.all, images, strict=True):
            self._containers.append(self._context.start(image, self._run_of(item, settings), among))

    def transform_all(self, objects: Iterable[tuple[int, Found]], settings: Settings) -> dict[int, str]:
        """Transform objects until there is none left; gives the reasons of failures by objects' numbers.

        Raises `JobError` if a container ends, or does not serve in time.
        """
        servers = SerialServers(tuple(ModelServer(item.connect) for item in self._containers))
        self._await_ready(servers)
        settings = settings.completed(servers.execution_parameters())
        self._report(settings.summary())
        invocations = Invocations(servers, settings, self._goes_on)
        failures = {}
        for number, item in objects:
            if not self._goes_on():
                break
            if (failure := self._transform(item, invocations)) is not None:
                failures[number] = failure
        return failures

    def close(self) -> None:
        """End the containers, and read their logs to the end."""
        for container in self._containers:
            container.stop(_SECONDS_TO_END)
        for log in self._logs:
            log.follow(to_the_end=True)

    def _run_of(self, model: ModelContainer, settings: Settings) -> Run:
        """Say how a container of the model is run; each but the first has a log stream of its own."""
        context, folder = self._context, self._folder_of(model)
        log = folder / "log"
        if folder != context.folder:
            stream = LogStream(
                context.ports.logs, context.info, self._name, context.clock(), f"/{model.name}"
            )
            self._logs.append(LogFollower(log, context.clock, (stream.write,)))
        return Run(
            command=("serve",),
            environment={
                **(offline_variables(context.variables) if model.is_isolated else context.variables),
                **model.environment,
                **settings.environment(),
                **mapping(self._request, "Environment"),
            },
            ml_root=folder / "ml",
            log=log,
            serves=True,
            is_isolated=model.is_isolated,
        )

    def _folder_of(self, model: ModelContainer) -> Path:
        folder = self._context.folder
        return folder if model.name == "primary" else folder / f"container-{model.name}"

    def place_model(self, model: ModelContainer) -> None:
        """Unpack a container's model where it finds it."""
        folder = self._folder_of(model) / "ml" / "model"
        folder.mkdir(parents=True)
        if model.model_data_url is None:
            return
        archive = self._context.folder / "model.tar.gz"
        found = Found(S3Uri.parse(model.model_data_url), archive.name)
        download([found], archive.parent, self._context.ports.objects, self._context.is_wanted)
        if not self._context.is_wanted():
            return
        try:
            with archive.open("rb") as opened:
                unpack(opened, folder, self._context.is_wanted)
        except ArchiveError as error:
            raise DataError(f"{extraction_failed(model.model_data_url)} {error}".rstrip()) from error
        archive.unlink()

    def _await_ready(self, server: SerialServers) -> None:
        begun = self._context.clock()
        while not server.is_ready():
            if not self._goes_on():
                return
            waited = (self._context.clock() - begun).total_seconds()
            first, *others = self._containers
            has_ended = first.wait(_SECONDS_BETWEEN_PINGS) is not None
            has_ended |= any(item.wait(0.0) is not None for item in others)
            if has_ended or waited > _SECONDS_TO_SERVE:
                raise JobError(f"AlgorithmError: {SEE_LOGS}")

    def _transform(self, item: Found, invocations: Invocations) -> str | None:
        """Transform one object. Return the reason of a failure, after which its output is deleted."""
        context, target = self._context, self._results / f"{item.path}.out"
        source = context.folder / "input"
        try:
            download(
                [Found(item.location, source.name)], source.parent, context.ports.objects, context.is_wanted
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._opened(source) as lines, target.open("wb") as output:
                output.writelines(invocations.answers(lines, read_processing(self._request)))
        except (DataError, PayloadError, InvocationError, EOFError, gzip.BadGzipFile) as error:
            target.unlink(missing_ok=True)
            blame = error.blame if isinstance(error, InvocationError) else "ClientError"
            self._report(f"{item.location.bucket}/{item.location.key}: {blame}: {error}")
            return f"{blame}: {SEE_LOGS}"
        return None

    def _opened(self, file: Path) -> BinaryIO:
        is_packed = structure(self._request, "TransformInput").optional_text("CompressionType") == "Gzip"
        return gzip.open(file, "rb") if is_packed else file.open("rb")  # type: ignore[return-value]

    def _goes_on(self) -> bool:
        for log in self._logs:
            log.follow()
        return self._job_goes_on()

    def _report(self, text: str) -> None:
        now = self._context.clock()
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}"
        millis = int(now.timestamp() * 1000)
        self._data_log.write([(millis, f"{stamp}:[sagemaker logs]: {line}") for line in text.splitlines()])
