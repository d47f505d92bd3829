"""Targets of EventBridge rules: what cannot be delivered goes to the dead-letter queue.

Source: EventBridge user guide, "Using dead-letter queues to process undelivered events": the message is the
event, its attributes say which rule and target and why.
"""

import copy
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to
from localstack.services.events.target import TargetSender
from localstack.utils.aws import arns
from localstack.utils.patch import patch

LOG = logging.getLogger(__name__)

CODES = {
    "ResourceNotFoundException": "NO_RESOURCE",
    "AWS.SimpleQueueService.NonExistentQueue": "NO_RESOURCE",
    "NotFound": "NO_RESOURCE",
    "AccessDeniedException": "NO_PERMISSIONS",
    "AccessDenied": "NO_PERMISSIONS",
    "TooManyRequestsException": "THROTTLING",
    "ThrottlingException": "THROTTLING",
}

Event = dict[str, Any]


def apply() -> None:
    """Apply all patches of this module."""
    keep_what_cannot_be_delivered()


def keep_what_cannot_be_delivered() -> None:
    """Defect: `DeadLetterConfig` is stored and ignored: an event that cannot be delivered is lost, unsaid.

    AWS tries again for up to 24 hours where that may help; here the first failure counts.
    """

    @patch(TargetSender.process_event)
    def process_event(
        original: Callable[..., None], self: TargetSender, event: Event, trace_header: object
    ) -> None:
        whole = copy.deepcopy(event)
        try:
            original(self, event, trace_header)
        except Exception as error:
            whole.pop("event-bus-name", None)
            _bury(self, whole, error)
            raise


def _bury(sender: TargetSender, event: Event, error: Exception) -> None:
    """Put an event into the dead-letter queue of its target, if there is one."""
    rule, target = sender.rule_arn, sender.target
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        LOG.warning("an event of %s did not reach %s and is lost: %s", rule, target["Arn"], error)
        return
    told: Mapping[str, str] = {
        "RULE_ARN": rule,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": _code(error),
        "ERROR_MESSAGE": str(error)[:1024],
        "RETRY_ATTEMPTS": "0",
    }
    try:
        clients = connect_to(
            aws_access_key_id=sender.account_id, region_name=arns.extract_region_from_arn(queue)
        )
        sqs = clients.sqs.request_metadata(service_principal="events", source_arn=rule)
        sqs.send_message(
            QueueUrl=arns.sqs_queue_url_for_arn(queue),
            MessageBody=json.dumps(event),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value or "-"} for name, value in told.items()
            },
        )
    except Exception:  # the queue may be gone, too
        LOG.warning(
            "an event of %s is lost: it reached neither its target nor %s", rule, queue, exc_info=True
        )


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return CODES.get(error.response["Error"]["Code"], "ERROR_FROM_TARGET")
    return "INTERNAL_ERROR"
