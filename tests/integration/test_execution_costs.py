"""What executions of state machines cost: time, and threads that must not stay."""

import json
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest

from tests.integration.machines import Run, Stopwatch, machine, waits_for_token
from tests.integration.processes import linux
from tests.integration.wire import Cloud, Document, eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def queue(cloud: Cloud) -> str:
    return cloud.queue()


def test_an_execution_ends_at_once_when_its_token_is_answered(cloud: Cloud, queue: str) -> None:
    states = machine(cloud, ("wait", waits_for_token(queue, HeartbeatSeconds=30)))
    taken = []
    for _ in range(9):
        run = states.start()
        token = cloud.receive(queue)["token"]
        watch = Stopwatch.start()
        cloud.states.send_task_success(taskToken=token, output="{}")
        run.end()
        taken.append(watch.seconds())
    assert median(taken) < 0.2


def test_paths_cost_next_to_nothing_once_they_were_used(cloud: Cloud, queue: str) -> None:
    """LocalStack alone makes a parser for each use of a path, which here takes 20 s more."""
    paths = {f"field{number}.$": "$.value" for number in range(40)}
    parameters = {"QueueUrl": queue, "MessageBody": paths}
    send: Document = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"}
    send |= {"Parameters": parameters, "End": True}
    items = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 5}
    items |= {"Iterator": {"StartAt": "send", "States": {"send": send}}, "ResultPath": None}
    states = machine(cloud, ("each", items))
    states.start({"items": [{"value": 0}]}).output()
    watch = Stopwatch.start()
    states.start({"items": [{"value": number} for number in range(10)]}).output()
    assert watch.seconds() < 3


def test_a_task_takes_little_longer_than_its_call(cloud: Cloud, queue: str) -> None:
    """LocalStack alone assumes a role and makes a client for each task, which takes thrice as long again."""
    direct = []
    for _ in range(30):
        watch = Stopwatch.start()
        cloud.sqs.send_message(QueueUrl=queue, MessageBody="directly")
        direct.append(watch.seconds())
    send: Document = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    send["Parameters"] = {"QueueUrl": queue, "MessageBody": "by a task"}
    items = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ResultPath": None}
    items |= {"Iterator": {"StartAt": "send", "States": {"send": send}}}
    run = machine(cloud, ("each", items)).start({"items": list(range(30))})
    run.output()
    started, succeeded = run.events("TaskStarted"), run.events("TaskSucceeded")
    tasks = [
        (end["timestamp"] - start["timestamp"]).total_seconds()
        for start, end in zip(started, succeeded, strict=True)
    ]
    assert min(tasks) < 2.5 * min(direct)  # the least is what a busy machine changes least


def test_fifty_executions_at_once_end_with_their_own_answers(cloud: Cloud, queue: str) -> None:
    states = machine(cloud, ("wait", waits_for_token(queue, HeartbeatSeconds=30, TimeoutSeconds=60)))
    with ThreadPoolExecutor(10) as threads:
        watch = Stopwatch.start()
        runs = list(threads.map(lambda _: states.start(), range(50)))

        def answer(_: int) -> None:
            message = cloud.receive(queue)
            if hash(message["run"]) % 3:
                output = json.dumps({"run": message["run"]})
                cloud.states.send_task_success(taskToken=message["token"], output=output)
            else:
                cloud.states.send_task_failure(taskToken=message["token"], error=message["run"][-40:])

        list(threads.map(answer, range(50)))
        ended = list(threads.map(Run.end, runs))
        assert watch.seconds() < 20
    for run, seen in zip(runs, ended, strict=True):
        if hash(run.arn) % 3:
            assert json.loads(seen["output"]) == {"run": run.arn}
        else:
            assert (seen["status"], seen["error"]) == ("FAILED", run.arn[-40:])


@linux
@pytest.mark.parametrize("how", ["answered", "aborted", "timed out"])
def test_ended_executions_leave_no_threads(cloud: Cloud, how: str) -> None:
    fields = {"TimeoutSeconds": 1} if how == "timed out" else {}
    queue = cloud.queue()
    states = machine(cloud, ("wait", waits_for_token(queue, HeartbeatSeconds=30)), **fields)

    def run_some(count: int) -> None:
        runs = [states.start() for _ in range(count)]
        for run in runs:
            if how == "answered":
                cloud.states.send_task_success(taskToken=cloud.receive(queue)["token"], output="{}")
            elif how == "aborted":
                run.stop()
        for run in runs:
            run.end()

    run_some(3)
    with urllib.request.urlopen(f"{cloud.stack.endpoint}/_sagestep/info") as answer:
        tasks = Path(f"/proc/{json.load(answer)['pid']}/task")

    def threads() -> int:
        return len(list(tasks.iterdir()))

    before = eventually(threads, settled(threads))
    run_some(100)
    eventually(threads, lambda now: now < before + 15)


def settled(count: Callable[[], int]) -> Callable[[int], bool]:
    """Tell whether a number is the same as the last time."""
    seen: list[int] = []

    def is_settled(now: int) -> bool:
        seen.append(now)
        return seen[-3:] == [now] * 3

    return is_settled
