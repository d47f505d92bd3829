"""The work of a training job.

Facts of the container are those of the developer guide, "How Amazon SageMaker Runs Your Training Image",
"… Processes Training Output", "… Signals Algorithm Success and Failure".
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from localcloud.containers.container import ML, Run
from localcloud.sagemaker.jobs.context import JobContext
from localcloud.sagemaker.jobs.hosts import Host, Hosts, read_hosts, share
from localcloud.sagemaker.jobs.job import JobInfo, first_failure
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.measuring import observed
from localcloud.sagemaker.jobs.metrics import Metrics, Observe, read_definitions
from localcloud.sagemaker.jobs.s3 import DataError, list_or_explain
from localcloud.sagemaker.jobs.synchronization import Synchronization, SynchronizedFolder
from localcloud.sagemaker.jobs.training_container import (
    fitting,
    training_environment,
    write_input_config,
)
from localcloud.sagemaker.jobs.training_request import channel_source
from localcloud.sagemaker.jobs.transfer import download_shares, encrypted, upload_archive, upload_folder
from localcloud.sagemaker.wire.requests import Request, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

_ONE_DAY = 24 * 3600
_SHOWN = 5  # files


def work(context: JobContext, observe: Observe = lambda name, value: None) -> Ended:
    """Download the channels, run the containers, upload what they made. `observe`: hears of their metrics."""
    request = context.info.request
    algorithm = structure(request, "AlgorithmSpecification")
    image = context.require_image(algorithm.text("TrainingImage"))
    hosts = read_hosts(structure(request, "ResourceConfig"))
    places = context.places(hosts)
    folders: list[SynchronizedFolder] = []
    mounts: dict[str, dict[str, Path]] = {}
    for host, place in places.items():
        write_input_config(request, place.ml, host, hosts)
        mounts[host.name] = {}
        folders += _synchronized(place, mounts[host.name])
    if request.structures("InputDataConfig"):
        context.begin(Stage.DOWNLOADING)
        _download_channels(context, places)
    if not context.is_wanted():
        return Ended()
    context.begin(Stage.TRAINING)
    entrypoint = tuple(algorithm.texts("ContainerEntrypoint"))
    runs = {
        host.name: Run(
            command=(*(entrypoint or ("train",)), *algorithm.texts("ContainerArguments")),
            replaces_entrypoint=bool(entrypoint),
            environment=_environment(place, host, hosts),
            ml_root=place.ml,
            log=place.log,
            mounts=mounts[host.name],
            host_name=host.name,
            is_isolated=context.is_isolated,
        )
        for host, place in places.items()
    }
    tell = observed(context.ports.metrics, context.info)
    metrics = Metrics(read_definitions(algorithm.structures("MetricDefinitions")), observe, tell)
    synchronized = Synchronization(folders, context.clock)
    logs = context.logs(places, metrics.read)
    codes = context.run(image, runs, logs, synchronized.follow)
    context.job.details["FinalMetricDataList"] = metrics.final()
    context.begin(Stage.UPLOADING)
    synchronized.complete()
    if clashes := _upload(context, list(places.values())):
        more = ", …" if len(clashes) > _SHOWN else ""
        with places[hosts[0]].log.open("a", encoding="utf-8") as log:
            log.write(
                f"sagestep local cloud: more than one host has written {', '.join(clashes[:_SHOWN])}{more}; "
                "what the first of them has written is kept.\n"
            )
        logs[0].follow(to_the_end=True)
    reason = first_failure(
        codes, {host.name: place.ml / "output" / "failure" for host, place in places.items()}
    )
    return Ended(reason)


def _environment(context: JobContext, own: Host, hosts: Hosts) -> dict[str, str]:
    environment, left_out = fitting(training_environment(context.info, context.environment, own, hosts))
    if left_out:
        context.log.write_text(
            f"sagestep local cloud: {', '.join(left_out)} cannot be set, because a variable may have at most "
            "128 KiB and no zero byte. Everything is in /opt/ml/input/config/hyperparameters.json.\n",
            "utf-8",
        )
    return environment


def _synchronized(context: JobContext, mounts: dict[str, Path]) -> list[SynchronizedFolder]:
    """Give the folders of a host that S3 follows, as S3 has them.

    `mounts`: gets those that lie outside of /opt/ml.
    """
    request, objects = context.info.request, context.ports.objects
    folders: list[SynchronizedFolder] = []
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
    return folders


def _download_channels(context: JobContext, places: Mapping[Host, JobContext]) -> None:
    request, objects = context.info.request, context.ports.objects
    for channel in request.structures("InputDataConfig"):
        source = structure(structure(channel, "DataSource"), "S3DataSource")
        groups = source.texts("InstanceGroupNames")
        getting = {host: place for host, place in places.items() if not groups or host.group in groups}
        try:
            found = list_or_explain(
                channel_source(channel), objects, context.info.caller.region, request.text("RoleArn")
            )
            how, folder = source.optional_text("S3DataDistributionType"), channel.text("ChannelName")
            shares = [
                (share(found, host, list(getting), how), place.ml / "input" / "data" / folder)
                for host, place in getting.items()
            ]
            download_shares(shares, objects, context.is_wanted)
        except DataError as error:
            raise DataError(f"Data download failed:{error}") from error


def _upload(context: JobContext, places: list[JobContext]) -> list[str]:
    """Upload what all hosts have made; gives the names that more than one of them has used."""
    target = _output_uri(context.info)
    output = structure(context.info.request, "OutputDataConfig")
    objects = encrypted(context.ports.objects, output.optional_text("KmsKeyId"))
    clashes: list[str] = []
    models = [place.ml / "model" for place in places]
    if _is_compressed(context.info.request):
        archive = context.folder / "model.tar.gz"
        clashes += upload_archive(models, target.below("model.tar.gz"), objects, archive)
    else:
        for model in reversed(models):  # the first host's is kept, as in an archive
            upload_folder(model, target.below("model"), objects)
    data, archive = [place.ml / "output" / "data" for place in places], context.folder / "output.tar.gz"
    return clashes + upload_archive(data, target.below("output.tar.gz"), objects, archive)


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
