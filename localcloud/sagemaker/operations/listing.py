"""What List operations have in common: filters, order, pages."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from localcloud.sagemaker.jobs.job import Job
from localcloud.sagemaker.wire.pagination import LARGEST_PAGE, Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present


def list_jobs(
    request: Request,
    jobs: Iterable[Job],
    member: str,
    describe: Callable[[Job], Answer],
    *,
    order: str = "Descending",
    size: int = LARGEST_PAGE,
    status_after_page: bool = False,
) -> Answer:
    """List jobs.

    `order`: by the time of creation, where the request does not say (service model, SortOrder of each
    operation).
    `status_after_page`: whether StatusEquals filters each page, and not all jobs.
    """

    def has_status(job: Job) -> bool:
        return request.optional_text("StatusEquals") in {None, job.state.status.value}

    found, token = page(
        request,
        [job for job in jobs if _matches(job, request) and (status_after_page or has_status(job))],
        _order(request),
        descending=is_descending(request, order),
        size=size,
    )
    return present(**{member: [describe(job) for job in found if has_status(job)]}, NextToken=token)


def _matches(job: Job, request: Request) -> bool:
    state = job.state
    part = request.optional_text("NameContains") or ""
    return (
        part in job.info.name
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


class Listed(Protocol):
    """Something with a name and a time."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def created(self) -> datetime:
        """When it was created."""
        ...


Item = TypeVar("Item", bound=Listed)


def listed(
    request: Request,
    items: Iterable[Item],
    order: Callable[[Item], str] | None = None,
    size: int = LARGEST_PAGE,
) -> tuple[list[Item], str | None]:
    """Give the page that a request asks for, and the token of the next one.

    `order`: orders the items where SortBy is neither Name nor CreationTime.
    """
    part = request.optional_text("NameContains") or ""
    found = [
        item
        for item in items
        if part in item.name and is_between(item.created, request, "CreationTimeAfter", "CreationTimeBefore")
    ]
    sort_by = request.optional_text("SortBy")

    def key(item: Item) -> Key:
        if sort_by == "Name":
            return (item.name,)
        if sort_by not in {None, "CreationTime"} and order is not None:
            return (order(item), item.name)
        return (item.created.timestamp(), item.name)

    return page(request, found, key, descending=is_descending(request), size=size)
