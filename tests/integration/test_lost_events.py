"""Functions that die and events that are lost: tried again, kept, told, and handed over again."""

import json
from pathlib import Path

import pytest

from tests.integration.executions import finish
from tests.integration.faulty_functions import dying, dying_once
from tests.integration.runs import describe_run, finish_run, pipeline_of, start_run
from tests.integration.stack import Stack
from tests.integration.wire import Cloud, Document, eventually, unique

pytestmark = pytest.mark.integration


def test_a_start_function_whose_process_ends_is_called_again(deployed: Stack, tmp_path: Path) -> None:
    with dying_once(deployed, "start_pipeline", tmp_path / "died"):
        run = start_run(deployed)
        described = finish_run(deployed, run)
    assert (tmp_path / "died").exists()
    assert described["status"] == "SUCCEEDED"
    events = deployed.states.get_execution_history(executionArn=run)["events"]
    failed = [event["taskFailedEventDetails"] for event in events if "taskFailedEventDetails" in event]
    assert [details.get("error") for details in failed] == ["Runtime.ExitError"]


def test_an_event_that_the_answer_function_dies_of_is_kept_told_and_handed_over(deployed: Stack) -> None:
    url = deployed.output("lost_events_queue_url")
    with dying(deployed, "answer_task"):
        run = start_run(deployed, parameter_vej_input_config="{not json")
        assert finish(deployed, pipeline_of(deployed, run)) == "Failed"
        eventually(lambda: _count(deployed, url), (1).__eq__, seconds=40)
    assert describe_run(deployed, run)["status"] == "RUNNING"

    told = json.loads(deployed.invoke("status", "--json").output)["lost_events"]
    assert told["count"] == 1
    assert told["events"][0]["execution"] == pipeline_of(deployed, run)
    assert "Runtime.ExitError" in told["events"][0]["error"]
    assert "1 event did not reach" in deployed.invoke("doctor").output

    assert "sent again" in deployed.invoke("redeliver").output
    ended = finish_run(deployed, run)
    assert (ended["status"], ended["error"]) == ("FAILED", "PipelineExecutionFailed")
    assert _count(deployed, url) == 0
    assert "No events are lost." in deployed.invoke("redeliver").output


def test_an_event_that_does_not_reach_its_target_is_kept(cloud: Cloud) -> None:
    queue = cloud.sqs.create_queue(QueueName=unique("lost"))["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    source, rule = unique("source"), unique("rule")
    cloud.events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    cloud.let("events", arn)
    gone = cloud.function().rpartition(":")[0] + ":nobody"
    cloud.events.put_targets(
        Rule=rule, Targets=[{"Id": "gone", "Arn": gone, "DeadLetterConfig": {"Arn": arn}}]
    )
    cloud.events.put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": '{"a": 1}'}])

    def received() -> list[Document]:
        answer = cloud.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], WaitTimeSeconds=1)
        return [dict(message) for message in answer.get("Messages", [])]

    [message] = eventually(received)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail"]) == (source, {"a": 1})
    told = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert told["ERROR_CODE"] == "NO_RESOURCE"
    assert told["TARGET_ARN"] == gone
    assert told["RULE_ARN"].endswith(rule)


def _count(stack: Stack, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]  # type: ignore[arg-type]
    return sum(map(int, found.values()))
