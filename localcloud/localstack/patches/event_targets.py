"""Targets of EventBridge rules: pipelines too; what cannot be delivered goes to a queue or is refused.

Sources: EventBridge user guide, "Using dead-letter queues to process undelivered events" (the message is the
event, its attributes say which rule and target and why) and "Dynamic path parameters"; SageMaker developer
guide, "Schedule pipeline runs".
"""

import copy
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.events import RuleState
from localstack.aws.connect import connect_to
from localstack.services.events.models import Rule
from localstack.services.events.provider import EventsProvider
from localstack.services.events.target import TargetSender, TargetSenderFactory
from localstack.utils.aws import arns
from localstack.utils.json import extract_jsonpath
from localstack.utils.patch import patch

from localcloud.localstack.acting import RoleArn
from localcloud.ports import Role

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

SERVED = {
    "events": "an event bus",
    "lambda": "a function",
    "logs": "a log group",
    "sagemaker": "a SageMaker pipeline",
    "sns": "a topic",
    "sqs": "a queue",
    "states": "a state machine",
}
"""What the local cloud delivers events to, by the service in the ARN."""

Event = dict[str, Any]


class PipelineTarget(TargetSender):
    """Starts a pipeline with the parameters of its target; their values may be paths into the event."""

    def send_event(self, event: Event, trace_header: object) -> None:
        """Start an execution."""
        given = self.target.get("SageMakerPipelineParameters") or {}
        parameters = [
            {"Name": one["Name"], "Value": _value(one["Value"], event)}
            for one in given.get("PipelineParameterList") or ()
        ]
        self.client.start_pipeline_execution(PipelineName=self.target["Arn"], PipelineParameters=parameters)


def apply() -> None:
    """Apply all patches of this module."""
    start_pipelines()
    refuse_what_cannot_be_served()
    keep_what_cannot_be_delivered()
    let_rules_work_for_themselves()
    keep_disabled_rules_quiet()


def keep_disabled_rules_quiet() -> None:
    """Defect: a rule that DisableRule has disabled goes on sending events to its targets."""

    @patch(EventsProvider._process_rules)
    def process_rules(original: Callable[..., None], self: EventsProvider, rule: Rule, *rest: object) -> None:
        if rule.state != RuleState.DISABLED:
            original(self, rule, *rest)


def start_pipelines() -> None:
    """Defect: a rule whose target is a pipeline starts nothing, and logs nothing."""
    TargetSenderFactory.register_target_sender("sagemaker", PipelineTarget)


def refuse_what_cannot_be_served() -> None:
    """Defect: PutTargets takes any ARN, and events for it are lost."""

    @patch(EventsProvider.put_targets)
    def put_targets(
        original: Callable[..., Any],
        self: EventsProvider,
        context: RequestContext,
        rule: str,
        targets: list[dict[str, Any]],
        **rest: object,
    ) -> Any:
        for target in targets:
            _check(target)
        return original(self, context, rule, targets, **rest)


def _check(target: Mapping[str, Any]) -> None:
    arn = target["Arn"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        problem = f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
    elif parts[2] not in SERVED or (parts[2] == "sagemaker" and not parts[5].startswith("pipeline/")):
        problem = f"The local cloud cannot deliver events to {arn}, only to {', '.join(SERVED.values())}."
    elif parts[2] == "sagemaker" and not target.get("RoleArn"):
        problem = f"RoleArn is required for target {arn}."
    else:
        return
    raise CommonServiceException("ValidationException", problem, 400, sender_fault=True)


def _value(written: str, event: Event) -> str:
    if not written.startswith("$."):
        return written
    found = extract_jsonpath(event, written)
    return found if isinstance(found, str) else json.dumps(found)


def keep_what_cannot_be_delivered() -> None:
    """Defect: `DeadLetterConfig` is stored and ignored: an event that cannot be delivered is lost.

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


def let_rules_work_for_themselves() -> None:
    """Defect: the trust policy of a rule's role is not told the rule (``aws:SourceArn``)."""

    @patch(TargetSender._initialize_client)
    def _initialize_client(original: Callable[[TargetSender], Any], self: TargetSender) -> Any:
        if given := self.target.get("RoleArn"):
            role = Role(given, self.rule_name[:64], self.rule_arn, "events")
            self.target = {**self.target, "RoleArn": RoleArn.of(role)}
        return original(self)
