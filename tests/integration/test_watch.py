"""Background threads that fail, are blocked or end: it is told, repaired and shown, and others are served."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.machines import machine
from tests.integration.opened_cloud import OpenedCloud, opened
from tests.integration.stack import CLOUD_PYTHON, ROOT
from tests.integration.wire import Cloud, Document, eventually, unique

pytestmark = pytest.mark.integration

HOW = ["raise", "block", "end"]
TOLD = {"block": "no sign of life", "end": "has ended"}
WORKER = "sqs-queue-update-worker"

TWO_DEADLINES = """
import sys, threading, time
from localcloud.localstack import runtime
runtime._import_what_needs_python_3_13()
from localstack.utils.scheduler import Scheduler, ScheduledTask
from localcloud.localstack.patches import schedulers

if sys.argv[1] == "mended":
    schedulers.apply()
    clock = time.monotonic
else:
    clock = time.time
threading.excepthook = lambda ended: print(ended.exc_type.__name__)
scheduler, runs = Scheduler(), []
deadline = clock() + 0.1
for name, later, period in (("a", 0, 0.25), ("b", 0.125, 0.125)):  # so their second deadlines are equal
    task = ScheduledTask(runs.append, period=period, args=[name])
    task.deadline = deadline + later
    scheduler.add(task)
thread = threading.Thread(target=scheduler.run, daemon=True)
thread.start()
thread.join(1)
print(thread.is_alive(), {name: runs.count(name) > 1 for name in "ab"})
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenedCloud]:
    with opened(tmp_path_factory.mktemp("watch")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def cloud(inside: OpenedCloud) -> Cloud:
    return inside.cloud


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    return cloud.function("def handler(event, context):\n    print('printed', event)\n    return event\n")


@pytest.mark.parametrize(
    ("how", "expected"),
    [("alone", "TypeError\nFalse {'a': False, 'b': False}"), ("mended", "True {'a': True, 'b': True}")],
)
def test_two_tasks_that_are_due_at_once_both_run(how: str, expected: str) -> None:
    """What ended the worker of all queues within twenty minutes without our patch, brought about."""
    command = [str(CLOUD_PYTHON), "-c", TWO_DEADLINES, how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == expected


def test_the_worker_of_the_queues_has_one_task(inside: OpenedCloud) -> None:
    counted = inside.run(
        "from localstack.services.sqs.provider import QueueUpdateWorker\n"
        "workers = [one for one in find(QueueUpdateWorker) if one.thread]\n"
        "worker, = [one for one in workers if type(one) is QueueUpdateWorker]\n"
        "with worker.scheduler._condition:\n"
        "    print(len(worker.scheduler._queue.queue) + bool(worker.scheduler.taken))"
    )
    assert counted.strip() == "1"


def is_given_back(cloud: Cloud) -> None:
    """Hide a message for a second; it must come back."""
    queue = cloud.queue({"VisibilityTimeout": "1"})
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="once more")
    for _ in range(2):
        found = cloud.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", [])
        assert [message["Body"] for message in found] == ["once more"]


@pytest.mark.parametrize("how", HOW)
def test_messages_become_visible_whatever_happens_to_the_worker_of_the_queues(
    inside: OpenedCloud, how: str
) -> None:
    inside.run(f"once(QueueUpdateWorker, 'iter_queues', {how!r})")
    if how == "raise":
        eventually(inside.log, lambda log: "a scheduled task failed" in log)
        assert "RuntimeError: provoked" in inside.log()
    else:
        inside.wait_for(WORKER, TOLD[how])
        assert f"The thread {WORKER} has" in inside.log()
    is_given_back(inside.cloud)


def test_messages_become_visible_though_the_clock_is_set_back(inside: OpenedCloud) -> None:
    inside.run(
        "import time\n"
        "time_of_day = time.time\n"
        "time.time = lambda: time_of_day() - 3600\n"  # the clock of this process alone
    )
    try:
        is_given_back(inside.cloud)
    finally:
        inside.run("time.time = time_of_day")


@pytest.mark.parametrize("how", HOW)
def test_asynchronous_invocations_are_made_whatever_happens_to_their_threads(
    inside: OpenedCloud, function: str, how: str
) -> None:
    name = function.rpartition(":")[2]
    inside.run(
        "from localstack.services.lambda_.invocation import internal_sqs_queue as internal\n"
        f"once(internal.EventQueueUpdateWorker, 'iter_queues', {how!r})\n"
        f"once(internal.FakeSqsClient, 'receive_message', {how!r})"
    )
    if how == "raise":
        eventually(inside.log, lambda log: "cannot be read" in log)
    else:
        inside.wait_for(f"{WORKER}-of-lambda", TOLD[how])
        inside.wait_for(f"lambda-poller-{name}:$LATEST", TOLD[how])
    mark = unique("event")
    inside.cloud.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(mark))
    is_printed(inside.cloud, name, mark)


def is_printed(cloud: Cloud, function: str, text: str) -> None:
    """Wait until the log of a function has a text."""

    def read() -> list[str]:
        try:
            found = cloud.logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except cloud.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in found]

    eventually(read, lambda lines: any(text in line for line in lines))


@pytest.mark.parametrize("how", HOW)
def test_logs_are_written_whatever_happens_to_their_thread(
    inside: OpenedCloud, function: str, how: str
) -> None:
    inside.run(
        "from localstack.services.lambda_.invocation.logs import LogHandler\n"
        "class Item:\n"
        "    logs = property(lambda self: act(self.how))\n"
        "handler, = find(LogHandler)\n"
        "handler.log_queue._seconds = 0.5\n"
        "item = Item()\n"
        f"item.how = {how!r}\n"
        "handler.log_queue.put(item)"
    )
    inside.wait_for("log_handler", "provoked" if how == "raise" else TOLD[how])
    mark = unique("line")
    inside.cloud.invoke(function, {"mark": mark})
    is_printed(inside.cloud, function.rpartition(":")[2], mark)


@pytest.mark.parametrize("how", HOW)
def test_a_mapping_feeds_its_function_whatever_happens_to_its_poller(
    inside: OpenedCloud, cloud: Cloud, function: str, how: str
) -> None:
    queue = cloud.queue()
    mapping = cloud.functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=cloud.queue_arn(queue)
    )["UUID"]
    inside.run(
        "from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker\n"
        f"mapping, = [one for one in find(EsmWorker) if one.uuid == {mapping!r}]\n"
        f"once(mapping.poller.source_client, 'receive_message', {how!r})"
    )
    if how == "raise":
        eventually(inside.log, lambda log: f"{queue.rpartition('/')[2]}: provoked\nTraceback" in log)
    else:
        inside.wait_for(f"event-source-mapping-poller-{mapping}", TOLD[how])
    mark = unique("message")
    cloud.sqs.send_message(QueueUrl=queue, MessageBody=mark)
    is_printed(cloud, function.rpartition(":")[2], mark)
    cloud.functions.delete_event_source_mapping(UUID=mapping)
    eventually(inside.threads, lambda rows: f"event-source-mapping-poller-{mapping}" not in rows)


@pytest.mark.parametrize("how", HOW)
def test_a_fifo_topic_delivers_whatever_happens_to_its_thread(
    inside: OpenedCloud, cloud: Cloud, how: str
) -> None:
    topic = cloud.sns.create_topic(Name=f"{unique('topic')}.fifo", Attributes={"FifoTopic": "true"})[
        "TopicArn"
    ]
    name = f"{unique('queue')}.fifo"
    queue = cloud.sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
    cloud.let("sns", cloud.queue_arn(queue))
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=cloud.queue_arn(queue))

    def publish(text: str) -> None:
        cloud.sns.publish(TopicArn=topic, Message=text, MessageGroupId="one", MessageDeduplicationId=text)

    inside.run(
        "from localstack.services.sns import executor\n"
        "from localcloud.localstack.patches import loops\n"
        "loops.NOTIFICATION_SECONDS = 0.5\n"
        f"once(executor._WorkItem, 'run', {how!r})"
    )
    publish("lost")
    if how == "raise":
        eventually(inside.log, lambda log: "Exception in worker\nTraceback" in log)
    eventually(
        lambda: [row for key, row in inside.threads().items() if key.startswith("sns_pub_fifo")],
        lambda rows: any(TOLD.get(how, "has ended") in row["detail"] for row in rows),
        seconds=30,
    )
    publish("kept")
    assert cloud.receive(queue)["Message"] == "kept"


@pytest.mark.parametrize("how", HOW)
def test_scheduled_rules_are_started_whatever_happens_to_their_loop(inside: OpenedCloud, how: str) -> None:
    inside.run(
        "from localstack.services.events.scheduler import Job, JobScheduler\n"
        "from localstack.utils.threads import FuncThread\n"
        "from localcloud.localstack.patches import loops\n"
        "loops.RULES_SECONDS = 0.2\n"
        "started = threading.Event()\n"
        "rules, job = JobScheduler.instance(), Job(None, '* * * * *', True)\n"
        "job.do_run = started.set\n"
        f"once(Job, 'should_run_now', {how!r})\n"
        "rules.jobs = [job]\n"
        # Otherwise a test would wait for a minute.
        "rules.thread = FuncThread(rules.loop)\n"
        "rules.thread.start()"
    )
    if how == "raise":
        eventually(inside.log, lambda log: "the schedule * * * * * cannot be run\nTraceback" in log)
    else:
        inside.wait_for("events-jobscheduler-loop", TOLD[how])
    inside.run("assert started.wait(5)")


@pytest.mark.parametrize("how", HOW)
def test_messages_of_pipelines_go_out_whatever_happens_to_a_thread(inside: OpenedCloud, how: str) -> None:
    inside.run(
        "from functools import partial\n"
        "from localcloud.localstack.providers import sagemaker_of_this_process\n"
        "workers = sagemaker_of_this_process()._engine.messengers\n"
        "workers._seconds = 0.5\n"
        f"workers.submit(partial(act, {how!r}))"
    )
    if how == "raise":
        eventually(inside.log, lambda log: "A job of pipeline-message failed\nTraceback" in log)
    else:
        eventually(
            inside.threads,
            lambda rows: any(
                key.startswith("pipeline-message") and TOLD[how] in row["detail"] for key, row in rows.items()
            ),
        )
    inside.run("done = threading.Event()\nworkers.submit(done.set)\nassert done.wait(5)")


@pytest.mark.parametrize("how", ["raise", "end"])
def test_what_a_timer_does_is_done_again_where_it_fails(inside: OpenedCloud, how: str) -> None:
    inside.run(
        "from localcloud.sagemaker.clock import start_timer\n"
        "class Late:\n"
        "    happened = False\n"
        "    def happen(self):\n"
        "        self.happened = True\n"
        f"once(Late, 'happen', {how!r})\n"
        "late = Late()\n"
        "start_timer(0, lambda: late.happen())"
    )
    eventually(lambda: inside.run("print(late.happened)").strip(), "True".__eq__)
    inside.wait_for("timer", "tried again")
    assert "What a timer was to do failed; it is tried again\nTraceback" in inside.log()


def test_a_timer_that_is_blocked_is_shown(inside: OpenedCloud) -> None:
    inside.run("gate = threading.Event()\nstart_timer(0, gate.wait)")
    eventually(
        inside.threads,
        lambda rows: any(key.startswith("timer-") and row["state"] == "overdue" for key, row in rows.items()),
    )
    inside.run("gate.set()")
    eventually(inside.threads, lambda rows: not any(key.startswith("timer-") for key in rows))


NOTHING: Document = {"Type": "Pass", "End": True}
INNER: Document = {"StartAt": "inner", "States": {"inner": NOTHING}}
MAP: Document = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": INNER, "End": True}
PARALLEL: Document = {"Type": "Parallel", "Branches": [INNER], "End": True}
PROGRAM = "localstack.services.stepfunctions.asl.component.program.program.Program"
STATES = "localstack.services.stepfunctions.asl.component.state.state_execution"


@pytest.mark.parametrize(
    ("state", "owner", "name", "how"),
    [
        (NOTHING, "localstack.services.stepfunctions.backend.execution_worker.ExecutionWorker", "x", "raise"),
        (NOTHING, "localstack.services.stepfunctions.backend.execution_worker.ExecutionWorker", "x", "end"),
        (NOTHING, PROGRAM, "_get_state", "end"),
        (PARALLEL, f"{STATES}.state_parallel.branches_decl.BranchWorkerPool", "on_terminated", "raise"),
        (PARALLEL, f"{STATES}.state_parallel.branches_decl.BranchWorkerPool", "on_terminated", "end"),
        (MAP, f"{STATES}.state_map.iteration.job.JobPool", "next_job", "raise"),
        (MAP, f"{STATES}.state_map.iteration.job.JobPool", "next_job", "end"),
    ],
    ids=lambda value: value.rpartition(".")[2] if isinstance(value, str) else value["Type"],
)
def test_an_execution_does_not_outlive_its_threads(
    inside: OpenedCloud, state: Document, owner: str, name: str, how: str
) -> None:
    started = machine(inside.cloud, ("state", state))
    started.start({"items": [1]}).output()
    module, _, kind = owner.rpartition(".")
    name = "_get_evaluation_entrypoint" if name == "x" else name
    inside.run(f"from {module} import {kind}\nonce({kind}, {name!r}, {how!r})")
    run = started.start({"items": [1]})
    begun = time.monotonic()
    ended = run.end()
    if name == "on_terminated":  # the branch had ended, and is told again
        assert ended["status"] == "SUCCEEDED"
    else:
        assert ended["status"] == "FAILED"
        assert ended["error"] == "States.Runtime" or state is MAP
        assert run.events("ExecutionFailed")
    assert time.monotonic() - begun < 30
    assert inside.threads()


def test_a_cloud_that_stops_reports_no_end_of_a_thread(tmp_path: Path) -> None:
    with opened(tmp_path) as inside:
        inside.cloud.function()
        time.sleep(1.5)  # longer than the watch waits between two looks
        inside.run("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)")
        eventually(inside.log, lambda log: "stopped" in log)
        assert "ERROR" not in inside.log()
        assert "The thread" not in inside.log()
