"""The function's calls to AWS."""

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, cast

from ..shared.calls import Clients, classified, client
from ..shared.limits import shorten
from ..shared.tasks import Tasks
from ..shared.token_store import TokenStore
from .core import OUTPUT_LIMIT, REASON_LIMIT, ExportRequest, StartRequest

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_geospatial import SageMakergeospatialcapabilitiesClient
    from mypy_boto3_sqs import SQSClient


class Aws:
    """The calls of the function.

    - `queue_url`: the queue that carries the Callback steps' messages.
    - `task_token_uri`: where task tokens are stored, ``s3://<bucket>/<prefix>/``; None where no state machine
      waits.
    """

    def __init__(self, clients: Clients, queue_url: str, task_token_uri: str | None) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._store = TokenStore(clients, task_token_uri) if task_token_uri else None
        self._tasks = Tasks(clients)

    def start_job(self, request: StartRequest) -> dict[str, str]:
        """Start a Vector Enrichment Job; gives the step's outputs statusCode and vej_arn."""
        with classified():
            answer = self._geospatial(request.region).start_vector_enrichment_job(
                Name=request.name,
                ClientToken=request.client_token,
                ExecutionRoleArn=request.role,
                InputConfig=request.input_config,  # type: ignore[arg-type]
                JobConfig=request.job_config,  # type: ignore[arg-type]
            )
        return _outputs(answer["ResponseMetadata"]["HTTPStatusCode"], answer["Arn"])

    def export_job(self, request: ExportRequest) -> dict[str, str]:
        """Start the export of a job's results; gives the step's outputs statusCode and vej_arn."""
        with classified():
            answer = self._geospatial(request.region).export_vector_enrichment_job(
                Arn=request.vej_arn,
                ClientToken=request.client_token,
                ExecutionRoleArn=request.role,
                OutputConfig=request.export_config,  # type: ignore[arg-type]
            )
        return _outputs(answer["ResponseMetadata"]["HTTPStatusCode"], answer["Arn"])

    def describe_job(self, region: str, vej_arn: str) -> Mapping[str, object]:
        """Describe a job as GetVectorEnrichmentJob does."""
        with classified():
            return cast(
                "Mapping[str, object]", self._geospatial(region).get_vector_enrichment_job(Arn=vej_arn)
            )

    def stop_job(self, region: str, vej_arn: str) -> None:
        """Ask for a job to stop."""
        with classified():
            self._geospatial(region).stop_vector_enrichment_job(Arn=vej_arn)

    def succeed_step(self, token: str, outputs: Mapping[str, str]) -> None:
        """Answer a Callback step with success."""
        with classified():
            self._sagemaker().send_pipeline_execution_step_success(
                CallbackToken=token,
                OutputParameters=[
                    {"Name": name, "Value": shorten(value, OUTPUT_LIMIT)} for name, value in outputs.items()
                ],
            )

    def fail_step(self, token: str, reason: str) -> None:
        """Answer a Callback step with failure."""
        with classified():
            self._sagemaker().send_pipeline_execution_step_failure(
                CallbackToken=token, FailureReason=shorten(reason, REASON_LIMIT)
            )

    def show_again(self, receipt_handle: str, seconds: int) -> None:
        """Let a message come back after so many seconds, not after the queue's visibility timeout."""
        with classified():
            cast("SQSClient", self._clients("sqs", None)).change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def heartbeat(self, run_id: str) -> bool:
        """Tell the tasks that wait for a run that its work goes on; False where none waits."""
        return self._store is not None and self._tasks.heartbeat(self._store.read(run_id).tokens)

    def _geospatial(self, region: str) -> "SageMakergeospatialcapabilitiesClient":
        return cast("SageMakergeospatialcapabilitiesClient", self._clients("sagemaker-geospatial", region))

    def _sagemaker(self) -> "SageMakerClient":
        return cast("SageMakerClient", self._clients("sagemaker", None))


@cache
def from_environment() -> Aws:
    """Give the calls of this environment: its credentials, its region, its queue."""
    return Aws(client, os.environ["QUEUE_URL"], os.environ.get("TASK_TOKEN_URI"))


def _outputs(status_code: int, vej_arn: str) -> dict[str, str]:
    """Give both values as text: the pipeline definition declares them as String."""
    return {"statusCode": str(status_code), "vej_arn": vej_arn}
