"""The work of a training job.

Facts of the container are those of the developer guide, "How Amazon SageMaker Runs Your Training Image",
"… Processes Training Output", "… Signals Algorithm Success and Failure".
"""

from datetime import timedelta

from localcloud.containers.container import Run
from localcloud.sagemaker.jobs.context import JobContext, JobError
from localcloud.sagemaker.jobs.job import JobInfo, failure_reason
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.metrics import Metrics, Observe, read_definitions
from localcloud.sagemaker.jobs.s3 import DataError, list_or_explain
from localcloud.sagemaker.jobs.training_container import (
    HOST,
    fitting,
    training_environment,
    write_input_config,
)
from localcloud.sagemaker.jobs.training_request import channel_source
from localcloud.sagemaker.jobs.transfer import download, upload_archive, upload_folder
from localcloud.sagemaker.wire.requests import Request, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

_ONE_DAY = 24 * 3600


def work(context: JobContext, observe: Observe = lambda name, value: None) -> Ended:
    """Download the channels, run the container, upload what it made. `observe`: hears of its metrics."""
    request = context.info.request
    image = context.require_image(structure(request, "AlgorithmSpecification").text("TrainingImage"))
    write_input_config(request, context.ml)
    if request.structures("InputDataConfig"):
        context.begin(Stage.DOWNLOADING)
        _download_channels(context)
    if not context.is_wanted():
        return Ended()
    context.begin(Stage.TRAINING)
    algorithm = structure(request, "AlgorithmSpecification")
    entrypoint = tuple(algorithm.texts("ContainerEntrypoint"))
    environment, left_out = fitting(training_environment(context.info, context.variables))
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
            host_name=HOST,
        ),
    )
    metrics = Metrics(read_definitions(algorithm.structures("MetricDefinitions")), observe)
    stream = LogStream(context.ports.logs, context.info, HOST, context.clock())
    code = context.watch(container, LogFollower(context.log, context.clock, (metrics.read, stream.write)))
    context.job.details["FinalMetricDataList"] = metrics.final()
    context.begin(Stage.UPLOADING)
    _upload(context)
    if code != 0:
        raise JobError(failure_reason(context.ml / "output" / "failure", code))
    return Ended()


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
    objects, target = context.ports.objects, _output_uri(context.info)
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
