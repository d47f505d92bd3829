"""Executions past the driver: with parameters, and at moments, that it would not choose."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from tests.integration.stack import ROOT, Stack
from tests.integration.wire import eventually

SAMPLE = ROOT / "resources" / "sample_coordinates.csv"
_INPUT, _OUTPUT = "samplefiles/test/input.csv", "outputfiles/test/"
_TERMINAL = {"Succeeded", "Failed", "Stopped"}


def sample_parameters(stack: Stack, **parameters: str) -> dict[str, str]:
    """Upload the sample and give the parameters of a run on it, unless these say otherwise."""
    bucket = stack.output("bucket_name")
    stack.s3.upload_file(str(SAMPLE), bucket, _INPUT)
    places = {"${input_uri}": f"s3://{bucket}/{_INPUT}", "${output_uri}": f"s3://{bucket}/{_OUTPUT}"}
    filled = {}
    for name, text in stack.one_of("pipelines", "geospatial")["parameters"].items():
        for placeholder, place in places.items():
            text = text.replace(placeholder, place)  # noqa: PLW2901
        filled[name] = text
    return filled | parameters


def start_execution(stack: Stack, **parameters: str) -> str:
    """Start the pipeline alone on the sample; gives the execution's ARN."""
    values = sample_parameters(stack, **parameters)
    return stack.sagemaker.start_pipeline_execution(
        PipelineName=stack.one_of("pipelines", "geospatial")["name"],
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


def send_as_pipeline(stack: Stack, body: str) -> None:
    """Send a message to the callback queue as the pipeline's role: the queue denies other senders."""
    role_arn = stack.one_of("pipelines", "geospatial")["role_arn"]
    name, iam = role_arn.rpartition("/")[2], stack.client("iam")
    before = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    account = {"AWS": f"arn:aws:iam::{stack.output('account_id')}:root"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": account}
    opened = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=opened)
    try:
        answer = stack.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(before))
    keys = answer["Credentials"]
    sqs = boto3.client(
        "sqs",
        endpoint_url=stack.endpoint,
        region_name="us-west-2",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    sqs.send_message(QueueUrl=stack.output("queue_url"), MessageBody=body)


@contextmanager
def unfed(stack: Stack) -> Iterator[None]:
    """Keep the callback queue's messages from the function until the block has been left."""
    functions = stack.functions
    function = stack.one_of("functions", "geospatial")["name"]
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
