import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from lambda_src.shared import calls
from lambda_src.shared.calls import PassingError, RefusedError
from lambda_src.start_pipeline import aws, handler
from lambda_src.start_pipeline.core import InvalidInputError
from tests.unit.lambda_src.runs import DEAD_TOKEN, EXECUTION_ARN, NOW, PIPELINE, TOKEN, RunCloud, step
from tests.unit.lambda_src.start_pipeline.function import KNOWN, RUN, STATES_ARN, Function

Event = Callable[[str], dict[str, object]]

TOKEN_NAME = hashlib.sha256(TOKEN.encode()).hexdigest()[:16]
EXPORT_CONFIG = '{"S3Data": {"S3Uri": "s3://sagestep-bucket/outputfiles/run-1/"}}'
STARTED = {"pipelineExecutionArn": EXECUTION_ARN, "runId": RUN}


def expect_definition(cloud: RunCloud, *names: str) -> None:
    definition = json.dumps({"Parameters": [{"Name": name} for name in names]})
    cloud.sagemaker.add_response(
        "describe_pipeline", {"PipelineDefinition": definition}, {"PipelineName": PIPELINE}
    )


def expect_start(cloud: RunCloud) -> None:
    expect_definition(cloud, *KNOWN, "parameter_run_id")
    cloud.expect_put(TOKEN_NAME, TOKEN, RUN)
    cloud.sagemaker.add_response(
        "start_pipeline_execution",
        {"PipelineExecutionArn": EXECUTION_ARN},
        {
            "PipelineName": PIPELINE,
            "PipelineExecutionDisplayName": RUN,
            "PipelineExecutionDescription": f"Started by Step Functions: {STATES_ARN}",
            "PipelineParameters": [
                {"Name": "parameter_region", "Value": "us-west-2"},
                {"Name": "parameter_vej_export_config", "Value": EXPORT_CONFIG},
                {"Name": "parameter_run_id", "Value": RUN},
            ],
            "ClientRequestToken": RUN,
        },
    )


def expect_earlier_token(cloud: RunCloud, **more: str) -> None:
    cloud.expect_read({"00aa": "earlier", TOKEN_NAME: TOKEN} | more, RUN)


def test_the_token_is_stored_before_the_pipeline_starts(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_start(cloud)
    cloud.expect_heartbeat()
    cloud.expect_read({TOKEN_NAME: TOKEN}, RUN)
    cloud.expect_describe("Executing")
    assert function(event("task")) == STARTED
    assert cloud.used[:3] == ["sagemaker", "s3", "sagemaker"]
    [line] = function.log.lines
    assert (line["executionArn"], line["pipelineExecutionArn"]) == (STATES_ARN, EXECUTION_ARN)


def test_a_pipeline_that_fails_at_once_is_left_to_its_event(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_start(cloud)
    cloud.expect_heartbeat()
    cloud.expect_read({TOKEN_NAME: TOKEN}, RUN)
    cloud.expect_describe("Failed")
    assert function(event("task")) == STARTED


def test_a_repeated_call_finds_its_pipeline_started(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_start(cloud)
    cloud.expect_heartbeat()
    expect_earlier_token(cloud)
    cloud.expect_describe("Executing")
    expect_earlier_token(cloud)
    assert function(event("task")) == STARTED


def test_an_input_that_does_not_fit_stores_and_starts_nothing(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_definition(cloud, *KNOWN)
    with pytest.raises(InvalidInputError, match="Unknown in parameters: colour"):
        function(event("task") | {"input": {"parameters": {"colour": "red"}}})
    assert [line["level"] for line in function.log.lines] == ["ERROR"]
    assert function.log.lines[0]["executionArn"] == STATES_ARN


@pytest.mark.parametrize("code", DEAD_TOKEN)
def test_a_task_that_was_aborted_meanwhile_takes_the_pipeline_along(
    cloud: RunCloud, function: Function, event: Event, code: str
) -> None:
    expect_start(cloud)
    cloud.states.add_client_error("send_task_heartbeat", code)
    expect_earlier_token(cloud)
    for _ in range(2):
        cloud.states.add_client_error("send_task_heartbeat", code)
    cloud.expect_stop(RUN)
    assert function(event("task")) == STARTED
    assert function.log.lines[-1]["level"] == "WARNING"


def test_a_call_that_was_given_up_leaves_the_pipeline_to_the_one_that_came_after(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_start(cloud)
    cloud.states.add_client_error("send_task_heartbeat", "TaskTimedOut")
    cloud.expect_read({TOKEN_NAME: TOKEN, "ffbb": "later"}, RUN)
    cloud.states.add_client_error("send_task_heartbeat", "TaskTimedOut")
    cloud.expect_heartbeat("later")
    assert function(event("task")) == STARTED


def test_a_task_that_was_answered_meanwhile_leaves_the_pipeline_alone(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    """A pipeline of milliseconds: its last step has answered, the execution has yet to end."""
    expect_start(cloud)
    cloud.states.add_client_error("send_task_heartbeat", "TaskTimedOut")
    cloud.expect_read({TOKEN_NAME: TOKEN, "output": "{}"}, RUN)
    assert function(event("task")) == STARTED


@pytest.mark.parametrize("has_expired", [False, True], ids=["retried", "redriven after days"])
def test_a_pipeline_that_had_failed_before_is_told_now(
    cloud: RunCloud, function: Function, event: Event, has_expired: bool
) -> None:
    expect_start(cloud)
    cloud.expect_heartbeat()
    created = NOW - timedelta(days=3)
    if has_expired:
        cloud.expect_read({TOKEN_NAME: TOKEN}, RUN)
        cloud.expect_describe("Failed", created=created)
    else:
        expect_earlier_token(cloud)
    cloud.expect_describe("Failed", "Steps failed.", created)
    cloud.expect_steps([step("one", "Failed", "Because.")])
    cloud.expect_read({TOKEN_NAME: TOKEN}, RUN)
    cause = f"Step one failed: Because.\nPipeline execution failed: Steps failed.\n{EXECUTION_ARN}"
    cloud.expect_failure("PipelineExecutionFailed", cause)
    assert function(event("task")) == STARTED


@pytest.mark.parametrize("status", ["Executing", "Succeeded"])
def test_a_token_that_is_stored_after_the_output_came_is_answered_here(
    cloud: RunCloud, function: Function, event: Event, status: str
) -> None:
    """The pipeline's last step answered the tokens it saw; this one came after it had looked."""
    expect_start(cloud)
    cloud.expect_heartbeat()
    expect_earlier_token(cloud)
    cloud.expect_describe(status)
    expect_earlier_token(cloud, output='{"results": 1}')
    cloud.states.add_client_error("send_task_success", "TaskTimedOut")
    cloud.expect_success('{"results": 1}')
    assert function(event("task")) == STARTED


@pytest.mark.parametrize(
    ("code", "error"), [("ResourceNotFound", RefusedError), ("ThrottlingException", PassingError)]
)
def test_a_pipeline_that_cannot_be_started_fails_the_task_by_the_errors_name(
    cloud: RunCloud, function: Function, event: Event, code: str, error: type[Exception]
) -> None:
    expect_definition(cloud, *KNOWN)
    cloud.expect_put(TOKEN_NAME, TOKEN, RUN)
    cloud.sagemaker.add_client_error("start_pipeline_execution", code, "No pipeline.")
    with pytest.raises(error, match="No pipeline"):
        function(event("task"))


def test_a_token_that_cannot_be_stored_starts_nothing(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_definition(cloud, *KNOWN)
    cloud.s3.add_client_error("put_object", "AccessDenied", http_status_code=403)
    with pytest.raises(RefusedError, match="AccessDenied"):
        function(event("task"))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ResourceNotFound", "There is no pipeline churn in this deployment.*Not that one"),
        ("AccessDeniedException", "may not look at the pipeline churn: .* policy lacks .*Not that one"),
    ],
)
def test_a_pipeline_that_is_not_of_the_deployment_is_named(
    cloud: RunCloud, function: Function, event: Event, code: str, said: str
) -> None:
    cloud.sagemaker.add_client_error("describe_pipeline", code, "Not that one.")
    with pytest.raises(InvalidInputError, match=said):
        function(event("task") | {"input": {"pipeline": "churn"}})


def test_the_environment_names_pipelines_and_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("NAME_PREFIX", "sagestep")
    monkeypatch.setenv("DEFAULT_PIPELINE", "")
    monkeypatch.setenv("TASK_TOKEN_URI", "s3://bucket/task-tokens/")
    for cached in (aws.from_environment, calls.client):
        cached.cache_clear()
    event = {"task_token": TOKEN, "execution_arn": STATES_ARN, "input": {}}
    with pytest.raises(InvalidInputError, match="names no pipeline"):
        handler.lambda_handler(event, None)
    assert aws.from_environment() is aws.from_environment()
