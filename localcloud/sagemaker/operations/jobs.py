"""What the operations on every type of job share: create, describe, list, stop."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from localcloud.errors import ServiceError, ValidationError
from localcloud.ports import Ports
from localcloud.sagemaker.events import StatusChange
from localcloud.sagemaker.jobs.context import Work
from localcloud.sagemaker.jobs.events import state_change
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState, StopAsked
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.store import not_found
from localcloud.sagemaker.wire.pagination import LARGEST_PAGE, Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present
from localcloud.sagemaker.wire.roles import cannot_assume, check_assumable, role_of_job
from localcloud.sagemaker.wire.tags import read_tags

Describe = Callable[[Job, JobState], Answer]
"""Gives the members of a job's Describe operation."""


def create_job(call: Call, info: JobInfo, work: Work, limit: timedelta | None, describe: Describe) -> Answer:
    """Create a job and start it; its events have the members of `describe`.

    Raises `ServiceError`: ``ResourceInUse``, or ``ValidationException`` for its tags.
    """
    tags = read_tags(call.request.structures("Tags"))
    with call.store.lock:
        call.store.jobs.check_is_new(info)
        job = call.jobs.create(info, partial(_change, describe, tags))
        call.store.jobs.add(job)
        call.store.tags[info.arn] = tags
    call.jobs.start(job, work, limit)
    return {f"{info.kind}JobArn": info.arn}


def _change(describe: Describe, tags: Mapping[str, str], job: Job, state: JobState) -> StatusChange:
    return state_change(job, describe(job, state), tags)


def ports_of_role(call: Call, info: JobInfo, role_arn: str) -> Ports:
    """Give the ports of a new job's role.

    Raises `ServiceError`: ``ValidationException`` in AWS's words where it does not trust SageMaker.
    """
    ports = call.ports().working_as(role_of_job(role_arn, info.arn))
    check_assumable(ports, cannot_assume(role_arn))
    return ports


def describe_job(kind: Kind, describe: Describe, call: Call) -> Answer:
    """Describe the job that a request names; `ServiceError` ``ValidationException`` where there is none."""
    job = _find(kind, call, "requested job")
    return describe(job, job.state)


def stop_job(kind: Kind, call: Call) -> Answer:
    """Stop a job; one that is stopping already continues to stop.

    Raises `ServiceError`: ``ValidationException`` in AWS's words where there is no such job, or it has ended.
    """
    job = _find(kind, call, "job to update")
    if not job.handle(StopAsked()) and job.state.status.terminal:
        raise ValidationError(
            f"The request was rejected because the {kind.noun} job is in status {job.state.status}."
        )
    return {}


def delete_job(kind: Kind, call: Call) -> Answer:
    """Delete a job, whose name may be used again then.

    Raises `ServiceError`: ``ResourceNotFound``, or ``ResourceInUse`` where it has not ended.
    """
    try:
        job = _find(kind, call, "requested job")
    except ValidationError as error:
        raise not_found(error.message) from error
    if not job.state.status.terminal:
        raise ServiceError(
            "ResourceInUse",
            f"The request was rejected because the {kind.noun} job is in status {job.state.status}.",
        )
    with call.store.lock:
        call.store.jobs.delete(job.info)
        call.store.tags.pop(job.info.arn, None)
    return {}


def list_jobs(
    kind: Kind,
    call: Call,
    *,
    order: str = "Descending",
    size: int = LARGEST_PAGE,
    status_after_page: bool = False,
    sort_by: str = "CreationTime",
    summary: Callable[[Job], Answer] | None = None,
) -> Answer:
    """List jobs.

    `order`, `sort_by`: where the request does not say (service model, SortOrder and SortBy of each
    operation). `status_after_page`: whether StatusEquals filters each page, and not all jobs.
    """
    request = call.request
    with call.store.lock:
        jobs = list(call.store.jobs.all(kind))

    def has_status(job: Job) -> bool:
        return request.optional_text("StatusEquals") in {None, job.state.status.value}

    found, token = page(
        request,
        [job for job in jobs if _matches(job, request) and (status_after_page or has_status(job))],
        _order(request.optional_text("SortBy") or sort_by),
        descending=is_descending(request, order),
        size=size,
    )
    summaries = [(summary or _summary)(job) for job in found if has_status(job)]
    return present(**{f"{kind}JobSummaries": summaries}, NextToken=token)


def echo(job: Job) -> Answer:
    """Give the members of a job's request that its Describe operation gives back: all but Tags."""
    return {name: value for name, value in job.info.request.members.items() if name != "Tags"}


def _find(kind: Kind, call: Call, what: str) -> Job:
    name = call.request.text(f"{kind}JobName")
    missing = f"Could not find {what} with name: {name}"
    if kind is Kind.TRAINING:
        missing = "Requested resource not found."
    with call.store.lock:
        return call.store.jobs.find(kind, name, missing)


def _matches(job: Job, request: Request) -> bool:
    state = job.state
    part = request.optional_text("NameContains") or ""
    return (
        part in job.info.name
        and is_between(state.created, request, "CreationTimeAfter", "CreationTimeBefore")
        and is_between(state.modified, request, "LastModifiedTimeAfter", "LastModifiedTimeBefore")
    )


def _order(sort_by: str) -> Callable[[Job], Key]:
    match sort_by:
        case "Name":
            return lambda job: (job.info.name,)
        case "Status":
            return lambda job: (job.state.status.value, job.info.name)
    return lambda job: (job.state.created.timestamp(), job.info.name)


def _summary(job: Job) -> Answer:
    """Give the members of TrainingJobSummary, ProcessingJobSummary or TransformJobSummary."""
    kind, state = job.info.kind, job.state
    is_training = kind is Kind.TRAINING
    return present(
        **{
            f"{kind}JobName": job.info.name,
            f"{kind}JobArn": job.info.arn,
            f"{kind}EndTime": state.ended,
            f"{kind}JobStatus": state.status.value,
        },
        CreationTime=state.created,
        LastModifiedTime=state.modified,
        SecondaryStatus=state.stage.value if is_training else None,
        FailureReason=None if is_training else state.failure_reason,
        ExitMessage=state.exit_message if kind is Kind.PROCESSING else None,
    )
