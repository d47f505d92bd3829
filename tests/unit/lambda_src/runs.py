"""The services around a run: its tokens in S3, its pipeline in SageMaker, its tasks in Step Functions."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from botocore.response import StreamingBody
from botocore.stub import Stubber

from lambda_src.shared.pipelines import PipelineNames
from tests.unit.lambda_src.cloud import Cloud

BUCKET = "sagestep-bucket"
PREFIX = "task-tokens/"
URI = f"s3://{BUCKET}/{PREFIX}"
RUN_ID = "weekly-run-7-0123456789abcdef0123456789abcdef"
NAMES = PipelineNames("sagestep", "geospatial")
PIPELINE = "sagestep-geospatial"
PIPELINE_ARN = f"arn:aws:sagemaker:us-west-2:123456789012:pipeline/{PIPELINE}"
EXECUTION_ARN = f"{PIPELINE_ARN}/execution/f8xmafpxx3ke"
TOKEN = "AQCEAAAAKgAAAAMAAAAAAAAAAfakeToken+for/tests=="
NOW = datetime(2026, 11, 21, 8, 3, 14, tzinfo=UTC)
DEAD_TOKEN = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


class RunCloud(Cloud):
    """The services that a run's functions call."""

    def __init__(self, *more: str) -> None:
        super().__init__("s3", "sagemaker", "stepfunctions", *more)

    @property
    def s3(self) -> Stubber:
        return self.service("s3")

    @property
    def sagemaker(self) -> Stubber:
        return self.service("sagemaker")

    @property
    def states(self) -> Stubber:
        return self.service("stepfunctions")

    def expect_put(self, name: str, text: str, run_id: str = RUN_ID) -> None:
        self.s3.add_response(
            "put_object",
            {},
            {"Bucket": BUCKET, "Key": f"{PREFIX}{run_id}/{name}", "Body": text.encode(), "IfNoneMatch": "*"},
        )

    def expect_read(self, stored: Mapping[str, str], run_id: str = RUN_ID) -> None:
        """Let the store hold these objects of a run."""
        prefix = f"{PREFIX}{run_id}/"
        listed = {"Contents": [{"Key": prefix + name} for name in stored]} if stored else {}
        self.s3.add_response("list_objects_v2", listed, {"Bucket": BUCKET, "Prefix": prefix})
        for name, text in stored.items():
            body = StreamingBody(io.BytesIO(text.encode()), len(text.encode()))
            self.s3.add_response("get_object", {"Body": body}, {"Bucket": BUCKET, "Key": prefix + name})

    def expect_describe(
        self, status: str, reason: str = "", created: datetime = NOW, display_name: str = RUN_ID
    ) -> None:
        answer = {
            "PipelineExecutionArn": EXECUTION_ARN,
            "PipelineExecutionStatus": status,
            "CreationTime": created,
            "PipelineExecutionDisplayName": display_name,
        }
        self.sagemaker.add_response(
            "describe_pipeline_execution",
            answer | ({"FailureReason": reason} if reason else {}),
            {"PipelineExecutionArn": EXECUTION_ARN},
        )

    def expect_steps(self, *pages: Sequence[Mapping[str, object]]) -> None:
        asked = {"PipelineExecutionArn": EXECUTION_ARN, "SortOrder": "Ascending"}
        for number, page in enumerate(pages, start=1):
            more = {"NextToken": str(number)} if number < len(pages) else {}
            came = {"NextToken": str(number - 1)} if number > 1 else {}
            self.sagemaker.add_response(
                "list_pipeline_execution_steps", {"PipelineExecutionSteps": page} | more, asked | came
            )

    def expect_stop(self, run_id: str = RUN_ID) -> None:
        self.sagemaker.add_response(
            "stop_pipeline_execution",
            {"PipelineExecutionArn": EXECUTION_ARN},
            {"PipelineExecutionArn": EXECUTION_ARN, "ClientRequestToken": f"stop-{run_id}"},
        )

    def expect_success(self, output: str, token: str = TOKEN) -> None:
        self.states.add_response("send_task_success", {}, {"taskToken": token, "output": output})

    def expect_failure(self, error: str, cause: str, token: str = TOKEN) -> None:
        self.states.add_response(
            "send_task_failure", {}, {"taskToken": token, "error": error, "cause": cause}
        )

    def expect_heartbeat(self, token: str = TOKEN) -> None:
        self.states.add_response("send_task_heartbeat", {}, {"taskToken": token})


def step(name: str, status: str, reason: str = "") -> dict[str, str]:
    """Describe a step as ListPipelineExecutionSteps does."""
    return {"StepName": name, "StepStatus": status} | ({"FailureReason": reason} if reason else {})
