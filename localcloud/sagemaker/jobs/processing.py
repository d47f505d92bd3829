"""The work of a processing job.

Facts of the container are those of the developer guide, "Build Your Own Processing Container": entry point,
configuration files, the exit code that decides, ``/opt/ml/output/message`` as ExitMessage.
"""

import json
from pathlib import Path

from localcloud.containers.container import ML, Run
from localcloud.sagemaker.jobs.job import failure_reason, read_start
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.logs import LogFollower, LogStream
from localcloud.sagemaker.jobs.processing_request import outputs
from localcloud.sagemaker.jobs.s3 import DataError, DataSource, list_or_explain
from localcloud.sagemaker.jobs.site import Site
from localcloud.sagemaker.jobs.training_container import HOST, resource_config
from localcloud.sagemaker.jobs.transfer import download, upload_folder
from localcloud.sagemaker.wire.requests import mapping, structure
from localcloud.sagemaker.wire.s3_uri import S3Uri

_ONE_DAY = 24 * 3600  # seconds
_LONGEST_MESSAGE = 1024  # bytes (developer guide, "Save and Access Metadata Information")


def work(site: Site) -> Ended:
    """Download the inputs, run the container, upload its outputs, whatever its exit code."""
    request = site.info.request
    app = structure(request, "AppSpecification")
    image = site.require_image(app.text("ImageUri"))
    _write_config(site)
    site.begin(Stage.DOWNLOADING)
    _download_inputs(site)
    if not site.is_wanted():
        return Ended()
    site.begin(Stage.TRAINING)
    entrypoint = tuple(app.texts("ContainerEntrypoint"))
    container = site.start(
        image,
        Run(
            command=(*entrypoint, *app.texts("ContainerArguments")),
            replaces_entrypoint=bool(entrypoint),
            environment={
                **site.variables,
                **mapping(request, "Environment"),
            },
            ml_root=site.ml,
            log=site.log,
            host_name=HOST,
        ),
    )
    stream = LogStream(site.ports.logs, site.info, HOST, site.clock())
    code = site.watch(container, LogFollower(site.log, site.clock, (stream.write,)))
    site.begin(Stage.UPLOADING)
    for output in outputs(request):
        target = structure(output, "S3Output")
        folder = _local(site, target.text("LocalPath"))
        upload_folder(folder, S3Uri.parse(target.text("S3Uri")), site.ports.objects)
    message = site.ml / "output" / "message"
    exit_message = _exit_message(message)
    return Ended(None if code == 0 else failure_reason(message, code), exit_message)


def _write_config(site: Site) -> None:
    request, config = site.info.request, site.ml / "config"
    for folder in (config, site.ml / "output", site.ml / "processing"):
        folder.mkdir(parents=True)
    for output in outputs(request):
        _local(site, structure(output, "S3Output").text("LocalPath")).mkdir(parents=True, exist_ok=True)
    cluster = structure(structure(request, "ProcessingResources"), "ClusterConfig")
    described = {
        "ProcessingJobArn": site.info.arn,
        **{name: value for name, value in request.members.items() if name != "Tags"},
    }
    files = {
        "processingjobconfig": described,
        "resourceconfig": resource_config(cluster.optional_text("InstanceType") or ""),
    }
    for name, content in files.items():
        (config / f"{name}.json").write_text(json.dumps(content), "utf-8")


def _download_inputs(site: Site) -> None:
    request, objects = site.info.request, site.ports.objects
    for item in request.structures("ProcessingInputs"):
        source = structure(item, "S3Input")
        data = DataSource(S3Uri.parse(source.text("S3Uri")), source.text("S3DataType"))
        try:
            found = list_or_explain(data, objects, site.info.caller.region, request.text("RoleArn"))
        except DataError as error:
            raise DataError(f"Failed to download data. {error}") from error
        download(found, _local(site, source.text("LocalPath")), objects, site.is_wanted)


def _local(site: Site, path: str) -> Path:
    """Give the directory here that a path of the container is."""
    return site.ml / path.removeprefix(f"{ML}/")


def _exit_message(file: Path) -> str | None:
    """Read the first kilobyte of what the container left as its message; `DataError` for what is no text."""
    if not file.is_file():
        return None
    try:
        return read_start(file, _LONGEST_MESSAGE)
    except UnicodeDecodeError as error:
        raise DataError("The data in /opt/ml/output/message is not UTF-8 encoded.") from error
