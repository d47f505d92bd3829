"""The event that SageMaker sends to EventBridge when an endpoint changes its status.

Detail type, keys and the spelling of the status (``IN_SERVICE``) are those of the developer guide ("Events
that Amazon SageMaker AI sends to Amazon EventBridge", "SageMaker endpoint state change"), where times are
milliseconds.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from localcloud.sagemaker.hosting.state import EndpointState, EndpointStatus

SOURCE = "aws.sagemaker"
ENDPOINT_CHANGE = "SageMaker Endpoint State Change"


def endpoint_detail(
    arn: str, created: datetime, tags: Mapping[str, str], state: EndpointState, status: EndpointStatus
) -> dict[str, object]:
    """Describe an endpoint as the event does.

    `status`: the status that was entered; a state may have passed through several.
    """
    fleet = state.live or state.pending
    variants = [
        {"DesiredWeight": variant.weight, "DesiredInstanceCount": variant.instance_count}
        for variant in (fleet.variants if fleet else ())
    ]
    detail: dict[str, object] = {
        "EndpointName": arn.rpartition("/")[2],
        "EndpointArn": arn,
        "EndpointConfigName": state.config_name,
        "ProductionVariants": variants,
        "EndpointStatus": re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper(),
        "CreationTime": _millis(created),
        "LastModifiedTime": _millis(state.last_modified),
        "Tags": dict(tags),
    }
    if status is EndpointStatus.FAILED and state.failure_reason is not None:
        detail["FailureReason"] = state.failure_reason
    return detail


def _millis(time: datetime) -> int:
    return int(time.timestamp() * 1000)
