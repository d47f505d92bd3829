"""What a local cloud takes after much work: `python -m benchmarks.endurance [--scale 0.1]`.

1,000 executions of a state machine, 3,000 of a pipeline, 50,000 requests to an endpoint and 20,000 calls of
a function, in ten equal parts in one local cloud. After each part: memory, threads, descriptors, and the
seconds that it takes to list. The first parts are for warming up; the last are held against them.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ConnectionClosedError
from rich.console import Console

from benchmarks.map_runs import process_on, status
from benchmarks.table import Goal, Row, seconds, show
from tests.integration.images import deployed_endpoint, model, predict, write_registry
from tests.integration.stack import local_cloud
from tests.integration.wire import ROLE, Cloud, eventually, lambda_step, unique

PARTS, WARM = 10, 3
AT_ONCE = 8
EXECUTIONS, PIPELINES, REQUESTS, CALLS = 1_000, 3_000, 50_000, 20_000


@dataclass(frozen=True)
class Look:
    """What the local cloud takes at one moment."""

    megabytes: float
    threads: int
    descriptors: int
    listing: float


def main() -> None:
    """Work, and print what was taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the whole work, such as 0.1")
    scale = parser.parse_args().scale
    console = Console(width=150)
    with tempfile.TemporaryDirectory() as folder:
        looks = list(_work(Path(folder), scale, console))
    show(_rows(looks), console)


def _work(folder: Path, scale: float, console: Console) -> Iterator[Look]:
    with local_cloud(folder, "--images", str(write_registry(folder))) as port:
        cloud = Cloud(folder, port)
        function = cloud.function()
        machine = _machine(cloud)
        pipeline = cloud.create(lambda_step("one", function, {}))
        endpoint = deployed_endpoint(cloud, model(cloud, "weights"))
        functions = cloud.functions  # one client: each has its own connections
        todo: dict[str, tuple[int, Callable[[], object]]] = {
            "executions": (EXECUTIONS, lambda: _run(cloud, machine)),
            "pipelines": (PIPELINES, lambda: cloud.finish(cloud.start(pipeline))),
            "requests": (REQUESTS, lambda: _predict(cloud, endpoint)),
            "calls": (CALLS, lambda: _call(functions, function)),
        }
        for part in range(PARTS):
            began = time.monotonic()
            with ThreadPoolExecutor(AT_ONCE) as threads:
                for number, do in todo.values():
                    list(threads.map(lambda _, do=do: do(), range(round(number * scale / PARTS))))
            time.sleep(2)  # what is saved and what ends by itself
            look = _look(cloud, machine, pipeline)
            console.print(f"{part + 1} of {PARTS} after {time.monotonic() - began:.0f} s: {look}")
            yield look


def _look(cloud: Cloud, machine: str, pipeline: str) -> Look:
    process = process_on(cloud.port)

    def list_all() -> None:
        cloud.states.list_executions(stateMachineArn=machine, maxResults=100)
        cloud.sagemaker.list_pipeline_executions(PipelineName=pipeline, MaxResults=100)

    return Look(
        megabytes=status(process, "VmRSS") / 1024,
        threads=status(process, "Threads"),
        descriptors=len(list(Path(f"/proc/{process}/fd").iterdir())),
        listing=min(seconds(list_all) for _ in range(5)),
    )


def _rows(looks: list[Look]) -> Iterator[Row]:
    for what, name in (
        ("memory (MB)", "megabytes"),
        ("threads", "threads"),
        ("descriptors", "descriptors"),
        ("listing (s)", "listing"),
    ):
        figures = [float(getattr(look, name)) for look in looks]
        warm = f"after {WARM} of {PARTS} parts", [figures[WARM - 1]]
        yield Row(f"endurance: {what}", [figures[-1]], warm, ratio_goal=Goal(1.1))


def _machine(cloud: Cloud) -> str:
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {"StartAt": "pass", "States": {"pass": {"Type": "Pass", "End": True}}},
        "End": True,
    }
    return cloud.states.create_state_machine(
        name=unique("machine"),
        definition=json.dumps({"StartAt": "each", "States": {"each": each}}),
        roleArn=ROLE,
    )["stateMachineArn"]


def _run(cloud: Cloud, machine: str) -> None:
    started = cloud.states.start_execution(stateMachineArn=machine, input='{"items": [1, 2, 3]}')
    ended = eventually(
        lambda: cloud.states.describe_execution(executionArn=started["executionArn"]),
        lambda seen: seen["status"] != "RUNNING",
    )
    assert ended["status"] == "SUCCEEDED", ended


def _predict(cloud: Cloud, endpoint: str) -> None:
    """Ask; a connection that was idle for a minute may be closed the moment it is used, as on AWS."""
    try:
        predict(cloud, endpoint, "1,2")
    except ConnectionClosedError:
        predict(cloud, endpoint, "1,2")


def _call(functions: Any, function: str) -> None:
    answer = functions.invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in answer, answer


if __name__ == "__main__":
    main()
