"""The four List operations' common half: filters, order, pages."""

from collections.abc import Callable, Iterable

from localcloud.sagemaker.jobs.job import Job
from localcloud.sagemaker.pagination import Key, is_between, is_descending, page
from localcloud.sagemaker.requests import Answer, Request, present


def list_jobs(
    request: Request, jobs: Iterable[Job], member: str, describe: Callable[[Job], Answer]
) -> Answer:
    """List jobs, the newest first unless told otherwise.

    Parameters
    ----------
    member
        The answer's member that holds the list.
    describe
        Makes a summary.
    """
    found, token = page(
        request,
        [job for job in jobs if _matches(job, request)],
        _order(request),
        descending=is_descending(request),
    )
    return present(**{member: [describe(job) for job in found]}, NextToken=token)


def _matches(job: Job, request: Request) -> bool:
    state = job.state
    part = request.optional_text("NameContains") or ""
    return (
        part in job.info.name
        and request.optional_text("StatusEquals") in {None, state.status.value}
        and is_between(state.created, request, "CreationTimeAfter", "CreationTimeBefore")
        and is_between(state.modified, request, "LastModifiedTimeAfter", "LastModifiedTimeBefore")
    )


def _order(request: Request) -> Callable[[Job], Key]:
    match request.optional_text("SortBy"):
        case "Name":
            return lambda job: (job.info.name,)
        case "Status":
            return lambda job: (job.state.status.value, job.info.name)
    return lambda job: (job.state.created.timestamp(), job.info.name)
