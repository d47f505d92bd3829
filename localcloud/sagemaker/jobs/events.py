"""The events that SageMaker sends to EventBridge when a job changes its status.

Detail types and keys are those of the developer guide ("Events that Amazon SageMaker AI sends to Amazon
EventBridge"): the members of the job's Describe operation, times as milliseconds since 1970, and its tags.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from localcloud.sagemaker.events import StatusChange
from localcloud.sagemaker.jobs.job import Job, Kind
from localcloud.sagemaker.wire.requests import Answer


def state_change(job: Job, described: Answer, tags: Mapping[str, str]) -> StatusChange:
    """Describe that the status of a job has changed.

    `described`: the members of its Describe operation at that time.
    """
    kind = "HyperParameter Tuning" if job.info.kind is Kind.TUNING else job.info.kind
    detail_type = f"SageMaker {kind} Job State Change"
    detail = {name: _plain(value) for name, value in described.items()}
    return StatusChange(detail_type, detail | {"Tags": dict(tags)}, (job.info.arn,))


def _plain(value: object) -> object:
    """Write a value as JSON can hold it."""
    match value:
        case datetime():
            return int(value.timestamp() * 1000)
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case str():
            return value
        case Sequence():
            return [_plain(item) for item in value]
    return value
