"""Pipeline executions on the wire: boto3 in front, real functions and queues behind."""

import json
import re
from pathlib import Path

import pytest

from tests.integration.wire import REGION, Cloud, callback_step, get, lambda_step, refused, token, unique

pytestmark = pytest.mark.integration

ARNS = "arn:aws:sagemaker:us-west-2:000000000000:pipeline"
EVENT = "SageMaker Model Building Pipeline Execution"


def test_parallel_functions_decide_which_branch_runs(cloud: Cloud, branching: str, tmp_path: Path) -> None:
    execution = cloud.start(branching, folder=str(tmp_path))
    assert cloud.finish(execution) == "Succeeded"
    steps = cloud.steps(execution)
    assert steps.keys() == {"left", "right", "decide", "tell"}
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert steps["decide"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    sentence = f"{branching} counted 3 true"
    assert cloud.echoed(execution, "tell") == {"number": 3, "flag": True, "sentence": sentence}


def test_the_other_branch_fails_the_execution_with_its_message(
    cloud: Cloud, branching: str, tmp_path: Path
) -> None:
    execution = cloud.start(branching, folder=str(tmp_path), limit="3")
    assert cloud.finish(execution) == "Failed"
    described = cloud.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."
    steps = cloud.steps(execution)
    assert steps.keys() == {"left", "right", "decide", "give-up"}
    assert steps["decide"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert steps["give-up"]["StepStatus"] == "Failed"
    assert steps["give-up"]["FailureReason"] == f"{branching} counted 3 true"


def test_a_declared_output_that_is_missing_fails_who_refers_to_it(cloud: Cloud, echo: str) -> None:
    pipeline = cloud.create(
        lambda_step("half", echo, {"here": "String", "missing": "String"}, here="x"),
        lambda_step("after", echo, {}, given=get("Steps.half.OutputParameters['missing']")),
    )
    execution = cloud.start(pipeline)
    assert cloud.finish(execution) == "Failed"
    steps = cloud.steps(execution)
    assert {name: step["StepStatus"] for name, step in steps.items()} == {
        "half": "Succeeded",
        "after": "Failed",
    }
    assert "step 'half' ended without this output" in steps["after"]["FailureReason"]


@pytest.fixture
def asked(cloud: Cloud, echo: str) -> tuple[str, str]:
    """An execution that waits for an answer and will tell it to a function; and the queue it asks on."""
    queue, answer = cloud.queue(), get("Steps.ask.OutputParameters['answer']")
    pipeline = cloud.create(
        callback_step("ask", queue, {"answer": "Integer"}, question=get("Parameters.question")),
        lambda_step("tell", echo, {"event": "String"}, answer=answer),
        parameters=[{"Name": "question"}],
    )
    return cloud.start(pipeline, question="6 * 9?"), queue


def test_a_callback_is_answered_once_and_its_outputs_go_on(cloud: Cloud, asked: tuple[str, str]) -> None:
    execution, queue = asked
    message = cloud.receive(queue)
    callback = message.pop("token")
    assert re.fullmatch("[a-zA-Z0-9]{10}", callback)
    arguments = {"question": "6 * 9?"}
    assert message == {"pipelineExecutionArn": execution, "status": "Executing", "arguments": arguments}
    waiting = cloud.steps(execution)["ask"]
    assert waiting["StepStatus"] == "Executing"
    assert waiting["Metadata"]["Callback"]["CallbackToken"] == callback
    assert cloud.answer(callback, answer="42") == execution
    with refused("ValidationException", "'ask'", "Succeeded"):
        cloud.answer(callback, answer="42")
    assert cloud.finish(execution) == "Succeeded"
    assert cloud.echoed(execution, "tell") == {"answer": 42}


def test_a_callback_that_is_answered_as_failed_fails_with_the_reason(
    cloud: Cloud, asked: tuple[str, str]
) -> None:
    execution, queue = asked
    cloud.sagemaker.send_pipeline_execution_step_failure(
        CallbackToken=cloud.receive(queue)["token"], FailureReason="nobody knows"
    )
    assert cloud.finish(execution) == "Failed"
    assert cloud.steps(execution)["ask"]["FailureReason"] == "nobody knows"


def test_an_unknown_callback_token_is_refused(cloud: Cloud) -> None:
    with refused("ResourceNotFound", "0123456789"):
        cloud.answer("0123456789")


def test_stopping_waits_for_the_callback_and_says_so_on_the_queue(
    cloud: Cloud, asked: tuple[str, str]
) -> None:
    execution, queue = asked
    first = cloud.receive(queue)
    cloud.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken=token())
    assert cloud.receive(queue) == first | {"status": "Stopping"}
    assert cloud.status(execution) == "Stopping"
    assert cloud.steps(execution)["ask"]["StepStatus"] == "Stopping"
    cloud.answer(first["token"], answer="42")
    assert cloud.finish(execution) == "Stopped"
    steps = cloud.steps(execution)
    assert steps.keys() == {"ask"}
    assert steps["ask"]["StepStatus"] == "Stopped"


def test_changes_of_status_reach_a_queue_through_eventbridge(cloud: Cloud, echo: str) -> None:
    pipeline, queue, rule = cloud.create(lambda_step("only", echo, {})), cloud.queue(), unique("rule")
    pattern = {"source": ["aws.sagemaker"], "detail": {"pipelineArn": [f"{ARNS}/{pipeline}"]}}
    cloud.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    cloud.let("events", cloud.queue_arn(queue))
    cloud.events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": cloud.queue_arn(queue)}])
    execution = cloud.sagemaker.start_pipeline_execution(
        PipelineName=pipeline,
        PipelineExecutionDisplayName="shown",
        PipelineExecutionDescription="described",
        ClientRequestToken=token(),
    )["PipelineExecutionArn"]
    events = [cloud.receive(queue) for _ in range(2 + 3)]
    assert all(event["source"] == "aws.sagemaker" and event["region"] == REGION for event in events)
    assert all(event["resources"] == [f"{ARNS}/{pipeline}", execution] for event in events)
    details = [event["detail"] for event in events if event["detail-type"] == f"{EVENT} Status Change"]
    changes = {detail["currentPipelineExecutionStatus"]: detail for detail in details}
    assert changes.keys() == {"Executing", "Succeeded"}
    start_time = changes["Executing"]["executionStartTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", start_time)
    assert changes["Succeeded"].pop("executionEndTime") >= start_time
    assert changes["Succeeded"] == {
        "pipelineExecutionDisplayName": "shown",
        "pipelineExecutionDescription": "described",
        "previousPipelineExecutionStatus": "Executing",
        "currentPipelineExecutionStatus": "Succeeded",
        "executionStartTime": start_time,
        "pipelineArn": f"{ARNS}/{pipeline}",
        "pipelineExecutionArn": execution,
    }
    details = [event["detail"] for event in events if event["detail-type"] == f"{EVENT} Step Status Change"]
    changes = {detail["currentStepStatus"]: detail for detail in details}
    assert changes.keys() == {"Starting", "Executing", "Succeeded"}
    assert changes["Succeeded"].pop("stepEndTime") >= changes["Succeeded"].pop("stepStartTime") >= start_time
    assert changes["Succeeded"] == {
        "stepName": "only",
        "stepType": "Lambda",
        "previousStepStatus": "Executing",
        "currentStepStatus": "Succeeded",
        "metadata": {"lambda": {"arn": echo, "outputParameters": []}},
        "pipelineArn": f"{ARNS}/{pipeline}",
        "pipelineExecutionArn": execution,
    }
