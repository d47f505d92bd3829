"""What Search finds: the resources of each type, as search results have them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from botocore.model import Shape, StructureShape

from localcloud.sagemaker.jobs.job import Kind
from localcloud.sagemaker.operations import executions, model_packages, pipelines, training_jobs
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.records.document import project, view
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.sagemaker.wire.requests import Answer, Request
from localcloud.validation import service_model

Record = Mapping[str, object]

_RECORDS = {
    "Experiment": "Experiment",
    "ExperimentTrial": "Trial",
    "ExperimentTrialComponent": "TrialComponent",
    "FeatureGroup": "FeatureGroup",
    "Project": "Project",
}
"""Types of resources that are records, and the member of a result that has one."""


def sources() -> Mapping[str, tuple[str, Callable[[Call], list[Record]]]]:
    """Give, by the type of resource, the member of a result and what finds the resources of a caller."""
    found: dict[str, tuple[str, Callable[[Call], list[Record]]]] = {
        "TrainingJob": ("TrainingJob", _training_jobs),
        "Pipeline": ("Pipeline", _pipelines),
        "PipelineExecution": ("PipelineExecution", _executions),
        "ModelPackage": ("ModelPackage", _packages),
    }
    for resource, noun in _RECORDS.items():
        found[resource] = (noun, _of_family(noun))
    return found


def _training_jobs(call: Call) -> list[Record]:
    described = [training_jobs.describe(job, job.state) for job in call.store.jobs.all(Kind.TRAINING)]
    return _found(call, "TrainingJob", described)


def _pipelines(call: Call) -> list[Record]:
    names = list(call.store.pipelines)
    return _found(
        call, "Pipeline", [pipelines.describe_pipeline(_asking(call, PipelineName=name)) for name in names]
    )


def _executions(call: Call) -> list[Record]:
    described = []
    for arn, execution in call.store.executions.items():
        answer = executions.describe_pipeline_execution(_asking(call, PipelineExecutionArn=arn))
        given = [{"Name": name, "Value": value} for name, value in execution.info.given]
        described.append(answer | {"PipelineParameters": given})
    return _found(call, "PipelineExecution", described)


def _packages(call: Call) -> list[Record]:
    arns = list(call.store.registry.packages)
    described = [model_packages.describe_model_package(_asking(call, ModelPackageName=arn)) for arn in arns]
    return _found(call, "ModelPackage", described)


def _of_family(noun: str) -> Callable[[Call], list[Record]]:
    family = FAMILIES[noun]

    def find(call: Call) -> list[Record]:
        return _found(call, noun, [view(family, item) for item in call.store.records.of(family).values()])

    return find


def _asking(call: Call, **members: object) -> Call:
    return replace(call, request=Request(members))


def _found(call: Call, member: str, described: list[Answer]) -> list[Record]:
    """Give descriptions the members that search results have, with the tags."""
    shapes = _shapes(member)
    results: list[Record] = []
    for answer in described:
        result = project(shapes, answer)
        tags = call.store.tags.get(str(result.get(f"{member}Arn")), {})
        if "Tags" in shapes:
            result["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        results.append(result)
    return results


def _shapes(member: str) -> Mapping[str, Shape]:
    shape = service_model("sagemaker").shape_for(member)
    assert isinstance(shape, StructureShape)
    return shape.members
