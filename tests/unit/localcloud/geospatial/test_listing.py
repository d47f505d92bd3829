from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.errors import ValidationError
from localcloud.geospatial.jobs import Job, S3Location, Status
from localcloud.geospatial.listing import SORT_KEYS, page
from localcloud.ports import Caller

START = datetime(2026, 11, 21, tzinfo=UTC)


def job(number: int, name: str = "job", status: Status = Status.COMPLETED, created: int | None = None) -> Job:
    return Job(
        caller=Caller("000000000000", "us-west-2"),
        arn=f"arn/{number:04}",
        request={"Name": name},
        source=S3Location("bucket", "key"),
        x_name="x",
        y_name="y",
        created=START + timedelta(seconds=number if created is None else created),
        status=status,
    )


def names(jobs: Sequence[Job]) -> list[str]:
    return [job.name for job in jobs]


def test_the_newest_comes_first_unless_told_otherwise() -> None:
    jobs = [job(1, "old"), job(2, "new")]
    assert names(page(jobs, {})[0]) == ["new", "old"]
    assert names(page(jobs, {"SortOrder": "ASCENDING"})[0]) == ["old", "new"]


def test_jobs_are_sorted_by_what_is_asked_for() -> None:
    jobs = [job(1, "b", Status.FAILED), job(2, "a", Status.STOPPED), job(3, "c", Status.COMPLETED)]
    for key, expected in (("Name", "abc"), ("Status", "cba"), ("CreationTime", "bac")):
        assert "".join(names(page(jobs, {"SortBy": key, "SortOrder": "ASCENDING"})[0])) == expected


def test_only_jobs_of_a_status_are_shown_where_one_is_asked_for() -> None:
    jobs = [job(1, "a", Status.FAILED), job(2, "b")]
    assert names(page(jobs, {"StatusEquals": "FAILED"})[0]) == ["a"]


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"SortBy": "Size"}, "SortBy 'Size' is not one of CreationTime, Name, Status"),
        ({"StatusEquals": "Done"}, "StatusEquals 'Done' is not one of INITIALIZING"),
        ({"NextToken": "?"}, "NextToken"),
        ({"NextToken": "bm8="}, "NextToken"),
        ({"NextToken": "WyJhIl0="}, "NextToken"),
    ],
)
def test_what_cannot_be_listed_is_refused(request_: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        page([job(1)], request_)


def test_a_token_belongs_to_its_listing() -> None:
    _, token = page([job(1), job(2)], {"MaxResults": 1})
    with pytest.raises(ValidationError, match="NextToken"):
        page([job(1), job(2)], {"MaxResults": 1, "NextToken": token, "SortBy": "Name"})


def test_a_page_without_a_size_holds_twenty() -> None:
    shown, token = page([job(number) for number in range(21)], {})
    assert (len(shown), token is None) == (20, False)


def test_a_job_that_goes_or_comes_shifts_no_page() -> None:
    jobs = [job(number) for number in range(6)]
    first, token = page(jobs, {"MaxResults": 2})
    changed = [other for other in jobs if other is not first[1]] + [job(9)]
    second, _ = page(changed, {"MaxResults": 2, "NextToken": token})
    assert [job.arn for job in second] == ["arn/0003", "arn/0002"]


@given(
    times=st.lists(st.integers(0, 3), max_size=30),
    size=st.integers(1, 20),
    sort_by=st.sampled_from(sorted(SORT_KEYS)),
    order=st.sampled_from(["ASCENDING", "DESCENDING"]),
)
def test_the_pages_together_hold_every_job_once_in_order(
    times: list[int], size: int, sort_by: str, order: str
) -> None:
    jobs = [job(number, name=f"name {time}", created=time) for number, time in enumerate(times)]
    request: dict[str, object] = {"MaxResults": size, "SortBy": sort_by, "SortOrder": order}
    shown: list[Job] = []
    token: str | None = None
    while True:
        jobs_of_page, token = page(jobs, {**request, "NextToken": token})
        assert len(jobs_of_page) <= size
        shown += jobs_of_page
        if token is None:
            break
    expected = sorted(jobs, key=lambda job: (SORT_KEYS[sort_by](job), job.arn), reverse=order == "DESCENDING")
    assert shown == expected
