"""The function's calls to AWS, and what their errors mean.

A client costs tenths of a second to build (SageMaker's model alone is 0.4 MB packed), so that each is
built when first needed and kept for the life of the environment.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from .core import OUTPUT_LIMIT, REASON_LIMIT, ExportRequest, StartRequest, shorten

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_geospatial import SageMakergeospatialcapabilitiesClient
    from mypy_boto3_sqs import SQSClient

# The function has 30 s: three tries of a call that hangs must fit, with time left to report it.
_CONFIG = Config(connect_timeout=2, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 3})
_TOO_MANY_REQUESTS = 429


class RefusedError(Exception):
    """AWS refused the call with this code, and would refuse it again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PassingError(Exception):
    """AWS could not be asked just now: throttled, out of order, out of reach."""


class Aws:
    """The calls of the function.

    Parameters
    ----------
    client
        Builds the client of a service in a region, None being the function's own.
    queue_url
        The queue that carries the Callback steps' messages.
    """

    def __init__(self, client: Callable[[str, str | None], "BaseClient"], queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def start_job(self, request: StartRequest) -> dict[str, str]:
        """Start a Vector Enrichment Job; gives the step's outputs statusCode and vej_arn."""
        with _classified():
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
        with _classified():
            answer = self._geospatial(request.region).export_vector_enrichment_job(
                Arn=request.vej_arn,
                ClientToken=request.client_token,
                ExecutionRoleArn=request.role,
                OutputConfig=request.export_config,  # type: ignore[arg-type]
            )
        return _outputs(answer["ResponseMetadata"]["HTTPStatusCode"], answer["Arn"])

    def describe_job(self, region: str, vej_arn: str) -> Mapping[str, object]:
        """Describe a job as GetVectorEnrichmentJob does."""
        with _classified():
            return cast(
                "Mapping[str, object]", self._geospatial(region).get_vector_enrichment_job(Arn=vej_arn)
            )

    def stop_job(self, region: str, vej_arn: str) -> None:
        """Ask for a job to stop."""
        with _classified():
            self._geospatial(region).stop_vector_enrichment_job(Arn=vej_arn)

    def succeed_step(self, token: str, outputs: Mapping[str, str]) -> None:
        """Answer a Callback step with success."""
        with _classified():
            self._sagemaker().send_pipeline_execution_step_success(
                CallbackToken=token,
                OutputParameters=[
                    {"Name": name, "Value": shorten(value, OUTPUT_LIMIT)} for name, value in outputs.items()
                ],
            )

    def fail_step(self, token: str, reason: str) -> None:
        """Answer a Callback step with failure."""
        with _classified():
            self._sagemaker().send_pipeline_execution_step_failure(
                CallbackToken=token, FailureReason=shorten(reason, REASON_LIMIT)
            )

    def show_again(self, receipt_handle: str, seconds: int) -> None:
        """Let a message come back after so many seconds, not after the queue's visibility timeout."""
        with _classified():
            cast("SQSClient", self._client("sqs", None)).change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def _geospatial(self, region: str) -> "SageMakergeospatialcapabilitiesClient":
        return cast("SageMakergeospatialcapabilitiesClient", self._client("sagemaker-geospatial", region))

    def _sagemaker(self) -> "SageMakerClient":
        return cast("SageMakerClient", self._client("sagemaker", None))


@cache
def from_environment() -> Aws:
    """Give the calls of this environment: its credentials, its region, its queue."""

    @cache
    def client(service: str, region: str | None) -> "BaseClient":
        # The stubs know each service by a literal; here the name is a value.
        return cast("BaseClient", boto3.client(service, region_name=region, config=_CONFIG))  # type: ignore[call-overload]

    return Aws(client, os.environ["QUEUE_URL"])


@contextmanager
def _classified() -> Iterator[None]:
    """Turn botocore's errors into the two that the function tells apart."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == _TOO_MANY_REQUESTS or status >= 500 or "Throttl" in code or code == "ConflictException":
            raise PassingError(str(error)) from error
        raise RefusedError(code, str(error)) from error
    except ParamValidationError as error:
        raise RefusedError("ValidationException", str(error)) from error
    except BotoCoreError as error:
        raise PassingError(str(error)) from error


def _outputs(status_code: int, vej_arn: str) -> dict[str, str]:
    """Give both values as text: the pipeline definition declares them as String."""
    return {"statusCode": str(status_code), "vej_arn": vej_arn}
