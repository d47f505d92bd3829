"""Sorted, filtered pages of jobs, as ListVectorEnrichmentJobs gives them; no IO.

The service model leaves SortBy and StatusEquals open texts; here SortBy is one of `SORT_KEYS`. The
order is newest first unless told otherwise.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence

from localcloud.errors import ValidationError
from localcloud.geospatial.jobs import Job, Status

SORT_KEYS: Mapping[str, Callable[[Job], str]] = {
    "CreationTime": lambda job: job.created.isoformat(),
    "Name": lambda job: job.name,
    "Status": lambda job: job.status.value,
}
"""What jobs can be sorted by; jobs that are equal in it follow by their ARNs."""

_LARGEST_PAGE = 20  # The model's bound for MaxResults.


def page(jobs: Sequence[Job], request: Mapping[str, object]) -> tuple[list[Job], str | None]:
    """Give one page of jobs.

    Returns the jobs of the page, and the NextToken if there are more.

    Raises `ValidationError`: an unknown SortBy or StatusEquals, or a NextToken of another listing.
    """
    sort_by = str(request.get("SortBy") or "CreationTime")
    if sort_by not in SORT_KEYS:
        raise ValidationError(f"SortBy '{sort_by}' is not one of {', '.join(SORT_KEYS)}.")
    status = request.get("StatusEquals")
    if status and status not in set(Status):
        raise ValidationError(f"StatusEquals '{status}' is not one of {', '.join(Status)}.")
    is_descending = request.get("SortOrder", "DESCENDING") == "DESCENDING"

    def place(job: Job) -> list[str]:
        return [SORT_KEYS[sort_by](job), job.arn]

    listing = [sort_by, str(status), str(is_descending)]
    found = sorted(
        (job for job in jobs if not status or job.status == status), key=place, reverse=is_descending
    )
    if token := request.get("NextToken"):
        last = _place_of(str(token), listing)
        found = [job for job in found if (place(job) < last if is_descending else place(job) > last)]
    size = request.get("MaxResults") or _LARGEST_PAGE
    assert isinstance(size, int)
    shown = found[:size]
    return shown, _token([*listing, *place(shown[-1])]) if len(found) > size else None


def _token(parts: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _place_of(token: str, listing: list[str]) -> list[str]:
    """Read where the last page ended: jobs that come or go meanwhile do not shift the next one."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or parts[:-2] != listing:
        raise ValidationError("The NextToken is none that this listing gave out.")
    return parts[-2:]
