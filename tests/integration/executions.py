"""Executions past the driver: with parameters, and at moments, that it would not choose."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.stack import ROOT, Stack
from tests.integration.wire import eventually

SAMPLE = ROOT / "resources" / "sample_coordinates.csv"
_INPUT = "test/input.csv"
_TERMINAL = {"Succeeded", "Failed", "Stopped"}


def sample_parameters(stack: Stack, **parameters: str) -> dict[str, str]:
    """Upload the sample and give the parameters of a run on it, unless these say otherwise."""
    bucket = stack.output("bucket_name")
    stack.s3.upload_file(str(SAMPLE), bucket, _INPUT)
    source = {"DataSourceConfig": {"S3Data": {"S3Uri": f"s3://{bucket}/{_INPUT}"}}, "DocumentType": "CSV"}
    columns = {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}
    return {
        "parameter_execution_role": stack.output("sagemaker_role_arn"),
        "parameter_region": "us-west-2",
        "parameter_queue_url": stack.output("queue_url"),
        "parameter_vej_input_config": json.dumps(source),
        "parameter_vej_export_config": json.dumps({"S3Data": {"S3Uri": f"s3://{bucket}/test/output/"}}),
        "parameter_step_1_vej_config": json.dumps({"ReverseGeocodingConfig": columns}),
    } | parameters


def start_execution(stack: Stack, **parameters: str) -> str:
    """Start the pipeline alone on the sample; gives the execution's ARN."""
    values = sample_parameters(stack, **parameters)
    return stack.sagemaker.start_pipeline_execution(
        PipelineName=stack.output("pipeline_name"),
        ClientRequestToken=uuid.uuid4().hex,
        PipelineParameters=[{"Name": name, "Value": value} for name, value in values.items()],
    )["PipelineExecutionArn"]


def status(stack: Stack, execution: str) -> str:
    """Tell an execution's status."""
    described = stack.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    return described["PipelineExecutionStatus"]


def finish(stack: Stack, execution: str) -> str:
    """Wait until an execution has ended; gives its status."""
    return eventually(lambda: status(stack, execution), _TERMINAL.__contains__, seconds=60)


def step(stack: Stack, execution: str, name: str) -> dict[str, object]:
    """Give a step as it is listed, or nothing if it has not started."""
    steps = stack.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
    return next(({**item} for item in steps["PipelineExecutionSteps"] if item["StepName"] == name), {})


@contextmanager
def unfed(stack: Stack) -> Iterator[None]:
    """Keep the callback queue's messages from the function until the block has been left."""
    functions = stack.functions
    function = stack.output("geospatial_function_name")
    mapping = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"][0]["UUID"]

    def feed(*, enabled: bool) -> None:
        functions.update_event_source_mapping(UUID=mapping, Enabled=enabled)
        wanted = "Enabled" if enabled else "Disabled"
        eventually(lambda: functions.get_event_source_mapping(UUID=mapping)["State"], wanted.__eq__)

    feed(enabled=False)
    try:
        yield
    finally:
        feed(enabled=True)


@contextmanager
def unanswered(stack: Stack) -> Iterator[str]:
    """Start an execution whose callback is answered only once the block has been left; give its ARN."""
    with unfed(stack):
        execution = start_execution(stack)
        wait_for_callback(stack, execution)
        yield execution


def wait_for_callback(stack: Stack, execution: str) -> None:
    """Wait until an execution waits for its first callback."""
    eventually(lambda: step(stack, execution, "vej-callback-step").get("StepStatus") == "Executing")
