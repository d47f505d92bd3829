"""The deployment that policies are proven on, and what runs ask of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from driver.executions.starting import SAMPLE_KEY
from tests.integration.stack import Stack, make_role
from tests.integration.wire import Document, unique
from tests.integration.workflow_runs import WINE

T = TypeVar("T")

MOMENT = 4.0  # seconds in which a message or the lines of a log arrive


class LateError(Exception):
    """Something did not come about in time."""


@dataclass
class Place:
    """A deployed stack, and until when its present run may last."""

    stack: Stack
    deadline: float = field(default_factory=lambda: time.monotonic() + 120)

    def allow(self, seconds: float) -> None:
        """Give the run that begins so many seconds."""
        self.deadline = time.monotonic() + seconds

    def until(self, read: Callable[[], T], done: Callable[[T], object] = bool, seconds: float = 1e9) -> T:
        """Read until it is done; `LateError` where that takes too long."""
        end = min(self.deadline, time.monotonic() + seconds)
        while not done(value := read()):
            if time.monotonic() > end:
                raise LateError(str(value))
            time.sleep(0.1)
        return value

    def within_a_moment(self, read: Callable[[], object]) -> bool:
        """Tell whether something is so, or soon."""
        try:
            return bool(self.until(read, seconds=MOMENT))
        except LateError:
            return False

    # ------------------------------------------------------------------ names

    @cached_property
    def bucket(self) -> str:
        return self.stack.output("bucket_name")

    @cached_property
    def machines(self) -> dict[str, str]:
        """ARNs of the state machines by their names without the prefix."""
        found = self.stack.states.list_state_machines()["stateMachines"]
        prefix = self.stack.output("name_prefix")
        return {item["name"].removeprefix(f"{prefix}-"): item["stateMachineArn"] for item in found}

    def function(self, name: str) -> str:
        return str(self.stack.one_of("functions", name)["name"])

    # ------------------------------------------------------------------ executions

    def start(self, machine: str, **inputs: object) -> str:
        """Start an execution; give its ARN."""
        answer = self.stack.states.start_execution(
            stateMachineArn=self.machines[machine], name=unique("proof"), input=json.dumps(inputs)
        )
        return answer["executionArn"]

    def finish(self, execution: str) -> Document:
        """Wait for the end of an execution; give its description."""
        return dict(
            self.until(
                lambda: self.stack.states.describe_execution(executionArn=execution),
                lambda seen: seen["status"] != "RUNNING",
            )
        )

    def output(self, machine: str, **inputs: object) -> Document:
        """Run an execution that has to succeed; give its output."""
        described = self.finish(self.start(machine, **inputs))
        assert described["status"] == "SUCCEEDED", described
        output: Document = json.loads(described["output"])
        return output

    def leave(self) -> None:
        """Stop everything that still runs."""
        for arn in self.machines.values():
            running = self.stack.states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")
            for item in running["executions"]:
                self.stack.states.stop_execution(executionArn=item["executionArn"])

    # ------------------------------------------------------------------ what is to be seen

    def is_told(self, execution: str) -> bool:
        """Tell whether whoever subscribed hears that an execution failed."""

        def received() -> bool:
            answer = self.stack.sqs.receive_message(QueueUrl=self._mailbox, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self._mail.append(str(message.get("Body")))
                self.stack.sqs.delete_message(QueueUrl=self._mailbox, ReceiptHandle=message["ReceiptHandle"])
            return any(execution in body for body in self._mail)

        return self.within_a_moment(received)

    _mail: list[str] = field(default_factory=list)

    @cached_property
    def _mailbox(self) -> str:
        name = unique("mailbox")
        url = self.stack.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        let = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**let, "Resource": arn}]})
        self.stack.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        topic = self.stack.output("failure_topic_arn")
        self.stack.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    def has_log(self, group: str, begin: str) -> bool:
        """Tell whether a log group has a stream that begins so, with lines in it."""

        def found() -> bool:
            try:
                answer = self.stack.logs.filter_log_events(logGroupName=group, logStreamNamePrefix=begin)
            except ClientError:
                return False
            return bool(answer["events"])

        return self.within_a_moment(found)

    def forget_log_group(self, group: str) -> None:
        """Delete a log group, if it is there."""
        with suppress(self.stack.logs.exceptions.ResourceNotFoundException):
            self.stack.logs.delete_log_group(logGroupName=group)

    def exists(self, describe: Callable[..., Any], **names: str) -> bool:
        """Tell whether SageMaker describes something."""
        try:
            describe(**names)
        except ClientError:
            return False
        return True

    # ------------------------------------------------------------------ made once

    def prepare(self) -> None:
        """Make what runs use: data, models, configurations, an endpoint, a queue for messages."""
        self.allow(300)
        with suppress(self.stack.client("iam").exceptions.EntityAlreadyExistsException):
            make_role(self.stack.state / "cloud", self.stack.port)
        self.stack.s3.upload_file(str(WINE), self.bucket, SAMPLE_KEY)
        _ = self._mailbox, self.model, self.configurations, self.endpoint, self.unusable_configuration

    @cached_property
    def model_data(self) -> str:
        """A model that a training job made."""
        output = self.output("train", hyperparameters={"n-estimators": "5"})
        return str(output["ModelArtifacts"]["S3ModelArtifacts"])

    @property
    def unusable_data(self) -> str:
        """What cannot be served."""
        return self.model_data.replace("model.tar.gz", "output.tar.gz")

    def _model(self, data: str) -> str:
        return str(self.output("save-model", model_data=data)["ModelName"])

    def _configuration(self, model: str) -> str:
        return str(self.output("configure-endpoint", model_name=model)["EndpointConfigName"])

    @cached_property
    def model(self) -> str:
        return self._model(self.model_data)

    @cached_property
    def configurations(self) -> tuple[str, str]:
        """Two with the same model."""
        return self._configuration(self.model), self._configuration(self.model)

    @cached_property
    def unusable_configuration(self) -> str:
        return self._configuration(self._model(self.unusable_data))

    @cached_property
    def endpoint(self) -> str:
        """One that is in service."""
        name = unique(f"{self.stack.output('name_prefix')}-served")
        self.output("deploy-model", endpoint_name=name, endpoint_config_name=self.configurations[0])
        return name

    def data(self, name: str, content: str) -> str:
        """Put data for a workflow into the bucket; give its address."""
        key = f"workflows/data/{name}/"
        self.stack.s3.put_object(Bucket=self.bucket, Key=f"{key}all.csv", Body=content.encode())
        return f"s3://{self.bucket}/{key}"
