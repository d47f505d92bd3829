"""How fast executions go, one by one and many at once, and how soon a state machine hears of an end."""

import json
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.memory import below
from benchmarks.table import Goal, Row, repeated, seconds
from tests.integration.executions import finish
from tests.integration.runs import finish_run, pipeline_of, start_run
from tests.integration.stack import Stack
from tests.integration.wire import Invoked
from tests.integration.workflow_runs import cloud_of

AT_ONCE = 50
RUNS = 5
ENDS = 10
_POLLING = ("GetExecutionHistory", "ListPipelineExecutionSteps", "DescribePipelineExecution")
_MEET = """
import os, time
import boto3

def handler(event, context):
    boto3.client("sts")
    open(os.path.join(event["folder"], str(os.getpid())), "x").close()
    while len(os.listdir(event["folder"])) < event["meet"]:
        time.sleep(0.01)
    return os.getpid()
"""
_FAULT = {"parameter_vej_input_config": "{not json"}


def measure(stack: Stack) -> Iterator[Row]:
    """Run the pipeline in every way; each execution must end as it should."""
    direct = repeated(RUNS, lambda: seconds(lambda: stack.invoke("run-pipeline", "--direct")))
    runs = repeated(RUNS, lambda: seconds(lambda: stack.invoke("run-pipeline")))
    yield Row("invoke run-pipeline, 200 rows (s)", runs, ("--direct: no state machine", direct), goal=Goal(6))
    asked = repeated(RUNS, lambda: _polling_requests_a_second(stack))
    yield Row("AWS requests a second while polling, by the same", asked, goal=Goal(1))
    for what, fault in (("succeeds", {}), ("fails", _FAULT)):
        ends = repeated(ENDS, lambda fault=fault: _seconds_to_the_end(stack, fault))  # type: ignore[misc]
        yield Row(f"a pipeline {what}: from its end to its state machine's (s)", ends, goal=Goal(1))
    yield Row(f"{AT_ONCE} at once, every third fails (s)", [seconds(lambda: _run_at_once(stack))])
    memory = below(stack.cloud()["pid"])
    yield Row("memory of all functions' processes after them (MB)", [memory], goal=Goal(1500))
    figures = _invocations_at_once(stack)
    yield Row(f"{AT_ONCE} environments of one function at once, started for it (s)", figures[:1])
    yield Row("memory that they take (MB)", figures[1:])


def _polling_requests_a_second(stack: Stack) -> float:
    """Follow a run and count what was asked about it, from its start to the last answer."""
    said: list[str] = []
    took = seconds(lambda: said.append(stack.invoke("run-pipeline", "--debug", "--rows", "0").output))
    counts = re.findall(rf"({'|'.join(_POLLING)}) (\d+)", said[0].partition("requests: ")[2])
    assert counts, said[0]
    return sum(int(count) for _, count in counts) / took


def _seconds_to_the_end(stack: Stack, fault: dict[str, str]) -> float:
    """Give how much later than its pipeline a state machine ended; 0 where it did not end later."""
    run = start_run(stack, **fault)
    ended = finish_run(stack, run)["stopDate"]
    execution = pipeline_of(stack, run)
    finish(stack, execution)
    pipeline = stack.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    return max(0.0, (ended - pipeline["LastModifiedTime"]).total_seconds())


def _invocations_at_once(stack: Stack) -> tuple[float, float]:
    """Invoke a function so often at once that each needs an environment; gives seconds and megabytes."""
    cloud = cloud_of(stack)
    function = cloud.function(_MEET, timeout=120)
    before = below(stack.cloud()["pid"])
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as threads:
        event = {"folder": folder, "meet": AT_ONCE}
        invoked: list[Invoked] = []
        took = seconds(
            lambda: invoked.extend(threads.map(lambda _: cloud.invoke(function, event), range(AT_ONCE)))
        )
    assert len({item.payload for item in invoked}) == AT_ONCE, invoked
    memory = below(stack.cloud()["pid"]) - before
    cloud.functions.delete_function(FunctionName=function)
    return took, memory


def _run_at_once(stack: Stack) -> None:
    """Start many executions and wait for all of them; each must end as its own pipeline did."""
    faults = [_FAULT if number % 3 == 0 else {} for number in range(AT_ONCE)]
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(lambda fault: start_run(stack, **fault), faults))
    deadline = time.monotonic() + 300
    for run, fault in zip(runs, faults, strict=True):
        ended = finish_run(stack, run, seconds=deadline - time.monotonic())
        told = ended["cause"] if fault else json.loads(ended["output"])["pipelineExecutionArn"]
        assert ended["status"] == ("FAILED" if fault else "SUCCEEDED"), ended
        assert pipeline_of(stack, run) in told
