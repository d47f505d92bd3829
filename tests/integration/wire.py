"""A local cloud, and what the tests on the wire ask of it: functions, queues, pipelines, processes."""

import io
import json
import os
import signal
import subprocess
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest
from botocore.exceptions import ClientError

from tests.integration.stack import (
    CLOUD_PYTHON,
    INSTANCE,
    ROOT,
    TEST_ROLE,
    Stack,
    answers,
    free_port,
    make_role,
)

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import PipelineExecutionStepTypeDef
    from mypy_boto3_sagemaker_geospatial import SageMakergeospatialcapabilitiesClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_stepfunctions import SFNClient

T = TypeVar("T")
Document = dict[str, Any]

REGION = "us-west-2"
ROLE = TEST_ROLE
TERMINAL = {"Succeeded", "Failed", "Stopped"}

ECHO = """
import json, os, time

def handler(event, context):
    '''Answer with the event, once so many processes have met in a folder as the event asks for.'''
    if "folder" in event:
        open(os.path.join(event["folder"], str(os.getpid())), "x").close()
        while len(os.listdir(event["folder"])) < event["meet"]:
            time.sleep(0.01)
    return event | {"pid": os.getpid(), "event": json.dumps(event, sort_keys=True)}
"""


def eventually(
    read: Callable[[], T], done: Callable[[T], object] = bool, seconds: float = 60, pause: float = 0.05
) -> T:
    """Read again, after a pause each time, until it is done, or fail with what was read last."""
    deadline = time.monotonic() + seconds
    while not done(value := read()):
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        time.sleep(pause)
    return value


@dataclass(frozen=True)
class Invoked:
    """What Lambda's Invoke answered."""

    payload: Any
    error: str | None
    request_id: str


@dataclass(frozen=True)
class Cloud:
    """A running local cloud: where its files are, where it answers, and clients that are made once."""

    folder: Path
    port: int
    state: Path | None = None  # its state folder, where it is not the folder's `state`

    @property
    def stack(self) -> Stack:
        state = self.state or self.folder / "state"
        return Stack(self.folder, self.port, target="localstack", cloud_state=state)

    @cached_property
    def sagemaker(self) -> "SageMakerClient":
        return self.stack.sagemaker

    @cached_property
    def geospatial(self) -> "SageMakergeospatialcapabilitiesClient":
        return self.stack.geospatial

    @cached_property
    def sqs(self) -> "SQSClient":
        return self.stack.sqs

    @cached_property
    def s3(self) -> "S3Client":
        return self.stack.s3

    @cached_property
    def functions(self) -> "LambdaClient":
        return self.stack.functions

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        return self.stack.logs

    @cached_property
    def events(self) -> "EventBridgeClient":
        return self.stack.events

    @cached_property
    def states(self) -> "SFNClient":
        return self.stack.states

    @cached_property
    def sns(self) -> "SNSClient":
        return self.stack.sns

    def function(self, source: str = ECHO, timeout: int = 20, **variables: str) -> str:
        """Make a function of one file, ready to be invoked; give its ARN."""
        arn = self.functions.create_function(
            FunctionName=unique("function"),
            Runtime="python3.12",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": package(source)},
            Timeout=timeout,
            Environment={"Variables": variables},
        )["FunctionArn"]
        eventually(
            lambda: self.functions.get_function_configuration(FunctionName=arn)["State"], "Active".__eq__
        )
        return arn

    def invoke(self, function: str, event: Document | None = None) -> Invoked:
        """Invoke a function and wait for its answer."""
        answer = self.functions.invoke(FunctionName=function, Payload=json.dumps(event or {}))
        payload = json.loads(answer["Payload"].read())
        return Invoked(payload, answer.get("FunctionError"), answer["ResponseMetadata"]["RequestId"])

    def queue(self, attributes: "Mapping[QueueAttributeNameType, str] | None" = None) -> str:
        """Make a queue; give its URL."""
        return self.sqs.create_queue(QueueName=unique("queue"), Attributes=attributes or {})["QueueUrl"]

    def queue_arn(self, url: str) -> str:
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]

    def let(self, service: str, arn: str) -> None:
        """Let a service of AWS send to a queue, publish to a topic or invoke a function."""
        principal = f"{service}.amazonaws.com"
        if ":lambda:" in arn:
            self.functions.add_permission(
                FunctionName=arn,
                StatementId=unique("let"),
                Action="lambda:InvokeFunction",
                Principal=principal,
            )
            return
        action = "sqs:SendMessage" if ":sqs:" in arn else "sns:Publish"
        statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": action}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": arn}]})
        if ":sqs:" in arn:
            url = self.sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        else:
            self.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)

    def receive(self, queue: str) -> Document:
        """Wait for a message whose body is JSON, and take it off the queue."""
        [message] = eventually(
            lambda: self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
        )
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return cast("Document", json.loads(message["Body"]))

    def create(self, *steps: Document, parameters: Sequence[Document] = ()) -> str:
        """Create a pipeline of these steps; give its name."""
        name = unique("pipeline")
        self.sagemaker.create_pipeline(
            PipelineName=name,
            PipelineDefinition=definition(*steps, parameters=parameters),
            RoleArn=ROLE,
            ClientRequestToken=token(),
        )
        return name

    def start(self, pipeline: str, **parameters: str) -> str:
        """Start an execution; give its ARN."""
        return self.sagemaker.start_pipeline_execution(
            PipelineName=pipeline,
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
            ClientRequestToken=token(),
        )["PipelineExecutionArn"]

    def status(self, execution: str) -> str:
        described = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        return described["PipelineExecutionStatus"]

    def finish(self, execution: str) -> str:
        """Wait for an execution's end; give its status."""
        return eventually(lambda: self.status(execution), TERMINAL.__contains__)

    def steps(self, execution: str) -> "dict[str, PipelineExecutionStepTypeDef]":
        """Give the steps that have started, by name."""
        listed = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}

    def echoed(self, execution: str, step: str) -> Document:
        """Give the event that a Lambda step, whose function is `ECHO`, has passed on as its output."""
        [output] = self.steps(execution)[step]["Metadata"]["Lambda"]["OutputParameters"]
        return cast("Document", json.loads(output["Value"]))

    def answer(self, callback: str, **outputs: str) -> str:
        """Answer a callback; give the ARN of its execution."""
        return self.sagemaker.send_pipeline_execution_step_success(
            CallbackToken=callback,
            OutputParameters=[{"Name": name, "Value": value} for name, value in outputs.items()],
        )["PipelineExecutionArn"]

    def bucket(self) -> str:
        """Make a bucket; give its name."""
        name = unique("bucket")
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        return name

    def start_job(self, bucket: str, key: str) -> str:
        """Start a Vector Enrichment Job on an object; give its ARN."""
        return self.geospatial.start_vector_enrichment_job(
            Name="job",
            ExecutionRoleArn=ROLE,
            InputConfig={
                "DataSourceConfig": {"S3Data": {"S3Uri": f"s3://{bucket}/{key}"}},
                "DocumentType": "CSV",
            },
            JobConfig={
                "ReverseGeocodingConfig": {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}
            },
        )["Arn"]

    def job_status(self, job: str) -> str:
        return self.geospatial.get_vector_enrichment_job(Arn=job)["Status"]

    def export(self, job: str, uri: str) -> None:
        self.geospatial.export_vector_enrichment_job(
            Arn=job, ExecutionRoleArn=ROLE, OutputConfig={"S3Data": {"S3Uri": uri}}
        )


def package(source: str, name: str = "index.py") -> bytes:
    """Pack the one file of a function."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, source)
    return content.getvalue()


@contextmanager
def refused(code: str, *words: str) -> Iterator[None]:
    """Expect AWS's error of this code, with these words in its message."""
    with pytest.raises(ClientError) as raised:
        yield
    error = raised.value.response["Error"]
    assert error["Code"] == code
    for word in words:
        assert word in error["Message"]


def unique(kind: str) -> str:
    """Make a name that was never used before."""
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def token() -> str:
    """Make a ClientRequestToken."""
    return uuid.uuid4().hex


def definition(*steps: Document, parameters: Sequence[Document] = ()) -> str:
    """Write a pipeline definition."""
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)})


def get(path: str) -> Document:
    """Refer to a value of the execution."""
    return {"Get": path}


def join(on: str, *values: object) -> Document:
    """Write values as strings, one after the other."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def lambda_step(name: str, function: str, outputs: Mapping[str, str], **arguments: object) -> Document:
    """Write a Lambda step; outputs are given with their types."""
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": function,
        "Arguments": arguments,
        "OutputParameters": _declared(outputs),
    }


def callback_step(name: str, queue: str, outputs: Mapping[str, str], **arguments: object) -> Document:
    """Write a Callback step; outputs are given with their types."""
    return {
        "Name": name,
        "Type": "Callback",
        "SqsQueueUrl": queue,
        "Arguments": arguments,
        "OutputParameters": _declared(outputs),
    }


def _declared(outputs: Mapping[str, str]) -> list[Document]:
    return [{"OutputName": name, "OutputType": kind} for name, kind in outputs.items()]


def fail_step(name: str, message: object = "because") -> Document:
    """Write a Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def launch(folder: Path, port: int, *arguments: str, **shell: str) -> subprocess.Popen[bytes]:
    """Start a local cloud whose process belongs to the test; its log is `folder`/log."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(CLOUD_PYTHON), "-m", "localcloud.localstack", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--state-dir", str(folder / "state"), "--instance", INSTANCE, *arguments],
            cwd=ROOT,
            env=os.environ | shell,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


@contextmanager
def launched(folder: Path, *arguments: str, **shell: str) -> Iterator[tuple[subprocess.Popen[bytes], Cloud]]:
    """Run a local cloud that the test may end in its own way; what is left of it is killed."""
    port = free_port()
    process = launch(folder, port, *arguments, **shell)
    try:
        eventually(lambda: answers(port) or process.poll() is not None, seconds=60)
        assert process.poll() is None, (folder / "log").read_text()
        if "--services" not in arguments:
            make_role(folder / "state", port)
        yield process, Cloud(folder, port)
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a local cloud that still runs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
