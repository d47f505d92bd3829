"""Executions on real threads: at once, in order, and whatever breaks."""

import logging
import threading
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.errors import ServiceError
from localcloud.sagemaker.clock import start_timer
from tests.unit.localcloud.sagemaker.cloud import (
    CALLER,
    DEADLINE,
    Cloud,
    Document,
    callback_step,
    condition_step,
    equals,
    fail_step,
    function_arn,
    get,
    lambda_step,
    running_cloud,
)


def test_independent_steps_really_run_at_once(cloud: Cloud) -> None:
    meeting = threading.Barrier(3, timeout=DEADLINE)
    cloud.host.functions[function_arn("meet")] = lambda _: meeting.wait()
    arn = cloud.run(*(lambda_step(name, "meet") for name in "abc"))
    assert set(cloud.statuses(arn).values()) == {"Succeeded"}


def test_no_more_steps_run_at_once_than_allowed(cloud: Cloud) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def count(event: Document) -> object:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1
        return {}

    cloud.host.functions[function_arn("count")] = count
    steps = [lambda_step(f"s{number}", "count") for number in range(20)]
    arn = cloud.run(*steps, ParallelismConfiguration={"MaxParallelExecutionSteps": 2})
    assert most <= 2
    assert set(cloud.statuses(arn).values()) == {"Succeeded"}


def test_of_too_many_executions_the_oldest_are_forgotten_but_none_that_runs(cloud: Cloud) -> None:
    cloud.host.functions[function_arn("function")] = lambda _: {}
    cloud.create(callback_step("wait"), name="waiting")
    waiting = cloud.start("waiting")
    cloud.wait_for_messages(1)
    ended = [cloud.run(lambda_step("one"), name="ending"), *(cloud.start("ending") for _ in range(3))]
    for arn in ended:
        cloud.wait_for_end(arn)
    store = cloud.sagemaker.store(CALLER)
    with store.lock:
        store.forget_surplus(most=3)  # room for one more
    assert list(store.executions) == [waiting, ended[-1]]
    with pytest.raises(ServiceError) as caught:
        cloud.describe(ended[0])
    assert caught.value.code == "ResourceNotFound"
    [message] = cloud.wait_for_messages(1)
    cloud.succeed(message["token"])
    cloud.wait_for_end(waiting)


def test_many_executions_run_at_once_and_none_is_lost(cloud: Cloud) -> None:
    calls: Counter[str] = Counter()
    lock = threading.Lock()

    def count(event: Document) -> object:
        with lock:
            calls[str(event["execution"])] += 1
        return {"id": event["execution"]}

    cloud.host.functions[function_arn("count")] = count
    execution = get("Execution.PipelineExecutionId")
    cloud.create(
        lambda_step("one", "count", outputs={"id": "String"}, Arguments={"execution": execution}),
        callback_step(
            "two", outputs={"ok": "Boolean"}, Arguments={"id": get("Steps.one.OutputParameters['id']")}
        ),
        condition_step(
            "three",
            [equals(get("Steps.two.OutputParameters['ok']"), True)],
            [lambda_step("four", "count", outputs={"id": "String"}, Arguments={"execution": execution})],
            [fail_step("five")],
        ),
    )
    starters = [threading.Thread(target=cloud.start) for _ in range(60)]
    for thread in starters:
        thread.start()
    messages = cloud.wait_for_messages(60)
    answerers = [
        threading.Thread(target=cloud.succeed, args=(body["token"],), kwargs={"ok": "true"})
        for body in messages
    ]
    for thread in answerers:
        thread.start()
    arns = {str(body["pipelineExecutionArn"]) for body in messages}
    for arn in arns:
        cloud.wait_for_end(arn)
    for thread in starters + answerers:
        thread.join(DEADLINE)
    assert len(arns) == 60
    assert {cloud.describe(arn)["PipelineExecutionStatus"] for arn in arns} == {"Succeeded"}
    assert calls == {arn.rpartition("/")[2]: 2 for arn in arns}


def test_waiting_callbacks_hold_no_thread(cloud: Cloud) -> None:
    cloud.create(*(callback_step(f"s{number}") for number in range(200)))
    before = threading.active_count()
    cloud.start()
    cloud.wait_for_messages(200)
    assert threading.active_count() < before + 50


def test_an_error_of_the_host_fails_the_step_and_is_logged(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Document) -> object:
        raise RuntimeError("the host is broken")

    cloud.host.functions[function_arn("broken")] = broken
    arn = cloud.run(lambda_step("step", "broken"), lambda_step("after", DependsOn=["step"]))
    assert (
        cloud.steps(arn)["step"]["FailureReason"] == "InternalServerError: RuntimeError: the host is broken"
    )
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Failed"
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert "Step step of" in record.message


def test_events_that_cannot_be_published_never_break_an_execution(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    left = iter(range(3))

    def fail_at_first() -> None:
        if next(left, None) is not None:
            raise ConnectionError("no bus")

    cloud.host.on_event = fail_at_first
    arn = cloud.run(lambda_step("step"))
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert len([record for record in caplog.records if "could not be published" in record.message]) == 3


def test_closing_does_not_wait_for_a_function_that_runs_on() -> None:
    go_on = threading.Event()
    with running_cloud() as cloud:
        cloud.host.functions[function_arn("stuck")] = lambda _: go_on.wait(60)
        cloud.create(lambda_step("step", "stuck"))
        arn = cloud.start()
        cloud.wait_for_step(arn, "step", "Executing")
        begun = time.monotonic()
        cloud.sagemaker.close()
        assert time.monotonic() - begun < 30
        go_on.set()


def test_nothing_begins_after_closing(cloud: Cloud) -> None:
    cloud.create(lambda_step("step"))
    cloud.sagemaker.close()
    assert cloud.statuses(cloud.start()) == {"step": "Starting"}


def test_a_timer_acts_when_its_time_is_over_and_not_when_cancelled() -> None:
    acted, cancelled = threading.Event(), threading.Event()
    cancel = start_timer(1000, cancelled.set)
    start_timer(0, acted.set)
    assert acted.wait(DEADLINE)
    cancel()
    assert not cancelled.is_set()


@st.composite
def random_steps(draw: st.DrawFn) -> list[Document]:
    """Random graphs of functions, some of which raise, and conditions."""
    steps: list[Document] = []
    names: list[str] = []
    for number in range(draw(st.integers(1, 8))):
        waits = draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) if names else []
        name = f"s{number}"
        if draw(st.integers(0, 3)) == 0:
            branches = [[lambda_step(f"{name}-yes")], [lambda_step(f"{name}-no")]]
            steps.append(
                condition_step(name, [equals(draw(st.booleans()), True)], *branches, DependsOn=waits)
            )
            names += [f"{name}-yes", f"{name}-no"]
        else:
            function = draw(st.sampled_from(["function", "function", "function", "raises"]))
            steps.append(lambda_step(name, function, DependsOn=waits, Arguments={"step": name}))
        names.append(name)
    return steps


@settings(max_examples=40)
@given(steps=random_steps(), max_parallel=st.integers(1, 4))
def test_every_random_graph_ends_with_statuses_that_agree(steps: list[Document], max_parallel: int) -> None:
    calls: Counter[str] = Counter()

    def count(event: Document) -> object:
        calls[str(event.get("step"))] += 1
        return event

    def raises(event: Document) -> object:
        raise RuntimeError("on purpose")

    logging.disable(logging.CRITICAL)
    try:
        with running_cloud() as cloud:
            cloud.host.functions = {function_arn("function"): count, function_arn("raises"): raises}
            arn = cloud.run(*steps, ParallelismConfiguration={"MaxParallelExecutionSteps": max_parallel})
            statuses, status = cloud.statuses(arn), cloud.describe(arn)["PipelineExecutionStatus"]
    finally:
        logging.disable(logging.NOTSET)
    assert set(statuses.values()) <= {"Succeeded", "Failed"}
    assert status == ("Failed" if "Failed" in statuses.values() else "Succeeded")
    assert all(number == 1 for name, number in calls.items() if name != "None")
    waits = {str(step["Name"]): step.get("DependsOn") for step in steps}
    for name, before in waits.items():
        assert isinstance(before, list)
        if name in statuses:
            assert all(statuses.get(other) == "Succeeded" for other in before)
