"""Which services a task can call by ``arn:aws:states:::service:action``, and what it can wait for.

Source: Step Functions developer guide, "Integrating optimized services with Step Functions".
"""

import re
from collections.abc import Mapping

_CALL, _SYNC, _TOKEN = frozenset({""}), frozenset({"", "sync"}), frozenset({"", "waitForTaskToken"})

INTEGRATIONS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "apigateway": {"invoke": _TOKEN},
    "batch": {"submitJob": _SYNC},
    "dynamodb": dict.fromkeys(("getItem", "putItem", "updateItem", "deleteItem"), _CALL),
    "ecs": {"runTask": _SYNC | _TOKEN},
    "events": {"putEvents": _TOKEN},
    "glue": {"startJobRun": _SYNC},
    "lambda": {"invoke": _TOKEN},
    "sns": {"publish": _TOKEN},
    "sqs": {"sendMessage": _TOKEN},
    "states": {"startExecution": _SYNC | _TOKEN | {"sync:2"}},
}
"""Those that AWS has and the local cloud can call; SageMaker's are elsewhere."""

_RESOURCE = re.compile(r"arn:[\w-]+:states:::([\w-]+):([\w:-]+?)(?:\.(sync(?::2)?|waitForTaskToken))?")


def parts(resource: str) -> tuple[str, str, str] | None:
    """Take a resource apart: service, action and pattern; None where it is no integration's."""
    match = _RESOURCE.fullmatch(resource)
    return match and (match[1], match[2], match[3] or "")


def is_optimized(service: str, action: str, pattern: str) -> bool:
    """Tell whether there is such an integration."""
    return pattern in INTEGRATIONS.get(service, {}).get(action, ())
