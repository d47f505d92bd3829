import copy
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.localstack.children import CHUNK, Child, Children
from localcloud.localstack.progress import Progress
from localcloud.localstack.result_files import manifest, result_files

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def event(number: int) -> dict[str, object]:
    return {"id": number, "type": "PassStateEntered", "timestamp": NOW + timedelta(microseconds=number)}


def ended(index: int, status: str) -> Child:
    child = Child(index, f"name-{index}", str(index))
    child.begin([event(1)], Progress())
    child.end(status, output="{}" if status == "SUCCEEDED" else None, error=None)
    return child


def test_a_child_that_runs_is_saved_with_its_history() -> None:
    child = Child(0, "name", "1")
    child.begin([event(1)], Progress(state="here", given="{}"))
    again = copy.copy(child)
    assert again.progress is not None
    assert (again.status, again.progress.state, again.history()) == ("RUNNING", "here", [event(1)])
    child.end("SUCCEEDED", output="1")
    child.end("FAILED")  # the first end counts
    assert (child.status, child.progress, child.history()) == ("SUCCEEDED", None, [event(1)])


def test_a_redrive_takes_up_what_has_failed_and_the_rest_keeps_its_status() -> None:
    children = Children()
    children.fill(
        [ended(0, "SUCCEEDED"), ended(1, "FAILED"), ended(2, "ABORTED"), Child(3, "d", "3", items=2)]
    )
    now = datetime.now(UTC)
    counted = children.count(now, of_items=True)
    assert (counted["total"], counted["pending"], counted["failed"], counted["pendingRedrive"]) == (
        5,
        2,
        1,
        0,
    )
    children.redrive(now)
    assert [one.status for one in children] == ["SUCCEEDED", "PENDING_REDRIVE", "PENDING_REDRIVE", "PENDING"]
    children.settle()
    assert [one.status for one in children] == ["SUCCEEDED", "FAILED", "ABORTED", "PENDING"]


def test_a_child_that_ended_too_long_ago_is_not_redriven() -> None:
    child = ended(0, "FAILED")
    child.stopped = NOW
    children = Children()
    children.fill([child])
    later = NOW + timedelta(days=14, seconds=1)
    assert child.why_not(later) == "Execution redrivable period exceeded"
    assert children.count(later, of_items=False)["failuresNotRedrivable"] == 1
    children.redrive(later)
    assert child.status == "FAILED"


def test_what_ran_when_the_cloud_stopped_has_failed() -> None:
    running = Child(0, "a", "1")
    running.begin([event(1)], Progress())
    children = Children()
    children.fill([copy.copy(running)])
    children.interrupt("States.TaskFailed", "stopped")
    [child] = children
    assert (child.status, child.error, child.history()) == ("FAILED", "States.TaskFailed", [event(1)])


def test_only_the_chunk_of_a_child_changes_with_it() -> None:
    children = Children()
    children.fill([Child(index, f"n{index}", "1") for index in range(2 * CHUNK)])
    before = [chunk.revision() for chunk in children._chunks]
    child = children.find(f"n{CHUNK}")
    assert child is not None
    child.begin([], Progress())
    after = [chunk.revision() for chunk in children._chunks]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_results_are_exported_by_status(status: str) -> None:
    children = [ended(0, "SUCCEEDED"), ended(1, status), Child(2, "c", "2")]
    arns = {"execution": "arn:execution:", "machine": "arn:machine"}
    contents, files = result_files(children, "out/", arns, datetime.now(UTC))
    assert {group: [one["Key"] for one in listed] for group, listed in files.items()} == {
        "FAILED": ["out/FAILED_0.json"],
        "PENDING": ["out/PENDING_0.json"],
        "SUCCEEDED": ["out/SUCCEEDED_0.json"],
    }
    assert all(len(contents[one["Key"]]) == one["Size"] for listed in files.values() for one in listed)
    assert b'"RedriveStatus":"REDRIVABLE_BY_MAP_RUN"' in contents["out/FAILED_0.json"]
    assert (
        contents["out/PENDING_0.json"]
        == b'[{"Input":"2","InputDetails":{"Included":true},"Status":"PENDING"}]'
    )
    assert b'"DestinationBucket":"bucket"' in manifest("bucket", "arn", files)
