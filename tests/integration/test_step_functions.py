"""Tasks that wait for their token: who may answer, with what, and what becomes of it; and tasks that fail."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.machines import (
    DEAD_TOKEN,
    Run,
    Stopwatch,
    calls,
    catch,
    caught,
    machine,
    waits_for_token,
)
from tests.integration.wire import ROLE, Cloud, Document, eventually, refused, unique

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import EncryptionConfigurationTypeDef, SendTaskFailureInputTypeDef

pytestmark = pytest.mark.integration

ANSWERS_ITSELF = """
import boto3, json

def handler(event, context):
    '''Send a heartbeat and answer the token before this very invocation has ended.'''
    states = boto3.client("stepfunctions")
    states.send_task_heartbeat(taskToken=event["token"])
    states.send_task_success(taskToken=event["token"], output=json.dumps("early"))
    return {"runId": "run-1", "given": event["given"]}
"""

RAISES_ONCE = """
import pathlib

class InvalidInputError(Exception):
    pass

def handler(event, context):
    calls = pathlib.Path(event["folder"], "calls")
    with calls.open("a") as file:
        file.write("called\\n")
    if len(calls.read_text().splitlines()) <= event["times"]:
        raise InvalidInputError("parameter nobody: unknown")
    return "well"
"""


@pytest.fixture
def queue(cloud: Cloud) -> str:
    return cloud.queue()


@pytest.fixture
def waiting(cloud: Cloud, queue: str) -> Run:
    """An execution whose task waits; its token is on the queue."""
    return machine(cloud, ("wait", waits_for_token(queue, HeartbeatSeconds=30))).start()


@pytest.fixture
def token(cloud: Cloud, waiting: Run, queue: str) -> str:
    """The token that `waiting` waits for."""
    text: str = cloud.receive(queue)["token"]
    return text


def check_dead(cloud: Cloud, token: str) -> None:
    """Nothing may be told of a token that nobody waits for any more."""
    with refused("TaskTimedOut", DEAD_TOKEN):
        cloud.states.send_task_success(taskToken=token, output="{}")
    with refused("TaskTimedOut", DEAD_TOKEN):
        cloud.states.send_task_failure(taskToken=token)
    with refused("TaskTimedOut", DEAD_TOKEN):
        cloud.states.send_task_heartbeat(taskToken=token)


def test_a_token_is_dead_once_it_was_answered(cloud: Cloud, waiting: Run, token: str) -> None:
    cloud.states.send_task_success(taskToken=token, output='{"answer": 1}')
    check_dead(cloud, token)
    assert waiting.output() == {"answer": 1}
    check_dead(cloud, token)


def test_the_first_of_many_answers_counts_and_all_others_are_refused(
    cloud: Cloud, waiting: Run, token: str
) -> None:
    def answer(number: int) -> int | None:
        try:
            if number % 2:
                cloud.states.send_task_success(taskToken=token, output=str(number))
            else:
                cloud.states.send_task_failure(taskToken=token, error=str(number))
        except cloud.states.exceptions.TaskTimedOut:
            return None
        return number

    with ThreadPoolExecutor(20) as threads:
        [first] = [number for number in threads.map(answer, range(20)) if number is not None]
    ended = waiting.end()
    assert ended.get("output" if first % 2 else "error") == str(first)


def test_an_answer_that_comes_before_the_function_has_returned_is_not_lost(cloud: Cloud) -> None:
    payload = {"token.$": "$$.Task.Token", "given.$": "$$.Execution.Input"}
    task = calls(cloud.function(ANSWERS_ITSELF), wait=True, payload=payload, HeartbeatSeconds=30)
    run = machine(cloud, ("wait", task)).start({"parameters": {"name": "value"}})
    assert run.end()["output"] == '"early"'
    [submitted] = run.events("TaskSubmitted")
    output = json.loads(submitted["taskSubmittedEventDetails"]["output"])
    assert output["Payload"] == {"runId": "run-1", "given": {"parameters": {"name": "value"}}}


@pytest.mark.parametrize("text", ["no-token", "0f0f0f0f-0000-4000-8000-000000000000", "x" * 2048])
def test_what_never_was_a_token_is_invalid(cloud: Cloud, text: str) -> None:
    for output in ("{}", "no JSON"):  # the token is judged first
        with refused("InvalidToken", "Invalid Token: 'Invalid token'"):
            cloud.states.send_task_success(taskToken=text, output=output)
    with refused("InvalidToken"):
        cloud.states.send_task_failure(taskToken=text)
    with refused("InvalidToken"):
        cloud.states.send_task_heartbeat(taskToken=text)


@pytest.mark.parametrize("output", ["", "{", "{'a': 1}", "NaN", "[1,]", '{"a": 1} and more'])
def test_an_output_that_is_not_json_is_refused_and_the_task_still_waits(
    cloud: Cloud, waiting: Run, token: str, output: str
) -> None:
    with refused("InvalidOutput", "Invalid Output: '"):
        cloud.states.send_task_success(taskToken=token, output=output)
    cloud.states.send_task_success(taskToken=token, output='{"answer": "right"}')
    assert waiting.output() == {"answer": "right"}


TOO_LONG: "dict[str, SendTaskFailureInputTypeDef]" = {
    "error": {"taskToken": "", "error": "e" * 257},
    "cause": {"taskToken": "", "cause": "c" * 32769},
    "taskToken": {"taskToken": "t" * 2049},
}


@pytest.mark.parametrize("field", TOO_LONG)
def test_what_is_too_long_is_refused_by_name(cloud: Cloud, token: str, field: str) -> None:
    request = TOO_LONG[field]
    request["taskToken"] = request["taskToken"] or token
    with refused("ValidationException", f"at '{field}' failed to satisfy constraint"):
        cloud.states.send_task_failure(**request)
    cloud.states.send_task_heartbeat(taskToken=token)


def test_an_output_is_measured_in_bytes(cloud: Cloud, waiting: Run, token: str) -> None:
    with refused("ValidationException", "at 'output'"):
        cloud.states.send_task_success(taskToken=token, output=json.dumps("x" * 262_144))
    with refused("ValidationException", "at 'output'"):
        cloud.states.send_task_success(taskToken=token, output=f'"{"é" * 131_072}"')
    cloud.states.send_task_success(taskToken=token, output=json.dumps("x" * 262_000))
    assert len(waiting.end()["output"]) == 262_002


def test_error_and_cause_arrive_in_full_length(cloud: Cloud, waiting: Run, token: str) -> None:
    cloud.states.send_task_failure(taskToken=token, error="e" * 256, cause="c" * 32768)
    assert waiting.failure() == ("e" * 256, "c" * 32768)


def test_a_task_that_is_tried_again_has_another_token(cloud: Cloud, queue: str) -> None:
    task = waits_for_token(queue, Retry=[{"ErrorEquals": ["Passing"], "IntervalSeconds": 1}])
    run = machine(cloud, ("wait", task)).start()
    first = cloud.receive(queue)["token"]
    cloud.states.send_task_failure(taskToken=first, error="Passing")
    second = cloud.receive(queue)["token"]
    assert second != first
    check_dead(cloud, first)
    cloud.states.send_task_success(taskToken=second, output='{"attempt": 2}')
    assert run.output() == {"attempt": 2}


@pytest.fixture(scope="module")
def raises_once(cloud: Cloud) -> str:
    return cloud.function(RAISES_ONCE)


def test_what_a_function_raises_is_caught_by_its_name_and_carried_through(
    cloud: Cloud, raises_once: str, tmp_path: Path
) -> None:
    task = calls(raises_once, wait=True, payload={"folder": str(tmp_path), "times": 1})
    task |= {"Catch": [{"ErrorEquals": ["InvalidInputError"], "ResultPath": "$.failure", "Next": "fail"}]}
    fail = {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}
    watch = Stopwatch.start()
    error, cause = machine(cloud, ("call", task), ("fail", fail)).start().failure()
    assert watch.seconds() < 5
    assert error == "InvalidInputError"
    assert json.loads(cause)["errorMessage"] == "parameter nobody: unknown"


def test_what_a_function_raises_is_tried_again_by_its_name(
    cloud: Cloud, raises_once: str, tmp_path: Path
) -> None:
    task = calls(raises_once, payload={"folder": str(tmp_path), "times": 1})
    task["Retry"] = [{"ErrorEquals": ["InvalidInputError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    assert machine(cloud, ("call", task)).start().output()["Payload"] == "well"
    assert len((tmp_path / "calls").read_text(encoding="utf-8").splitlines()) == 2


def test_a_function_that_is_not_there_has_lambdas_error_name(cloud: Cloud) -> None:
    task = calls("nobody", Catch=catch("Lambda.ResourceNotFoundException"))
    assert machine(cloud, ("call", task), caught()).start().output()["Error"].startswith("Lambda.")


def test_a_notification_reaches_the_topics_subscribers(cloud: Cloud, queue: str) -> None:
    topic = cloud.sns.create_topic(Name=unique("topic"), Attributes={"KmsMasterKeyId": "alias/aws/sns"})
    arn = topic["TopicArn"]
    cloud.let("sns", cloud.queue_arn(queue))
    cloud.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=cloud.queue_arn(queue))
    parameters = {"TopicArn": arn, "Subject": "failed", "Message.$": "$.Cause"}
    task: Document = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": parameters}
    machine(cloud, ("tell", task)).start({"Cause": "Step wait failed: no good"}).output()
    told = cloud.receive(queue)
    assert (told["Subject"], told["Message"]) == ("failed", "Step wait failed: no good")


def test_the_history_is_logged_where_the_state_machine_says(cloud: Cloud, queue: str) -> None:
    group = f"/aws/vendedlogs/states/{unique('machine')}"
    cloud.logs.create_log_group(logGroupName=group)
    destination = f"arn:aws:logs:us-west-2:000000000000:log-group:{group}:*"
    states = machine(cloud, ("wait", waits_for_token(queue)))
    cloud.states.update_state_machine(
        stateMachineArn=states.arn,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": destination}}],
        },
    )
    run = states.start()
    run.stop()

    def logged() -> list[str]:
        events = cloud.logs.filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"])["type"] for event in events]

    eventually(logged, lambda types: types[-1:] == ["ExecutionAborted"])


def test_a_state_machine_tells_of_tracing_and_logging(cloud: Cloud) -> None:
    made = machine(cloud, ("only", {"Type": "Pass"}))
    described = cloud.states.describe_state_machine(stateMachineArn=made.arn)
    assert described["tracingConfiguration"] == {"enabled": False}
    assert described["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    cloud.states.update_state_machine(stateMachineArn=made.arn, tracingConfiguration={"enabled": True})
    described = cloud.states.describe_state_machine(stateMachineArn=made.arn)
    assert described["tracingConfiguration"] == {"enabled": True}


def test_customer_managed_keys_are_refused_because_nothing_is_encrypted_with_them(cloud: Cloud) -> None:
    key: EncryptionConfigurationTypeDef = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/mine"}
    made = machine(cloud, ("done", {"Type": "Succeed"}))
    definition = json.dumps({"StartAt": "done", "States": {"done": {"Type": "Succeed"}}})
    with refused("InvalidEncryptionConfiguration", "AWS_OWNED_KEY"):
        cloud.states.create_state_machine(
            name=unique("machine"), definition=definition, roleArn=ROLE, encryptionConfiguration=key
        )
    with refused("InvalidEncryptionConfiguration", "AWS_OWNED_KEY"):
        cloud.states.update_state_machine(stateMachineArn=made.arn, encryptionConfiguration=key)
    with refused("InvalidEncryptionConfiguration", "AWS_OWNED_KEY"):
        cloud.states.create_activity(name=unique("activity"), encryptionConfiguration=key)
    cloud.states.create_activity(name=unique("activity"), encryptionConfiguration={"type": "AWS_OWNED_KEY"})


def test_activities_keep_their_tags(cloud: Cloud) -> None:
    arn = cloud.states.create_activity(name=unique("activity"), tags=[{"key": "a", "value": "1"}])[
        "activityArn"
    ]
    cloud.states.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    cloud.states.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert cloud.states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    with refused("ResourceNotFound"):
        cloud.states.list_tags_for_resource(resourceArn=arn + "-of-nobody")
