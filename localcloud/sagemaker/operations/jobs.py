"""What the operations on every type of job share: making one, finding one, stopping one."""

from collections.abc import Callable
from datetime import timedelta

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.context import Work
from localcloud.sagemaker.jobs.events import state_change
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState, StopAsked
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.wire.requests import Answer
from localcloud.sagemaker.wire.tags import read_tags


def create(
    call: Call,
    info: JobInfo,
    work: Work,
    limit: timedelta | None,
    describe: Callable[[Job, JobState], Answer],
) -> Answer:
    """Make a job and start it.

    `describe`: makes the members of the job's Describe operation, which its events carry as well.

    Raises `ServiceError`: ``ResourceInUse``, or ``ValidationException`` for its tags.
    """
    tags = read_tags(call.request.structures("Tags"))
    with call.store.lock:
        call.store.jobs.check_is_new(info)
        job = call.jobs.create(info, lambda job, state: state_change(job, describe(job, state), tags))
        call.store.jobs.add(job)
        call.store.tags[info.arn] = tags
    call.jobs.start(job, work, limit)
    return {f"{info.kind}JobArn": info.arn}


def find(call: Call, kind: Kind, missing: str) -> Job:
    """Find the job that a request names.

    Raises `ServiceError`: ``ValidationException`` with the words of `missing`.
    """
    with call.store.lock:
        return call.store.jobs.find(kind, call.request.text(f"{kind}JobName"), missing)


def stop(call: Call, kind: Kind, missing: str) -> Answer:
    """Stop a job; one that is stopping already goes on to do so.

    Raises `ServiceError`: ``ValidationException`` where there is none, or it is over, in AWS's words.
    """
    job = find(call, kind, missing)
    if not job.handle(StopAsked()) and job.state.status.terminal:
        raise ValidationError(
            f"The request was rejected because the {kind.noun} job is in status {job.state.status}."
        )
    return {}
