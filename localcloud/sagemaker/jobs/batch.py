"""The work of a transform job: serve the model, ask it about every object, upload its answers.

Facts of the job are those of the service model and of the developer guide, "Use Your Own Inference Code with
Batch Transform". Requests go out one after the other: MaxConcurrentTransforms is a limit, and one keeps it.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from localcloud.containers.container import Container, Run
from localcloud.containers.network import offline_variables
from localcloud.sagemaker.files.archives import ArchiveError, extraction_failed, unpack
from localcloud.sagemaker.jobs.context import JobContext, JobError
from localcloud.sagemaker.jobs.invocations import InvocationError, Invocations, Settings, read_settings
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.model_server import ModelServer, SerialServers
from localcloud.sagemaker.jobs.records import PayloadError
from localcloud.sagemaker.jobs.s3 import DataError, DataSource, Found, list_or_explain
from localcloud.sagemaker.jobs.transfer import download, encrypted, upload_folder
from localcloud.sagemaker.jobs.transform_request import read_processing
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.requests import mapping, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

SEE_LOGS = "See job logs for more information"
"""What AWS says of a failure of the model, or of what it was asked."""

_INSTANCE = "i-00000000000000000"  # Streams of transform jobs are called by the id of an instance.
_SECONDS_TO_SERVE = 30 * 60.0  # AWS waits that long for /ping.
_SECONDS_BETWEEN_PINGS = 0.05
_SECONDS_TO_END = 10.0


class Containers:
    """The containers of a model, which are stopped together."""

    def __init__(self) -> None:
        self.started: list[Container] = []

    def add(self, container: Container) -> None:
        """Add one that was started."""
        self.started.append(container)

    def have_ended(self, seconds: float) -> bool:
        """Wait so many seconds at most; tell whether one has ended."""
        first, *others = self.started
        return first.wait(seconds) is not None or any(item.wait(0.0) is not None for item in others)

    def terminate(self) -> None:
        """Send SIGTERM to all."""
        for container in self.started:
            container.terminate()

    def kill(self) -> None:
        """Send SIGKILL to all."""
        for container in self.started:
            container.kill()


class Transformation:
    """One transform job that runs."""

    def __init__(self, context: JobContext) -> None:
        now = context.clock()
        self._context = context
        self._request = context.info.request
        stream = LogStream(context.ports.logs, context.info, _INSTANCE, now)
        self._logs = [LogFollower(context.log, context.clock, (stream.write,))]
        self._data_log = LogStream(context.ports.logs, context.info, _INSTANCE, now, "/data-log")
        self._results = context.folder / "results"

    def run(self) -> Ended:
        """Do all of it; of a job that is stopped nothing is uploaded (service model, StopTransformJob)."""
        context, request = self._context, self._request
        model = context.find_model(context.info.caller, request.text("ModelName"))
        if model is None:  # It was there when the job was created.
            raise JobError(f"ClientError: Could not find model '{request.text('ModelName')}'.")
        images = [context.require_image(item.image) for item in model.all]
        context.begin(Stage.DOWNLOADING)
        found = self._find_objects(model)
        for item in model.all:
            self._place_model(item)
        if not context.is_wanted():
            return Ended()
        context.begin(Stage.TRAINING)
        settings = read_settings(request)
        with self._running() as containers:
            for item, image in zip(model.all, images, strict=True):
                containers.add(context.start(image, self._run_of(item, settings)))
            context.job.attach(containers)
            servers = SerialServers(tuple(ModelServer(item.connect) for item in containers.started))
            self._await_ready(containers, servers)
            settings = settings.completed(servers.execution_parameters())
            self._report(settings.summary())
            invocations = Invocations(servers, settings, self._goes_on)
            failures = [self._transform(item, invocations) for item in found if context.is_wanted()]
        if not context.is_wanted():
            return Ended()
        context.begin(Stage.UPLOADING)
        output = structure(request, "TransformOutput")
        objects = encrypted(context.ports.objects, output.optional_text("KmsKeyId"))
        upload_folder(self._results, S3Uri.parse(output.text("S3OutputPath")), objects)
        return Ended(next((failure for failure in failures if failure), None))

    def _run_of(self, model: ModelContainer, settings: Settings) -> Run:
        """Say how a container of the model is run; each but the first has a log stream of its own."""
        context, folder = self._context, self._folder_of(model)
        log = folder / "log"
        if folder != context.folder:
            stream = LogStream(context.ports.logs, context.info, _INSTANCE, context.clock(), f"/{model.name}")
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

    def _find_objects(self, model: ModelContainer) -> list[Found]:
        source = structure(self._request, "TransformInput")
        s3 = structure(structure(source, "DataSource"), "S3DataSource")
        data = DataSource(S3Uri.parse(s3.text("S3Uri")), s3.text("S3DataType"))
        region = self._context.info.caller.region
        return list_or_explain(data, self._context.ports.objects, region, model.role_arn)

    def _place_model(self, model: ModelContainer) -> None:
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

    @contextmanager
    def _running(self) -> Iterator[Containers]:
        containers = Containers()
        try:
            yield containers
        finally:
            for container in containers.started:
                container.stop(_SECONDS_TO_END)
            self._context.job.detach()
            for log in self._logs:
                log.follow(to_the_end=True)

    def _await_ready(self, containers: Containers, server: SerialServers) -> None:
        begun = self._context.clock()
        while not server.is_ready():
            if not self._goes_on():
                return
            waited = (self._context.clock() - begun).total_seconds()
            if containers.have_ended(_SECONDS_BETWEEN_PINGS) or waited > _SECONDS_TO_SERVE:
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
        return self._context.is_wanted()

    def _report(self, text: str) -> None:
        now = self._context.clock()
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}"
        millis = int(now.timestamp() * 1000)
        self._data_log.write([(millis, f"{stamp}:[sagemaker logs]: {line}") for line in text.splitlines()])


def work(context: JobContext) -> Ended:
    """Do the work of a transform job."""
    return Transformation(context).run()
