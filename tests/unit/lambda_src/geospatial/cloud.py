"""The function's surroundings: the services it calls, and its log."""

from collections.abc import Mapping
from typing import cast

from botocore.stub import Stubber

from lambda_src.geospatial.aws import Aws
from lambda_src.geospatial.handler import handle
from tests.unit.lambda_src.cloud import Log
from tests.unit.lambda_src.runs import URI, RunCloud

STEP_TOKEN = "aB3dE5gH7j"
QUEUE_URL = "https://sqs.us-west-2.amazonaws.com/123456789012/sagestep-callback"
ROLE = "arn:aws:iam::123456789012:role/sagestep-sagemaker"
VEJ_ARN = "arn:aws:sagemaker-geospatial:us-west-2:123456789012:vector-enrichment-job/qyycwuuxwc9w"
INPUT_CONFIG = {
    "DataSourceConfig": {"S3Data": {"S3Uri": "s3://sagestep-bucket/samplefiles/run-1/latlongtest.csv"}},
    "DocumentType": "CSV",
}
JOB_CONFIG = {"ReverseGeocodingConfig": {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}}
EXPORT_CONFIG = {"S3Data": {"S3Uri": "s3://sagestep-bucket/outputfiles/run-1/"}}
CREATED = "2026-11-21T08:00:00Z"
STARTED = {
    "Arn": VEJ_ARN,
    "CreationTime": CREATED,
    "DurationInSeconds": 0,
    "ExecutionRoleArn": ROLE,
    "InputConfig": INPUT_CONFIG,
    "JobConfig": JOB_CONFIG,
    "Name": "sagestep-f8xmafpxx3ke",
    "Status": "INITIALIZING",
    "Type": "REVERSE_GEOCODING",
    "ResponseMetadata": {"HTTPStatusCode": 200},
}


class GeospatialCloud(RunCloud):
    """The services the function calls."""

    def __init__(self) -> None:
        super().__init__("sagemaker-geospatial", "sqs")

    @property
    def geospatial(self) -> Stubber:
        return self.service("sagemaker-geospatial")

    @property
    def sqs(self) -> Stubber:
        return self.service("sqs")

    def expect_look(self, status: str, **more: object) -> None:
        self.geospatial.add_response(
            "get_vector_enrichment_job", {**STARTED, "Status": status, **more}, {"Arn": VEJ_ARN}
        )

    def expect_pause(self, seconds: int, receipt: str = "receipt-1") -> None:
        self.sqs.add_response(
            "change_message_visibility",
            {},
            {"QueueUrl": QUEUE_URL, "ReceiptHandle": receipt, "VisibilityTimeout": seconds},
        )

    def expect_step_success(self, name: str, value: str, token: str = STEP_TOKEN) -> None:
        self.sagemaker.add_response(
            "send_pipeline_execution_step_success",
            {},
            {"CallbackToken": token, "OutputParameters": [{"Name": name, "Value": value}]},
        )

    def expect_step_failure(self, reason: str, token: str = STEP_TOKEN) -> None:
        self.sagemaker.add_response(
            "send_pipeline_execution_step_failure", {}, {"CallbackToken": token, "FailureReason": reason}
        )


class Function:
    """The function as AWS would call it, and what it logged."""

    def __init__(self, cloud: GeospatialCloud, task_token_uri: str | None = URI) -> None:
        self.log = Log()
        self._calls = Aws(cloud.client, QUEUE_URL, task_token_uri)

    def __call__(self, event: Mapping[str, object]) -> dict[str, object]:
        return handle(event, self._calls, self.log.logger)

    def reported(self, event: Mapping[str, object]) -> list[str]:
        """Handle queue records and name those reported as failed."""
        failures = cast("list[dict[str, str]]", self(event)["batchItemFailures"])
        return [failure["itemIdentifier"] for failure in failures]
