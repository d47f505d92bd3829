"""The work of a training job.

Facts of the container are those of the developer guide, "How Amazon SageMaker Runs Your Training Image",
"… Processes Training Output", "… Signals Algorithm Success and Failure".
"""

from datetime import timedelta
from pathlib import Path

from localcloud.containers.container import ML, Run
from localcloud.sagemaker.jobs.context import JobContext, JobError
from localcloud.sagemaker.jobs.job import JobInfo, failure_reason
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.metrics import Metrics, Observe, read_definitions
from localcloud.sagemaker.jobs.s3 import DataError, list_or_explain
from localcloud.sagemaker.jobs.synchronization import Synchronization, SynchronizedFolder
from localcloud.sagemaker.jobs.training_container import (
    HOST,
    fitting,
    training_environment,
    write_input_config,
)
from localcloud.sagemaker.jobs.training_request import channel_source
from localcloud.sagemaker.jobs.transfer import download, encrypted, upload_archive, upload_folder
from localcloud.sagemaker.wire.requests import Request, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

_ONE_DAY = 24 * 3600


def work(context: JobContext, observe: Observe = lambda name, value: None) -> Ended:
    """Download the channels, run the container, upload what it made. `observe`: hears of its metrics."""
    request = context.info.request
    image = context.require_image(structure(request, "AlgorithmSpecification").text("TrainingImage"))
    write_input_config(request, context.ml)
    synchronized, mounts = _synchronized(context)
    if request.structures("InputDataConfig"):
        context.begin(Stage.DOWNLOADING)
        _download_channels(context)
    if not context.is_wanted():
        return Ended()
    context.begin(Stage.TRAINING)
    algorithm = structure(request, "AlgorithmSpecification")
    entrypoint = tuple(algorithm.texts("ContainerEntrypoint"))
    environment, left_out = fitting(training_environment(context.info, context.environment))
    if left_out:
        context.log.write_text(
            f"sagestep local cloud: {', '.join(left_out)} cannot be set, because a variable may have at most "
            "128 KiB and no zero byte. Everything is in /opt/ml/input/config/hyperparameters.json.\n",
            "utf-8",
        )
    container = context.start(
        image,
        Run(
            command=(*(entrypoint or ("train",)), *algorithm.texts("ContainerArguments")),
            replaces_entrypoint=bool(entrypoint),
            environment=environment,
            ml_root=context.ml,
            log=context.log,
            mounts=mounts,
            host_name=HOST,
            is_isolated=context.is_isolated,
        ),
    )
    metrics = Metrics(read_definitions(algorithm.structures("MetricDefinitions")), observe)
    stream = LogStream(context.ports.logs, context.info, HOST, context.clock())
    log = LogFollower(context.log, context.clock, (metrics.read, stream.write))
    code = context.watch(container, log, synchronized.follow)
    context.job.details["FinalMetricDataList"] = metrics.final()
    context.begin(Stage.UPLOADING)
    synchronized.complete()
    _upload(context)
    if code != 0:
        raise JobError(failure_reason(context.ml / "output" / "failure", code))
    return Ended()


def _synchronized(context: JobContext) -> tuple[Synchronization, dict[str, Path]]:
    """Give the folders that S3 follows, as S3 has them, and those of them that lie outside of /opt/ml."""
    request, objects = context.info.request, context.ports.objects
    folders: list[SynchronizedFolder] = []
    mounts: dict[str, Path] = {}
    if (checkpoints := request.optional_structure("CheckpointConfig")) is not None:
        local = checkpoints.optional_text("LocalPath") or f"{ML}/checkpoints"
        folder = context.folder_of(local, mounts)
        target = S3Uri.parse(checkpoints.text("S3Uri"))
        if context.info.tuning_job_arn is not None:  # trials must not find each other's checkpoints
            target = target.below(context.info.name)
        folders.append(SynchronizedFolder(folder, target, objects, deletes=True))
        folders[0].restore(context.is_wanted)
    if (board := request.optional_structure("TensorBoardOutputConfig")) is not None:
        local = board.optional_text("LocalPath") or f"{ML}/output/tensorboard"
        folder = context.folder_of(local, mounts)
        target = S3Uri.parse(board.text("S3OutputPath")).below(f"{context.info.name}/tensorboard-output")
        folders.append(SynchronizedFolder(folder, target, objects))
    return Synchronization(folders, context.clock), mounts


def _download_channels(context: JobContext) -> None:
    request, objects = context.info.request, context.ports.objects
    for channel in request.structures("InputDataConfig"):
        folder = context.ml / "input" / "data" / channel.text("ChannelName")
        try:
            found = list_or_explain(
                channel_source(channel), objects, context.info.caller.region, request.text("RoleArn")
            )
            download(found, folder, objects, context.is_wanted)
        except DataError as error:
            raise DataError(f"Data download failed:{error}") from error


def _upload(context: JobContext) -> None:
    target = _output_uri(context.info)
    output = structure(context.info.request, "OutputDataConfig")
    objects = encrypted(context.ports.objects, output.optional_text("KmsKeyId"))
    if _is_compressed(context.info.request):
        upload_archive(
            context.ml / "model", target.below("model.tar.gz"), objects, context.folder / "model.tar.gz"
        )
    else:
        upload_folder(context.ml / "model", target.below("model"), objects)
    data, archive = context.ml / "output" / "data", context.folder / "output.tar.gz"
    upload_archive(data, target.below("output.tar.gz"), objects, archive)


def _output_uri(info: JobInfo) -> S3Uri:
    path = structure(info.request, "OutputDataConfig").text("S3OutputPath")
    return S3Uri.parse(path).below(f"{info.name}/output")


def _model_uri(info: JobInfo) -> str:
    return str(_output_uri(info).below("model.tar.gz" if _is_compressed(info.request) else "model/"))


def _is_compressed(request: Request) -> bool:
    return structure(request, "OutputDataConfig").optional_text("CompressionType") != "NONE"


def _limit(request: Request) -> timedelta:
    seconds = structure(request, "StoppingCondition").optional_number("MaxRuntimeInSeconds")
    return timedelta(seconds=seconds or _ONE_DAY)
