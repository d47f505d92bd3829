import json
from collections.abc import Callable
from typing import Any

import pytest

from lambda_src.answer_task import aws, handler
from lambda_src.shared import calls
from lambda_src.shared.calls import PassingError, RefusedError
from lambda_src.shared.events import EventError
from tests.unit.lambda_src.answer_task.function import Function
from tests.unit.lambda_src.runs import DEAD_TOKEN, EXECUTION_ARN, NOW, PIPELINE, RUN_ID, TOKEN, RunCloud, step

Event = Callable[[str], dict[str, Any]]

ANSWERED, DEAD, NONE = ({"answer": text} for text in ("answered", "dead", "none"))
# What the API always gives of a job.
JOB = {
    "TrainingJobName": "train-x",
    "TrainingJobArn": "arn:aws:sagemaker:us-west-2:123456789012:training-job/train-x",
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "ResourceConfig": {"VolumeSizeInGB": 1},
    "StoppingCondition": {},
    "CreationTime": NOW,
}
CAUSE = f"Step one failed: Because.\nPipeline execution failed: Steps failed.\n{EXECUTION_ARN}"


def output(event: Event) -> str:
    results = event("step")
    del results["run_id"]
    arn = results.pop("pipeline_execution_arn")
    return json.dumps({"pipelineExecutionArn": arn, "results": results})


def expect_failed(cloud: RunCloud) -> None:
    cloud.expect_describe("Failed", "Steps failed.")
    cloud.expect_steps([step("one", "Failed", "Because.")])


def test_the_last_step_answers_with_the_results(cloud: RunCloud, function: Function, event: Event) -> None:
    cloud.expect_put("output", output(event))
    cloud.expect_read({"00aa": TOKEN, "output": output(event)})
    cloud.expect_success(output(event))
    assert function(event("step")) == ANSWERED
    assert function.swallowed == 0


def test_a_repeated_step_stores_nothing_anew_and_answers_nobody_twice(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    cloud.s3.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    cloud.expect_read({"00aa": TOKEN, "output": output(event)})
    cloud.states.add_client_error("send_task_success", "TaskTimedOut")
    assert function(event("step")) == DEAD
    assert function.swallowed == 1


def test_a_pipeline_without_a_state_machine_answers_nobody(function: Function, event: Event) -> None:
    assert function(event("step") | {"run_id": ""}) == NONE
    assert function.swallowed == 0


def test_a_failed_pipeline_is_told_to_its_task_with_step_and_reason(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_failed(cloud)
    cloud.expect_read({"00aa": TOKEN})
    cloud.expect_failure("PipelineExecutionFailed", CAUSE)
    assert function(event("pipeline_failed")) == ANSWERED
    assert {line["pipelineExecutionArn"] for line in function.log.lines} == {EXECUTION_ARN}


def test_of_several_tokens_the_living_ones_are_answered(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_failed(cloud)
    cloud.expect_read({"00aa": "dead", "00bb": TOKEN})
    cloud.states.add_client_error("send_task_failure", "TaskDoesNotExist")
    cloud.expect_failure("PipelineExecutionFailed", CAUSE)
    assert function(event("pipeline_failed")) == ANSWERED
    assert function.swallowed == 0


@pytest.mark.parametrize("code", DEAD_TOKEN)
def test_an_event_that_is_delivered_again_is_counted_and_changes_nothing(
    cloud: RunCloud, function: Function, event: Event, code: str
) -> None:
    for _ in range(2):
        expect_failed(cloud)
        cloud.expect_read({"00aa": TOKEN})
    cloud.expect_failure("PipelineExecutionFailed", CAUSE)
    cloud.states.add_client_error("send_task_failure", code)
    assert function(event("pipeline_failed")) == ANSWERED
    assert function(event("pipeline_failed")) == DEAD
    assert function.swallowed == 1
    assert function.log.lines[-1]["PipelineName"] == PIPELINE
    assert function.log.lines[-1]["runId"] == RUN_ID


def test_a_run_whose_tokens_have_expired_is_counted(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_failed(cloud)
    cloud.expect_read({})
    assert function(event("pipeline_failed")) == NONE
    assert function.swallowed == 1


@pytest.mark.parametrize("display_name", ["by-hand", "typed-by-hand-0123"])
def test_a_pipeline_that_no_state_machine_started_is_left_alone(
    cloud: RunCloud, function: Function, event: Event, display_name: str
) -> None:
    cloud.expect_describe("Failed", display_name=display_name)
    assert function(event("pipeline_failed")) == NONE
    assert function.swallowed == 0


def test_a_stopped_pipeline_is_told_to_its_task(cloud: RunCloud, function: Function, event: Event) -> None:
    cloud.expect_describe("Stopped")
    cloud.expect_steps([])
    cloud.expect_read({"00aa": TOKEN})
    cloud.expect_failure("PipelineExecutionStopped", f"Pipeline execution was stopped.\n{EXECUTION_ARN}")
    assert function(event("pipeline_failed")) == ANSWERED


def test_a_pipeline_without_an_answering_step_is_answered_for_with_what_its_steps_made(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    cloud.expect_describe("Succeeded")
    cloud.expect_read({"00aa": TOKEN})
    training = str(JOB["TrainingJobArn"])
    cloud.expect_steps([{**step("train", "Succeeded"), "Metadata": {"TrainingJob": {"Arn": training}}}])
    cloud.sagemaker.add_response(
        "describe_training_job",
        JOB
        | {
            "ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"},
            "FinalMetricDataList": [{"MetricName": "accuracy", "Value": 0.5}],
        },
        {"TrainingJobName": "train-x"},
    )
    made = {
        "type": "Training",
        "status": "Succeeded",
        "outputs": {"S3ModelArtifacts": "s3://b/model.tar.gz"},
        "metrics": {"accuracy": 0.5},
        "resource_arn": training,
    }
    cloud.expect_success(
        json.dumps({"pipeline": "geospatial", "execution_arn": EXECUTION_ARN, "steps": {"train": made}})
    )
    assert function(event("pipeline_failed")) == ANSWERED


def test_an_event_after_the_last_steps_answer_is_as_it_should_be(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    cloud.expect_describe("Succeeded")
    cloud.expect_read({"00aa": TOKEN, "output": "{}"})
    cloud.states.add_client_error("send_task_success", "TaskTimedOut")
    assert function(event("pipeline_failed")) == {"answer": "earlier"}
    assert function.swallowed == 0


@pytest.mark.parametrize("status", ["Executing", "Stopping"])
def test_an_event_of_an_execution_that_runs_again_is_only_counted(
    cloud: RunCloud, function: Function, event: Event, status: str
) -> None:
    """RetryPipelineExecution has set a failed execution going again before its event came."""
    cloud.expect_describe(status)
    cloud.expect_read({"00aa": TOKEN})
    assert function(event("pipeline_failed")) == NONE
    assert function.swallowed == 1


@pytest.mark.parametrize(
    ("code", "error"), [("ThrottlingException", PassingError), ("AccessDeniedException", RefusedError)]
)
def test_an_answer_that_could_not_be_given_is_raised_so_that_the_event_comes_again(
    cloud: RunCloud, function: Function, event: Event, code: str, error: type[Exception]
) -> None:
    expect_failed(cloud)
    cloud.expect_read({"00aa": TOKEN})
    cloud.states.add_client_error("send_task_failure", code)
    with pytest.raises(error, match=code):
        function(event("pipeline_failed"))
    assert function.swallowed == 0
    assert function.log.lines[-1]["level"] == "ERROR"


def test_an_unknown_event_is_an_error_in_the_log_too(function: Function) -> None:
    with pytest.raises(EventError, match="its keys are colour"):
        function({"colour": "red"})
    assert [line["level"] for line in function.log.lines] == ["ERROR"]


def test_the_environment_names_pipelines_and_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("NAME_PREFIX", "sagestep")
    monkeypatch.setenv("DEFAULT_PIPELINE", "geospatial")
    monkeypatch.setenv("TASK_TOKEN_URI", "s3://bucket/task-tokens/")
    for cached in (aws.from_environment, calls.client):
        cached.cache_clear()
    step = {"run_id": "", "pipeline_execution_arn": EXECUTION_ARN}
    assert handler.lambda_handler(step, None) == NONE
    assert aws.from_environment() is aws.from_environment()
