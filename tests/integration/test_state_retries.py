"""How often a state is tried again where many fail at once."""

import subprocess
from collections import Counter

import pytest

from tests.integration.machines import catch, caught, machine
from tests.integration.stack import CLOUD_PYTHON, ROOT
from tests.integration.wire import Cloud, Document

pytestmark = pytest.mark.integration

MAPS, ITEMS = 8, 4

AT_THE_SAME_MOMENT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, local
from types import SimpleNamespace

from localcloud.localstack import runtime

runtime._import_what_needs_python_3_13()

from localcloud.localstack.patches import retries
from localstack.services.stepfunctions.asl.component import eval_component
from localstack.services.stepfunctions.asl.component.common.retry.max_attempts_decl import MaxAttemptsDecl

if sys.argv[1] == "mended":
    retries.apply()
met, counted, mine = Barrier(2), (Event(), Event()), local()

def key():
    # Both have found that there is no key yet; the second makes its own once the first has counted.
    met.wait(30)
    if mine.number == 1:
        counted[0].wait(30)
    return f"key-{mine.number}"

eval_component.long_uid = key

def count(number):
    mine.number = number
    environment = SimpleNamespace(heap={}, stack=[])
    tries = 0
    while tries < 9:
        once._eval_body(environment)
        counted[number].set()
        counted[1 - number].wait(30)
        if not environment.stack.pop().value:
            break
        tries += 1
    return tries

once = MaxAttemptsDecl(1)
with ThreadPoolExecutor(2) as threads:
    for tries in threads.map(count, range(2)):
        print(tries)
"""


def fails_at_once(**fields: object) -> Document:
    """Write a task that fails before it calls anything."""
    call = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", **fields}
    return {**call, "Parameters": {"QueueNamePrefix.$": "$.absent"}}


def test_each_iteration_of_a_map_has_attempts_of_its_own(cloud: Cloud) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]

    def each(number: int) -> Document:
        call, end = f"call-{number}", f"caught-{number}"
        task = fails_at_once(Retry=retry, Catch=catch("States.ALL", then=end), End=True)
        processor = {"StartAt": call, "States": {call: task, end: {**caught()[1], "End": True}}}
        return {"Type": "Map", "ItemsPath": "$.items", "End": True, "ItemProcessor": processor}

    branches = [
        {"StartAt": f"each-{number}", "States": {f"each-{number}": each(number)}} for number in range(MAPS)
    ]
    run = machine(cloud, ("all", {"Type": "Parallel", "Branches": branches})).start(
        {"items": list(range(ITEMS))}
    )
    run.output()
    pages = cloud.states.get_paginator("get_execution_history").paginate(executionArn=run.arn)
    counted = Counter(event["type"] for page in pages for event in page["events"])
    assert counted["TaskFailed"] == 2 * MAPS * ITEMS


@pytest.mark.parametrize(("how", "tries"), [("alone", {1, 2}), ("mended", {1})])
def test_attempts_that_are_counted_at_the_same_moment_are_all_counted(how: str, tries: set[int]) -> None:
    """What makes the test above fail now and then without our patch, in the one order that does it."""
    command = [str(CLOUD_PYTHON), "-c", AT_THE_SAME_MOMENT, how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert {int(line) for line in done.stdout.splitlines()} == tries
