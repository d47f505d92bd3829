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
from localcloud.sagemaker.jobs.invocations import InvocationError, Invocations, read_settings
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.model_server import ModelServer
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


class Transformation:
    """One transform job that runs."""

    def __init__(self, context: JobContext) -> None:
        now = context.clock()
        self._context = context
        self._request = context.info.request
        self._log = LogFollower(
            context.log, context.clock, (LogStream(context.ports.logs, context.info, _INSTANCE, now).write,)
        )
        self._data_log = LogStream(context.ports.logs, context.info, _INSTANCE, now, "/data-log")
        self._results = context.folder / "results"

    def run(self) -> Ended:
        """Do all of it; of a job that is stopped nothing is uploaded (service model, StopTransformJob)."""
        context, request = self._context, self._request
        model = context.find_model(context.info.caller, request.text("ModelName"))
        if model is None:  # It was there when the job was created.
            raise JobError(f"ClientError: Could not find model '{request.text('ModelName')}'.")
        image = context.require_image(model.image)
        context.begin(Stage.DOWNLOADING)
        found = self._find_objects(model)
        self._place_model(model)
        if not context.is_wanted():
            return Ended()
        context.begin(Stage.TRAINING)
        settings = read_settings(request)
        environment = {
            **(offline_variables(context.variables) if model.is_isolated else context.variables),
            **model.environment,
            **settings.environment(),
            **mapping(request, "Environment"),
        }
        run = Run(
            command=("serve",),
            environment=environment,
            ml_root=context.ml,
            log=context.log,
            serves=True,
            is_isolated=model.is_isolated,
        )
        with self._running(context.start(image, run)) as container:
            server = ModelServer(container.connect)
            self._await_ready(container, server)
            settings = settings.completed(server.execution_parameters())
            self._report(settings.summary())
            invocations = Invocations(server, settings, self._goes_on)
            failures = [self._transform(item, invocations) for item in found if context.is_wanted()]
        if not context.is_wanted():
            return Ended()
        context.begin(Stage.UPLOADING)
        output = structure(request, "TransformOutput")
        objects = encrypted(context.ports.objects, output.optional_text("KmsKeyId"))
        upload_folder(self._results, S3Uri.parse(output.text("S3OutputPath")), objects)
        return Ended(next((failure for failure in failures if failure), None))

    def _find_objects(self, model: ModelContainer) -> list[Found]:
        source = structure(self._request, "TransformInput")
        s3 = structure(structure(source, "DataSource"), "S3DataSource")
        data = DataSource(S3Uri.parse(s3.text("S3Uri")), s3.text("S3DataType"))
        region = self._context.info.caller.region
        return list_or_explain(data, self._context.ports.objects, region, model.role_arn)

    def _place_model(self, model: ModelContainer) -> None:
        folder = self._context.ml / "model"
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
    def _running(self, container: Container) -> Iterator[Container]:
        try:
            yield container
        finally:
            container.stop(_SECONDS_TO_END)
            self._context.job.detach()
            self._log.follow(to_the_end=True)

    def _await_ready(self, container: Container, server: ModelServer) -> None:
        begun = self._context.clock()
        while not server.is_ready():
            if not self._goes_on():
                return
            waited = (self._context.clock() - begun).total_seconds()
            if container.wait(_SECONDS_BETWEEN_PINGS) is not None or waited > _SECONDS_TO_SERVE:
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
        self._log.follow()
        return self._context.is_wanted()

    def _report(self, text: str) -> None:
        now = self._context.clock()
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}"
        millis = int(now.timestamp() * 1000)
        self._data_log.write([(millis, f"{stamp}:[sagemaker logs]: {line}") for line in text.splitlines()])


def work(context: JobContext) -> Ended:
    """Do the work of a transform job."""
    return Transformation(context).run()
