"""The work of a processing job.

Facts of the container are those of the developer guide, "Build Your Own Processing Container": entry point,
configuration files, the exit code that decides, ``/opt/ml/output/message`` as ExitMessage.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from localcloud.containers.container import ML, Run
from localcloud.ports import Objects
from localcloud.sagemaker.jobs.context import JobContext
from localcloud.sagemaker.jobs.hosts import Host, Hosts, read_hosts, resource_config, share
from localcloud.sagemaker.jobs.job import first_failure, read_start
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.processing_request import outputs
from localcloud.sagemaker.jobs.s3 import DataError, DataSource, list_or_explain
from localcloud.sagemaker.jobs.synchronization import Synchronization, SynchronizedFolder
from localcloud.sagemaker.jobs.transfer import download_shares, encrypted, upload_folder
from localcloud.sagemaker.wire.requests import mapping, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

_ONE_DAY = 24 * 3600  # seconds
_LONGEST_MESSAGE = 1024  # bytes (developer guide, "Save and Access Metadata Information")


def work(context: JobContext) -> Ended:
    """Download the inputs, run the containers, upload their outputs, whatever their exit codes."""
    request = context.info.request
    app = structure(request, "AppSpecification")
    image = context.require_image(app.text("ImageUri"))
    hosts = read_hosts(structure(structure(request, "ProcessingResources"), "ClusterConfig"))
    places = context.places(hosts)
    for host, place in places.items():
        _write_config(place, host, hosts)
    context.begin(Stage.DOWNLOADING)
    _download_inputs(context, places)
    if not context.is_wanted():
        return Ended()
    context.begin(Stage.TRAINING)
    entrypoint = tuple(app.texts("ContainerEntrypoint"))
    runs = {
        host.name: Run(
            command=(*entrypoint, *app.texts("ContainerArguments")),
            replaces_entrypoint=bool(entrypoint),
            environment={**context.environment, **mapping(request, "Environment")},
            ml_root=place.ml,
            log=place.log,
            host_name=host.name,
            is_isolated=context.is_isolated,
        )
        for host, place in places.items()
    }
    objects, targets = _results(context, places)
    continuous = Synchronization(
        [SynchronizedFolder(*target, objects) for target, mode in targets if mode == "Continuous"],
        context.clock,
    )
    codes = context.run(image, runs, context.logs(places), continuous.follow)
    context.begin(Stage.UPLOADING)
    continuous.complete()
    for target, mode in targets:
        if mode != "Continuous":
            upload_folder(*target, objects)
    return _end(places, codes)


def _end(places: Mapping[Host, JobContext], codes: Mapping[str, int]) -> Ended:
    """Say how the job has ended: as the first host that has failed, or else with the first host's message."""
    files = {host.name: place.ml / "output" / "message" for host, place in places.items()}
    failed = [files[name] for name, code in codes.items() if code != 0]
    texts = (_exit_message(file) for file in failed[:1] or files.values())
    return Ended(first_failure(codes, files), next((text for text in texts if text is not None), None))


def _write_config(context: JobContext, own: Host, hosts: Hosts) -> None:
    request, config = context.info.request, context.ml / "config"
    for folder in (config, context.ml / "output", context.ml / "processing"):
        folder.mkdir(parents=True)
    for output in outputs(request):
        _local(context, structure(output, "S3Output").text("LocalPath")).mkdir(parents=True, exist_ok=True)
    described = {
        "ProcessingJobArn": context.info.arn,
        **{name: value for name, value in request.members.items() if name != "Tags"},
    }
    files = {"processingjobconfig": described, "resourceconfig": resource_config(own, hosts)}
    for name, content in files.items():
        (config / f"{name}.json").write_text(json.dumps(content), "utf-8")


def _results(
    context: JobContext, places: Mapping[Host, JobContext]
) -> tuple[Objects, list[tuple[tuple[Path, S3Uri], str]]]:
    """Give S3 as results are written to it, and each output's folder, place in S3 and upload mode.

    All hosts write to the same prefix; of objects with one name the last host's is kept.
    """
    config = context.info.request.optional_structure("ProcessingOutputConfig")
    objects = encrypted(context.ports.objects, None if config is None else config.optional_text("KmsKeyId"))
    targets = []
    for output in outputs(context.info.request):
        target = structure(output, "S3Output")
        for place in places.values():
            folder = _local(place, target.text("LocalPath"))
            targets.append(((folder, S3Uri.parse(target.text("S3Uri"))), target.text("S3UploadMode")))
    return objects, targets


def _download_inputs(context: JobContext, places: Mapping[Host, JobContext]) -> None:
    request, objects = context.info.request, context.ports.objects
    for item in request.structures("ProcessingInputs"):
        source = structure(item, "S3Input")
        data = DataSource(S3Uri.parse(source.text("S3Uri")), source.text("S3DataType"))
        try:
            found = list_or_explain(data, objects, context.info.caller.region, request.text("RoleArn"))
            how, local = source.optional_text("S3DataDistributionType"), source.text("LocalPath")
            shares = [
                (share(found, host, list(places), how), _local(place, local))
                for host, place in places.items()
            ]
            download_shares(shares, objects, context.is_wanted)
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
