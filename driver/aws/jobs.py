"""SageMaker's jobs: what kind one is and how it stands, by its name alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


# https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
JOB_GROUPS = {
    "training-job": "/aws/sagemaker/TrainingJobs",
    "processing-job": "/aws/sagemaker/ProcessingJobs",
    "transform-job": "/aws/sagemaker/TransformJobs",
    "hyper-parameter-tuning-job": "/aws/sagemaker/TrainingJobs",  # what it launches are training jobs
}


def streams_of(kind: str, name: str) -> str:
    """Return what the log streams of a job begin with; a tuning job's are those of its training jobs."""
    return f"{name}-" if kind == "hyper-parameter-tuning-job" else f"{name}/"


_WORDS = {"HyperParameterTuning": "hyper-parameter-tuning"}  # in ARNs; other kinds are in small letters

# SageMaker has a code of its own for none but the last (service model: ResourceNotFound for three of them).
_NOT_THERE = {"ResourceNotFound", "ValidationException"}
_RUNNING = {"InProgress", "Stopping"}


@dataclass(frozen=True, slots=True)
class Job:
    """A job; `kind` is the word in its ARN, such as `training-job`, `status` AWS's word; times are aware."""

    name: str
    kind: str
    status: str
    created: datetime
    ended: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it has a terminal status."""
        return self.status not in _RUNNING

    @property
    def has_failed(self) -> bool:
        """Whether it failed; a stopped job has not."""
        return self.status == "Failed"


class Jobs:
    """Jobs, as far as this project needs them."""

    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    def training(self, name: str) -> Mapping[str, Any] | None:
        """Return what DescribeTrainingJob says; None if there is no training job of that name."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as below

        try:
            return self._client.describe_training_job(TrainingJobName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_THERE:
                raise
            return None

    def describe(self, name: str) -> Job | None:
        """Find a training, processing, transform or tuning job; None if there is none of that name."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - others need only the names of the groups

        asked: dict[str, Callable[[], Mapping[str, Any]]] = {
            "Training": lambda: self._client.describe_training_job(TrainingJobName=name),
            "Processing": lambda: self._client.describe_processing_job(ProcessingJobName=name),
            "Transform": lambda: self._client.describe_transform_job(TransformJobName=name),
            "HyperParameterTuning": lambda: self._client.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            ),
        }
        for kind, describe in asked.items():
            try:
                answer = describe()
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_THERE:
                    raise
                continue
            return Job(
                name,
                kind=f"{_WORDS.get(kind, kind.lower())}-job",
                status=answer[f"{kind}JobStatus"],
                created=answer["CreationTime"],
                ended=answer.get(f"{kind}EndTime"),
            )
        return None
