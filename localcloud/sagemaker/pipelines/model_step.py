"""The Model step: creates a model."""

from localcloud.sagemaker.pipelines.creating_step import CreatingStep
from localcloud.sagemaker.pipelines.request_step import RequestType, parse_request_step
from localcloud.sagemaker.pipelines.steps import Header

_MODEL = RequestType("Model", metadata="Model", name="ModelName", arn="ModelArn", role="ExecutionRoleArn")


def parse_model_step(header: Header, members: dict[str, object]) -> CreatingStep:
    """Read a Model step of a definition, as `parse_request_step` does."""
    step = parse_request_step(_MODEL, header, members, "RetryPolicies")
    return CreatingStep(step.header, step.type, step.arguments)
