"""EventBridge rules: what they let through, and that it reaches functions, queues and topics, once each."""

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.integration.machines import Machine, Run, machine, waits_for_token
from tests.integration.wire import ROLE, Cloud, Document, eventually, get, lambda_step, refused, unique

pytestmark = pytest.mark.integration

PIPELINE_STATUS = "SageMaker Model Building Pipeline Execution Status Change"
STATES_STATUS = "Step Functions Execution Status Change"
PIPELINE = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/ours"

NOTES = """
import json, os, pathlib, time

def handler(event, context):
    '''Note the event and raise as often as the variable says, for each event.'''
    notes = pathlib.Path(os.environ["NOTES"])
    notes.joinpath(f"{event['id']}.{time.time_ns()}").write_text(json.dumps(event, sort_keys=True))
    if len(list(notes.glob(event["id"] + ".*"))) <= int(os.environ["RAISES"]):
        raise RuntimeError("not now")
"""


class Noted:
    """A function that notes each event it is invoked with."""

    def __init__(self, cloud: Cloud, folder: Path, raises: int = 0) -> None:
        self.folder = folder
        self.arn = cloud.function(NOTES, NOTES=str(folder), RAISES=str(raises))

    def events(self) -> list[Document]:
        """Give the events in the order of the invocations."""
        notes = sorted(self.folder.iterdir(), key=lambda path: path.suffix)
        return [json.loads(text) for path in notes if (text := path.read_text(encoding="utf-8"))]


def rule(cloud: Cloud, target: str, pattern: Document) -> str:
    """Send the events of a pattern to a target; give the rule's name."""
    name = unique("rule")
    cloud.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    cloud.let("events", target)
    cloud.events.put_targets(Rule=name, Targets=[{"Id": "target", "Arn": target}])
    return name


def pipeline_pattern(pipeline: str = PIPELINE) -> Document:
    return {
        "source": ["aws.sagemaker"],
        "detail-type": [PIPELINE_STATUS],
        "detail": {"currentPipelineExecutionStatus": ["Failed", "Stopped"], "pipelineArn": [pipeline]},
    }


def put(cloud: Cloud, status: str, pipeline: str = PIPELINE, detail_type: str = PIPELINE_STATUS) -> str:
    """Publish what SageMaker tells of a pipeline execution; give the event's id."""
    detail = {"currentPipelineExecutionStatus": status, "pipelineArn": pipeline}
    entry = {"Source": "aws.sagemaker", "DetailType": detail_type, "Detail": json.dumps(detail)}
    return cloud.events.put_events(Entries=[entry])["Entries"][0]["EventId"]  # type: ignore[list-item]


def test_a_function_sees_the_events_of_its_pattern_and_no_others(cloud: Cloud, tmp_path: Path) -> None:
    noted = Noted(cloud, tmp_path)
    rule(cloud, noted.arn, pipeline_pattern())
    put(cloud, "Executing")
    put(cloud, "Failed", pipeline=PIPELINE + "-of-others")
    put(cloud, "Failed", detail_type="SageMaker Model Building Pipeline Execution Step Status Change")
    expected = [put(cloud, "Failed"), put(cloud, "Stopped")]
    events = eventually(noted.events, lambda seen: len(seen) >= 2)
    assert sorted(event["id"] for event in events) == sorted(expected)
    assert {event["detail-type"] for event in events} == {PIPELINE_STATUS}
    assert {event["account"] for event in events} == {"000000000000"}


def test_a_disabled_rule_sends_nothing_until_it_is_enabled(cloud: Cloud, tmp_path: Path) -> None:
    noted = Noted(cloud, tmp_path)
    name = rule(cloud, noted.arn, pipeline_pattern())
    cloud.events.disable_rule(Name=name)
    put(cloud, "Failed")
    time.sleep(0.5)
    cloud.events.enable_rule(Name=name)
    seen = put(cloud, "Stopped")
    eventually(noted.events)
    assert [event["id"] for event in noted.events()] == [seen]


def test_a_function_that_raised_once_sees_the_same_event_again_and_then_no_more(
    cloud: Cloud, tmp_path: Path
) -> None:
    noted = Noted(cloud, tmp_path, raises=1)
    pipeline = f"{PIPELINE}-{unique('raised')}"
    rule(cloud, noted.arn, pipeline_pattern(pipeline))
    put(cloud, "Failed", pipeline)
    first, second = eventually(noted.events, lambda seen: len(seen) >= 2)
    assert first == second
    again = time.monotonic() + 2.5  # a third attempt would come two seconds after the second
    assert eventually(noted.events, lambda _: time.monotonic() > again) == [first, second]


def test_a_function_that_always_raises_is_invoked_three_times(cloud: Cloud, tmp_path: Path) -> None:
    noted = Noted(cloud, tmp_path, raises=9)
    pipeline = f"{PIPELINE}-{unique('raised')}"
    rule(cloud, noted.arn, pipeline_pattern(pipeline))
    put(cloud, "Failed", pipeline)
    eventually(noted.events, lambda seen: len(seen) == 3)


def test_a_hundred_events_at_once_arrive_once_each(cloud: Cloud, tmp_path: Path) -> None:
    noted = Noted(cloud, tmp_path)
    pipeline = f"{PIPELINE}-{unique('many')}"
    rule(cloud, noted.arn, pipeline_pattern(pipeline))
    detail = {"currentPipelineExecutionStatus": "Failed", "pipelineArn": pipeline}
    ids = []
    for batch in range(10):
        answer = cloud.events.put_events(
            Entries=[
                {
                    "Source": "aws.sagemaker",
                    "DetailType": PIPELINE_STATUS,
                    "Detail": json.dumps(detail | {"number": 10 * batch + number}),
                }
                for number in range(10)
            ]
        )
        ids += [entry["EventId"] for entry in answer["Entries"]]
    events = eventually(noted.events, lambda seen: len(seen) >= 100, seconds=60)
    assert Counter(event["id"] for event in events) == Counter(ids)
    assert {event["detail"]["number"] for event in events} == set(range(100))


def test_events_that_come_while_a_function_is_updated_are_not_lost(cloud: Cloud, tmp_path: Path) -> None:
    noted = Noted(cloud, tmp_path)
    pipeline = f"{PIPELINE}-{unique('updated')}"
    rule(cloud, noted.arn, pipeline_pattern(pipeline))
    sent = []
    for number in range(3):
        sent.append(put(cloud, "Failed", pipeline))
        cloud.functions.update_function_configuration(FunctionName=noted.arn, Description=str(number))
        sent.append(put(cloud, "Failed", pipeline))
        eventually(
            lambda: cloud.functions.get_function_configuration(FunctionName=noted.arn)["LastUpdateStatus"],
            "Successful".__eq__,
        )
        sent.append(put(cloud, "Failed", pipeline))
    events = eventually(noted.events, lambda seen: len({event["id"] for event in seen}) >= len(sent))
    assert {event["id"] for event in events} == set(sent)


def test_a_topic_tells_its_subscribers_of_an_event(cloud: Cloud) -> None:
    queue, pipeline = cloud.queue(), f"{PIPELINE}-{unique('topic')}"
    topic = cloud.sns.create_topic(Name=unique("topic"))["TopicArn"]
    cloud.let("sns", cloud.queue_arn(queue))
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=cloud.queue_arn(queue))
    rule(cloud, topic, pipeline_pattern(pipeline))
    put(cloud, "Stopped", pipeline)
    event = json.loads(cloud.receive(queue)["Message"])
    assert event["detail"] == {"currentPipelineExecutionStatus": "Stopped", "pipelineArn": pipeline}


ENDS: dict[str, Callable[[Run, str], object]] = {
    "SUCCEEDED": lambda run, token: run.cloud.states.send_task_success(taskToken=token, output='{"a": 1}'),
    "FAILED": lambda run, token: run.cloud.states.send_task_failure(
        taskToken=token, error="Broken", cause="no good"
    ),
    "TIMED_OUT": lambda run, token: None,
    "ABORTED": lambda run, token: run.stop("Enough", "because"),
}


def told_of(cloud: Cloud, states: Machine) -> str:
    """Make a queue that is told of each change of an execution's status."""
    queue = cloud.queue()
    pattern = {
        "source": ["aws.states"],
        "detail-type": [STATES_STATUS],
        "detail": {"status": ["RUNNING", *ENDS], "stateMachineArn": [states.arn]},
    }
    rule(cloud, cloud.queue_arn(queue), pattern)
    return queue


@pytest.mark.parametrize("status", ENDS)
def test_executions_tell_of_their_status_as_on_aws(cloud: Cloud, status: str) -> None:
    tokens = cloud.queue()
    fields = {"TimeoutSeconds": 1} if status == "TIMED_OUT" else {}
    states = machine(cloud, ("wait", waits_for_token(tokens)), **fields)
    events = told_of(cloud, states)
    run = states.start({"parameters": {}})
    ENDS[status](run, cloud.receive(tokens)["token"])
    told = [cloud.receive(events) for _ in ("start", "end")]  # in any order, as on AWS
    running, ended = sorted(told, key=lambda event: event["detail"]["status"] != "RUNNING")
    seen = run.describe()
    assert seen["status"] == status, "the event must not come before the end can be seen"
    assert ended["source"] == "aws.states"
    assert ended["detail-type"] == STATES_STATUS
    assert ended["resources"] == [run.arn]
    common = {
        "executionArn": run.arn,
        "stateMachineArn": states.arn,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "name": run.arn.rpartition(":")[2],
        "startDate": milliseconds(seen["startDate"]),
        "input": '{"parameters":{}}',
        "inputDetails": {"included": True},
    }
    nothing = {"output": None, "outputDetails": None, "error": None, "cause": None, "redriveDate": None}
    for event in (running, ended):
        detail = event["detail"]
        assert detail.pop("redriveCount") == 0
        redrivable = detail["status"] not in {"RUNNING", "SUCCEEDED"}
        assert detail.pop("redriveStatus") == ("REDRIVABLE" if redrivable else "NOT_REDRIVABLE")
        assert (detail.pop("redriveStatusReason") is None) is redrivable
    assert running["detail"] == common | nothing | {"status": "RUNNING", "stopDate": None}
    specific: dict[str, Document] = {
        "SUCCEEDED": {"output": '{"a":1}', "outputDetails": {"included": True}},
        "FAILED": {"error": "Broken", "cause": "no good"},
        "TIMED_OUT": {},
        "ABORTED": {"error": "Enough", "cause": "because"},
    }
    end = {"status": status, "stopDate": milliseconds(seen["stopDate"])}
    assert ended["detail"] == common | nothing | end | specific[status]


def milliseconds(date: datetime) -> int:
    return int(date.timestamp() * 1000)


def test_an_output_that_is_too_large_for_an_event_is_left_out(cloud: Cloud) -> None:
    tokens = cloud.queue()
    states = machine(cloud, ("wait", waits_for_token(tokens)))
    events = told_of(cloud, states)
    states.start({"large": False})
    output = json.dumps("x" * 260_000)
    cloud.states.send_task_success(taskToken=cloud.receive(tokens)["token"], output=output)
    told = [cloud.receive(events)["detail"] for _ in ("start", "end")]
    [detail] = [detail for detail in told if detail["status"] == "SUCCEEDED"]
    assert (detail["output"], detail["outputDetails"]) == (None, {"included": False})
    assert (detail["input"], detail["inputDetails"]) == (None, {"included": False})


def started(cloud: Cloud, pipeline: str) -> list[Document]:
    """Give the parameters of each execution of a pipeline."""
    listed = cloud.sagemaker.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]
    return [
        {
            one["Name"]: one["Value"]
            for one in cloud.sagemaker.list_pipeline_parameters_for_execution(
                PipelineExecutionArn=execution["PipelineExecutionArn"]
            )["PipelineParameters"]
        }
        for execution in listed
    ]


@pytest.mark.parametrize("by", ["an event", "a schedule"])
def test_a_rule_starts_a_pipeline_with_its_parameters(cloud: Cloud, echo: str, by: str) -> None:
    said = {"fixed": get("Parameters.fixed"), "of_event": get("Parameters.of_event")}
    name = cloud.create(
        lambda_step("tell", echo, {"event": "String"}, **said),
        parameters=[{"Name": "fixed"}, {"Name": "of_event"}],
    )
    arn = cloud.sagemaker.describe_pipeline(PipelineName=name)["PipelineArn"]
    source = unique("source")
    how = (
        {"EventPattern": json.dumps({"source": [source]})}
        if by == "an event"
        else {"ScheduleExpression": "rate(1 minute)"}
    )
    rule_name = unique("rule")
    cloud.events.put_rule(Name=rule_name, **how)  # type: ignore[arg-type]
    parameters = [{"Name": "fixed", "Value": "as it is"}, {"Name": "of_event", "Value": "$.source"}]
    target: Document = {
        "Id": "pipeline",
        "Arn": arn,
        "RoleArn": ROLE,
        "SageMakerPipelineParameters": {"PipelineParameterList": parameters},
    }
    cloud.events.put_targets(Rule=rule_name, Targets=[target])  # type: ignore[list-item]
    if by == "an event":
        cloud.events.put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": "{}"}])
    expected = {"fixed": "as it is", "of_event": source if by == "an event" else "aws.events"}
    assert eventually(lambda: started(cloud, name), seconds=90)[0] == expected
    cloud.events.remove_targets(Rule=rule_name, Ids=["pipeline"])
    cloud.events.delete_rule(Name=rule_name)


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        (
            "arn:aws:firehose:us-west-2:000000000000:deliverystream/x",
            "The local cloud cannot deliver events to",
        ),
        ("arn:aws:sagemaker:us-west-2:000000000000:endpoint/x", "The local cloud cannot deliver events to"),
        ("arn:aws:sagemaker:us-west-2:000000000000:pipeline/x", "RoleArn is required for target"),
        ("nobody", "Provided Arn is not in correct format"),
    ],
)
def test_a_target_that_cannot_be_served_is_refused(cloud: Cloud, arn: str, message: str) -> None:
    name = unique("rule")
    cloud.events.put_rule(Name=name, EventPattern=json.dumps({"source": ["x"]}))
    with refused("ValidationException", message):
        cloud.events.put_targets(Rule=name, Targets=[{"Id": "target", "Arn": arn}])
    assert cloud.events.list_targets_by_rule(Rule=name)["Targets"] == []
