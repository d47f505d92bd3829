"""Executions that were running when the local cloud stopped go on, each step for itself."""

import threading

import pytest

from localcloud.errors import CLOUD_STOPPED
from localcloud.sagemaker.pipelines.runtime import Execution
from localcloud.sagemaker.pipelines.steps import Failed
from localcloud.sagemaker.pipelines.turn import Event, StepEnded
from tests.unit.localcloud.sagemaker.cloud import (
    CALLER,
    DEADLINE,
    Cloud,
    callback_step,
    function_arn,
    lambda_step,
)


def saved(cloud: Cloud, arn: str) -> Execution:
    """Make an execution again from what is saved of it, in place of the one that runs."""
    store = cloud.sagemaker.store(CALLER)
    running = store.executions[arn]
    again = cloud.sagemaker.revival.execution(store, running.info, running.state)
    store.executions[arn] = again
    return again


@pytest.fixture
def stuck(cloud: Cloud) -> Cloud:
    """Give a cloud with a function that does not end before the test does, and one that does at once."""
    cloud.host.functions |= {
        function_arn("slow"): lambda _: threading.Event().wait(DEADLINE),
        function_arn("quick"): lambda _: {},
    }
    return cloud


def test_a_step_that_began_before_one_that_has_succeeded(stuck: Cloud) -> None:
    stuck.create(lambda_step("slow", "slow"), lambda_step("quick", "quick"))
    arn = stuck.start()
    stuck.wait_for_step(arn, "slow", "Executing")
    stuck.wait_for_step(arn, "quick", "Succeeded")
    saved(stuck, arn).resume()
    stuck.wait_for_end(arn)
    assert stuck.statuses(arn) == {"slow": "Failed", "quick": "Succeeded"}
    assert stuck.steps(arn)["slow"]["FailureReason"] == CLOUD_STOPPED


def test_a_callback_that_waits_beside_a_step_that_is_lost(stuck: Cloud) -> None:
    stuck.create(lambda_step("slow", "slow"), callback_step("ask"), lambda_step("quick", "quick"))
    arn = stuck.start()
    stuck.wait_for_step(arn, "slow", "Executing")
    stuck.wait_for_step(arn, "quick", "Succeeded")
    [message] = stuck.wait_for_messages(1)
    stuck.host.wait_for(lambda: stuck.sagemaker.store(CALLER).executions[arn].state.steps["ask"].waiting)
    execution = saved(stuck, arn)
    execution.resume()
    assert not execution.is_over
    execution.succeed("ask", {})
    stuck.wait_for_end(arn)
    assert stuck.statuses(arn) == {"slow": "Failed", "ask": "Succeeded", "quick": "Succeeded"}
    assert message["status"] == "Executing"


def test_what_comes_too_late_takes_nothing_from_a_retry(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("step", "missing"))
    cloud.host.functions[function_arn("missing")] = lambda _: {}
    store = cloud.sagemaker.store(CALLER)
    execution = store.executions[arn]

    class Late(Execution):
        """One whose step ends once more, just before it is retried."""

        __slots__ = ()

        def handle(self, event: Event) -> bool:
            super().handle(StepEnded("step", Failed("late"), 1))
            return super().handle(event)

    execution.__class__ = Late
    cloud.call("RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=cloud.token())
    cloud.wait_for_step(arn, "step", "Succeeded")
    assert cloud.statuses(arn) == {"step": "Succeeded"}
