"""A Distributed Map of 10,000 small items: its time, memory of the local cloud, looking at it."""

import itertools
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Goal, Row, repeated, seconds
from tests.integration.stack import local_cloud
from tests.integration.wire import ROLE, Cloud, eventually, unique

ITEMS = 10_000


def measure(folder: Path) -> Iterator[Row]:
    """Run it in a local cloud of its own."""
    with local_cloud(folder / "map-runs") as port:
        cloud = Cloud(folder / "map-runs", port)
        _run(cloud, 100)  # what is loaded by the first use counts for neither
        before = resident(port)
        name = f"{ITEMS:,} items by a Distributed Map"
        took: list[str] = []
        yield Row(f"{name} (s)", [seconds(lambda: took.append(_run(cloud, ITEMS)))])
        yield Row(f"{name}: memory of the local cloud (MB more)", [resident(port) - before], goal=Goal(150))
        [run] = cloud.states.list_map_runs(executionArn=took[0])["mapRuns"]
        arn = run["mapRunArn"]
        counts = cloud.states.describe_map_run(mapRunArn=arn)["itemCounts"]
        assert (counts["succeeded"], counts["total"]) == (ITEMS, ITEMS), counts
        described = repeated(9, lambda: seconds(lambda: cloud.states.describe_map_run(mapRunArn=arn)))
        yield Row(f"{name}: DescribeMapRun (s)", described, goal=Goal(0.5))
        pages = cloud.states.get_paginator("list_executions")
        listed = seconds(lambda: list(pages.paginate(mapRunArn=arn, PaginationConfig={"PageSize": 1000})))
        yield Row(f"{name}: ListExecutions of all (s)", [listed])


def resident(port: int) -> float:
    """Give the megabytes of memory that the local cloud on this port takes."""
    return status(process_on(port), "VmRSS") / 1024


def status(process: int, name: str) -> int:
    """Give a figure of /proc/<process>/status."""
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    assert found is not None, name
    return int(found[1])


def process_on(port: int) -> int:
    """Give the process of the local cloud on this port."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sagestep/info", timeout=60) as answer:
        return int(json.load(answer)["pid"])


def _run(cloud: Cloud, items: int) -> str:
    """Run a map of so many items to its end, which must be a success; give the execution's ARN."""
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "pass",
            "States": {"pass": {"Type": "Pass", "End": True}},
        },
        "ResultPath": None,
        "End": True,
    }
    made = cloud.states.create_state_machine(
        name=unique("machine"),
        definition=json.dumps({"StartAt": "each", "States": {"each": each}}),
        roleArn=ROLE,
    )
    given = json.dumps({"items": list(itertools.repeat(1, items))})
    arn = cloud.states.start_execution(stateMachineArn=made["stateMachineArn"], input=given)["executionArn"]
    ended = eventually(
        lambda: cloud.states.describe_execution(executionArn=arn),
        lambda seen: seen["status"] != "RUNNING",
        seconds=120,
    )
    assert ended["status"] == "SUCCEEDED", ended
    return arn
