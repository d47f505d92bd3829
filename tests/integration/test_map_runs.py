"""Map Runs: their child executions, what a redrive runs again, and what is exported."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.integration.machines import Run, calls, machine, waits_for_token
from tests.integration.wire import Cloud, Document, eventually, refused, unique

pytestmark = pytest.mark.integration

FAILS_UNLESS_MENDED = """
import pathlib

def handler(event, context):
    folder = pathlib.Path(event["folder"])
    with (folder / "calls").open("a") as file:
        file.write(f"{event['item']}\\n")
    if event["item"] % 3 == 0 and not (folder / "mended").exists():
        raise ValueError(event["item"])
    return {"item": event["item"]}
"""


def start(cloud: Cloud, processor: Document, items: object, kind: str = "STANDARD", **fields: object) -> Run:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    state = {"Type": "Map", "Label": "each", **fields}
    if "ItemReader" not in fields:
        state["ItemsPath"] = "$.items"
    state["ItemProcessor"] = {**processor, "ProcessorConfig": config}
    return machine(cloud, ("map", state)).start({"items": items})


def called(cloud: Cloud, folder: Path) -> Document:
    """Write the states of a child: one that always succeeds, and one that fails for some items."""
    task = calls(cloud.function(FAILS_UNLESS_MENDED))
    task["Parameters"]["Payload"] = {"folder": str(folder), "item.$": "$"}
    states = {
        "first": {"Type": "Pass", "Next": "call"},
        "call": {**task, "OutputPath": "$.Payload", "End": True},
    }
    return {"StartAt": "first", "States": states}


def map_run(run: Run) -> str:
    [listed] = run.cloud.states.list_map_runs(executionArn=run.arn)["mapRuns"]
    return listed["mapRunArn"]


def children(run: Run, **filters: Any) -> list[Any]:
    pages = run.cloud.states.get_paginator("list_executions").paginate(mapRunArn=map_run(run), **filters)
    return [one for page in pages for one in page["executions"]]


def counts(run: Run, kind: str = "executionCounts") -> Document:
    """Give the counts that are not zero."""
    told: Any = run.cloud.states.describe_map_run(mapRunArn=map_run(run))
    return {name: number for name, number in told[kind].items() if number}


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_redrive_runs_what_did_not_succeed(cloud: Cloud, tmp_path: Path, kind: str) -> None:
    run = start(cloud, called(cloud, tmp_path), list(range(6)), kind, ToleratedFailureCount=1)
    assert run.failure()[0] == "States.ExceedToleratedFailureThreshold"
    arn, before = map_run(run), counts(run)
    assert before["failed"] == 2
    assert before["total"] == 6
    failed, succeeded = children(run, statusFilter="FAILED"), children(run, statusFilter="SUCCEEDED")
    told = cloud.states.describe_execution(executionArn=failed[0]["executionArn"])
    assert (told["error"], told["mapRunArn"]) == ("ValueError", arn)
    assert told["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    with refused("ExecutionNotRedrivable"):
        cloud.states.redrive_execution(executionArn=failed[0]["executionArn"])

    (tmp_path / "mended").touch()
    cloud.states.redrive_execution(executionArn=run.arn)
    assert json.loads(run.end(60)["output"]) == [{"item": item} for item in range(6)]
    assert map_run(run) == arn
    described = cloud.states.describe_map_run(mapRunArn=arn)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)
    assert described["redriveDate"] > described["startDate"]
    assert counts(run) == {"succeeded": 6, "total": 6, "resultsWritten": 6}
    [event] = run.events("MapRunRedriven")
    assert event["mapRunRedrivenEventDetails"] == {"mapRunArn": arn, "redriveCount": 1}
    assert len(run.events("MapRunStarted")) == 1
    again = {one["executionArn"] for one in children(run, redriveFilter="REDRIVEN")}
    assert again >= {one["executionArn"] for one in failed}
    assert not again & {one["executionArn"] for one in succeeded}
    history = cloud.states.get_execution_history(executionArn=failed[0]["executionArn"])["events"]
    kinds = [event["type"] for event in history]
    assert kinds.count("ExecutionRedriven") == (kind == "STANDARD")
    assert kinds.count("PassStateEntered") == 1  # it went on, or is new
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))


def test_a_stopped_map_run_aborts_its_children_and_is_redriven(cloud: Cloud) -> None:
    queue = cloud.queue()
    waiting = {"StartAt": "ask", "States": {"ask": {**waits_for_token(queue), "End": True}}}
    run = start(cloud, waiting, [1, 2, 3, 4], MaxConcurrency=2)
    first, second = (cloud.receive(queue)["token"] for _ in range(2))
    cloud.states.send_task_success(taskToken=first, output='"first"')
    third = cloud.receive(queue)["token"]
    eventually(lambda: counts(run), lambda seen: seen.get("succeeded") == 1, 60)
    assert counts(run) == {"succeeded": 1, "running": 2, "pending": 1, "total": 4, "resultsWritten": 1}
    run.stop()
    eventually(lambda: counts(run).get("aborted"), (2).__eq__, 60)
    for token in (second, third):
        with refused("TaskTimedOut"):
            cloud.states.send_task_success(taskToken=token, output="1")
    # The children are aborted before the Map Run is, and their threads write their histories.
    described = partial(cloud.states.describe_map_run, mapRunArn=map_run(run))
    eventually(lambda: described()["status"], "ABORTED".__eq__)
    [aborted, _] = children(run, statusFilter="ABORTED")
    history = partial(cloud.states.get_execution_history, executionArn=aborted["executionArn"])
    eventually(lambda: history()["events"][-1]["type"], "ExecutionAborted".__eq__)

    cloud.states.redrive_execution(executionArn=run.arn)
    for _ in range(3):
        cloud.states.send_task_success(taskToken=cloud.receive(queue)["token"], output='"again"')
    assert sorted(json.loads(run.end(60)["output"])) == ["again", "again", "again", "first"]


def test_the_results_are_exported_by_status_also_of_a_failed_map_run(cloud: Cloud, tmp_path: Path) -> None:
    s3, bucket = cloud.stack.client("s3"), unique("results").lower()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "out"}}
    run = start(cloud, called(cloud, tmp_path), [1, 3, 2, 4], MaxConcurrency=1, ResultWriter=writer)
    assert run.failure()[0] == "States.ExceedToleratedFailureThreshold"
    folder = f"out/{map_run(run).rpartition(':')[2]}/"

    def read(key: str) -> Any:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    told = read(f"{folder}manifest.json")
    assert (told["DestinationBucket"], told["MapRunArn"]) == (bucket, map_run(run))
    keys = {group: [one["Key"] for one in files] for group, files in told["ResultFiles"].items()}
    assert keys == {group: [f"{folder}{group}_0.json"] for group in ("FAILED", "PENDING", "SUCCEEDED")}
    [succeeded] = read(keys["SUCCEEDED"][0])
    assert (succeeded["Input"], succeeded["Output"], succeeded["Status"]) == ("1", '{"item":1}', "SUCCEEDED")
    [failed] = read(keys["FAILED"][0])
    assert (failed["Error"], failed["Input"], failed["RedriveStatus"]) == (
        "ValueError",
        "3",
        "REDRIVABLE_BY_MAP_RUN",
    )
    pending = [{"Input": item, "InputDetails": {"Included": True}, "Status": "PENDING"} for item in "24"]
    assert read(keys["PENDING"][0]) == pending

    (tmp_path / "mended").touch()
    cloud.states.redrive_execution(executionArn=run.arn)
    details = run.output()["ResultWriterDetails"]
    assert details == {"Bucket": bucket, "Key": f"{folder}Redrive-1/manifest.json"}
    files = read(details["Key"])["ResultFiles"]
    assert [one["Key"] for one in files["SUCCEEDED"]] == [
        f"{folder}SUCCEEDED_0.json",
        f"{folder}Redrive-1/SUCCEEDED_0.json",
    ]
    assert sorted(one["Input"] for one in read(files["SUCCEEDED"][1]["Key"])) == ["2", "3", "4"]


def test_a_child_is_stopped_by_itself(cloud: Cloud) -> None:
    queue = cloud.queue()
    waiting = {"StartAt": "ask", "States": {"ask": {**waits_for_token(queue), "End": True}}}
    run = start(cloud, waiting, [1], ToleratedFailureCount=1)
    cloud.receive(queue)
    [child] = children(run)
    machine_arn = cloud.states.describe_execution(executionArn=run.arn)["stateMachineArn"]
    assert child["stateMachineArn"] == f"{machine_arn}/each"
    cloud.states.stop_execution(executionArn=child["executionArn"], error="Mine")
    assert json.loads(run.end(60)["output"]) == []
    assert counts(run) == {"aborted": 1, "total": 1}


def test_all_objects_of_a_listing_are_items(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    with ThreadPoolExecutor(16) as threads:
        list(
            threads.map(
                lambda number: cloud.s3.put_object(Bucket=bucket, Key=f"in/{number}", Body=b"12"), range(1005)
            )
        )
    parameters = {"Bucket": bucket, "Prefix.$": "$.items"}
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": parameters}
    fields: Document = {"ItemReader": reader, "ItemSelector": {"size.$": "$$.Map.Item.Value.Size"}}
    each = {"StartAt": "each", "States": {"each": {"Type": "Pass", "End": True}}}
    assert json.loads(start(cloud, each, "in/", **fields).end(60)["output"]) == [{"size": 2}] * 1005
    assert json.loads(start(cloud, each, "none/", **fields).end(60)["output"]) == []
