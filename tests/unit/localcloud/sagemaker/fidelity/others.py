"""Which operations of SageMaker others say to have, as they publish it."""

from collections.abc import Iterable

MOTO = "moto-ext 5.1.22 (before 2026-02-10), the methods of `moto/sagemaker/responses.py`"
MOTO_COUNT = 113
LOCALSTACK = "LocalStack's API coverage catalogue of 2026-09-24 (Ultimate plan)"
LOCALSTACK_COUNT, LOCALSTACK_TRACKED = 119, 404

MOTO_LACKS = frozenset(
    {
        "BatchDescribeModelPackage",
        "DeleteModelPackage", "DeleteModelPackageGroup", "ListPipelineExecutionSteps",
        "ListTrainingJobsForHyperParameterTuningJob", "StopHyperParameterTuningJob",
        "RetryPipelineExecution",
        "SendPipelineExecutionStepFailure", "SendPipelineExecutionStepSuccess", "StopPipelineExecution",
        "StopProcessingJob", "StopTrainingJob", "StopTransformJob", "UpdateEndpoint",
        "AddAssociation", "DeleteAssociation", "ListAssociations", "QueryLineage", "GetSearchSuggestions",
        "PutModelPackageGroupPolicy", "GetModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy",
        "CreateInferenceComponent", "DescribeInferenceComponent", "ListInferenceComponents",
        "UpdateInferenceComponent", "UpdateInferenceComponentRuntimeConfig", "DeleteInferenceComponent",
        "DeleteTrainingJob", "DeleteProcessingJob", "UpdateTrainingJob",
        "ListPipelineVersions", "UpdatePipelineExecution", "UpdatePipelineVersion",
    }
)  # fmt: skip
"""Of the operations that the local cloud has."""

LOCALSTACK_LACKS = MOTO_LACKS
"""The same ones: ``src/data/coverage/sagemaker.json`` in localstack/localstack-docs."""

RUNTIME = {
    "InvokeEndpoint": ("yes", "yes"),
    "InvokeEndpointAsync": ("yes", "not known"),
    "InvokeEndpointWithResponseStream": ("no", "not known"),
}
"""SageMaker Runtime: the methods of `moto/sagemakerruntime/responses.py`; LocalStack."""

ONLY_OTHERS = ("AutoML", "CompilationJob")
"""What moto or LocalStack keep records of, and the local cloud answers 501 to."""


def mark(operation: str, lacks: Iterable[str]) -> str:
    """Say whether others have an operation of ours."""
    return "no" if operation in lacks else "yes"
