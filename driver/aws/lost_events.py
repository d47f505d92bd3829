"""Events that the answer function never worked through: what lies in their dead-letter queue.

Two services put messages there. Lambda puts a record: the event, and how the function failed on it (Lambda
developer guide, "Capturing records of Lambda asynchronous invocations"). EventBridge puts the event, and says
in attributes why it could not be delivered (EventBridge user guide, "Using dead-letter queues to process
undelivered events").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from driver.model.documents import Document, moment, object_in

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

_AT_ONCE = 10  # messages; more SQS does not give
_HIDDEN_SECONDS = 60  # while a message is handed on
_UNREAD = "The message cannot be read."


@dataclass(frozen=True, slots=True)
class LostEvent:
    """A message.

    `execution` is the ARN that the event is about and `event` its JSON text; both are empty where the message
    cannot be read. `receipt` deletes it.
    """

    execution: str
    error: str
    lost: datetime | None
    event: str
    receipt: str = ""

    def document(self) -> Document:
        """Put it into a document."""
        return {"execution": self.execution or None, "error": self.error, "lost": moment(self.lost)}


@dataclass(frozen=True, slots=True)
class Lost:
    """What lies in the queue.

    `count` is the number of messages, `events` are the first of them, and `told` says of each which execution
    it is about, by the name that commands take, and how it was lost.
    """

    count: int = 0
    events: Sequence[LostEvent] = ()
    told: Sequence[str] = ()

    def document(self) -> Document:
        """Put it into a document."""
        return {"count": self.count, "events": [event.document() for event in self.events]}


def read_lost_event(
    body: str, attributes: Mapping[str, str], lost: datetime | None = None, receipt: str = ""
) -> LostEvent:
    """Read a message: text, values of its attributes, when it was put there, what deletes it."""
    record = object_in(body) or {}
    if "requestPayload" in record:
        event, error = record["requestPayload"], _failure(record)
    else:
        event, error = record, _undelivered(attributes)
    if not isinstance(event, dict) or "detail" not in event:
        return LostEvent("", _UNREAD, lost, "", receipt)
    return LostEvent(_execution(event["detail"]), error, lost, json.dumps(event), receipt)


def _failure(record: Mapping[str, object]) -> str:
    """Say how the function failed, or why Lambda gave the event up."""
    response, context = record.get("responsePayload"), record.get("requestContext")
    if isinstance(response, dict) and response.get("errorType"):
        return f"{response['errorType']}: {response.get('errorMessage', '')}".rstrip(": ")
    condition = context.get("condition") if isinstance(context, dict) else None
    return str(condition or "The function failed.")


def _undelivered(attributes: Mapping[str, str]) -> str:
    told = (attributes.get("ERROR_CODE", ""), attributes.get("ERROR_MESSAGE", ""))
    return ": ".join(filter(None, told)) or "EventBridge could not deliver it."


def _execution(detail: object) -> str:
    if not isinstance(detail, dict):
        return ""
    return str(detail.get("executionArn") or detail.get("pipelineExecutionArn") or "")


class LostEvents:
    """The queue, as far as this project needs it.

    `make_queues`, `make_functions`: make a client of SQS and one of Lambda; each is made when something is
    asked.
    """

    def __init__(
        self, make_queues: Callable[[], SQSClient], make_functions: Callable[[], LambdaClient]
    ) -> None:
        self._make_queues = make_queues
        self._make_functions = make_functions

    @cached_property
    def _queues(self) -> SQSClient:
        return self._make_queues()

    @cached_property
    def _functions(self) -> LambdaClient:
        return self._make_functions()

    def count(self, queue_url: str) -> int:
        """Count the messages; none where the queue is gone."""
        try:
            found = self._queues.get_queue_attributes(
                QueueUrl=queue_url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )["Attributes"]
        except self._queues.exceptions.QueueDoesNotExist:
            return 0
        return sum(map(int, found.values()))

    def look(self, queue_url: str) -> list[LostEvent]:
        """Read up to ten messages and leave them where they are."""
        return list(self._receive(queue_url, hidden=0))

    def redeliver(self, queue_url: str, function: str, count: int) -> Iterator[LostEvent]:
        """Invoke the function with so many events, each once, and forget their messages.

        What cannot be read stays, and so does what the function fails on: it comes back.
        """
        while count > 0:
            received = list(self._receive(queue_url, hidden=_HIDDEN_SECONDS))
            if not received:
                return
            for lost in received[:count]:
                if lost.event:
                    self._functions.invoke(
                        FunctionName=function, InvocationType="Event", Payload=lost.event.encode()
                    )
                    self._queues.delete_message(QueueUrl=queue_url, ReceiptHandle=lost.receipt)
                yield lost
            count -= len(received)

    def _receive(self, queue_url: str, hidden: int) -> Iterator[LostEvent]:
        answer = self._queues.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=hidden,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            told = message.get("MessageAttributes", {})
            sent = message.get("Attributes", {}).get("SentTimestamp")
            yield read_lost_event(
                message.get("Body", ""),
                {name: value.get("StringValue", "") for name, value in told.items()},
                datetime.fromtimestamp(int(sent) / 1000, UTC) if sent else None,
                message.get("ReceiptHandle", ""),
            )
