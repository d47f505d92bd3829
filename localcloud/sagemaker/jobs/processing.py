"""The work of a processing job.

Facts of the container are those of the developer guide, "Build Your Own Processing Container": entry point,
configuration files, the exit code that decides, ``/opt/ml/output/message`` as ExitMessage.
"""

import json
from pathlib import Path

from localcloud.containers.container import ML, Run
from localcloud.ports import Objects
from localcloud.sagemaker.jobs.context import JobContext
from localcloud.sagemaker.jobs.job import failure_reason, read_start
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.processing_request import outputs
from localcloud.sagemaker.jobs.s3 import DataError, DataSource, list_or_explain
from localcloud.sagemaker.jobs.synchronization import Synchronization, SynchronizedFolder
from localcloud.sagemaker.jobs.training_container import HOST, resource_config
from localcloud.sagemaker.jobs.transfer import download, encrypted, upload_folder
from localcloud.sagemaker.wire.requests import mapping, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

_ONE_DAY = 24 * 3600  # seconds
_LONGEST_MESSAGE = 1024  # bytes (developer guide, "Save and Access Metadata Information")


def work(context: JobContext) -> Ended:
    """Download the inputs, run the container, upload its outputs, whatever its exit code."""
    request = context.info.request
    app = structure(request, "AppSpecification")
    image = context.require_image(app.text("ImageUri"))
    _write_config(context)
    context.begin(Stage.DOWNLOADING)
    _download_inputs(context)
    if not context.is_wanted():
        return Ended()
    context.begin(Stage.TRAINING)
    entrypoint = tuple(app.texts("ContainerEntrypoint"))
    container = context.start(
        image,
        Run(
            command=(*entrypoint, *app.texts("ContainerArguments")),
            replaces_entrypoint=bool(entrypoint),
            environment={
                **context.environment,
                **mapping(request, "Environment"),
            },
            ml_root=context.ml,
            log=context.log,
            host_name=HOST,
            is_isolated=context.is_isolated,
        ),
    )
    stream = LogStream(context.ports.logs, context.info, HOST, context.clock())
    objects, targets = _results(context)
    continuous = Synchronization(
        [SynchronizedFolder(*place, objects) for place, mode in targets if mode == "Continuous"],
        context.clock,
    )
    log = LogFollower(context.log, context.clock, (stream.write,))
    code = context.watch(container, log, continuous.follow)
    context.begin(Stage.UPLOADING)
    continuous.complete()
    for place, mode in targets:
        if mode != "Continuous":
            upload_folder(*place, objects)
    message = context.ml / "output" / "message"
    exit_message = _exit_message(message)
    return Ended(None if code == 0 else failure_reason(message, code), exit_message)


def _write_config(context: JobContext) -> None:
    request, config = context.info.request, context.ml / "config"
    for folder in (config, context.ml / "output", context.ml / "processing"):
        folder.mkdir(parents=True)
    for output in outputs(request):
        _local(context, structure(output, "S3Output").text("LocalPath")).mkdir(parents=True, exist_ok=True)
    cluster = structure(structure(request, "ProcessingResources"), "ClusterConfig")
    described = {
        "ProcessingJobArn": context.info.arn,
        **{name: value for name, value in request.members.items() if name != "Tags"},
    }
    files = {
        "processingjobconfig": described,
        "resourceconfig": resource_config(cluster.optional_text("InstanceType") or ""),
    }
    for name, content in files.items():
        (config / f"{name}.json").write_text(json.dumps(content), "utf-8")


def _results(context: JobContext) -> tuple[Objects, list[tuple[tuple[Path, S3Uri], str]]]:
    """Give S3 as results are written to it, and each output's folder, place in S3 and upload mode."""
    config = context.info.request.optional_structure("ProcessingOutputConfig")
    objects = encrypted(context.ports.objects, None if config is None else config.optional_text("KmsKeyId"))
    targets = []
    for output in outputs(context.info.request):
        target = structure(output, "S3Output")
        place = _local(context, target.text("LocalPath")), S3Uri.parse(target.text("S3Uri"))
        targets.append((place, target.text("S3UploadMode")))
    return objects, targets


def _download_inputs(context: JobContext) -> None:
    request, objects = context.info.request, context.ports.objects
    for item in request.structures("ProcessingInputs"):
        source = structure(item, "S3Input")
        data = DataSource(S3Uri.parse(source.text("S3Uri")), source.text("S3DataType"))
        try:
            found = list_or_explain(data, objects, context.info.caller.region, request.text("RoleArn"))
            download(found, _local(context, source.text("LocalPath")), objects, context.is_wanted)
        except DataError as error:
            raise DataError(f"Failed to download data. {error}") from error


def _local(context: JobContext, path: str) -> Path:
    """Give the directory here that a path of the container is."""
    return context.ml / path.removeprefix(f"{ML}/")


def _exit_message(file: Path) -> str | None:
    """Read the first kilobyte of what the container left as its message; `DataError` for what is no text."""
    if not file.is_file():
        return None
    try:
        return read_start(file, _LONGEST_MESSAGE)
    except UnicodeDecodeError as error:
        raise DataError("The data in /opt/ml/output/message is not UTF-8 encoded.") from error
