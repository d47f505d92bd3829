"""The function's surroundings: real botocore clients whose answers a test queues up, and its log."""

import io
import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import cast

import boto3
from botocore.client import BaseClient
from botocore.stub import Stubber

from lambda_src.geospatial.aws import Aws
from lambda_src.geospatial.handler import handle
from lambda_src.geospatial.logs import JsonFormatter

TOKEN = "aB3dE5gH7j"
QUEUE_URL = "https://sqs.us-west-2.amazonaws.com/123456789012/sagestep-callback"


@cache
def _client(service: str) -> BaseClient:
    session = boto3.Session("test", "test", region_name="us-west-2")
    return cast("BaseClient", session.client(service))  # type: ignore[call-overload]


class Cloud:
    """The three services the function calls; every queued answer must be asked for, in order."""

    def __init__(self) -> None:
        self.regions: list[str | None] = []
        self._stubbers = {
            service: Stubber(_client(service)) for service in ("sagemaker", "sagemaker-geospatial", "sqs")
        }

    def client(self, service: str, region: str | None) -> BaseClient:
        self.regions.append(region)
        return _client(service)

    @property
    def geospatial(self) -> Stubber:
        return self._stubbers["sagemaker-geospatial"]

    @property
    def sagemaker(self) -> Stubber:
        return self._stubbers["sagemaker"]

    @property
    def sqs(self) -> Stubber:
        return self._stubbers["sqs"]

    def expect_pause(self, seconds: int, receipt: str = "receipt-1") -> None:
        self.sqs.add_response(
            "change_message_visibility",
            {},
            {"QueueUrl": QUEUE_URL, "ReceiptHandle": receipt, "VisibilityTimeout": seconds},
        )

    def expect_success(self, name: str, value: str, token: str = TOKEN) -> None:
        self.sagemaker.add_response(
            "send_pipeline_execution_step_success",
            {},
            {"CallbackToken": token, "OutputParameters": [{"Name": name, "Value": value}]},
        )

    def expect_failure(self, reason: str, token: str = TOKEN) -> None:
        self.sagemaker.add_response(
            "send_pipeline_execution_step_failure", {}, {"CallbackToken": token, "FailureReason": reason}
        )

    def __enter__(self) -> "Cloud":
        for stubber in self._stubbers.values():
            stubber.activate()
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        for stubber in self._stubbers.values():
            stubber.deactivate()
        if failed is None:
            for stubber in self._stubbers.values():
                stubber.assert_no_pending_responses()


class Log:
    """What the function logged, line by line."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.logger = logging.Logger("test")
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(JsonFormatter())
        self.logger.addHandler(handler)

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


class Function:
    """The function as AWS would call it, and what it logged."""

    def __init__(self, cloud: Cloud) -> None:
        self.log = Log()
        self._calls = Aws(cloud.client, QUEUE_URL)

    def __call__(self, event: Mapping[str, object]) -> dict[str, object]:
        return handle(event, self._calls, self.log.logger)

    def reported(self, event: Mapping[str, object]) -> list[str]:
        """Handle queue records and name those reported as failed."""
        failures = cast("list[dict[str, str]]", self(event)["batchItemFailures"])
        return [failure["itemIdentifier"] for failure in failures]
