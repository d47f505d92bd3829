"""The EndpointConfig step: creates an endpoint configuration, with the name that the definition gives."""

from localcloud.sagemaker.pipelines.creating_step import CreatingStep
from localcloud.sagemaker.pipelines.request_step import RequestType, parse_request_step
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
