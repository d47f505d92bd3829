"""A local cloud that was killed comes back with all it held, and what ran in it goes on or has failed."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.images import put_data, training, write_registry
from tests.integration.machines import waits_for_token
from tests.integration.raw import raw, signed
from tests.integration.saved_services import KEPT
from tests.integration.stack import answers, free_port, make_role
from tests.integration.wire import (
    ROLE,
    TERMINAL,
    Cloud,
    callback_step,
    end,
    eventually,
    fail_step,
    lambda_step,
    launch,
    unique,
)

SLEEP = "import time\n\ndef handler(event, context):\n    time.sleep(30)\n"
LARGE = os.urandom(3_000_000)
SAVED_WITHIN = 6.0  # one second, or two for IAM's decisions, on a machine that has nothing else to do


@dataclass
class Held:
    """What a cloud held when it was killed."""

    cloud: Cloud
    names: dict[str, str]
    kept: dict[str, Any]
    logs: dict[str, list[str]]
    decisions: dict[tuple[str, ...], int]
    problem: str


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """A cloud that was filled, killed and started again."""
    folder, port = tmp_path_factory.mktemp("saved"), free_port()
    process = _start(folder, port)
    try:
        make_role(folder / "state", port)
        cloud = Cloud(folder, port)
        with ThreadPoolExecutor(4) as threads:
            kept = dict(zip(KEPT, threads.map(lambda one: one.make(cloud), KEPT.values()), strict=True))
        names = _fill(cloud)
        # What a function prints is written a moment after it has answered.
        logs = eventually(lambda: _logs(cloud, names["echo"]), seconds=60)
        decisions = _decisions(cloud)
        time.sleep(SAVED_WITHIN)
        problem = _info(port)["saved"]["problem"]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process = _start(folder, port)
        yield Held(Cloud(folder, port), names, kept, logs, decisions, problem)
    finally:
        end(process)


def _start(folder: Path, port: int) -> Any:
    process = launch(folder, port, "--iam", "enforce", "--images", str(write_registry(folder)))
    eventually(lambda: answers(port) or process.poll() is not None, seconds=60)
    assert process.poll() is None, (folder / "log").read_text()
    return process


def _info(port: int) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sagestep/info") as answer:
        return json.load(answer)


def _fill(cloud: Cloud) -> dict[str, str]:
    names = {"bucket": cloud.bucket(), "echo": cloud.function(), "queue": cloud.queue()}
    cloud.s3.put_object(Bucket=names["bucket"], Key="small", Body=b"first")
    cloud.s3.put_object(Bucket=names["bucket"], Key="small", Body=b"second")
    cloud.s3.put_object(Bucket=names["bucket"], Key="large", Body=LARGE)
    cloud.invoke(names["echo"], {"a": 1})
    cloud.sqs.send_message(QueueUrl=names["queue"], MessageBody='{"it": "waits"}')
    names["fed"] = cloud.queue()
    names["mapping"] = cloud.functions.create_event_source_mapping(
        FunctionName=names["echo"], EventSourceArn=cloud.queue_arn(names["fed"])
    )["UUID"]
    names["told"] = cloud.queue()
    cloud.let("events", cloud.queue_arn(names["told"]))
    cloud.events.put_rule(Name="own", EventPattern=json.dumps({"source": ["own"]}))
    cloud.events.put_targets(Rule="own", Targets=[{"Id": "queue", "Arn": cloud.queue_arn(names["told"])}])
    names["asked"] = cloud.queue()
    names["slow"] = cloud.function(SLEEP, timeout=60)
    names["waiting"] = cloud.start(
        cloud.create(callback_step("ask", names["asked"], {"said": "String"}), fail_step("then", "no more"))
    )
    names["failing"] = cloud.start(cloud.create(lambda_step("work", names["slow"], {"x": "String"})))
    names["ended"] = cloud.start(cloud.create(fail_step("give-up")))
    cloud.finish(names["ended"])
    names["fanned"] = cloud.queue()
    names |= _workflows(cloud, names)
    eventually(lambda: cloud.steps(names["failing"]).get("work", {}).get("StepStatus") == "Executing")
    return names


def _workflows(cloud: Cloud, names: dict[str, str]) -> dict[str, str]:
    call = {"FunctionName": names["echo"], "Payload": {"token.$": "$$.Task.Token"}}
    token = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": call,
    }
    work = {"Type": "Task", "Resource": names["slow"], "End": True}
    machines = {
        "token": {
            "Ask": {**token, "TimeoutSeconds": 60, "Next": "Then"},
            "Then": {"Type": "Pass", "End": True},
        },
        "retried": {
            "Ask": {
                **token,
                "TimeoutSeconds": 60,
                "Retry": [{"ErrorEquals": ["Later"], "IntervalSeconds": 600}],
                "End": True,
            }
        },
        "timer": {"Wait": {"Type": "Wait", "Seconds": 6, "End": True}},
        "work": {"Work": work},
        "job": {"Job": _job(cloud)},
        "caught": {
            "Work": {**work, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Saved"}]},
            "Saved": {"Type": "Pass", "End": True},
        },
        "map": {
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {"StartAt": "Work", "States": {"Work": work}},
                "End": True,
            }
        },
        "fan": {"Each": _fan_out(names["fanned"])},
        "passed": {"Pass": {"Type": "Pass", "Result": {"number": 7}, "End": True}},
    }
    started = {name: _machine(cloud, states) for name, states in machines.items()}
    nested = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": started["timer"], "Input": {}},
        "End": True,
    }
    started["nested"] = _machine(cloud, {"Nested": nested})
    runs = {
        name: cloud.states.start_execution(stateMachineArn=arn, input='{"items": [1, 2]}')["executionArn"]
        for name, arn in started.items()
    }
    eventually(lambda: _status(cloud, runs["passed"]) == "SUCCEEDED")
    cloud.receive(names["fanned"])
    eventually(lambda: "TaskSubmitted" in _told(cloud, runs["token"]))
    eventually(lambda: "TaskSubmitted" in _told(cloud, runs["nested"]))
    eventually(lambda: "TaskSubmitted" in _told(cloud, runs["job"]))
    eventually(lambda: "TaskSubmitted" in _told(cloud, runs["retried"]))
    cloud.states.send_task_failure(taskToken=_token(cloud, runs["retried"]), error="Later")
    eventually(lambda: "TaskFailed" in _told(cloud, runs["retried"]))
    return runs


def _job(cloud: Cloud) -> dict[str, Any]:
    """Write a task that waits for the end of a job, which takes longer than the cloud lives."""
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    request = training(put_data(cloud, "1"), seconds="60")
    return {"Type": "Task", "Resource": resource, "Parameters": request, "End": True}


def _fan_out(queue: str) -> dict[str, Any]:
    """Write a Distributed Map: the child of 1 succeeds, the others wait for their token."""
    choice = {"Variable": "$", "NumericEquals": 1, "Next": "Pass"}
    states = {
        "Choose": {"Type": "Choice", "Choices": [choice], "Default": "Ask"},
        "Pass": {"Type": "Pass", "Result": "kept", "End": True},
        "Ask": {**waits_for_token(queue), "End": True},
    }
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": "Choose", "States": states},
        "End": True,
    }


def _machine(cloud: Cloud, states: dict[str, Any]) -> str:
    return cloud.states.create_state_machine(
        name=unique("machine"),
        definition=json.dumps({"StartAt": next(iter(states)), "States": states}),
        roleArn=ROLE,
    )["stateMachineArn"]


def _status(cloud: Cloud, execution: str) -> str:
    return cloud.states.describe_execution(executionArn=execution)["status"]


def _told(cloud: Cloud, execution: str) -> list[str]:
    return [event["type"] for event in cloud.states.get_execution_history(executionArn=execution)["events"]]


def _token(cloud: Cloud, execution: str) -> str:
    """Give the token that the last attempt of a task has sent to the function, which gives it back."""
    events = cloud.states.get_execution_history(executionArn=execution)["events"]
    submitted = [event for event in events if event["type"] == "TaskSubmitted"][-1]
    return str(json.loads(submitted["taskSubmittedEventDetails"]["output"])["Payload"]["token"])


def _logs(cloud: Cloud, function: str) -> dict[str, list[str]]:
    """Give the lines of a function's log by stream; environments that work side by side have one each."""
    group = f"/aws/lambda/{function.rpartition(':')[2]}"
    if not cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return {}
    return {
        stream["logStreamName"]: [
            event["message"]
            for event in cloud.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]
        for stream in cloud.logs.describe_log_streams(logGroupName=group)["logStreams"]
    }


def _decisions(cloud: Cloud) -> dict[tuple[str, ...], int]:
    target, names = "/_sagestep/permissions", ("principal", "session", "action", "resource", "decision")
    told = json.loads(raw(cloud, "GET", target, **signed(cloud, "GET", target)).text)
    return {tuple(str(row[name]) for name in names): row["count"] for row in told["decisions"]}


def _ended(again: Held, name: str) -> str:
    return eventually(lambda: _status(again.cloud, again.names[name]), lambda status: status != "RUNNING")


def test_everything_was_saved(again: Held) -> None:
    assert again.problem == ""


@pytest.mark.parametrize("name", KEPT)
def test_what_a_service_held_is_there_and_works(again: Held, name: str) -> None:
    KEPT[name].check(again.cloud, again.kept[name])


def test_what_iam_has_decided_is_counted_on(again: Held) -> None:
    now = _decisions(again.cloud)
    assert again.decisions
    assert {key for key, count in again.decisions.items() if now.get(key, 0) < count} == set()


def test_objects_have_their_contents(again: Held) -> None:
    s3, bucket = again.cloud.s3, again.names["bucket"]
    assert s3.get_object(Bucket=bucket, Key="small")["Body"].read() == b"second"
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == LARGE
    s3.put_object(Bucket=bucket, Key="large", Body=b"other")
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == b"other"


def test_messages_come_again(again: Held) -> None:
    assert again.cloud.receive(again.names["queue"]) == {"it": "waits"}


def test_functions_their_queues_and_their_logs_are_there(again: Held) -> None:
    cloud, function = again.cloud, again.names["echo"]
    assert cloud.invoke(function, {"b": 2}).payload["b"] == 2
    now = eventually(lambda: _logs(cloud, function), lambda found: len(found) > len(again.logs), seconds=60)
    for stream, lines in again.logs.items():
        assert now[stream][: len(lines)] == lines
    cloud.sqs.send_message(QueueUrl=again.names["fed"], MessageBody="{}")
    url = again.names["fed"]
    eventually(
        lambda: cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"],
        lambda found: (
            found["ApproximateNumberOfMessages"] == found["ApproximateNumberOfMessagesNotVisible"] == "0"
        ),
    )


def test_rules_deliver(again: Held) -> None:
    again.cloud.events.put_events(Entries=[{"Source": "own", "DetailType": "news", "Detail": '{"x": 1}'}])
    assert again.cloud.receive(again.names["told"])["detail"] == {"x": 1}


def test_a_pipeline_execution_goes_on_from_its_callback(again: Held) -> None:
    message = again.cloud.receive(again.names["asked"])
    again.cloud.answer(message["token"], said="yes")
    assert again.cloud.finish(again.names["waiting"]) in TERMINAL
    assert again.cloud.steps(again.names["waiting"])["ask"]["StepStatus"] == "Succeeded"


def test_a_step_whose_work_was_in_the_process_has_failed(again: Held) -> None:
    assert again.cloud.finish(again.names["failing"]) == "Failed"
    assert "local cloud stopped" in again.cloud.steps(again.names["failing"])["work"]["FailureReason"]


def test_what_had_ended_is_as_it_was(again: Held) -> None:
    assert again.cloud.status(again.names["ended"]) == "Failed"
    described = again.cloud.states.describe_execution(executionArn=again.names["passed"])
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"number": 7})
    assert _told(again.cloud, again.names["passed"])[-1] == "ExecutionSucceeded"


def test_a_task_goes_on_to_wait_for_its_token(again: Held) -> None:
    execution = again.names["token"]
    told = _told(again.cloud, execution)
    assert told.count("TaskScheduled") == told.count("TaskStateEntered") == 1
    assert told.count("TaskSubmitted") == 1
    again.cloud.states.send_task_success(taskToken=_token(again.cloud, execution), output='{"done": true}')
    assert _ended(again, "token") == "SUCCEEDED"
    assert _told(again.cloud, execution)[-4:] == [
        "TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
    ]  # fmt: skip


def test_a_task_that_waited_to_be_retried_is_tried_again(again: Held) -> None:
    execution = again.names["retried"]
    told = eventually(lambda: _told(again.cloud, execution), lambda told: told.count("TaskSubmitted") == 2)
    assert told.count("TaskStateEntered") == told.count("TaskFailed") == 1
    again.cloud.states.send_task_success(taskToken=_token(again.cloud, execution), output="{}")
    assert _ended(again, "retried") == "SUCCEEDED"


@pytest.mark.parametrize("name", ["timer", "nested"])
def test_waits_end_when_they_would_have_ended(again: Held, name: str) -> None:
    assert _ended(again, name) == "SUCCEEDED"
    described = again.cloud.states.describe_execution(executionArn=again.names[name])
    assert 5.5 < (described["stopDate"] - described["startDate"]).total_seconds() < 40


@pytest.mark.parametrize("name", ["work", "map", "job"])
def test_work_that_was_in_the_process_has_failed(again: Held, name: str) -> None:
    assert _ended(again, name) == "FAILED"
    described = again.cloud.states.describe_execution(executionArn=again.names[name])
    assert described["error"] == "States.TaskFailed"
    assert "local cloud stopped" in described["cause"]


def test_a_catch_takes_that_up(again: Held) -> None:
    assert _ended(again, "caught") == "SUCCEEDED"
    assert "PassStateEntered" in _told(again.cloud, again.names["caught"])


def test_a_distributed_map_is_redriven_with_what_had_succeeded(again: Held) -> None:
    cloud, execution = again.cloud, again.names["fan"]
    eventually(lambda: _status(cloud, execution), "FAILED".__eq__)
    assert "local cloud stopped" in cloud.states.describe_execution(executionArn=execution)["cause"]
    [run] = cloud.states.list_map_runs(executionArn=execution)["mapRuns"]
    counts = cloud.states.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]
    assert (counts["succeeded"], counts["failed"]) == (1, 1)
    cloud.states.redrive_execution(executionArn=execution)
    token = cloud.receive(again.names["fanned"])["token"]
    cloud.states.send_task_success(taskToken=token, output='"again"')
    eventually(lambda: _status(cloud, execution) != "RUNNING")
    assert json.loads(cloud.states.describe_execution(executionArn=execution)["output"]) == ["kept", "again"]
