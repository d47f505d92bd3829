"""The state machine always hears how its pipeline ended: each fault, and what it then says."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.executions import finish, status, step, unfed, wait_for_callback
from tests.integration.faulty_functions import environment_of, raising_once
from tests.integration.processes import linux, processes
from tests.integration.runs import (
    definition_with,
    describe_run,
    finish_run,
    log_lines,
    pipeline_of,
    start_run,
    start_with,
)
from tests.integration.stack import Stack
from tests.integration.wire import Document, eventually

pytestmark = pytest.mark.integration

NO_SUCH_OBJECT = json.dumps(
    {"DataSourceConfig": {"S3Data": {"S3Uri": "s3://sagestep-nowhere/input.csv"}}, "DocumentType": "CSV"}
)
NO_SUCH_BUCKET = json.dumps({"S3Data": {"S3Uri": "s3://sagestep-nowhere/output/"}})
FAULTS = {
    "vej-processing-step": {"parameter_vej_input_config": "{not json"},
    "vej-callback-step": {"parameter_vej_input_config": NO_SUCH_OBJECT},
    "export-vej-step": {"parameter_vej_export_config": "{not json"},
    "export-vej-callback": {"parameter_vej_export_config": NO_SUCH_BUCKET},
}
AT_ONCE = 20


def test_it_ends_with_the_results_of_its_pipeline(deployed: Stack) -> None:
    run = start_run(deployed)
    described = finish_run(deployed, run)
    assert described["status"] == "SUCCEEDED"
    output = json.loads(described["output"])
    assert output["pipelineExecutionArn"] == pipeline_of(deployed, run)
    assert output["results"]["vej_status"] == "COMPLETED"
    assert output["results"]["export_status"] == "SUCCEEDED"
    assert finish(deployed, output["pipelineExecutionArn"]) == "Succeeded"


@pytest.mark.parametrize("failing", FAULTS)
def test_a_step_that_fails_is_named_with_its_reason(deployed: Stack, failing: str) -> None:
    run = start_run(deployed, **FAULTS[failing])
    described = finish_run(deployed, run)
    assert (described["status"], described["error"]) == ("FAILED", "PipelineExecutionFailed")
    execution = pipeline_of(deployed, run)
    reason = step(deployed, execution, failing)["FailureReason"]
    assert f"Step {failing} failed: {reason}" in described["cause"]
    assert execution in described["cause"]


def test_the_topic_hears_of_a_failure(deployed: Stack) -> None:
    queue = deployed.sqs.create_queue(QueueName="failures")["QueueUrl"]
    arn = deployed.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    let = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**let, "Resource": arn}]})
    deployed.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    topic = deployed.output("failure_topic_arn")
    subscription = deployed.sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    try:
        run = start_run(deployed, **FAULTS["vej-processing-step"])
        message = eventually(
            lambda: deployed.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
        )[0]
    finally:
        deployed.sns.unsubscribe(SubscriptionArn=subscription)
        deployed.sqs.delete_queue(QueueUrl=queue)
    said = json.loads(message.get("Body", ""))
    for words in (run, "PipelineExecutionFailed", "vej-processing-step"):
        assert words in said["Message"]
    assert len(said["Subject"]) <= 100


def test_a_start_function_that_raises_ends_it_in_seconds_by_the_errors_name(deployed: Stack) -> None:
    with environment_of(deployed, "start_pipeline", TASK_TOKEN_URI="s3://no-such-bucket/task-tokens/"):
        described = finish_run(deployed, start_run(deployed))
    assert (described["status"], described["error"]) == ("FAILED", "RefusedError")
    assert "PutObject" in described["cause"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"parameters": {"parameter_vej_colour": "red"}}, ("parameter_vej_colour",)),
        ({"parameters": {"parameter_region": 7}}, ("parameter_region", "string")),
        ({"parameters": {"parameter_run_id": "mine"}}, ("parameter_run_id",)),
        ({"params": {}}, ("params",)),
        ([1, 2], ("object",)),
    ],
)
def test_an_input_that_does_not_fit_is_refused_before_anything_starts(
    deployed: Stack, given: Document, words: tuple[str, ...]
) -> None:
    before = executions(deployed), tokens(deployed)
    described = finish_run(deployed, start_with(deployed, given))
    assert (described["status"], described["error"]) == ("FAILED", "InvalidInputError")
    for word in words:
        assert word in described["cause"]
    assert (executions(deployed), tokens(deployed)) == before


def test_a_pipeline_stopped_by_hand_ends_it(deployed: Stack) -> None:
    with unfed(deployed):
        run = start_run(deployed)
        execution = pipeline_of(deployed, run)
        wait_for_callback(deployed, execution)
        deployed.sagemaker.stop_pipeline_execution(
            PipelineExecutionArn=execution, ClientRequestToken="x" * 32
        )
    described = finish_run(deployed, run)
    assert (described["status"], described["error"]) == ("FAILED", "PipelineExecutionStopped")
    assert execution in described["cause"]


def test_stopped_by_hand_it_takes_its_pipeline_along(deployed: Stack) -> None:
    with unfed(deployed):
        run = start_run(deployed)
        execution = pipeline_of(deployed, run)
        wait_for_callback(deployed, execution)
        deployed.states.stop_execution(executionArn=run, error="Changed", cause="my mind")
        described = describe_run(deployed, run)
        assert (described["status"], described["error"], described["cause"]) == (
            "ABORTED",
            "Changed",
            "my mind",
        )
        eventually(lambda: status(deployed, execution), "Stopping".__eq__)
    assert finish(deployed, execution) == "Stopped"
    assert describe_run(deployed, run)["status"] == "ABORTED"


@pytest.mark.parametrize(
    ("limit", "error"),
    [
        ({"TimeoutSeconds": 2, "HeartbeatSeconds": 1}, "States.Timeout"),
        ({"TimeoutSeconds": 2, "HeartbeatSeconds": None}, "States.Timeout"),
    ],
    ids=["no heartbeat", "deadline"],
)
def test_a_token_that_expires_stops_the_pipeline_and_its_answer_is_only_counted(
    deployed: Stack, limit: dict[str, object], error: str
) -> None:
    with definition_with(deployed, **limit), unfed(deployed):
        run = start_run(deployed)
        execution = pipeline_of(deployed, run)
        described = finish_run(deployed, run)
        assert (described["status"], described["error"]) == ("FAILED", error)
        eventually(lambda: status(deployed, execution), "Stopping".__eq__)
    assert finish(deployed, execution) == "Stopped"
    assert eventually(lambda: counted(deployed, execution))
    assert describe_run(deployed, run)["error"] == error


def test_an_event_that_is_delivered_again_changes_nothing(deployed: Stack) -> None:
    run = start_run(deployed, **FAULTS["export-vej-step"])
    before = finish_run(deployed, run)
    execution = pipeline_of(deployed, run)
    detail = {
        "pipelineArn": deployed.one_of("pipelines", "geospatial")["arn"],
        "pipelineExecutionArn": execution,
        "currentPipelineExecutionStatus": "Failed",
        "previousPipelineExecutionStatus": "Executing",
    }
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Model Building Pipeline Execution Status Change",
        "Detail": json.dumps(detail),
    }
    deployed.events.put_events(Entries=[entry, entry])  # type: ignore[list-item]
    eventually(lambda: counted(deployed, execution), lambda lines: len(lines) >= 2)
    after = describe_run(deployed, run)
    assert (before["status"], before["cause"], before["stopDate"]) == (
        after["status"],
        after["cause"],
        after["stopDate"],
    )


def test_an_answer_function_that_raises_once_is_asked_again_and_answers_once(
    deployed: Stack, tmp_path: Path
) -> None:
    with raising_once(deployed, tmp_path / "raised"):
        run = start_run(deployed, **FAULTS["vej-processing-step"])
        described = finish_run(deployed, run)
    assert (tmp_path / "raised").exists()
    assert (described["status"], described["error"]) == ("FAILED", "PipelineExecutionFailed")
    assert "vej-processing-step" in described["cause"]
    events = deployed.states.get_execution_history(executionArn=run)["events"]
    assert [event["type"] for event in events].count("TaskFailed") == 1
    assert counted(deployed, pipeline_of(deployed, run)) == []


@linux
def test_a_job_that_runs_long_keeps_its_token_alive(deployed: Stack) -> None:
    """Each look at the job is a heartbeat; the worker is halted, so that the job runs as long as it takes."""
    rows = "".join(f"{number % 360 - 180},{number % 120 - 60}\n" for number in range(500_000))
    bucket = deployed.output("bucket_name")
    table = f"Longitude,Latitude\n{rows}".encode()
    deployed.s3.put_object(Bucket=bucket, Key="samplefiles/many.csv", Body=table)
    source = {
        "DataSourceConfig": {"S3Data": {"S3Uri": f"s3://{bucket}/samplefiles/many.csv"}},
        "DocumentType": "CSV",
    }
    with definition_with(deployed, HeartbeatSeconds=8):  # the looks come up to 4 s apart by then
        run = start_run(deployed, parameter_vej_input_config=json.dumps(source))
        (worker,) = eventually(lambda: workers(deployed))
        os.kill(worker, signal.SIGSTOP)
        try:
            started = describe_run(deployed, run)["startDate"]
            eventually(
                lambda: describe_run(deployed, run)["status"],
                lambda seen: seen != "RUNNING" or datetime.now(UTC) - started > timedelta(seconds=10),
            )
            assert describe_run(deployed, run)["status"] == "RUNNING"
        finally:
            os.kill(worker, signal.SIGCONT)
            deployed.states.stop_execution(executionArn=run)
    assert finish(deployed, pipeline_of(deployed, run)) == "Stopped"


def test_of_many_at_once_each_ends_with_its_own_pipelines_outcome(deployed: Stack) -> None:
    faults: list[dict[str, str]] = [FAULTS["vej-processing-step"], {}, {}]
    wanted = [faults[number % 3] for number in range(AT_ONCE)]
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(lambda fault: start_run(deployed, **fault), wanted))
    deadline = time.monotonic() + 120
    for run, fault in zip(runs, wanted, strict=True):
        described = finish_run(deployed, run, seconds=deadline - time.monotonic())
        execution = pipeline_of(deployed, run)
        if fault:
            assert described["error"] == "PipelineExecutionFailed"
            assert execution in described["cause"]
        else:
            assert described["status"] == "SUCCEEDED", described
            assert json.loads(described["output"])["pipelineExecutionArn"] == execution
    assert len({pipeline_of(deployed, run) for run in runs}) == AT_ONCE


def test_tokens_are_kept_encrypted_and_out_of_the_parameters(deployed: Stack) -> None:
    with unfed(deployed):
        run = start_run(deployed)
        execution = pipeline_of(deployed, run)
        wait_for_callback(deployed, execution)
        given = deployed.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
    key = next(item["Value"] for item in given["PipelineParameters"] if item["Name"] == "parameter_run_id")
    bucket = deployed.output("bucket_name")
    (kept,) = deployed.s3.list_objects_v2(Bucket=bucket, Prefix=f"task-tokens/{key}/")["Contents"]
    assert deployed.s3.head_object(Bucket=bucket, Key=kept["Key"])["ServerSideEncryption"] == "AES256"
    assert finish_run(deployed, run)["status"] == "SUCCEEDED"


def executions(stack: Stack) -> set[str]:
    """List the pipeline's executions."""
    pages = stack.sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=stack.one_of("pipelines", "geospatial")["name"]
    )
    return {item["PipelineExecutionArn"] for page in pages for item in page["PipelineExecutionSummaries"]}


def workers(stack: Stack) -> list[int]:
    """List the processes of geospatial jobs."""
    return [
        pid
        for pid, command in processes(stack.state / "cloud").items()
        if "localcloud.geospatial.worker" in command
    ]


def tokens(stack: Stack) -> set[str]:
    """List the task tokens that are kept."""
    pages = stack.s3.get_paginator("list_objects_v2").paginate(
        Bucket=stack.output("bucket_name"), Prefix="task-tokens/"
    )
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def counted(stack: Stack, execution: str) -> list[Document]:
    """Give the lines by which the answer function counts answers that nobody waits for any more."""
    lines = log_lines(stack, stack.one_of("functions", "answer_task")["name"], "SwallowedAnswers")
    return [line for line in lines if "_aws" in line and line["pipelineExecutionArn"] == execution]
