"""Writes docs/fidelity.md: ``python -m tests.unit.localcloud.sagemaker.fidelity.page``."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from botocore.loaders import Loader

from localcloud.sagemaker.api import SageMaker
from localcloud.sagemaker.hosting.runtime_api import _UNSUPPORTED, SageMakerRuntime
from localcloud.sagemaker.operations import records
from localcloud.sagemaker.operations.metrics import SageMakerMetrics
from localcloud.sagemaker.records import listing
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.validation import operation_model
from tests.unit.localcloud.sagemaker.fidelity import others
from tests.unit.localcloud.sagemaker.fidelity.probe import Finding, Prober, Way, names_read
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.pipelines.job_steps import cloud_with

PAGE = Path(__file__).resolve().parents[5] / "docs" / "fidelity.md"

_AREAS = {
    "Pipelines": (
        "pipelines", "wire", "operations/pipelines.py", "operations/executions.py", "operations/callbacks.py",
        "operations/tags.py",
        "operations/pipeline_versions.py", "operations/experiments.py", "operations/lineage.py",
    ),
    "Training, processing and transform jobs": (
        "jobs", "tuning", "files", "wire", "operations/jobs.py", "operations/listing.py",
        "operations/training_jobs.py", "operations/processing_jobs.py", "operations/transform_jobs.py",
        "operations/tuning_jobs.py", "operations/tuning_descriptions.py", "operations/search.py",
        "operations/suggestions.py",
    ),
    "Models and endpoints": (
        "hosting", "files", "wire", "registry/store.py", "operations/models.py", "operations/endpoints.py",
        "operations/endpoint_configs.py", "operations/endpoint_descriptions.py", "operations/listing.py",
        "operations/inference_components.py",
    ),
    "Model registry": (
        "registry", "wire", "operations/model_packages.py", "operations/model_package_groups.py",
    ),
}  # fmt: skip

_RESOURCES = (
    ("ResourceConfig", "InstanceType"), ("HyperParameterTuningResourceConfig", "InstanceType"),
    ("HyperParameterTuningResourceConfig", "InstanceConfigs", "InstanceType"),
)  # fmt: skip
_TOLD = frozenset(
    {
        *(
            ("CreateHyperParameterTuningJob", (member, *way))
            for member in ("TrainingJobDefinition", "TrainingJobDefinitions")
            for way in _RESOURCES
        ),
        *(
            ("CreateHyperParameterTuningJob", (member, name))
            for member in ("TrainingJobDefinition", "TrainingJobDefinitions")
            for name in ("EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
        ),
        ("CreateEndpointConfig", ("KmsKeyId",)),
        ("CreateEndpointConfig", ("ProductionVariants", "ServerlessConfig", "MemorySizeInMB")),
        ("CreateModel", ("VpcConfig",)),
        ("CreateProcessingJob", ("NetworkConfig", "EnableInterContainerTrafficEncryption")),
        ("CreateTrainingJob", ("EnableInterContainerTrafficEncryption",)),
        ("CreateTrainingJob", ("EnableManagedSpotTraining",)),
        ("CreateProcessingJob", ("ProcessingResources", "ClusterConfig", "InstanceType")),
        ("CreateTrainingJob", ("ResourceConfig", "InstanceType")),
        ("CreateTransformJob", ("TransformResources", "InstanceType")),
        ("UpdateModelPackage", ("ClientToken",)),
    }
)
"""What the code reads only to tell it to the job, or reads in another operation."""

_PACKAGES = frozenset({"CreateModelPackage", "UpdateModelPackage"})
_OF_PACKAGES = frozenset(
    ("InferenceSpecification", "Containers", name) for name in ("Image", "ModelDataUrl", "Environment")
)
"""Of what lies within a field of a model package: what CreateModel takes from it."""

_INTRODUCTION = """\
# SageMaker's operations, field by field

What the local cloud does with each operation of the SageMaker API and with each field of its requests. There
are three answers:

- **done**: the field has the effect that it has on AWS.
- **told only**: the field is accepted, checked against the service model and given back by the Describe
  operation. It has no effect, because there is nothing here that it could have an effect on, such as an
  instance type.
- **refused**: a request with the field is a `ValidationException` that names it. An operation that is not
  listed is HTTP 501.

Fields of a field that is refused are not listed. `A.*` stands for A and all of its fields. What definitions
of pipelines, state machines and other services support is in [local-cloud.md](local-cloud.md).

This page is written by `python -m tests.unit.localcloud.sagemaker.fidelity.page`. It asks the code about
each field of botocore's model, and a test compares the page with the answers.
"""


def area_of(operation: str) -> str:
    """Give the part of the page that an operation stands in."""
    if "Job" in operation or "Search" in operation:
        return "Training, processing and transform jobs"
    if "ModelPackage" in operation:
        return "Model registry"
    of_hosting = any(noun in operation for noun in ("Endpoint", "Model", "InferenceComponent"))
    return "Models and endpoints" if of_hosting else "Pipelines"


def page() -> str:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder, cloud_with(FakeImages(), Path(folder)) as cloud:
        prober = Prober(cloud)
        executed = sorted(SageMaker.OPERATIONS - records.OPERATIONS.keys())
        found = {operation: prober.findings(operation) for operation in executed}
    parts = [_INTRODUCTION, *_overview(sorted(found))]
    for area in _AREAS:
        parts += [f"## {area}\n"]
        parts += [_section(name, findings) for name, findings in found.items() if area_of(name) == area]
        if area == "Models and endpoints":
            parts += [_runtime(name) for name in sorted(SageMakerRuntime.OPERATIONS)]
        if area == "Pipelines":
            parts += [_metrics(name) for name in sorted(SageMakerMetrics.OPERATIONS)]
    parts += _records()
    return "\n".join(parts)


def _overview(operations: Sequence[str]) -> Iterator[str]:
    model = Loader().load_service_model("sagemaker", "service-2")
    yield "## Operations\n"
    told_only = len(records.TOLD_ONLY)
    yield (
        f"Of {len(model['operations'])} operations in botocore's model the local cloud has "
        f"{len(SageMaker.OPERATIONS)}. {len(SageMaker.OPERATIONS) - told_only} of them do what they do on "
        f"AWS, and what they start is executed. {told_only} are told only: they keep records of resources "
        "that nothing runs here ([Records](#records)). A test asks for each of the model's operations over "
        f"HTTP and counts both kinds. moto has {others.MOTO_COUNT}, and keeps records: "
        "a pipeline execution is Succeeded as soon as it is created, and no job runs. LocalStack has "
        f"{others.LOCALSTACK_COUNT} of the {others.LOCALSTACK_TRACKED} that it tracks.\n"
    )
    yield f"Sources: {others.MOTO}; {others.LOCALSTACK}.\n"
    yield "| operation | here | moto | LocalStack |\n|---|---|---|---|"
    for name in operations:
        marks = others.mark(name, others.MOTO_LACKS), others.mark(name, others.LOCALSTACK_LACKS)
        yield f"| {name} | yes | {marks[0]} | {marks[1]} |"
    for name in sorted(SageMakerRuntime.OPERATIONS):
        moto, localstack = others.RUNTIME[name]
        yield f"| {name} (SageMaker Runtime) | yes | {moto} | {localstack} |"
    yield ""
    yield f"Others have records of these, the local cloud answers 501: {', '.join(others.ONLY_OTHERS)}.\n"


def _records() -> Iterator[str]:
    yield "## Records\n"
    yield (
        "The local cloud keeps these resources, and nothing runs. They are created at once, in the status "
        "that they have on AWS once they are created. They are described, listed, changed, tagged and "
        "deleted, with AWS's checks and errors. "
        "Start and Stop change the status. The log of the local cloud names each resource that is told only. "
        "Every field is checked against the service model and given back by the Describe operation, or "
        "refused. `done` says that SageMaker itself does no more than keep the record.\n"
    )
    yield "| type | answer | operations | refused fields |\n|---|---|---|---|"
    for noun, family in sorted(FAMILIES.items()):
        refused = [
            *family.never_given_back(), *listing.unsupported(family), *records.unsupported(family, "Describe")
        ]  # fmt: skip
        answer = "told only" if family.is_told_only else "done"
        yield f"| {noun} | {answer} | {', '.join(family.operations)} | {', '.join(refused) or 'none'} |"
    yield f"\nBeside them: {', '.join(sorted(records.OPERATIONS.keys() - _of_families()))}.\n"


def _of_families() -> set[str]:
    return {name for family in FAMILIES.values() for name in family.operations.values()}


def status_of_fields(operation: str, findings: Sequence[Finding]) -> dict[Way, str]:
    """Give what becomes of each field: ``done``, ``told only`` or ``refused``."""
    read = names_read(*_AREAS[area_of(operation)])
    status: dict[Way, str] = {}
    for item in findings:
        is_within_told = any(status.get(item.way[:length]) == "told only" for length in range(len(item.way)))
        status[item.way] = "told only" if is_within_told and item.accepted else _status(operation, item, read)
    return status


def _section(operation: str, findings: Sequence[Finding]) -> str:
    status = status_of_fields(operation, findings)
    lines = [f"### {operation}\n"]
    for kind in ("done", "told only", "refused"):
        names = [".".join(way) for way in _collapsed(status, kind)]
        if names:
            lines.append(f"- **{kind}**: {', '.join(names)}")
    lines += [
        f"- **refused values** of {'.'.join(item.way)}: {', '.join(map(str, item.refused))}"
        for item in findings
        if item.accepted and item.refused and isinstance(item.refused[0], str)
    ]
    if not findings:
        lines.append("It has no fields.")
    return "\n".join(lines) + "\n"


def _status(operation: str, item: Finding, read: frozenset[str]) -> str:
    if not item.accepted:
        return "refused"
    if operation in _PACKAGES and len(item.way) > 1 and item.way[0] != "Tags":
        is_part = any(done[: len(item.way)] == item.way for done in _OF_PACKAGES)
        return "done" if is_part else "told only"
    return "done" if item.way[-1] in read and (operation, item.way) not in _TOLD else "told only"


def _collapsed(status: dict[Way, str], kind: str) -> Iterator[Way]:
    """Give the fields of one kind; where all that is in a field is of that kind, the field alone."""
    inside: list[Way] = []
    for way, own in status.items():
        if own != kind or any(way[: len(whole)] == whole for whole in inside):
            continue
        parts = [other for other in status if other[: len(way)] == way and other != way]
        if parts and all(status[part] == kind for part in parts):
            inside.append(way)
            yield (*way, "*")
        elif not parts or not any(status[part] == kind for part in parts):
            yield way
        # else its parts of this kind are listed by themselves


def _runtime(operation: str) -> str:
    shape = operation_model("sagemaker-runtime", operation).input_shape
    names = [] if shape is None else list(shape.members)
    unsupported = {*_UNSUPPORTED, "TargetModel"}
    done = [name for name in names if name not in unsupported]
    lines = [("done", done), ("refused", [name for name in names if name in unsupported])]
    listed = "\n".join(f"- **{kind}**: {', '.join(members)}" for kind, members in lines if members)
    return f"### {operation}\n\n{listed}\n"


def _metrics(operation: str) -> str:
    """Describe an operation of SageMaker Metrics; `test_metrics` of the operations shows it."""
    shape = operation_model("sagemaker-metrics", operation).input_shape
    assert shape is not None
    members = shape.members.items()
    done = [f"{name}.*" if item.type_name == "list" else name for name, item in members]
    lines = f"- **done**: {', '.join(done)}\n"
    if operation == "BatchGetMetrics":
        lines += "- **refused values** of MetricQueries.XAxisType: Timestamp\n"
        lines += "- **refused values** of MetricQueries.Period: OneMinute, FiveMinute, OneHour\n"
    return f"### {operation} (SageMaker Metrics)\n\n{lines}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
