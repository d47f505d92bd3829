"""Steps that run jobs, as small as they can be, and a cloud whose containers are functions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unit.localcloud.sagemaker.cloud import Cloud, Document, Documents, function_arn, running_cloud
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import BUCKET, processing, training, transform


@contextmanager
def cloud_with(images: FakeImages, folder: Path) -> Iterator[Cloud]:
    """Run SageMaker with these images, one object to work on, and one function that gives back its event."""
    with running_cloud(images=images, folder=folder) as cloud:
        cloud.host.objects[BUCKET, "data/a.csv"] = b"1,2\n"
        cloud.host.functions[function_arn("function")] = lambda event: event
        yield cloud


def training_step(name: str = "train", arguments: Document | None = None, **more: object) -> Document:
    return _step("Training", name, training(), arguments, more)


def processing_step(name: str = "process", arguments: Document | None = None, **more: object) -> Document:
    return _step("Processing", name, processing(), arguments, more)


def transform_step(name: str = "transform", arguments: Document | None = None, **more: object) -> Document:
    return _step("Transform", name, transform(), arguments, more)


def property_file(name: str = "report", output: str = "result", path: str = "report.json") -> Document:
    return {"PropertyFileName": name, "OutputName": output, "FilePath": path}


def job_of(cloud: Cloud, arn: str, step: str, kind: str) -> Document:
    """Give the description of the job that a step has run."""
    metadata = cloud.steps(arn)[step]["Metadata"]
    assert isinstance(metadata, dict)
    name = str(metadata[f"{kind}Job"]["Arn"]).rpartition("/")[2]
    return cloud.call(f"Describe{kind}Job", **{f"{kind}JobName": name})


def jobs(cloud: Cloud, kind: str) -> Documents:
    return cloud.listed(f"List{kind}Jobs", f"{kind}JobSummaries")


def reason(cloud: Cloud, arn: str, step: str) -> str:
    return str(cloud.steps(arn)[step]["FailureReason"])


def _step(kind: str, name: str, request: Document, arguments: Document | None, more: Document) -> Document:
    """Make a step; arguments replace those of the request, and None takes one away."""
    merged = {key: value for key, value in request.items() if key != f"{kind}JobName"} | (arguments or {})
    given = {key: value for key, value in merged.items() if value is not None}
    return {"Name": name, "Type": kind, "Arguments": given} | more
