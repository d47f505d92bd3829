"""Runs of the pipelines by their state machine: they succeed, fail, are stopped, are answered late."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from tests.integration.executions import sample_parameters, status
from tests.integration.runs import definition_with
from tests.integration.stack import TEST_ROLE
from tests.integration.test_state_machine import FAULTS, workers
from tests.integration.wire import Document, unique
from tests.policies.definitions import four_jobs
from tests.policies.place import Place

SAMPLE = "samplefiles/test/input.csv"
MANY_ROWS = "".join(f"{number % 360 - 180},{number % 120 - 60}\n" for number in range(500_000))


def geospatial(place: Place, **parameters: str) -> str:
    """Start the geospatial pipeline; give the execution's ARN."""
    return place.start("run-pipeline", parameters=sample_parameters(place.stack, **parameters))


def many_rows(place: Place) -> str:
    """Put an input that takes long into the bucket; give its address."""
    key = "samplefiles/much/many.csv"
    place.stack.s3.put_object(Bucket=place.bucket, Key=key, Body=f"Longitude,Latitude\n{MANY_ROWS}".encode())
    return f"s3://{place.bucket}/{key}"


def long_geospatial(place: Place) -> str:
    """Start the geospatial pipeline with an input that takes long; give the execution's ARN."""
    source = {"DataSourceConfig": {"S3Data": {"S3Uri": many_rows(place)}}, "DocumentType": "CSV"}
    return geospatial(place, parameter_vej_input_config=json.dumps(source))


def geocoding(place: Place, **parameters: str) -> str:
    """Start the geocoding pipeline; give the execution's ARN."""
    sample_parameters(place.stack)  # puts the sample there
    inputs = f"s3://{place.bucket}/{SAMPLE}"
    outputs = f"s3://{place.bucket}/outputfiles/{unique('proof')}/"
    given = {"parameter_input_uri": inputs, "parameter_output_uri": outputs, **parameters}
    return place.start("run-pipeline", pipeline="geocoding", parameters=given)


def pipeline_of(place: Place, execution: str) -> str:
    """Wait until the start function has answered; give the pipeline execution's ARN."""

    def started() -> str:
        events = place.stack.states.get_execution_history(executionArn=execution)["events"]
        for event in events:
            if output := event.get("taskSubmittedEventDetails", {}).get("output"):
                return str(json.loads(output)["Payload"]["pipelineExecutionArn"])
        if len(events) > 1 and events[-1]["type"].startswith("Execution"):
            raise AssertionError(events[-1])
        return ""

    return place.until(started)


def steps(place: Place, pipeline: str) -> list[tuple[str, str]]:
    """Give the steps of a pipeline execution with their statuses."""
    answer = place.stack.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=pipeline)
    return sorted((item["StepName"], item["StepStatus"]) for item in answer["PipelineExecutionSteps"])


def succeeds(place: Place, start: Callable[[Place], str], log: str) -> Document:
    """Run a pipeline; tell the status, its steps, and whether its job has a log."""
    described = place.finish(start(place))
    told: Document = {"status": described["status"], "error": described.get("error")}
    if described["status"] != "SUCCEEDED":
        return told
    output = json.loads(described["output"])
    told["results"] = sorted(output.get("results") or output)
    pipeline = output["pipelineExecutionArn"]
    told["steps"] = steps(place, pipeline)
    if log:
        name = f"pipelines-{pipeline.rpartition('/')[2]}"
        told["log"] = place.has_log(log, name)
    return told


def log_group_is_made(place: Place) -> Document:
    """Run the geocoding pipeline while the log group of its job is gone."""
    place.forget_log_group("/aws/sagemaker/ProcessingJobs")
    return succeeds(place, geocoding, "/aws/sagemaker/ProcessingJobs")


def fails(place: Place, start: Callable[[], str]) -> Document:
    """Run a pipeline that fails; tell the error, the cause's first words, and whether anybody hears of it."""
    execution = start()
    described = place.finish(execution)
    pipeline = pipeline_of(place, execution)
    return {
        "status": described["status"],
        "error": described.get("error"),
        "named": "Step " in str(described.get("cause")),
        "steps": steps(place, pipeline),
        "told": place.is_told(execution),
    }


def job_is_slow_then_stopped(place: Place) -> Document:
    """Halt a geospatial job for longer than the task's heartbeat, then stop the state machine's execution."""
    with definition_with(place.stack, HeartbeatSeconds=8):
        known = set(workers(place.stack))
        execution = long_geospatial(place)
        new = place.until(lambda: set(workers(place.stack)) - known)
        for pid in new:
            os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(12)
            before = place.stack.states.describe_execution(executionArn=execution)["status"]
        finally:
            for pid in new:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            place.stack.states.stop_execution(executionArn=execution)
    pipeline = pipeline_of(place, execution)
    place.until(lambda: status(place.stack, pipeline), {"Stopping", "Stopped"}.__contains__)
    place.until(lambda: status(place.stack, pipeline), "Stopped".__eq__)
    jobs = place.stack.geospatial.list_vector_enrichment_jobs(SortBy="CreationTime", SortOrder="DESCENDING")
    latest = max(jobs["VectorEnrichmentJobSummaries"], key=lambda job: job["CreationTime"])
    stopped = place.within_a_moment(
        lambda: (
            place.stack.geospatial.get_vector_enrichment_job(Arn=latest["Arn"])["Status"]
            in {"STOPPED", "STOPPING"}
        )
    )
    return {"heard": before, "job": stopped}


def processing_is_stopped(place: Place) -> Document:
    """Stop the state machine's execution while the geocoding pipeline's processing job runs."""
    execution = geocoding(place, parameter_input_uri=many_rows(place))
    pipeline = pipeline_of(place, execution)
    place.until(lambda: steps(place, pipeline), [("geocode", "Executing")].__eq__)
    (job,) = place.until(
        lambda: place.stack.sagemaker.list_processing_jobs(
            NameContains=pipeline.rpartition("/")[2], StatusEquals="InProgress"
        )["ProcessingJobSummaries"]
    )
    place.stack.states.stop_execution(executionArn=execution)
    stopped = place.within_a_moment(lambda: status(place.stack, pipeline) in {"Stopping", "Stopped"})

    def job_status() -> str:
        described = place.stack.sagemaker.describe_processing_job(ProcessingJobName=job["ProcessingJobName"])
        return described["ProcessingJobStatus"]

    ended = place.within_a_moment(lambda: job_status() in {"Stopped", "Stopping"})
    if job_status() == "InProgress":
        place.stack.sagemaker.stop_processing_job(ProcessingJobName=job["ProcessingJobName"])
    return {"stopped": stopped, "job": ended}


@contextmanager
def unheard(place: Place, rule: str) -> Iterator[None]:
    """Keep a rule's events from the answer function within the block."""
    name = f"{place.stack.output('name_prefix')}-{rule}"
    place.stack.events.disable_rule(Name=name)
    try:
        yield
    finally:
        place.stack.events.enable_rule(Name=name)


def _start_again(place: Place, execution: str, dead: str) -> None:
    """Call the start function once more, as Step Functions may; the run has a dead token, too."""
    kept = _tokens(place, execution)
    place.stack.s3.put_object(Bucket=place.bucket, Key=f"{kept['folder']}other", Body=dead.encode())
    event = {
        "task_token": kept["token"],
        "execution_arn": execution,
        "input": json.loads(place.stack.states.describe_execution(executionArn=execution)["input"]),
    }
    answer = place.stack.functions.invoke(
        FunctionName=place.function("start_pipeline"), Payload=json.dumps(event).encode()
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def _dead_token(place: Place) -> str:
    """Give the token of a task that has ended."""
    execution = geospatial(place, **FAULTS["vej-processing-step"])
    place.finish(execution)
    return _tokens(place, execution)["token"]


def _tokens(place: Place, execution: str) -> dict[str, str]:
    name = execution.rpartition(":")[2]
    found = place.stack.s3.list_objects_v2(Bucket=place.bucket, Prefix=f"task-tokens/{name}")["Contents"]
    key = next(item["Key"] for item in found if not item["Key"].endswith(("/output", "/other")))
    body = place.stack.s3.get_object(Bucket=place.bucket, Key=key)["Body"].read().decode()
    return {"token": body, "folder": f"{key.rpartition('/')[0]}/"}


def start_function_answers_failure(place: Place, dead: str) -> Document:
    """The pipeline failed and nobody heard: the start function answers the task."""
    with unheard(place, "pipeline-ended"):
        execution = geospatial(place, **FAULTS["vej-processing-step"])
        pipeline = pipeline_of(place, execution)
        place.until(lambda: status(place.stack, pipeline), "Failed".__eq__)
        _start_again(place, execution, dead)
        described = place.finish(execution)
    return {"status": described["status"], "error": described.get("error")}


def start_function_answers_success(place: Place, dead: str) -> Document:
    """The pipeline succeeded before the token was stored: the start function answers the task."""
    with unheard(place, "pipeline-ended"):
        execution = geospatial(place)
        pipeline = pipeline_of(place, execution)
        kept = _tokens(place, execution)
        for item in place.stack.s3.list_objects_v2(Bucket=place.bucket, Prefix=kept["folder"])["Contents"]:
            place.stack.s3.delete_object(Bucket=place.bucket, Key=item["Key"])
        place.until(lambda: status(place.stack, pipeline), "Succeeded".__eq__)
        place.stack.s3.put_object(
            Bucket=place.bucket, Key=f"{kept['folder']}again", Body=kept["token"].encode()
        )
        _start_again(place, execution, dead)
        described = place.finish(execution)
    assert described["status"] == "SUCCEEDED", described
    return {"status": described["status"]}


def start_function_stops(place: Place, dead: str) -> Document:
    """The task waits no longer: the start function, called again, stops the pipeline."""
    with unheard(place, "state-machine-not-succeeded"):
        execution = long_geospatial(place)
        pipeline = pipeline_of(place, execution)
        place.stack.states.stop_execution(executionArn=execution)
        _start_again(place, execution, dead)
        stopped = place.within_a_moment(lambda: status(place.stack, pipeline) in {"Stopping", "Stopped"})
    if status(place.stack, pipeline) == "Executing":
        place.stack.sagemaker.stop_pipeline_execution(
            PipelineExecutionArn=pipeline, ClientRequestToken=unique("stop").ljust(32, "x")
        )
    assert stopped, pipeline
    return {"stopped": stopped}


def answer_tells_of_jobs(place: Place) -> Document:
    """Run a pipeline with a job of each kind and no step that answers; tell what the answer has of each."""
    name = str(place.stack.one_of("pipelines", "geocoding")["name"])
    before = place.stack.sagemaker.describe_pipeline(PipelineName=name)
    definition = four_jobs(place.bucket, place.stack.output("image_uri"), TEST_ROLE, place.model)
    place.stack.sagemaker.update_pipeline(
        PipelineName=name, PipelineDefinition=json.dumps(definition), RoleArn=TEST_ROLE
    )
    try:
        execution = place.start("run-pipeline", pipeline="geocoding", parameters={})
        described = place.finish(execution)
    finally:
        place.stack.sagemaker.update_pipeline(
            PipelineName=name, PipelineDefinition=before["PipelineDefinition"], RoleArn=before["RoleArn"]
        )
    if described["status"] != "SUCCEEDED":
        return {"status": described["status"], "cause": described.get("cause")}
    found = json.loads(described["output"])
    found = found.get("results", found)["steps"]
    return {
        step: sorted(key for key, value in {**of["outputs"], **of["metrics"]}.items() if value)
        for step, of in sorted(found.items())
    }


def lost_event_is_kept(place: Place) -> Document:
    """Let the answer function fail on an event until Lambda gives up."""
    url = place.stack.output("lost_events_queue_url")
    mark = unique("lost")
    place.stack.functions.invoke(
        FunctionName=place.function("answer_task"),
        InvocationType="Event",
        Payload=json.dumps({mark: True}).encode(),
    )

    def kept() -> bool:
        answer = place.stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
        for message in answer.get("Messages", []):
            if mark in str(message.get("Body")):
                place.stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return True
        return False

    return {"kept": place.until(kept, seconds=60)}


def input_is_refused(place: Place) -> Document:
    """Give an input that does not fit: the state machine fails by the error's name."""
    described = place.finish(place.start("run-pipeline", params={}))
    return {"status": described["status"], "error": described.get("error")}


def runs(place: Place) -> Iterator[tuple[str, Callable[[], Document]]]:
    """List them by their names."""
    dead = _dead_token(place)
    yield "geospatial", partial(succeeds, place, geospatial, "")
    yield "geocoding with a new log group", partial(log_group_is_made, place)
    yield "geocoding", partial(succeeds, place, geocoding, "/aws/sagemaker/ProcessingJobs")
    for step, fault in FAULTS.items():
        yield f"geospatial fails at {step}", partial(fails, place, partial(geospatial, place, **fault))
    nothing = f"s3://{place.bucket}/samplefiles/nothing/"
    yield (
        "geocoding fails",
        partial(fails, place, partial(geocoding, place, parameter_input_uri=nothing)),
    )
    yield "input is refused", partial(input_is_refused, place)
    yield "geospatial job is slow, then stopped", partial(job_is_slow_then_stopped, place)
    yield "geocoding is stopped", partial(processing_is_stopped, place)
    yield "start function answers a failure", partial(start_function_answers_failure, place, dead)
    yield "start function answers a success", partial(start_function_answers_success, place, dead)
    yield "start function stops a pipeline", partial(start_function_stops, place, dead)
    yield "answer tells of jobs", partial(answer_tells_of_jobs, place)
    yield "lost event is kept", partial(lost_event_is_kept, place)
