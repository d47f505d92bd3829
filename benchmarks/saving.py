"""What it costs that the local cloud saves what it holds, and how soon a paused one can be used again."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.table import Goal, Row, repeated, seconds
from tests.integration.stack import CLOUD_PYTHON, INSTANCE, ROOT, Stack, answers, free_port, make_role
from tests.integration.wire import ROLE, Cloud, end, eventually, fail_step, launch, unique
from tests.integration.workflow_runs import cloud_of

EXECUTIONS = 1000
RESUMES = 3
ROUNDS = 30
ROUND_SECONDS = 1.0

_UNSAVED = """
import sys
from localcloud.localstack import launcher
from localcloud.localstack.settings import SAVED_VARIABLE

become = launcher._become_the_runtime
launcher._become_the_runtime = lambda environment: become(
    {name: value for name, value in environment.items() if name != SAVED_VARIABLE}
)
launcher.main(sys.argv[1:])
"""
"""The local cloud as it is, but it saves nothing."""


def measure_resume(stack: Stack) -> Iterator[Row]:
    """Pause a deployment with many executions, and let `invoke status` start it again."""
    cloud = cloud_of(stack)
    passing = {f"S{number}": {"Type": "Pass", "Next": f"S{number + 1}"} for number in range(8)}
    machine = cloud.states.create_state_machine(
        name=unique("machine"),
        definition=json.dumps({"StartAt": "S0", "States": passing | {"S8": {"Type": "Succeed"}}}),
        roleArn=ROLE,
    )["stateMachineArn"]
    pipeline = cloud.create(fail_step("stop", "no more"))
    for _ in range(EXECUTIONS // 2):
        last = cloud.states.start_execution(stateMachineArn=machine)["executionArn"]
        cloud.finish(cloud.start(pipeline))
    eventually(
        lambda: cloud.states.describe_execution(executionArn=last)["status"], "SUCCEEDED".__eq__, seconds=60
    )

    def resumed() -> float:
        stack.invoke("pause", timeout=120)
        return seconds(lambda: stack.invoke("status", timeout=120))

    yield Row(
        f"invoke status, a paused cloud with {EXECUTIONS:,} executions (s)",
        repeated(RESUMES, resumed),
        goal=Goal(3),
    )


def measure_requests(folder: Path) -> Iterator[Row]:
    """Ask two clouds in turn, one that saves and one that does not: the median of the ratios counts."""
    with _cloud(folder / "saving") as saving, _cloud(folder / "plain", _UNSAVED) as plain:
        asked = _Asking(*saving), _Asking(*plain)
        for one in asked:
            one.round()  # the first requests make clients
        rounds: list[tuple[_Pace, _Pace]] = []
        for number in range(ROUNDS):
            first, second = asked if number % 2 else asked[::-1]
            found = {first: first.round(), second: second.round()}
            rounds.append((found[asked[0]], found[asked[1]]))
    yield Row("requests a second while saving", [one.rate for one, _ in rounds])
    yield Row("requests a second without saving", [other.rate for _, other in rounds])
    least = Goal(0.97, is_lower=True)
    yield Row("their ratio, round by round", [one.rate / other.rate for one, other in rounds], goal=least)
    yield Row("CPU time of a request while saving (ms)", [one.cpu for one, _ in rounds])
    yield Row("CPU time of a request without saving (ms)", [other.cpu for _, other in rounds])


class _Pace(NamedTuple):
    """Requests a second, and milliseconds of the cloud's CPU time for each."""

    rate: float
    cpu: float


class _Asking:
    """Changes objects, messages and logs of a cloud, and leaves as many as there were."""

    def __init__(self, process: psutil.Process, cloud: Cloud) -> None:
        self._process = process
        self._cloud = cloud
        self._bucket, self._queue = cloud.bucket(), cloud.queue()

    def round(self) -> _Pace:
        """Ask for one round."""
        count, began, used = 0, time.perf_counter(), self._used()
        while (took := time.perf_counter() - began) < ROUND_SECONDS:
            self._cloud.s3.put_object(Bucket=self._bucket, Key=f"key-{count % 80}", Body=b"x" * 1000)
            self._cloud.sqs.send_message(QueueUrl=self._queue, MessageBody="{}")
            [message] = self._cloud.sqs.receive_message(QueueUrl=self._queue)["Messages"]
            self._cloud.sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            count += 4
        return _Pace(count / took, (self._used() - used) * 1000 / count)

    def _used(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def _cloud(folder: Path, program: str | None = None) -> Iterator[tuple[psutil.Process, Cloud]]:
    port = free_port()
    process = launch(folder, port) if program is None else _launch(program, folder, port)
    try:
        eventually(lambda: answers(port) or process.poll() is not None, seconds=60)
        make_role(folder / "state", port)
        yield psutil.Process(process.pid), Cloud(folder, port)
    finally:
        end(process)


def _launch(program: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    options = {"--port": str(port), "--state-dir": str(folder / "state"), "--instance": INSTANCE}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [CLOUD_PYTHON, "-c", program, *(word for option in options.items() for word in option)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
