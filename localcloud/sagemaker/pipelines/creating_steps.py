"""The Model and EndpointConfig steps: each creates its resource, named as the definition says."""

from localcloud.sagemaker.pipelines.request_step import CreatingStep, RequestType, parse_request_step
from localcloud.sagemaker.pipelines.steps import Header

_ENDPOINT_CONFIG = RequestType(
    "EndpointConfig",
    metadata="EndpointConfig",
    name="EndpointConfigName",
    arn="EndpointConfigArn",
    prefixed=False,
)


def parse_endpoint_config_step(header: Header, members: dict[str, object]) -> CreatingStep:
    """Read an EndpointConfig step of a definition, as `parse_request_step` does."""
    step = parse_request_step(_ENDPOINT_CONFIG, header, members)
    return CreatingStep(step.header, step.type, step.arguments)


_MODEL = RequestType("Model", metadata="Model", name="ModelName", arn="ModelArn", role="ExecutionRoleArn")


def parse_model_step(header: Header, members: dict[str, object]) -> CreatingStep:
    """Read a Model step of a definition, as `parse_request_step` does."""
    step = parse_request_step(_MODEL, header, members, "RetryPolicies")
    return CreatingStep(step.header, step.type, step.arguments)
