"""What a schedule calls: the templated targets that the local cloud serves, and what they are given.

Sources: EventBridge Scheduler user guide, "Using templated targets", "Adding context attributes" and
"Configuring a dead-letter queue"; API reference, Target ("If you are configuring a templated Lambda, AWS Step
Functions, or Amazon EventBridge target, the input must be a well-formed JSON").
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.errors import ServiceError, ValidationError

Target = Mapping[str, Any]

SERVED = {
    "events": "an event bus",
    "lambda": "a function",
    "sagemaker": "a SageMaker pipeline",
    "sns": "a topic",
    "sqs": "a queue",
    "states": "a state machine",
}
"""What the local cloud invokes, by the service in the ARN."""

_PARAMETERS = {
    "events": "EventBridgeParameters",
    "sagemaker": "SageMakerPipelineParameters",
    "sqs": "SqsParameters",
}
_TAKES_JSON = frozenset({"events", "lambda", "states"})
_KINDS = {"events": "event-bus/", "lambda": "function:", "sagemaker": "pipeline/", "states": "stateMachine:"}
_PARTS = 6
_UNIVERSAL = ":aws-sdk:"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a service: botocore's names of service and method, its members, and the region.

    A queue is named by its ARN, as `QueueUrl`.
    """

    service: str
    method: str
    members: Mapping[str, Any]
    region: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """One time of a schedule: the values of the context attributes. `attempt` counts from 1."""

    schedule_arn: str
    scheduled: datetime
    execution_id: str
    attempt: int = 1


def check_target(target: Target) -> None:
    """Refuse what cannot be invoked, or not so; raises `ValidationError`."""
    arn = target["Arn"]
    parts = arn.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != "arn":
        raise ValidationError(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    served = ", ".join(SERVED.values())
    if parts[2] == "scheduler" and _UNIVERSAL in arn:
        raise ValidationError(
            f"The universal target {arn} is not supported by the local cloud, only the templated targets: "
            f"{served}."
        )
    service = parts[2]
    if service not in SERVED or not parts[5].startswith(_KINDS.get(service, "")):
        raise ValidationError(f"The local cloud cannot invoke {arn}, only {served}.")
    _check_parameters(service, target)
    _check_input(service, target)


def _check_parameters(service: str, target: Target) -> None:
    own = _PARAMETERS.get(service)
    for name in target:
        if name.endswith("Parameters") and name != own:
            raise ValidationError(f"{name} cannot be set for the target {target['Arn']}.")
    if service == "events" and not target.get("EventBridgeParameters"):
        raise ValidationError(f"EventBridgeParameters is required for the target {target['Arn']}.")
    is_fifo = target["Arn"].endswith(".fifo")
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    if service == "sqs" and is_fifo and not group:
        raise ValidationError(f"MessageGroupId of SqsParameters is required for the target {target['Arn']}.")


def _check_input(service: str, target: Target) -> None:
    if (given := target.get("Input")) is None:
        return
    if service == "sagemaker":
        raise ValidationError(
            "Input is not supported for a SageMaker pipeline, which takes SageMakerPipelineParameters."
        )
    if service in _TAKES_JSON:
        try:
            json.loads(_filled(given, Invocation("arn", datetime.now(UTC), "id")))
        except ValueError as error:
            raise ValidationError(
                f"The Input of the target {target['Arn']} must be well-formed JSON: {error}."
            ) from error


def payload_of(target: Target, invocation: Invocation) -> str:
    """Give the target's input with its context attributes; without one, what AWS sends of itself."""
    if (given := target.get("Input")) is not None:
        return _filled(given, invocation)
    _, _, _, region, account, _ = invocation.schedule_arn.split(":", _PARTS - 1)
    return json.dumps(
        {
            "version": "0",
            "id": invocation.execution_id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": account,
            "time": written(invocation.scheduled),
            "region": region,
            "resources": [invocation.schedule_arn],
            "detail": "{}",
        }
    )


def call_of(target: Target, invocation: Invocation) -> Call:
    """Write the request that invokes a target."""
    arn = target["Arn"]
    _, _, service, region, _, _ = arn.split(":", _PARTS - 1)
    payload, token = payload_of(target, invocation), invocation.execution_id
    match service:
        case "events":
            event = target["EventBridgeParameters"]
            entry = {"EventBusName": arn, "Detail": payload}
            entry |= {"Source": event["Source"], "DetailType": event["DetailType"]}
            return Call("events", "put_events", {"Entries": [entry]}, region)
        case "lambda":
            members = {"FunctionName": arn, "InvocationType": "Event", "Payload": payload.encode()}
            return Call("lambda", "invoke", members, region)
        case "sagemaker":
            given = target.get("SageMakerPipelineParameters") or {}
            parameters = [dict(one) for one in given.get("PipelineParameterList") or ()]
            # The token lets an attempt that is repeated start no second execution.
            members = {"PipelineName": arn, "PipelineParameters": parameters, "ClientRequestToken": token}
            return Call("sagemaker", "start_pipeline_execution", members, region)
        case "sns":
            return Call("sns", "publish", {"TopicArn": arn, "Message": payload}, region)
        case "sqs":
            members = {"QueueUrl": arn, "MessageBody": payload, **(target.get("SqsParameters") or {})}
            return Call("sqs", "send_message", members, region)
    members = {"stateMachineArn": arn, "name": token, "input": payload}
    return Call("stepfunctions", "start_execution", members, region)


def dead_letter_of(
    target: Target, invocation: Invocation, error: ServiceError, condition: str | None
) -> Call | None:
    """Write the message that tells a dead-letter queue of what could not be invoked; None without a queue.

    `condition`: which of the members of RetryPolicy ended the attempts; None where trying again is of no use.
    """
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return None
    told = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message[:1024] or "-",
        "EXECUTION_ID": invocation.execution_id,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(invocation.attempt - 1),
        "SCHEDULED_TIME": written(invocation.scheduled),
        "SCHEDULE_ARN": invocation.schedule_arn,
        "TARGET_ARN": target["Arn"],
        **({"EXHAUSTED_RETRY_CONDITION": condition} if condition else {}),
    }
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
    body = payload_of(target, invocation)
    members = {"QueueUrl": queue, "MessageBody": body, "MessageAttributes": attributes}
    return Call("sqs", "send_message", members, queue.split(":")[3])


def written(time: datetime) -> str:
    """Write a time as context attributes have it."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _filled(text: str, invocation: Invocation) -> str:
    attributes = {
        "schedule-arn": invocation.schedule_arn,
        "scheduled-time": written(invocation.scheduled),
        "execution-id": invocation.execution_id,
        "attempt-number": str(invocation.attempt),
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text
