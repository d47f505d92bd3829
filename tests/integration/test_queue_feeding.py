"""Queues that feed functions: at once, again when a record failed, and into the dead letter queue at last."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.integration.stack import local_cloud
from tests.integration.wire import Cloud, Document, eventually

pytestmark = pytest.mark.integration

# LocalStack alone would by then let some of the queues wait for longer than two seconds.
QUEUES = 4
IDLE_SECONDS = 6.0
POLL_SECONDS = 1.5  # longer than a mapping waits at its queue
MAX_RECEIVE_COUNT = 3

READER = """
import json, os, time

def handler(event, context):
    '''Note what comes; report records that say "bad" as failed, to be seen again in a second.'''
    bodies = [record["body"] for record in event["Records"]]
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps({"time": time.time(), "bodies": bodies}) + "\\n")
    bad = [record for record in event["Records"] if record["body"].startswith("bad")]
    for record in bad:
        import boto3

        boto3.client("sqs").change_message_visibility(
            QueueUrl=os.environ["QUEUE_URL"], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=1
        )
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in bad]}
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("queues")
    with local_cloud(folder) as port:
        yield Cloud(folder, port)


@dataclass(frozen=True)
class FedFunction:
    """A queue with its dead letter queue, and a function that the queue can feed."""

    cloud: Cloud
    queue: str
    dead_letters: str
    function: str
    notes: Path

    def send(self, *bodies: str) -> None:
        self.cloud.sqs.send_message_batch(
            QueueUrl=self.queue,
            Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)],
        )

    def feed(self) -> str:
        """Feed the function from now on; give the mapping's UUID."""
        mapping = self.cloud.functions.create_event_source_mapping(
            FunctionName=self.function,
            EventSourceArn=self.cloud.queue_arn(self.queue),
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )["UUID"]
        self.wait_for(mapping, "Enabled")
        return mapping

    def wait_for(self, mapping: str, state: str) -> None:
        functions = self.cloud.functions
        eventually(lambda: functions.get_event_source_mapping(UUID=mapping)["State"], state.__eq__)

    def batches(self) -> list[Document]:
        """Give what the function has noted: the time and the bodies of each batch."""
        if not self.notes.exists():
            return []
        return [json.loads(line) for line in self.notes.read_text(encoding="utf-8").splitlines()]

    def seen(self, body: str) -> list[float]:
        return [batch["time"] for batch in self.batches() if body in batch["bodies"]]

    def left(self) -> int:
        """Count the messages on the queue, visible or not."""
        attributes = self.cloud.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])
        counts = attributes["Attributes"]
        return int(counts["ApproximateNumberOfMessages"]) + int(
            counts["ApproximateNumberOfMessagesNotVisible"]
        )


@dataclass(frozen=True)
class Idle:
    """Queues with nothing in them, and since when (by the monotonic clock)."""

    fed: list[FedFunction]
    since: float


def fed_function(cloud: Cloud, notes: Path) -> FedFunction:
    dead_letters = cloud.queue()
    redrive = {"deadLetterTargetArn": cloud.queue_arn(dead_letters), "maxReceiveCount": MAX_RECEIVE_COUNT}
    queue = cloud.queue({"VisibilityTimeout": "120", "RedrivePolicy": json.dumps(redrive)})
    function = cloud.function(READER, NOTES=str(notes), QUEUE_URL=queue)
    return FedFunction(cloud, queue, dead_letters, function, notes)


@pytest.fixture(scope="module", autouse=True)
def idle(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Idle:
    """Queues that have fed their functions once; made first, to be idle while the other tests run."""
    notes = tmp_path_factory.mktemp("idle")
    all_fed = [fed_function(cloud, notes / str(number)) for number in range(QUEUES)]
    for fed in all_fed:
        fed.feed()
        fed.send("first")
    eventually(lambda: all(fed.seen("first") for fed in all_fed))
    return Idle(all_fed, time.monotonic())


def test_a_failed_record_is_seen_again_until_it_is_a_dead_letter(cloud: Cloud, tmp_path: Path) -> None:
    fed = fed_function(cloud, tmp_path / "notes")
    fed.send("good 1", "bad", "good 2")
    fed.feed()
    letters = cloud.sqs.receive_message(QueueUrl=fed.dead_letters, WaitTimeSeconds=20)["Messages"]
    assert [message["Body"] for message in letters] == ["bad"]
    batches = fed.batches()
    assert Counter(body for batch in batches for body in batch["bodies"]) == {
        "good 1": 1,
        "good 2": 1,
        "bad": MAX_RECEIVE_COUNT,
    }
    assert len(batches[0]["bodies"]) == 3, "records that lie there must come as one batch"
    assert all(0.9 < again - before < 5 for before, again in pairwise(fed.seen("bad")))
    eventually(lambda: fed.left() == 0)


def test_a_mapping_that_says_it_is_disabled_takes_nothing_until_it_is_enabled_again(
    cloud: Cloud, tmp_path: Path
) -> None:
    fed = fed_function(cloud, tmp_path / "notes")
    mapping = fed.feed()
    fed.send("first")
    eventually(lambda: fed.seen("first"))
    cloud.functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    fed.wait_for(mapping, "Disabled")
    fed.send("held back")
    sent = time.monotonic()
    eventually(lambda: time.monotonic() - sent > POLL_SECONDS)
    assert fed.seen("held back") == []
    cloud.functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    eventually(lambda: fed.seen("held back"))
    fed.wait_for(mapping, "Enabled")


def test_a_message_is_seen_at_once_however_long_its_queue_was_empty(idle: Idle) -> None:
    eventually(lambda: time.monotonic() - idle.since > IDLE_SECONDS)
    sent = time.time()
    for fed in idle.fed:
        fed.send("after a while")
    eventually(lambda: all(fed.seen("after a while") for fed in idle.fed))
    assert max(fed.seen("after a while")[0] for fed in idle.fed) - sent < 2
    eventually(lambda: sum(fed.left() for fed in idle.fed) == 0)
