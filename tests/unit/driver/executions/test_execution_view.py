import pytest

from driver.executions.execution_view import ExecutionView, describe_seen
from driver.executions.watching import Seen
from driver.model.status import StateMachineStatus, Status
from tests.unit.driver.fakes import ID, PIPELINE, RUNS, Screen, execution, run, step

ALONE = Seen(pipeline_arn=f"{PIPELINE}/execution/{ID}")
DRIVEN = Seen(state_machine_arn=f"{RUNS}:run-1")
RUNNING = run("run-1", StateMachineStatus.RUNNING, pipeline=ID)


def told(before: Seen, *news: Seen) -> str:
    screen = Screen()
    with ExecutionView(screen.console, before).shown() as on_news:
        for seen in news:
            on_news(seen)
    return screen.text


def test_a_step_that_fails_says_why() -> None:
    text = told(ALONE, ALONE.with_steps((step("s", Status.FAILED, "no such file"),)))
    assert "✗ s (Lambda): Failed  0.5 s\n    no such file\n" in text


def test_each_state_of_a_step_is_told_once() -> None:
    running = ALONE.with_steps((step("s", Status.EXECUTING),))
    text = told(ALONE, running, running, running.with_steps((step("s", Status.SUCCEEDED),)))
    assert text.splitlines() == ["· s (Lambda): Executing", "✓ s (Lambda): Succeeded  0.5 s"]


def test_the_pipeline_is_named_once_the_state_machine_has_started_it() -> None:
    assert (
        told(DRIVEN, DRIVEN.with_state_machine(RUNNING), DRIVEN.with_state_machine(RUNNING))
        .splitlines()[0]
        .endswith(ID)
    )
    assert ID not in told(ALONE, ALONE)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (ALONE, "Pipeline: starting"),
        (ALONE.with_pipeline(execution(ID, Status.STOPPING)), "Stopping: starting"),
        (
            ALONE.with_pipeline(execution(ID, Status.EXECUTING)).with_steps((step("s", Status.EXECUTING),)),
            "Executing: s",
        ),
        (DRIVEN, "State machine: starting"),
        (
            DRIVEN.with_state_machine(RUNNING).with_steps((step("s", Status.SUCCEEDED),)),
            "State machine RUNNING: between steps",
        ),
        (
            DRIVEN.with_state_machine(run("run-1", StateMachineStatus.ABORTED, pipeline=ID)).with_pipeline(
                execution(ID, Status.STOPPING)
            ),
            "State machine ABORTED, pipeline Stopping: its last steps",
        ),
    ],
)
def test_the_last_line_says_how_it_stands(seen: Seen, words: str) -> None:
    assert describe_seen(seen) == words
