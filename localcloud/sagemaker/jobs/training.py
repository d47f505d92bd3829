"""The work of a training job.

Facts of the container are those of the developer guide, "How Amazon SageMaker Runs Your Training Image",
"… Processes Training Output", "… Signals Algorithm Success and Failure".
"""

from datetime import timedelta

from localcloud.containers.container import Run
from localcloud.sagemaker.jobs.job import JobInfo, failure_reason
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.metrics import Metrics, read_definitions
from localcloud.sagemaker.jobs.s3 import DataError, list_or_explain
from localcloud.sagemaker.jobs.site import JobError, Site
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


def work(site: Site) -> Ended:
    """Download the channels, run the container, upload what it made."""
    request = site.info.request
    image = site.require_image(structure(request, "AlgorithmSpecification").text("TrainingImage"))
    write_input_config(request, site.ml)
    if request.structures("InputDataConfig"):
        site.begin(Stage.DOWNLOADING)
        _download_channels(site)
    if not site.is_wanted():
        return Ended()
    site.begin(Stage.TRAINING)
    algorithm = structure(request, "AlgorithmSpecification")
    entrypoint = tuple(algorithm.texts("ContainerEntrypoint"))
    environment, left_out = fitting(training_environment(site.info, site.variables))
    if left_out:
        site.log.write_text(
            f"sagestep local cloud: {', '.join(left_out)} cannot be set, because a variable may have at most "
            "128 KiB and no zero byte. Everything is in /opt/ml/input/config/hyperparameters.json.\n",
            "utf-8",
        )
    container = site.start(
        image,
        Run(
            command=(*(entrypoint or ("train",)), *algorithm.texts("ContainerArguments")),
            replaces_entrypoint=bool(entrypoint),
            environment=environment,
            ml_root=site.ml,
            log=site.log,
            host_name=HOST,
        ),
    )
    metrics = Metrics(read_definitions(algorithm.structures("MetricDefinitions")))
    stream = LogStream(site.ports.logs, site.info, HOST, site.clock())
    code = site.watch(container, LogFollower(site.log, site.clock, (metrics.read, stream.write)))
    site.job.details["FinalMetricDataList"] = metrics.final()
    site.begin(Stage.UPLOADING)
    _upload(site)
    if code != 0:
        raise JobError(failure_reason(site.ml / "output" / "failure", code))
    return Ended()


def _download_channels(site: Site) -> None:
    request, objects = site.info.request, site.ports.objects
    for channel in request.structures("InputDataConfig"):
        folder = site.ml / "input" / "data" / channel.text("ChannelName")
        try:
            found = list_or_explain(
                channel_source(channel), objects, site.info.caller.region, request.text("RoleArn")
            )
            download(found, folder, objects, site.is_wanted)
        except DataError as error:
            raise DataError(f"Data download failed:{error}") from error


def _upload(site: Site) -> None:
    objects, target = site.ports.objects, _output_uri(site.info)
    if _is_compressed(site.info.request):
        upload_archive(site.ml / "model", target.below("model.tar.gz"), objects, site.folder / "model.tar.gz")
    else:
        upload_folder(site.ml / "model", target.below("model"), objects)
    data, archive = site.ml / "output" / "data", site.folder / "output.tar.gz"
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
